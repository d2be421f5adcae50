"""The context that a link into a private chat carries: which public message it goes on from. Must not store.

A link's payload travels through the provider and anybody may type one, so it proves itself: it holds
the turn's id and a keyed hash over it. At most 64 of the characters A-Z a-z 0-9 _ - (Bot API, deep
linking).
"""

from __future__ import annotations

import hashlib
import hmac
import re

_PAYLOAD = re.compile(r"t([1-9][0-9]{0,14})_([0-9a-f]{20})")


def is_payload(text: str) -> bool:
    """Whether this has the form of a payload; whether it is ours only the key can tell."""
    return _PAYLOAD.fullmatch(text) is not None


class Invitations:
    """Makes and reads payloads; all processes share the key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, turn_id: int) -> str:
        """The payload for one public turn."""
        return f"t{turn_id}_{self._mac(turn_id)}"

    def read(self, payload: str) -> int | None:
        """The turn of a payload that is ours, else None."""
        match = _PAYLOAD.fullmatch(payload)
        if match is None:
            return None
        turn_id = int(match[1])
        return turn_id if hmac.compare_digest(match[2], self._mac(turn_id)) else None

    def _mac(self, turn_id: int) -> str:
        return hmac.new(self._key, f"turn:{turn_id}".encode(), hashlib.sha256).hexdigest()[:20]
