"""A link's context proves itself: only what we made is believed, and it fits into a link."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.invitations import Invitations, is_payload

OURS = Invitations(b"k" * 32)
turns = st.integers(1, 10**15 - 1)


@settings(deadline=None)
@given(turns)
def test_what_was_made_is_read_by_every_process_with_the_key(turn_id: int) -> None:
    payload = OURS.make(turn_id)
    assert Invitations(b"k" * 32).read(payload) == turn_id
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)
    assert is_payload(payload)


@settings(deadline=None)
@given(turns, turns)
def test_a_proof_is_good_for_one_turn_only(turn_id: int, other: int) -> None:
    forged = OURS.make(turn_id).replace(f"t{turn_id}_", f"t{other}_", 1)
    assert OURS.read(forged) == (turn_id if other == turn_id else None)


@settings(deadline=None)
@given(turns)
def test_another_key_makes_nothing_that_we_believe(turn_id: int) -> None:
    assert OURS.read(Invitations(b"x" * 32).make(turn_id)) is None


@settings(deadline=None)
@given(turns, st.integers(0, 60), st.characters())
def test_one_changed_character_spoils_it(turn_id: int, at: int, character: str) -> None:
    payload = OURS.make(turn_id)
    at %= len(payload)
    changed = payload[:at] + character + payload[at + 1 :]
    assert OURS.read(changed) == (turn_id if changed == payload else None)


@settings(deadline=None)
@given(st.text())
def test_anything_may_be_typed_and_nothing_breaks(text: str) -> None:
    assert OURS.read(text) is None


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "t1_",
        "t0_00000000000000000000",
        "t01_" + OURS.make(1)[3:],
        OURS.make(1) + "\n",
        " " + OURS.make(1),
        OURS.make(1).upper(),
        OURS.make(1)[:-1],
        OURS.make(1) + "0",
        "t١_" + OURS.make(1)[3:],
        "010-1234-5678",
    ],
)
def test_what_only_looks_like_it_is_nothing(payload: str) -> None:
    assert OURS.read(payload) is None
