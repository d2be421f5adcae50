"""Reads YAML and keeps the line of every value. Must not know what a city is.

PyYAML's own loader forgets where a value stood; an operator needs file and line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Where = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

MAX_BYTES = 2_000_000
# libyaml where PyYAML was built with it: the same result ten times faster.
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CityError(Exception):
    """The city's files cannot be used. `errors` holds every mistake, one sentence each."""

    def __init__(self, errors: tuple[str, ...]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass
class Problems:
    """Collects every mistake, so that an operator sees all of them at once."""

    found: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, document: Document, where: Where, text: str) -> None:
        """Note a mistake at a place of a document."""
        self.found.append((document.name, document.line(where), text))

    def add_at(self, name: str, line: int, text: str) -> None:
        """Note a mistake at a line of a file; line 0 stands for the whole file."""
        self.found.append((name, line, text))

    def sentences(self) -> tuple[str, ...]:
        """All mistakes in the order of files and lines, each once."""
        lines = [
            f"{name}:{line}: {text}" if line else f"{name}: {text}"
            for name, line, text in sorted(self.found)
        ]
        return tuple(dict.fromkeys(lines))


@dataclass(frozen=True)
class Document:
    """One file: its plain data and the line on which each value starts."""

    name: str
    data: Any
    lines: Mapping[Where, int]

    def line(self, where: Where) -> int:
        """The line of a value, or of the nearest thing around it."""
        for length in range(len(where), -1, -1):
            found = self.lines.get(where[:length])
            if found is not None:
                return found
        return 1


def read_document(path: Path, name: str, *, problems: Problems) -> Document | None:
    """Read one YAML file. Notes a problem and gives None when it cannot be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            problems.add_at(name, 0, f"the file is larger than {MAX_BYTES} bytes")
            return None
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        problems.add_at(name, 0, "the file is missing")
        return None
    except UnicodeDecodeError:
        problems.add_at(name, 0, "the file is not UTF-8 text")
        return None
    except OSError as error:
        problems.add_at(name, 0, f"the file cannot be read ({error.strerror})")
        return None
    return parse_document(text, name, problems=problems)


def parse_document(text: str, name: str, *, problems: Problems) -> Document | None:
    """The same of YAML that is already read; its first line is line 1 of `name`."""
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            problems.add_at(name, 1, "the file is empty")
            return None
        lines: dict[Where, int] = {}
        data = _construct(loader, node, where=(), lines=lines, name=name, problems=problems)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        problems.add_at(name, line, f"this is not YAML: {error.problem or error.context}")
        return None
    except yaml.YAMLError as error:
        problems.add_at(name, 1, f"this is not YAML: {error}")
        return None
    except ValueError as error:  # e.g. a date such as 2026-02-30
        problems.add_at(name, 1, f"a value cannot be read: {error}")
        return None
    finally:
        loader.dispose()
    return Document(name, data, lines)


def validate(
    model: type[M], document: Document, where: Where, *, label: str, problems: Problems
) -> M | None:
    """Check one value of a document against a model; notes every mistake, then gives None."""
    value = value_at(document, where)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=True):
            loc = tuple(part for part in detail["loc"])
            text = _sentence(dict(detail), model=model, loc=loc)
            problems.add(document, where + loc, f"{label}: {text}" if label else text)
        return None


def value_at(document: Document, where: Where) -> Any:
    """The value at a place of a document."""
    value = document.data
    for part in where:
        value = value[part]
    return value


def _construct(
    loader: Any,
    node: yaml.Node,
    *,
    where: Where,
    lines: dict[Where, int],
    name: str,
    problems: Problems,
) -> Any:
    lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [
            _construct(
                loader, child, where=(*where, index), lines=lines, name=name, problems=problems
            )
            for index, child in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode):
                problems.add_at(name, line, "a key must be a plain word")
                continue
            if key in result:
                problems.add_at(name, line, f"'{key}' stands twice; keep one of them")
            result[key] = _construct(
                loader, value_node, where=(*where, key), lines=lines, name=name, problems=problems
            )
            lines[(*where, key)] = line
        return result
    try:
        return loader.construct_object(node, deep=True)
    except ValueError as error:
        raise yaml.constructor.ConstructorError(
            problem=f"'{node.value}' cannot be read ({error})", problem_mark=node.start_mark
        ) from None


def _sentence(detail: dict[str, Any], *, model: type[BaseModel], loc: Where) -> str:
    """Turn a pydantic error into one sentence that says what was expected."""
    field_name = str(loc[-1]) if loc else ""
    path = ".".join(str(part) for part in loc)
    kind = str(detail["type"])
    given = detail.get("input")
    if kind == "missing":
        return f"'{path}' is missing"
    if kind == "extra_forbidden":
        known = f" (expected one of: {', '.join(model.model_fields)})" if len(loc) == 1 else ""
        return f"'{path}' is not a known field{known}"
    if kind == "model_type":
        return f"{_quoted(given)} was given, expected fields ({', '.join(model.model_fields)})"
    if kind == "value_error":
        return f"{path} {detail['ctx']['error']}" if path else str(detail["ctx"]["error"])
    if kind == "string_type":
        hint = '; write it in quotes, such as "120"' if isinstance(given, int | float) else ""
        return f"'{path}' is {_quoted(given)}, expected text{hint}"
    if kind in ("list_type", "tuple_type"):
        return f"'{path}' is {_quoted(given)}, expected a list"
    return f"'{path or field_name}' is {_quoted(given)}: {detail['msg']}"


def _quoted(value: object) -> str:
    text = str(value)
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"
