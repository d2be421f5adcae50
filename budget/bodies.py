"""Local governments: codes, names, the years of a name; must not guess which of two is meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

FIRST_YEAR, LAST_YEAR = 1990, 2999


@dataclass(frozen=True)
class Body:
    """A 시·도 (``region`` is its own code) or a 시·군·구 within one."""

    code: str
    region: str
    name: str
    # 서울; a 시·군·구's own name without its last syllable, or empty where that is an everyday word.
    short: str
    also: tuple[str, ...] = ()
    since: int = FIRST_YEAR
    until: int = LAST_YEAR

    @property
    def is_region(self) -> bool:
        """Whether it is a 시·도."""
        return self.code == self.region

    def existed(self, year: int) -> bool:
        """Whether the name was in force in that year."""
        return self.since <= year <= self.until


@dataclass(frozen=True)
class Bodies:
    """All of them."""

    every: tuple[Body, ...]

    @cached_property
    def by_code(self) -> dict[str, Body]:
        """Each by its code."""
        return {each.code: each for each in self.every}

    @cached_property
    def regions(self) -> tuple[Body, ...]:
        """The 시·도 in the order of the file."""
        return tuple(each for each in self.every if each.is_region)

    @cached_property
    def _labels(self) -> dict[str, list[Body]]:
        found: dict[str, list[Body]] = {}
        for each in self.every:
            region = self.by_code[each.region]
            names = ("본청", "") if each.is_region else (each.name, *each.also)
            for name in names:
                found.setdefault(f"{region.short}{name}", []).append(each)
            if each.is_region:
                for name in (each.name, *each.also):
                    found.setdefault(name, []).append(each)
        return found

    def of_label(self, label: str, year: int) -> Body | None:
        """The body that a table calls 서울종로구, 서울본청 or 서울 in that year; None: there is none."""
        found = self._labels.get("".join(label.split()), ())
        there = [each for each in found if each.existed(year)]
        return there[0] if len(there) == 1 else None

    def within(self, region: str) -> tuple[Body, ...]:
        """The 시·군·구 of a region."""
        return tuple(each for each in self.every if each.region == region and not each.is_region)

    def full_name(self, body: Body) -> str:
        """경기도 수원시; a region is its own name."""
        return body.name if body.is_region else f"{self.by_code[body.region].name} {body.name}"


def make_bodies(regions: Iterable[Body], rest: Iterable[Body]) -> Bodies:
    """All of them in one list."""
    return Bodies((*regions, *rest))
