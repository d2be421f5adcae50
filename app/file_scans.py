"""Builds the work of the virus scanner from the settings. Must hold no rules."""

from __future__ import annotations

from app.wiring import Parts
from dialogue.scanning import FileScans


def make_file_scans(parts: Parts) -> FileScans | None:
    """The work, or None where no scanner is set."""
    if not parts.settings.clamav:
        return None
    from integrations.clamd import Clamd

    return FileScans(
        database=parts.database,
        store=parts.store,
        scanner=Clamd(parts.settings.clamav),
        texts=parts.city.texts,
        now=parts.now,
    )
