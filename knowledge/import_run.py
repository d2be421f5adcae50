"""Brings rows into the database in batches; must not read files.

A run that was stopped goes on where it ended when it is started again: what is there already is ``same``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from core.database import Database
from core.errors import Refused
from core.ports import Now
from knowledge.importing import Broken, Row
from knowledge.records import record_import, save_article

BATCH = 200


@dataclass
class ImportReport:
    """What became of the rows. ``duplicates``: (line, key of the article that says the same); ``kept``:
    (line, key of the article that an officer has edited, so that the row was left out).
    """

    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("new", "changed", "same", "duplicate", "kept", "broken"), 0
        )
    )
    broken: list[Broken] = field(default_factory=list)
    duplicates: list[tuple[int, str]] = field(default_factory=list)
    kept: list[tuple[int, str]] = field(default_factory=list)


class _DryRun(Exception):
    """Undoes the batch."""


def run_import(
    database: Database,
    rows: Iterable[Row | Broken],
    *,
    origin: str,
    actor: str,
    now: Now,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _line: None,
) -> ImportReport:
    """Save the rows, batch by batch; ``progress`` hears the last line of each.

    A dry run does everything in one transaction and undoes it.
    """
    report = ImportReport()
    if dry_run:
        with suppress(_DryRun):
            _save(database, list(rows), report, origin=origin, actor=actor, now=now, undo=True)
        return report
    for batch in _batches(rows):
        _save(database, batch, report, origin=origin, actor=actor, now=now)
        progress(batch[-1].line)
    return report


def _batches(rows: Iterable[Row | Broken]) -> Iterable[list[Row | Broken]]:
    batch: list[Row | Broken] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _save(
    database: Database,
    batch: list[Row | Broken],
    report: ImportReport,
    *,
    origin: str,
    actor: str,
    now: Now,
    undo: bool = False,
) -> None:
    counts = dict.fromkeys(report.counts, 0)
    broken: list[Broken] = []
    duplicates: list[tuple[int, str]] = []
    kept: list[tuple[int, str]] = []
    with database.transaction() as session:
        for row in batch:
            if isinstance(row, Broken):
                broken.append(row)
                continue
            try:
                saved = save_article(
                    session,
                    row.article,
                    origin=origin,
                    external_id=row.external_id,
                    author=actor,
                    now=now(),
                )
            except Refused as refused:
                broken.append(Broken(row.line, str(refused)))
                continue
            counts[saved.outcome] += 1
            if saved.outcome == "duplicate":
                duplicates.append((row.line, saved.key))
            elif saved.outcome == "kept":
                kept.append((row.line, saved.key))
        counts["broken"] = len(broken)
        if undo:
            _add(report, counts, broken, duplicates, kept)
            raise _DryRun
        if counts["new"] or counts["changed"]:
            record_import(session, origin=origin, actor=actor, counts=counts, now=now())
    # Only what was kept counts.
    _add(report, counts, broken, duplicates, kept)


def _add(
    report: ImportReport,
    counts: dict[str, int],
    broken: list[Broken],
    duplicates: list[tuple[int, str]],
    kept: list[tuple[int, str]],
) -> None:
    for name, number in counts.items():
        report.counts[name] += number
    report.broken += broken
    report.duplicates += duplicates
    report.kept += kept
