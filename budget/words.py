"""What citizens call what is measured, as data of the city; must not read a question."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Measure:
    """A measure: how it is spoken of, and whether it may be added up over governments."""

    name: str
    spoken: str
    adds: bool = False
    # It is the yearly change of this one: over other years that one is compared.
    change_of: str = ""


@dataclass(frozen=True)
class Sense:
    """Words for one or several measures; of several those are told that there are figures of."""

    words: tuple[str, ...]
    means: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """All of city/budget/words.yml."""

    # Who is meant when nobody is named.
    own_body: str
    measures: tuple[Measure, ...]
    senses: tuple[Sense, ...]
    # kind of item → what is asked of such an item when nothing is said.
    item_measures: tuple[tuple[str, tuple[str, ...]], ...]
    item_words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    # What is offered when nothing sounds like what was asked.
    suggested: tuple[str, ...] = ()
    # What people ask about and no table here tells; never taken for a slip of the pen.
    elsewhere: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Measure]:
        """Each measure by its name."""
        return {each.name: each for each in self.measures}

    def spoken(self, measure: str) -> str:
        """How a measure is spoken of."""
        found = self.by_name.get(measure)
        return measure if found is None else found.spoken

    def change_of(self, measure: str) -> str:
        """The measure whose yearly change this is, or the measure itself."""
        found = self.by_name.get(measure)
        return measure if found is None else found.change_of or measure

    def adds(self, measure: str) -> bool:
        """Whether it may be added up over governments."""
        found = self.by_name.get(measure)
        return found is not None and found.adds
