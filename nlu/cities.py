"""Reads a city's names, of places and departments, from what `sotong city compile` wrote; guesses none.

Training keeps the names inside the model, so that a model reads places alike wherever it is served.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from korean.organizations import aliases_of
from nlu.model import Unusable

# Set by nlu.train when the compiled city is there; may be set by hand for `rasa train`.
VARIABLE = "SOTONG_CITY_FILE"
FORMAT = 1
Taken = TypeVar("Taken")


def city_file() -> Path | None:
    """The compiled city that the environment names, or None."""
    name = os.environ.get(VARIABLE)
    return Path(name) if name else None


def read_names(path: Path) -> tuple[str, ...]:
    """Districts, neighbourhoods and places of the city with their other names, sorted.

    Raises:
        Unusable: the file is missing or no compiled city; the message names it.
    """
    return _read(path, lambda city: tuple(sorted({*_names(city["gus"]), *_names(city["places"])})))


def read_departments(path: Path) -> dict[str, str]:
    """What people call a department of the city, and its official name.

    Raises:
        Unusable: as `read_names`.
    """
    return _read(
        path,
        lambda city: {
            alias: department["name"]
            for department in reversed(city["departments"])
            for alias in aliases_of(department["name"])
        },
    )


def _read(path: Path, take: Callable[[dict[str, Any]], Taken]) -> Taken:
    try:
        city = json.loads(path.read_text(encoding="utf-8"))
        if city["format"] != FORMAT:
            raise Unusable(f"{path} has format {city['format']}, not {FORMAT}: compile it again.")
        return take(city)
    except OSError as error:
        raise Unusable(
            f"{path} ({VARIABLE}) cannot be read ({error.strerror}): run `sotong city compile`."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise Unusable(
            f"{path} ({VARIABLE}) is no compiled city: run `sotong city compile`."
        ) from None


def _names(entries: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for entry in entries:
        yield entry["name"]
        yield from entry.get("aliases", ())
        yield from entry.get("dongs", ())
