"""Asks an OpenAI-compatible endpoint for vectors of texts. Must reach nothing but its setting's one address.

Redirects are not followed and no proxy of the environment is used. What it sends are texts of approved
articles and questions whose personal data were taken out before.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from core.errors import PermanentFailure, ProviderAway, RateLimited, TemporaryFailure

CONNECT_SECONDS = 2.0
# A question waits for it: after that words alone answer.
ANSWER_SECONDS = 5.0
MOST_BYTES = 20_000_000


class EmbeddingsEndpoint:
    """``POST {address}/embeddings`` with ``model`` and ``input``; ``key`` goes as a bearer token."""

    def __init__(
        self,
        address: str,
        *,
        model: str,
        key: str = "",
        seconds: float = ANSWER_SECONDS,
        client: httpx.Client | None = None,
    ) -> None:
        """Raises ValueError for an address that may not be used (``checked_address``)."""
        self._url = f"{checked_address(address)}/embeddings"
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = client or httpx.Client(
            timeout=httpx.Timeout(seconds, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )

    @property
    def name(self) -> str:
        """The address and the model."""
        return f"{self._url} {self._model}"

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text. Raises TemporaryFailure and its children, PermanentFailure."""
        try:
            with self._client.stream(
                "POST",
                self._url,
                json={"model": self._model, "input": list(texts), "encoding_format": "float"},
                headers=self._headers,
            ) as answer:
                _check_status(answer)
                data = bytearray()
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > MOST_BYTES:
                        raise PermanentFailure("too_large", "the encoder's answer is too large")
        except httpx.TimeoutException as error:
            raise ProviderAway("the encoder did not answer in time") from error
        except httpx.HTTPError as error:
            raise ProviderAway(f"the encoder: {type(error).__name__}") from error
        return _vectors(bytes(data), len(texts))

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()


def checked_address(address: str) -> str:
    """The address without a slash at its end: https, or http on this machine; no name or password in it.

    Raises ValueError with a sentence for the operator.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("expected an address without user, password, question mark or #")
    try:
        known = ipaddress.ip_address(host)
    except ValueError:
        known = None
    here = host == "localhost" or (known is not None and known.is_loopback)
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise ValueError("expected https://…, or http:// on this machine")
    if not host or (known is not None and (known.is_link_local or known.is_unspecified)):
        raise ValueError("expected the address of an encoder")
    return address.rstrip("/")


def _check_status(answer: httpx.Response) -> None:
    if answer.status_code == 200:
        return
    if answer.status_code == 429:
        wait = answer.headers.get("retry-after", "")
        raise RateLimited("the encoder is asked too often", float(wait) if wait.isdigit() else None)
    if answer.status_code >= 500 or answer.status_code == 408:
        raise TemporaryFailure(f"the encoder answered {answer.status_code}")
    code = "key" if answer.status_code in (401, 403) else "refused"
    raise PermanentFailure(code, f"the encoder answered {answer.status_code}")


def _vectors(data: bytes, many: int) -> list[list[float]]:
    try:
        rows: list[Any] = sorted(json.loads(data)["data"], key=lambda row: row["index"])
        found = [[float(number) for number in row["embedding"]] for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise TemporaryFailure("the encoder's answer cannot be read") from error
    if len(found) != many or len({len(row) for row in found}) != 1 or not found[0]:
        raise TemporaryFailure("the encoder's answer has another number of vectors")
    return found
