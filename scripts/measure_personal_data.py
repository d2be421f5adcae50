"""Measures how well personal data are found: recall and precision per kind, on lines with known spans.

Reads only the files named: JSON lines of {"text", "spans": [{"start", "end", "type"}]}.  Two figures
each: a find counts when its type fits and it overlaps the known span by half or more (IoU >= 0.5), and,
strictly, only when both ends fit, too.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from korean.findings import KINDS
from korean.redact import redact

Known = tuple[int, int, str]


@dataclass(frozen=True)
class Line:
    """One text and what is known to stand in it."""

    text: str
    spans: tuple[Known, ...]


@dataclass(frozen=True)
class Figures:
    """Counts of one kind, or of all."""

    known: int
    found: int
    hits: int
    exact: int

    @property
    def recall(self) -> float:
        """Part of the known spans that were found; 1 when there are none."""
        return self.hits / self.known if self.known else 1.0

    @property
    def precision(self) -> float:
        """Part of the finds that are right; 1 when there are none."""
        return self.hits / self.found if self.found else 1.0


def read_lines(path: Path) -> list[Line]:
    """The lines of a file. Raises KeyError or ValueError where one is malformed."""
    lines = []
    for row in path.read_text(encoding="utf-8").splitlines():
        data = json.loads(row)
        spans = tuple((each["start"], each["end"], each["type"]) for each in data["spans"])
        lines.append(Line(data["text"], spans))
    return lines


def measure(lines: Iterable[Line]) -> dict[str, Figures]:
    """Figures by kind; "all" is their sum."""
    counts: dict[str, Counter[str]] = {}
    for line in lines:
        found = [(span.start, span.end, span.kind) for span in redact(line.text).spans]
        pairs = _pairs(line.spans, found)
        for column, spans in (("known", line.spans), ("found", found)):
            for span in spans:
                counts.setdefault(span[2], Counter())[column] += 1
        for known, one in pairs:
            counts[known[2]]["hits"] += 1
            counts[known[2]]["exact"] += known == one
    sums = sum(counts.values(), Counter())
    return {
        kind: Figures(each["known"], each["found"], each["hits"], each["exact"])
        for kind, each in [*counts.items(), ("all", sums)]
    }


def faults(line: Line) -> Iterator[str]:
    """What was missed or found wrongly in one line, for a reader."""
    found = [(span.start, span.end, span.kind) for span in redact(line.text).spans]
    pairs = _pairs(line.spans, found)
    right = {known for known, _ in pairs} | {one for _, one in pairs}
    for start, end, kind in line.spans:
        if (start, end, kind) not in right:
            yield f"missed {kind} {line.text[start:end]!r}"
    for start, end, kind in found:
        if (start, end, kind) not in right:
            yield f"wrong {kind} {line.text[start:end]!r}"


def _pairs(known: Iterable[Known], found: Iterable[Known]) -> list[tuple[Known, Known]]:
    """Each known span with its find; none is used twice."""
    left = list(found)
    pairs = []
    for span in known:
        for one in left:
            shared = min(span[1], one[1]) - max(span[0], one[0])
            union = max(span[1], one[1]) - min(span[0], one[0])
            if one[2] == span[2] and shared * 2 >= union:
                left.remove(one)
                pairs.append((span, one))
                break
    return pairs


def main() -> None:
    """Print one table a file, and each fault when asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--faults", action="store_true", help="print what was missed or wrong")
    arguments = parser.parse_args()
    for file in arguments.files:
        lines = read_lines(file)
        figures = measure(lines)
        print(f"{file.name}: {len(lines)} lines, {sum(bool(x.spans) for x in lines)} with data")
        print(f"{'type':18} {'known':>5} {'found':>5} {'recall':>7} {'prec.':>7} {'exact':>7}")
        for kind in (*KINDS, "all"):
            if kind in figures:
                one = figures[kind]
                exact = one.exact / one.known if one.known else 1.0
                print(
                    f"{kind:18} {one.known:5} {one.found:5} {one.recall:7.3f} {one.precision:7.3f}"
                    f" {exact:7.3f}"
                )
        if arguments.faults:
            for number, line in enumerate(lines, 1):
                for fault in faults(line):
                    print(f"{number}: {fault} in {line.text!r}")


if __name__ == "__main__":
    main()
