"""Holds what a bot asked of a stand-in against the description of the Bot API; it must answer nothing.

The stand-ins take almost anything, so that an answer of theirs does not prove a request right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from tests.peers.recording_proxy import Call
from tests.peers.telegram_rules import rules
from tests.peers.telegram_spec import METHODS, Asked, check, decode


class Recorded(Protocol):
    """Anything that keeps a bot's requests, oldest first."""

    @property
    def calls(self) -> Sequence[Call]:
        """Every request so far."""
        ...


def violations(call: Call) -> list[str]:
    """Every breach of one request: names, types (also inside nested JSON), files, values."""
    if call.method not in METHODS:
        return [f"{call.method}: not among the methods that a bot like ours may use"]
    params, unread = decode(call.method, dict(call.params))
    files = {name: file.data for name, file in call.files.items()}
    asked = Asked(call.method, params, files)
    return [each.violation for each in (*unread, *check(asked), *rules(asked))]


@contextmanager
def spec_checked(peer: Recorded) -> Iterator[None]:
    """Whatever is asked in the block must be as the Bot API says; a test that failed fails as it did."""
    before = len(peer.calls)
    yield
    breaches = [breach for call in peer.calls[before:] for breach in violations(call)]
    assert not breaches, breaches
