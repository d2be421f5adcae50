"""The settings of stored files, a part of `Settings`. Must not ask whether they work."""

from __future__ import annotations

import re
from typing import ClassVar, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from app.settings_parts import http_address, variable

_PLACE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()/-]*)?")
_TCP = re.compile(r"[A-Za-z0-9.\-]{1,253}:[0-9]{1,5}|\[[0-9a-fA-F:]+\]:[0-9]{1,5}")


class FileSettings(BaseModel):
    """Where content lies and who looks at it for viruses."""

    HIDDEN: ClassVar[tuple[str, ...]] = ("files_key", "files_secret")

    files: str = Field(
        "",
        description="where files lie: empty for `<var_dir>/attachments`, or s3://bucket/prefix for an "
        "S3-compatible service",
    )
    files_endpoint: str = Field(
        "", description="address of the S3-compatible service, such as https://s3.example.go.kr"
    )
    files_region: str = Field(
        "us-east-1",
        description="region with which requests to the S3-compatible service are signed",
    )
    files_key: str = Field("", repr=False, description="access key of the S3-compatible service")
    files_secret: str = Field("", repr=False, description="secret key of the S3-compatible service")
    clamav: str = Field(
        "",
        description="ClamAV's clamd, as host:port or the path of its socket; until it has found a file "
        "clean, nobody gets it. Empty: no file is scanned",
    )

    @field_validator("files")
    @classmethod
    def _a_place(cls, value: str) -> str:
        if value and not _PLACE.fullmatch(value):
            raise ValueError("expected s3://bucket or s3://bucket/prefix")
        return value.rstrip("/")

    @field_validator("files_endpoint")
    @classmethod
    def _an_address(cls, value: str) -> str:
        return http_address(value)

    @field_validator("clamav")
    @classmethod
    def _a_daemon(cls, value: str) -> str:
        if value and not value.startswith("/") and not _TCP.fullmatch(value):
            raise ValueError("expected host:port or the path of a socket")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.files and not self.files_endpoint:
            raise ValueError(
                f"{variable('files')} is set without {variable('files_endpoint')}: set the address of "
                "the S3-compatible service"
            )
        return self
