"""Updates that break the rules: refused as such, saved where they can be, never anything else."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bots.telegram_parse import (
    Talk,
    parse_update,
    salvage,
)
from tests.bots.telegram_updates import (
    BOT,
    CITIZEN,
    GROUP,
    ME,
    PHOTO,
    POINT,
    PRIVATE,
    edited,
    in_group,
    membership,
    press,
    update,
)

# ---- what breaks the rules --------------------------------------------------------------------------

VALID = [
    update(text="가로등"),
    update(text="/start abc"),
    update(photo=PHOTO, caption="가", media_group_id="1"),
    update(document={"file_id": "x", "file_size": 5}),
    update(location={**POINT, "horizontal_accuracy": 5.0}),
    update(venue={"location": POINT, "title": "가", "address": "나"}),
    update(contact={"phone_number": "+8210", "first_name": "가"}),
    update(text="네", reply_to_message={"message_id": 5, "from": BOT, "chat": PRIVATE}),
    in_group(f"@{ME.username} 가", entities=[{"type": "text_mention", "user": CITIZEN}]),
    update(chat=GROUP, migrate_to_chat_id=-1005),
    edited(text="가"),
    press(),
    membership("kicked"),
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**30, -(10**30), 2**63, 10**300, 0, -1]),
    st.floats(),
    st.text(st.characters(exclude_categories=()), max_size=8),
)
jsons = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
names = st.sampled_from(
    "update_id message edited_message callback_query my_chat_member chat from id type text caption "  # noqa: SIM905
    "photo location date message_id entities contact".split()
)
odd = st.dictionaries(
    names, st.recursive(scalars, lambda x: st.dictionaries(names, x), max_leaves=12)
)
ALLOWED = (KeyError, TypeError, ValueError, AttributeError)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items: Any = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


@st.composite
def broken(draw: st.DrawFn) -> dict[str, Any]:
    """A valid update of which some fields are gone or of a wrong type."""
    data = copy.deepcopy(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(list(places(data)) or [("update_id",)]))
        holder = data
        for key in path:
            holder = holder[key]
        if draw(st.booleans()):
            holder[last] = draw(jsons)
        elif isinstance(holder, dict):
            holder.pop(last, None)
    return data


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(broken(), odd), st.sampled_from([ME, None]))
def test_an_odd_update_is_read_or_refused_and_never_anything_else(data, me) -> None:
    try:
        parsed = parse_update(data, me=me)
    except ALLOWED:
        parsed = None
    saved = salvage(data)
    for message in (saved, parsed.message if isinstance(parsed, Talk) else None):
        if message is not None:
            assert "\x00" not in message.text
            message.text.encode()
            assert len(message.external_id) <= 128
            assert message.sequence is None or abs(message.sequence) < 2**63


@settings(deadline=None)
@given(jsons)
def test_whatever_stands_in_the_place_of_a_message_salvaging_never_fails(value) -> None:
    salvage(
        {"message": value, "edited_message": {"chat": value, "message_id": value, "text": value}}
    )
    salvage({"message": {"chat": {"id": value}, "message_id": value, "caption": value}})


def test_the_words_of_a_broken_private_message_are_saved() -> None:
    saved = salvage(update(text="가로등이 꺼졌어요", date="어제"))
    assert saved is not None
    assert (saved.address, saved.external_id, saved.text) == ("1001", "1001:7", "가로등이 꺼졌어요")
    assert salvage(update(photo=[{}])) is not None


@pytest.mark.parametrize(
    "chat", [GROUP, {"id": True}, {"id": 0}, {"id": 10**5000}, {"id": "1001"}, None]
)
def test_where_nobody_can_be_told_nothing_is_saved(chat) -> None:
    assert (
        salvage({"update_id": 1, "message": {"chat": chat, "message_id": 7, "text": "가"}}) is None
    )


@pytest.mark.parametrize("number", [True, 10**30, float("nan"), "7", None])
def test_an_update_without_a_real_number_is_broken(number) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_update({**update(text="가"), "update_id": number}, me=ME)


@pytest.mark.parametrize("date", [10**30, -(10**30), float("inf"), float("nan")])
def test_a_date_that_no_calendar_has_is_broken(date) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_update(update(text="가", date=date), me=ME)
