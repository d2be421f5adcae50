"""Talks to the running public app as a citizen's browser would. Must not reach into the database.

So `sotong say` and `sotong chat` prove the whole way, not a short cut beside it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

COOKIE = "sotong_web"
POLL_SECONDS = 0.15


class ChatError(Exception):
    """The chat cannot be used; the message is one sentence that names the fix."""


@dataclass(frozen=True)
class Sent:
    """One accepted message."""

    turn_id: int
    duplicate: bool


class ChatClient:
    """One citizen's chat, remembered in a file between calls."""

    def __init__(self, *, url: str, session_file: Path, fresh: bool = False) -> None:
        self._url = url
        self._session_file = session_file
        self._http = httpx.Client(
            base_url=url, headers={"X-Sotong": "cli"}, timeout=30.0, trust_env=False
        )
        if fresh:
            session_file.unlink(missing_ok=True)
        if session_file.exists():
            self._http.cookies.set(COOKIE, session_file.read_text().strip())
        else:
            self._open()
        page = self._read(after=0, turn=0)
        self._after, self._turn = page["after"], page["turn"]
        self.last_choices: list[dict[str, Any]] = _last_choices(page["messages"])

    def say(self, text: str) -> Sent:
        """Send words."""
        return self._send({"kind": "text", "text": text})

    def choose(self, choice_id: str) -> Sent:
        """Press a choice."""
        return self._send({"kind": "choice", "choice": choice_id})

    def start(self) -> Sent:
        """Begin, as opening the page does."""
        return self._send({"kind": "start"})

    def place(self, lat: float, long: float) -> Sent:
        """Send a point."""
        return self._send({"kind": "location", "location": {"lat": lat, "long": long}})

    def photo(self, path: Path) -> Sent:
        """Send a picture."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ChatError(f"{path} cannot be read: {error.strerror}.") from None
        response = self._call(
            "POST",
            "/api/photos",
            data={"external_id": uuid.uuid4().hex},
            files={"file": (path.name, data)},
        )
        return Sent(response["turn_id"], response["duplicate"])

    def answers(self, *, wait: float) -> Iterator[dict[str, Any]]:
        """The bot's and officers' lines as they come, until nothing is being written (or ``wait`` s)."""
        deadline = time.monotonic() + wait
        while True:
            page = self._read(after=self._after, turn=self._turn)
            self._after, self._turn = page["after"], page["turn"]
            for line in page["messages"]:
                if line["kind"] == "delivery":
                    if line["choices"]:
                        self.last_choices = line["choices"]
                    yield line
            if not page["waiting"]:
                # The turn may have been answered between its sending and this look.
                page = self._read(after=self._after, turn=self._turn)
                if not page["messages"]:
                    return
            elif time.monotonic() > deadline:
                return
            else:
                time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Close the connection; the session's file stays."""
        self._http.close()

    def _send(self, body: dict[str, Any]) -> Sent:
        response = self._call(
            "POST", "/api/messages", json={"external_id": uuid.uuid4().hex, **body}
        )
        return Sent(response["turn_id"], response["duplicate"])

    def _read(self, *, after: int, turn: int) -> dict[str, Any]:
        return self._call("GET", "/api/messages", params={"after": after, "turn": turn})

    def _open(self) -> None:
        try:
            response = self._http.get("/")
        except httpx.HTTPError:
            raise self._unreachable() from None
        cookie = response.cookies.get(COOKIE)
        if cookie is None:
            raise ChatError(f"{self._url} does not look like Sotong's web chat.")
        self._session_file.parent.mkdir(parents=True, exist_ok=True)
        self._session_file.touch(mode=0o600)
        self._session_file.write_text(cookie)

    def _call(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, **kwargs)
        except httpx.HTTPError:
            raise self._unreachable() from None
        if response.is_success:
            data: dict[str, Any] = response.json()
            return data
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise ChatError("This chat's session is not valid any more: call again with --new.")
        try:
            message = response.json()["message"]
        except (ValueError, KeyError):
            message = f"{self._url}{path} answered {response.status_code}."
        raise ChatError(message)

    def _unreachable(self) -> ChatError:
        return ChatError(
            f"Nothing answers at {self._url}: start the service with `make demo`, "
            f"or name the right address with --url."
        )


def _last_choices(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for line in reversed(lines):
        if line["kind"] == "delivery" and line["choices"]:
            choices: list[dict[str, Any]] = line["choices"]
            return choices
    return []
