"""Reads examples for measuring, in three formats, and spoils them when asked. Does not load Rasa's engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from korean.noise import Spoilt, with_typos, without_spaces
from nlu.model import Unusable

FORMATS = ("massive", "rasa", "jsonl")
_SLOT = re.compile(r"\[([^:\[\]]+) : ([^\[\]]*)\]")
_TYPO = re.compile(r"typo:(0?\.\d+|1(?:\.0)?)")


@dataclass(frozen=True, order=True)
class Span:
    """An entity: `text[start:end]`."""

    start: int
    end: int
    entity: str


@dataclass(frozen=True)
class Example:
    """One message; `intent` is None where only entities are known, `entities` None where they are not."""

    text: str
    intent: str | None
    entities: tuple[Span, ...] | None


def load_examples(path: Path, form: str) -> list[Example]:
    """Read a file (format rasa: also a folder of YAML files).

    Raises:
        Unusable: it is missing, empty or not in this format; the message names the line.
    """
    if not path.exists():
        raise Unusable(f"{path} does not exist.")
    if form == "rasa":
        examples = list(_from_rasa(path))
    else:
        read = _from_massive if form == "massive" else _from_jsonl
        examples = [read(row, where) for row, where in _rows(path)]
    if not examples:
        raise Unusable(f"{path} holds no example in the format {form}.")
    return examples


def spoil(examples: Sequence[Example], noise: str, *, seed: int = 17) -> list[Example]:
    """The same examples as `nospace` or `typo:0.1` leaves them; entities move with their words.

    Raises:
        Unusable: the noise is of no known kind.
    """
    typo = _TYPO.fullmatch(noise)
    if noise != "nospace" and not typo:
        raise Unusable(f"--noise {noise} is unknown: use nospace or typo:0.1.")
    return [
        _moved(
            example,
            with_typos(example.text, share=float(typo[1]), seed=seed)
            if typo
            else without_spaces(example.text),
        )
        for example in examples
    ]


def as_rasa_json(examples: Sequence[Example]) -> dict[str, Any]:
    """Rasa's JSON training format, which needs no escaping; examples without intent are left out."""
    return {
        "rasa_nlu_data": {
            "common_examples": [
                {
                    "text": example.text,
                    "intent": example.intent,
                    "entities": [
                        {
                            "start": span.start,
                            "end": span.end,
                            "value": example.text[span.start : span.end],
                            "entity": span.entity,
                        }
                        for span in example.entities or ()
                    ],
                }
                for example in examples
                if example.intent
            ]
        }
    }


def _rows(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            where = f"{path}, line {number}"
            try:
                row = json.loads(line)
            except ValueError:
                raise Unusable(f"{where} is not JSON.") from None
            if not isinstance(row, dict):
                raise Unusable(f"{where} is not an object.")
            yield row, where


def _from_jsonl(row: dict[str, Any], where: str) -> Example:
    try:
        spans = row.get("entities")
        return Example(
            text=str(row["text"]),
            intent=row.get("intent"),
            entities=None
            if spans is None
            else tuple(sorted(Span(int(s["start"]), int(s["end"]), s["entity"]) for s in spans)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable(f'{where} needs "text" and "intent" or "entities" ({error!r}).') from None


def _from_massive(row: dict[str, Any], where: str) -> Example:
    try:
        text, spans = _annotated(str(row["annot_utt"]))
        return Example(text=text, intent=str(row["intent"]), entities=spans)
    except KeyError as error:
        raise Unusable(f"{where} has no field {error}.") from None


def _annotated(annotated: str) -> tuple[str, tuple[Span, ...]]:
    text, position, spans = "", 0, []
    for slot in _SLOT.finditer(annotated):
        text += annotated[position : slot.start()]
        spans.append(Span(len(text), len(text) + len(slot[2]), slot[1].strip()))
        text += slot[2]
        position = slot.end()
    return text + annotated[position:], tuple(spans)


def _from_rasa(path: Path) -> Iterator[Example]:
    # Rasa's parser of annotations needs a second to load; the other formats do not wait for it.
    from rasa.shared.nlu.training_data import entities_parser

    for file in sorted(path.rglob("*.yml")) if path.is_dir() else [path]:
        for block in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("nlu") or []:
            for line in (block.get("examples") or "").splitlines():
                if "intent" in block and line.startswith("- "):
                    message = entities_parser.parse_training_example(line[2:].strip(), None)
                    yield Example(
                        text=str(message.get("text")),
                        intent=block["intent"],
                        entities=tuple(
                            Span(found["start"], found["end"], found["entity"])
                            for found in message.get("entities") or ()
                        ),
                    )


def _moved(example: Example, spoilt: Spoilt) -> Example:
    spans = example.entities
    return replace(
        example,
        text=spoilt.text,
        entities=spans
        and tuple(
            Span(spoilt.offsets[span.start], spoilt.offsets[span.end], span.entity)
            for span in spans
        ),
    )
