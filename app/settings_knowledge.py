"""The settings of finding policy articles, a part of `app.settings.Settings`. Must not load an encoder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from app.settings_parts import variable
from integrations.embeddings import checked_address


class KnowledgeSettings(BaseModel):
    """An encoder beside the words, off by default; the key of the 국민신문고 API."""

    HIDDEN: ClassVar[tuple[str, ...]] = ("knowledge_encoder_key", "epeople_key")

    knowledge_encoder: Literal["none", "folder", "endpoint"] = Field(
        "none",
        description="none: words alone; folder: a model for sentence-transformers on this machine; "
        "endpoint: an OpenAI-compatible address",
    )
    knowledge_encoder_folder: Path | None = Field(
        None, description="folder of the model for sentence-transformers (installed by you)"
    )
    knowledge_encoder_url: str = Field(
        "", description="address before /embeddings: https, or http on this machine"
    )
    knowledge_encoder_model: str = Field("", description="name of the model at the endpoint")
    knowledge_encoder_key: str = Field("", description="key of the endpoint; secret")
    epeople_key: str = Field(
        "", description="service key of data.go.kr for the questions of 국민신문고; secret"
    )
    epeople_url: str = Field(
        "https://apis.data.go.kr/1140100/CivilPolicyQnaService",
        description="where that API is reached",
    )

    @field_validator("knowledge_encoder_url", "epeople_url")
    @classmethod
    def _encoder_address(cls, value: str) -> str:
        return checked_address(value) if value else value

    @field_validator("knowledge_encoder_folder")
    @classmethod
    def _encoder_folder(cls, value: Path | None) -> Path | None:
        return None if value is None else Path(os.path.abspath(value.expanduser()))

    @model_validator(mode="after")
    def _encoder_is_whole(self) -> Self:
        needed = {
            "folder": ("knowledge_encoder_folder",),
            "endpoint": ("knowledge_encoder_url", "knowledge_encoder_model"),
        }
        for name in needed.get(self.knowledge_encoder, ()):
            if not getattr(self, name):
                raise ValueError(f"set {variable(name)}: {variable('knowledge_encoder')} needs it")
        return self
