"""`sotong pii`: personal data in lines of text, taken out or listed; keeps nothing, needs no settings.

It finds what the service finds at the door, with the same rules, and imports nothing else of ours.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from korean.findings import NAMES, NOTICES
from korean.redact import Span, redact, render
from korean.split_numbers import find_splits, may_be_first_half

# Numbers of offices stand in these files of a city under these keys; read as text, so that the
# command starts at once and a fault elsewhere in the city's files does not stop it.
_FILES = ("hotlines.yml", "departments.yml", "neighbours.yml", "jurisdiction.yml")
_OFFICE = re.compile(r"\b(?:phone|number)\s*:\s*[\"']?(\+?[0-9][0-9() .-]{1,18}[0-9])")


def pii(
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help='One object a line: {"text": redacted, "spans": [{"start", "end", "type"}]}; '
            "start and end count code points of the line that was read.",
        ),
    ] = False,
    city: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the city whose offices' numbers stay (default: SOTONG_CITY_DIR)."
        ),
    ] = None,
) -> None:
    """Read lines from standard input and print them without personal data, one for one.

    Each line is one message; six digits of a date alone on a line are looked at together with the next.
    Types: resident_number, foreigner_number, passport, driver_license (removed), business_number,
    phone, bank_account, card, vehicle_plate, address_unit, person_name, email (tokens).
    """
    offices = office_numbers(city or _configured_city())
    out = sys.stdout.buffer
    for text, spans in found_in(_lines(sys.stdin.buffer), offices=offices):
        out.write(f"{_as_json(text, spans) if as_json else redacted(text, spans)}\n".encode())
        # A reader at the other end of a pipe gets each line at once.
        out.flush()


def found_in(lines: Iterable[str], *, offices: frozenset[str]) -> Iterator[tuple[str, list[Span]]]:
    """Each line with its spans, in order; a line that may be half a number waits for the next one."""
    waiting: tuple[str, list[Span]] | None = None
    for line in lines:
        spans = list(redact(line, public_numbers=offices).spans)
        if waiting is not None:
            for split in find_splits([waiting[0], line], public_numbers=offices):
                before, after = split.parts
                if split.kind in NOTICES and before is not None and after is not None:
                    first = Span(*before, split.kind, "", split.score)
                    waiting = (waiting[0], _put_in(waiting[1], first))
                    spans = _put_in(spans, split.last())
            yield waiting
        waiting = (line, spans)
        if not may_be_first_half(line):
            yield waiting
            waiting = None
    if waiting is not None:
        yield waiting


def redacted(text: str, spans: list[Span]) -> str:
    """The line with a notice or a token for each span; equal values get equal tokens."""
    tokens: dict[Span, str] = {}
    numbers: dict[tuple[str, str], int] = {}
    for span in spans:
        if span.kind in NAMES:
            count = sum(kind == span.kind for kind, _ in numbers)
            number = numbers.setdefault((span.kind, span.value), count + 1)
            tokens[span] = f"⟦{NAMES[span.kind]}{number}⟧"
    return render(text, spans, tokens)


def office_numbers(folder: Path) -> frozenset[str]:
    """The telephone numbers in a city's files; none where there is no city."""
    numbers: set[str] = set()
    for name in _FILES:
        try:
            text = (folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        numbers.update(_OFFICE.findall(text))
    return frozenset(numbers)


def _configured_city() -> Path:
    return Path(os.environ.get("SOTONG_CITY_DIR") or Path(__file__).parents[2] / "city")


def _lines(stream: Iterable[bytes]) -> Iterator[str]:
    for row in stream:
        yield row.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")


def _as_json(text: str, spans: list[Span]) -> str:
    found = [{"start": span.start, "end": span.end, "type": span.kind} for span in spans]
    return json.dumps({"text": redacted(text, spans), "spans": found}, ensure_ascii=False)


def _put_in(spans: list[Span], new: Span) -> list[Span]:
    apart = [span for span in spans if span.end <= new.start or new.end <= span.start]
    return sorted([*apart, new], key=lambda span: span.start)
