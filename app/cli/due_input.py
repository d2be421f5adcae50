"""Reads the times, pauses and extensions that `sotong due` is given; must not count by itself."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from core.clock import Pause, Period

EXAMPLE = "2026-05-04T10:00"
PAUSE_EXAMPLE = "2026-05-06..2026-05-08"


def parse_moment(text: str, *, option: str) -> datetime:
    """An aware time from ISO text (`T` or a space); without a zone it is Seoul's.

    Raises BadParameter with the option's name.
    """
    moment = _moment(text)
    if moment is None:
        raise typer.BadParameter(
            f"{text!r} is not a date with a time: write it like {EXAMPLE} "
            f"(or {EXAMPLE}+09:00 with a zone).",
            param_hint=option,
        )
    return moment


def parse_pause(text: str) -> Pause:
    """`FROM..TO`: dates (both days included) or times. Raises BadParameter."""
    from core.clock import Pause

    first, dots, last = text.partition("..")
    start, end = _edge(first, is_end=False), _edge(last, is_end=True)
    if not dots or start is None or end is None:
        raise typer.BadParameter(
            f"{text!r} is not a pause: write FROM..TO with dates (both included) or times, like "
            f"{PAUSE_EXAMPLE} or 2026-05-06T10:00..2026-05-07T15:00.",
            param_hint="--pause",
        )
    if end < start:
        raise typer.BadParameter(
            f"{text!r} ends before it begins: write the earlier one first, like {PAUSE_EXAMPLE}.",
            param_hint="--pause",
        )
    return Pause(start, end)


def parse_extension(text: str, *, period: Period) -> Period:
    """`2d`, `8h`, or a plain number in the period's own unit. Raises BadParameter."""
    from core.clock import Period
    from core.errors import Refused
    from core.statutory import own_unit

    written = text.strip()
    try:
        if re.fullmatch(r"[1-9][0-9]{0,3}", written):
            return Period(int(written), own_unit(period))
        return Period.parse(written)
    except Refused:
        raise typer.BadParameter(
            f"{text!r} is not an extension: write a number in the unit of the period "
            f"({period}), or 8h, 2d, 1w, 1m.",
            param_hint="--extend",
        ) from None


def _moment(text: str) -> datetime | None:
    from core.clock import KST

    written = text.strip()
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    if ":" not in written and not re.search(r"[T ]\d", written):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=KST)


def _edge(text: str, *, is_end: bool) -> datetime | None:
    """One end of a pause; a date alone is its whole day."""
    from core.clock import KST

    written = text.strip()
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return _moment(written)
    return datetime.combine(day, time(), KST) + timedelta(days=is_end)
