"""Stored files in an S3-compatible service: a FileStore (core.files). Must not cache content.

The client is minio's (Apache-2.0, some 0.1 MB, no code for other services of a cloud); boto3 brings 15 MB
for the same five calls. It is loaded only where the settings name a bucket.
"""

from __future__ import annotations

import hashlib
import io
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from core.errors import PermanentFailure, Refused, TemporaryFailure
from core.files import PIECE_BYTES, FileGone, checked_name

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
_GONE = frozenset({"NoSuchKey", "NoSuchObject"})
_FULL = frozenset({"QuotaExceeded", "XMinioStorageFull", "EntityTooLarge"})
_NEVER = frozenset(
    {
        "AccessDenied",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "NoSuchBucket",
        "PermanentRedirect",
    }
)


@dataclass(frozen=True)
class S3Place:
    """Where files go: ``endpoint`` with its scheme; ``prefix`` without slashes at its ends, or empty."""

    endpoint: str
    bucket: str
    prefix: str = ""
    region: str = "us-east-1"
    key: str = ""
    secret: str = field(default="", repr=False)


def parse_place(address: str) -> tuple[str, str]:
    """Bucket and prefix of ``s3://bucket/prefix``. Raises ValueError."""
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("expected s3://bucket or s3://bucket/prefix")
    return parts.netloc, parts.path.strip("/")


class S3Store:
    """One bucket. Opens no connection before it is used; threads share it."""

    def __init__(self, place: S3Place, *, first_state: str = "unscanned") -> None:
        parts = urlsplit(place.endpoint)
        self._place, self.first_state = place, first_state
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=urllib3.Retry(
                total=2, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]
            ),
            maxsize=16,
            ssl_context=ssl.create_default_context() if parts.scheme == "https" else None,
        )
        self._client = Minio(
            endpoint=parts.netloc,
            access_key=place.key or None,
            secret_key=place.secret or None,
            secure=parts.scheme == "https",
            region=place.region,
            http_client=self._pool,
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def put(self, data: bytes) -> str:
        """Store ``data`` and return its SHA-256 in hex. Raises Refused("files_no_room")."""
        digest = hashlib.sha256(data).hexdigest()
        with _errors(digest):
            # Always sent, never skipped because it is there: who erases may be about to remove it.
            self._client.put_object(
                bucket_name=self._place.bucket,
                object_name=self._name(digest),
                data=io.BytesIO(data),
                length=len(data),
                content_type="application/octet-stream",
            )
        return digest

    def read(self, sha256: str) -> bytes:
        """The whole content. Raises FileGone."""
        return b"".join(self.stream(sha256))

    def size(self, sha256: str) -> int | None:
        """Its size in bytes; None when there is none."""
        name = self._name(sha256)
        try:
            with _errors(sha256):
                found = self._client.stat_object(bucket_name=self._place.bucket, object_name=name)
        except FileGone:
            return None
        return int(found.size or 0)

    def stream(self, sha256: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The content from byte ``start`` on, piece by piece. Raises FileGone."""
        name = self._name(sha256)
        with _errors(sha256):
            answer = self._client.get_object(
                bucket_name=self._place.bucket, object_name=name, offset=start, length=length or 0
            )
            try:
                yield from answer.stream(PIECE_BYTES)
            finally:
                answer.close()
                answer.release_conn()

    def remove(self, sha256: str) -> None:
        """Delete it, if it is there."""
        with _errors(sha256):
            self._client.remove_object(
                bucket_name=self._place.bucket, object_name=self._name(sha256)
            )

    def names(self) -> Iterator[str]:
        """The hash of everything that is stored, in order."""
        prefix = f"{self._place.prefix}/" if self._place.prefix else ""
        with _errors(""):
            for found in self._client.list_objects(
                bucket_name=self._place.bucket, prefix=prefix, recursive=True
            ):
                name = (found.object_name or "").rsplit("/", 1)[-1]
                if len(name) == 64:
                    yield name

    def check(self) -> None:
        """Ask for the bucket. Raises PermanentFailure or TemporaryFailure with the reason."""
        with _errors(""):
            if not self._client.bucket_exists(bucket_name=self._place.bucket):
                raise PermanentFailure("s3_no_bucket", f"there is no bucket {self._place.bucket}")

    def _name(self, sha256: str) -> str:
        name = f"{checked_name(sha256)[:2]}/{sha256}"
        return f"{self._place.prefix}/{name}" if self._place.prefix else name


@contextmanager
def _errors(sha256: str) -> Iterator[None]:
    """The client's errors as ours; the one table of them."""
    try:
        yield
    except S3Error as error:
        code = str(error.code)
        if code in _GONE:
            raise FileGone(sha256) from None
        if code in _FULL:
            raise Refused("files_no_room") from None
        if code in _NEVER:
            raise PermanentFailure("s3_refused", f"the file store says {code}") from None
        raise TemporaryFailure(f"the file store says {code}") from None
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
        raise TemporaryFailure(f"the file store does not answer: {type(error).__name__}") from None
