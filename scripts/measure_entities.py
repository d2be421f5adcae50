"""Measures places, dates, times and sums of money: spans to the character, overlap, and values.

Reads only the files named: JSON lines of {"text", "entities": [{"start", "end", "entity", "value"?}]}.
A value that is missing says that the words name none; values of places are not compared.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from korean.entities import find_entities

KINDS = ("place", "date", "time", "amount", "case_number")
CITY = Path(__file__).parents[1] / "city"

Span = tuple[int, int, str, "str | int | None"]


@dataclass(frozen=True)
class Line:
    """One text and what is known to stand in it."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Figures:
    """Counts of one kind over all lines."""

    known: int
    found: int
    exact: int
    overlapped: int
    valued: int

    @property
    def precision(self) -> float:
        """Part of the finds that fit a known span to the character; 1 when there are none."""
        return self.exact / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Part of the known spans that were found to the character; 1 when there are none."""
        return self.exact / self.known if self.known else 1.0

    @property
    def f1(self) -> float:
        """Of exact spans."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def overlap(self) -> float:
        """Part of the known spans that share a character with a find of their kind."""
        return self.overlapped / self.known if self.known else 1.0

    @property
    def right(self) -> float:
        """Part of the known spans that were found with both ends and the value right."""
        return self.valued / self.known if self.known else 1.0


def read_lines(path: Path) -> list[Line]:
    """The lines of a file. Raises KeyError or ValueError where one is malformed."""
    lines = []
    for row in path.read_text(encoding="utf-8").splitlines():
        data = json.loads(row)
        spans = tuple(
            (each["start"], each["end"], each["entity"], each.get("value"))
            for each in data["entities"]
            if each["entity"] in KINDS
        )
        lines.append(Line(data["text"], spans))
    return lines


def city_names(folder: Path = CITY) -> frozenset[str]:
    """The districts, neighbourhoods and landmarks of the city's files."""
    gus = yaml.safe_load((folder / "gus.yml").read_text(encoding="utf-8"))
    places = yaml.safe_load((folder / "places.yml").read_text(encoding="utf-8"))
    names = {name for gu in gus for name in (gu["name"], *gu["aliases"], *gu["dongs"])}
    return frozenset(
        names | {name for place in places for name in (place["name"], *place.get("aliases", ()))}
    )


def found_in(text: str, *, today: date, names: frozenset[str]) -> tuple[Span, ...]:
    """What `korean.entities` finds, in the form of known spans."""
    return tuple(
        (each.start, each.end, each.kind, each.value)
        for each in find_entities(text, today=today, gazetteer=names)
    )


def measure(lines: Iterable[Line], *, today: date, names: frozenset[str]) -> dict[str, Figures]:
    """Figures by kind."""
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for line in lines:
        found = found_in(line.text, today=today, names=names)
        for span in found:
            counts[span[2]]["found"] += 1
        for span in line.spans:
            count = counts[span[2]]
            count["known"] += 1
            same = [each for each in found if each[:3] == span[:3]]
            count["exact"] += bool(same)
            count["valued"] += any(_same_value(each, span) for each in same)
            count["overlapped"] += any(
                each[2] == span[2] and each[0] < span[1] and span[0] < each[1] for each in found
            )
    return {
        kind: Figures(c["known"], c["found"], c["exact"], c["overlapped"], c["valued"])
        for kind, c in counts.items()
    }


def faults(line: Line, *, today: date, names: frozenset[str]) -> Iterator[str]:
    """What was missed or found wrongly in one line, for a reader."""
    found = found_in(line.text, today=today, names=names)
    for span in line.spans:
        if not any(each[:3] == span[:3] and _same_value(each, span) for each in found):
            yield f"missed {span[2]} {line.text[span[0] : span[1]]!r} {span[3]}"
    for span in found:
        if not any(each[:3] == span[:3] and _same_value(each, span) for each in line.spans):
            yield f"wrong {span[2]} {line.text[span[0] : span[1]]!r} {span[3]}"


def _same_value(one: Span, other: Span) -> bool:
    return one[2] == "place" or str(one[3]) == str(other[3])


def main() -> None:
    """Print one table a file, and each fault when asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--today", type=date.fromisoformat, required=True, help="YYYY-MM-DD")
    parser.add_argument("--no-city", action="store_true", help="know no names of the city")
    parser.add_argument("--faults", action="store_true", help="print what was missed or wrong")
    arguments = parser.parse_args()
    names = frozenset() if arguments.no_city else city_names()
    for file in arguments.files:
        lines = read_lines(file)
        figures = measure(lines, today=arguments.today, names=names)
        print(f"{file.name}: {len(lines)} lines")
        print(f"{'kind':12} {'known':>5} {'found':>5} {'exact F1':>8} {'overlap':>8} {'value':>7}")
        for kind, one in figures.items():
            print(
                f"{kind:12} {one.known:5} {one.found:5} {one.f1:8.3f} {one.overlap:8.3f}"
                f" {one.right:7.3f}"
            )
        if arguments.faults:
            for number, line in enumerate(lines, 1):
                for fault in faults(line, today=arguments.today, names=names):
                    print(f"{number}: {fault} in {line.text!r}")


if __name__ == "__main__":
    main()
