"""What is asked, once it is understood, and what an answer is; must hold no words of a language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from budget.figures import Figure

Op = Literal["value", "change", "rank", "place", "compare", "trend", "per_head"]
# regions: the 시·도; locals: all 시·군·구; within: those of one region.
Group = Literal["", "regions", "locals", "within"]


@dataclass(frozen=True)
class Query:
    """A question about figures. ``bodies`` are codes; empty with ``nation`` or a ``group``.

    ``year`` None: the newest there is. ``since``: the year to compare with, None: the one before.
    ``item`` empty: the whole. ``suffix``: only 시·군·구 whose name ends so.
    """

    measures: tuple[str, ...]
    bodies: tuple[str, ...] = ()
    op: Op = "value"
    year: int | None = None
    since: int | None = None
    item: str = ""
    nation: bool = False
    # All governments within the body's borders are meant.
    whole: bool = False
    group: Group = ""
    region: str = ""
    suffix: str = ""
    least: bool = False
    exact: bool = False
    # How many years a trend shows.
    span: int = 3


@dataclass(frozen=True)
class Doubt:
    """A question that is not understood well enough to state a figure.

    body: which of ``offers`` is meant. measure: what is asked. words: ``words`` are not known; ``offers``
    come near. unsupported: it is understood and cannot be computed (``words`` says what).
    """

    kind: Literal["body", "measure", "words", "unsupported"]
    words: str = ""
    offers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Understood:
    """The query, and slips of the pen that were read as something: (as given, as read)."""

    query: Query
    readings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a citizen reads, and what it rests on.

    figures: the sentence states them. none: there is none for what was asked. ask: it is asked back.
    """

    kind: Literal["figures", "none", "ask"]
    text: str
    figures: tuple[Figure, ...] = ()
    query: Query | None = None
    offers: tuple[str, ...] = ()
