"""A file of JSON lines that only grows and outlives the database. Must not know what its lines mean."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import TemporaryFailure


def append_lines(path: Path, lines: Iterable[Mapping[str, object]], *, what: str) -> None:
    """Add a line for each, durable when it returns.

    Raises TemporaryFailure when they cannot be written; ``what`` names the file in its words.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            # The line break first: a line that was broken off by a power cut must not spoil the next one.
            file.write("".join(f"\n{json.dumps(line, ensure_ascii=False)}" for line in lines))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise TemporaryFailure(f"{what} cannot be written: {error.strerror}") from None


def read_lines(path: Path) -> Iterator[Any]:
    """What the lines hold, in order; a line that was broken off is passed over, and so is a missing file."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue
