"""The only client of Rasa. Must not touch the database and must not decide what a citizen reads.

The seam is the turn channel of ``nlu/channel.py``: one POST per turn, idempotent by turn id, and a
503 whenever an answer might have been lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from core.errors import PermanentFailure, TemporaryFailure
from core.replies import Choice, Image, Link, Point, Reply
from core.telemetry import NO_TELEMETRY, Telemetry

TURN_PATH = "/webhooks/turns/turn"
PARSE_PATH = "/webhooks/turns/parse"
HEALTH_PATH = "/webhooks/turns/health"
# A Rasa that took no connection is asked last for so long.
AWAY_SECONDS = 5.0
CONVERSATIONS_PATH = "/webhooks/turns/conversations"
# How the failure of a turn begins that Rasa did not answer at all.
UNREACHABLE = "rasa away"


@dataclass(frozen=True)
class RasaTurn:
    """One turn as Rasa hears it: ``text`` as typed, or ``parse_data`` for presses, photos and pins."""

    turn_id: int
    conversation_id: int
    text: str | None
    parse_data: Mapping[str, Any] | None
    metadata: Mapping[str, Any]
    idle_seconds: float
    draft: Mapping[str, Any] | None = None
    # Forget the form that Rasa may still hold: its draft lapsed meanwhile.
    new_session: bool = False
    # Grows when the turn is worked again because it was edited; then Rasa must hear it anew.
    revision: int = 0


@dataclass(frozen=True)
class RasaAnswer:
    """What Rasa says to a turn, and where its form stands afterwards."""

    replies: tuple[Reply, ...] = ()
    active_form: str | None = None
    requested_slot: str | None = None
    replayed: bool = field(default=False)


@dataclass(frozen=True)
class Understood:
    """The best intent of a text and how sure the classifier is (0 to 1)."""

    intent: str
    confidence: float


class RasaClient:
    """Talks to one Rasa, or to several that share their trackers. Thread-safe; close it at the end.

    A conversation has its own Rasa, so that each works an even part. Only while that one takes no
    connections does another one take its place: whoever has a turn already is never passed over.
    """

    def __init__(
        self,
        *,
        urls: Sequence[str],
        secret: str,
        timeout: float = 25.0,
        telemetry: Telemetry = NO_TELEMETRY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._urls = tuple(urls)
        self._away_until: dict[str, float] = {}
        self._clock = clock
        self._telemetry = telemetry
        self._client = httpx.Client(
            headers={"X-Sotong-Secret": secret},
            timeout=httpx.Timeout(timeout, connect=2.0),
            trust_env=False,
        )

    def converse(self, turn: RasaTurn) -> RasaAnswer:
        """Send one turn. Raises TemporaryFailure (send it again later) or PermanentFailure."""
        body = {
            "turn_id": f"{turn.turn_id}r{turn.revision}" if turn.revision else str(turn.turn_id),
            "conversation": f"c{turn.conversation_id}",
            "text": turn.text,
            "parse_data": turn.parse_data,
            "metadata": turn.metadata,
            "idle_seconds": turn.idle_seconds,
            "draft": turn.draft,
            "new_session": turn.new_session,
        }
        with self._telemetry.step(
            "rasa", turn_id=turn.turn_id, conversation_id=turn.conversation_id
        ):
            return _parse_answer(self._post(TURN_PATH, body, turn.conversation_id))

    def understand(self, text: str) -> Understood:
        """What a text is about, without any dialogue: no tracker is read or written.

        Raises TemporaryFailure or PermanentFailure.
        """
        with self._telemetry.step("rasa"):
            data = self._post(PARSE_PATH, {"text": text}, len(text))
        return Understood(str(data["intent"]), float(data["confidence"]))

    def _post(self, path: str, body: dict[str, Any], share: int) -> dict[str, Any]:
        response = self._ask("POST", path, share, json=body, headers=self._telemetry.headers())
        if response.status_code == httpx.codes.OK:
            data: dict[str, Any] = response.json()
            return data
        if response.status_code in (401, 422):
            raise PermanentFailure(f"rasa_{response.status_code}")
        raise TemporaryFailure(f"rasa: {response.status_code}", _retry_after(response))

    def forget(self, conversation_id: int) -> None:
        """Erase what Rasa keeps of a conversation; twice is once. Raises TemporaryFailure.

        Whatever goes wrong is worth another try: an erasure must not end half done.
        """
        self.forget_tracker(f"c{conversation_id}", share=conversation_id)

    def forget_tracker(self, name: str, *, share: int = 0) -> None:
        """Erase one tracker by Rasa's own name for it; twice is once. Raises TemporaryFailure."""
        response = self._ask("DELETE", f"{CONVERSATIONS_PATH}/{quote(name, safe='')}", share)
        if response.status_code != httpx.codes.OK:
            raise TemporaryFailure(f"rasa: {response.status_code}", _retry_after(response))

    def list_trackers(self, *, after: str, limit: int) -> list[str]:
        """Names of trackers behind ``after``, in order. Raises TemporaryFailure."""
        params = {"after": after, "limit": str(limit)}
        response = self._ask("GET", CONVERSATIONS_PATH, 0, params=params)
        if response.status_code != httpx.codes.OK:
            raise TemporaryFailure(f"rasa: {response.status_code}", _retry_after(response))
        return [str(name) for name in response.json()["conversations"]]

    def healthy(self) -> bool:
        """Whether at least one Rasa has its model loaded."""
        return any(self._is_healthy(url) for url in self._urls)

    def _is_healthy(self, url: str) -> bool:
        try:
            answer = self._client.get(url + HEALTH_PATH, timeout=2.0)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

    def _ask(self, method: str, path: str, share: int, **body: Any) -> httpx.Response:
        """Ask the Rasa whose part ``share`` is, or the next one that takes connections."""
        failure: httpx.HTTPError | None = None
        for url in self._in_order(share):
            try:
                response = self._client.request(method, url + path, **body)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                self._away_until[url], failure = self._clock() + AWAY_SECONDS, error
            except httpx.HTTPError as error:
                # It may be at work on it still. The type alone: the words may repeat what was sent.
                raise TemporaryFailure(f"{UNREACHABLE}: {type(error).__name__}") from error
            else:
                self._away_until.pop(url, None)
                return response
        raise TemporaryFailure(f"{UNREACHABLE}: {type(failure).__name__}") from failure

    def _in_order(self, share: int) -> list[str]:
        """Its own Rasa first; those that took no connection a moment ago come last."""
        start = share % len(self._urls)
        turned = self._urls[start:] + self._urls[:start]
        now = self._clock()
        return sorted(turned, key=lambda url: self._away_until.get(url, now) > now)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _parse_answer(data: dict[str, Any]) -> RasaAnswer:
    return RasaAnswer(
        replies=tuple(_parse_reply(reply) for reply in data["replies"]),
        active_form=data.get("active_form"),
        requested_slot=data.get("requested_slot"),
        replayed=bool(data.get("replayed")),
    )


def _parse_reply(data: dict[str, Any]) -> Reply:
    image_id, link, location = (
        data.get(key) for key in ("image_attachment_id", "link", "location")
    )
    return Reply(
        text=data.get("text") or "",
        choices=tuple(Choice(c["title"], c["payload"]) for c in data.get("choices") or ()),
        images=(Image(int(image_id), data.get("alt") or ""),) if image_id else (),
        link=Link(link["title"], link["url"]) if link else None,
        location=Point(float(location["lat"]), float(location["long"])) if location else None,
    )


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return float(response.json()["retry_after"])
    except (ValueError, KeyError, TypeError):
        return None
