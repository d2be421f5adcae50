"""Brings a table into the database in batches; must not ask a network.

A run that was stopped goes on where it ended: how far the file is read is kept with each batch. A batch is
small enough that a citizen's message does not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session

from budget.bodies import Bodies
from budget.checks import Checker, Finding, Tally
from budget.datasets import Dataset, dataset_for
from budget.reading import Scan, Table, open_table, scan
from budget.records import (
    MOST_FINDINGS,
    Begun,
    Saved,
    SeriesIds,
    begin_import,
    compare_sources,
    compare_totals,
    current_rows,
    finish_import,
    record_findings,
    save_rows,
    source_id_of,
)
from budget.rows import Refusal, RowReader, SourceRow
from core.database import SQLITE_CACHE_KB, Database
from core.ports import Now

BATCH = 4_000
# While figures come in, the pages of their indexes stay in memory.
_CACHE_KB = 65_536


@dataclass
class ImportReport:
    """What became of the rows of one file. ``tallies``: kind of check → how the numbers agreed."""

    dataset: str
    content_hash: str
    resumed_after: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    figures: int = 0
    refused: list[Refusal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Every row of the file that is not empty."""
        return self.added + self.changed + self.same + len(self.refused)


def run_import(
    database: Database,
    path: Path,
    *,
    datasets: Sequence[Dataset],
    bodies: Bodies,
    actor: str,
    now: Now,
    name: str | None = None,
    sheet: str | None = None,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda _line, _lines: None,
) -> ImportReport:
    """Read the file and keep its rows; ``progress`` hears the line reached and about how many there are.

    A dry run only reads, and does not compare with other sources. Raises Refused those of ``scan``,
    ``open_table`` and ``dataset_for``; OSError.
    """
    look = scan(path)
    with open_table(path, encoding=look.encoding, sheet=sheet) as table:
        dataset = dataset_for(datasets, head=table.head, stem=path.stem, name=name)
        run = _Run(
            database,
            dataset,
            table,
            look=look,
            file=path.name,
            bodies=bodies,
            actor=actor,
            now=now,
            progress=progress,
        )
        with _room(database):
            if dry_run:
                run.try_out()
            else:
                run.go()
    return run.report


class _Batch(NamedTuple):
    """Some rows, and the line that they reach."""

    rows: list[SourceRow]
    refused: list[Refusal]
    findings: list[Finding]
    line: int


class _Run:
    """One file on its way."""

    def __init__(
        self,
        database: Database,
        dataset: Dataset,
        table: Table,
        *,
        look: Scan,
        file: str,
        bodies: Bodies,
        actor: str,
        now: Now,
        progress: Callable[[int, int], None],
    ) -> None:
        self.database, self.dataset, self.table, self.look = database, dataset, table, look
        self.file, self.actor, self.now, self.progress = file, actor, now, progress
        self.report = ImportReport(dataset.key, look.content_hash)
        self.reader = RowReader(dataset, table.head, bodies)
        self.checker = Checker(dataset, table.head)
        self.series: SeriesIds = {}

    def go(self) -> None:
        """Batch by batch, each in a transaction of its own."""
        with self.database.transaction() as session:
            begun = self._begin(session)
        for batch in self._batches(begun.reached):
            try:
                with self.database.transaction() as session:
                    done = self._save(session, begun, batch)
            except BaseException:
                self.series.clear()
                raise
            begun = replace(begun, last_row=done.last_row)
            self._count((done.added, done.changed, done.same, done.figures), batch)
        with self.database.transaction() as session:
            self._end(session, begun)

    def try_out(self) -> None:
        """What would become of the rows."""
        for batch in self._batches(0):
            with self.database.reading() as session:
                source = source_id_of(session, self.dataset.key)
                known = current_rows(session, source or 0, [row.key for row in batch.rows])
            new = [row for row in batch.rows if row.key not in known]
            same = sum(
                1 for row in batch.rows if known.get(row.key, ("", ""))[1] == row.content_hash
            )
            figures = sum(
                len(row.figures)
                for row in batch.rows
                if known.get(row.key, ("", ""))[1] != row.content_hash
            )
            self._count((len(new), len(batch.rows) - len(new) - same, same, figures), batch)
        with self.database.reading() as session:
            self._conclude(session)

    def _begin(self, session: Session) -> Begun:
        begun = begin_import(
            session,
            self.dataset,
            file=self.file,
            content_hash=self.look.content_hash,
            columns=self.table.head,
            actor=self.actor,
            now=self.now(),
        )
        self.report.resumed_after = begun.reached
        return begun

    def _batches(self, reached: int) -> Iterator[_Batch]:
        rows: list[SourceRow] = []
        refused: list[Refusal] = []
        findings: list[Finding] = []
        line = 0
        read, see = self.reader.read, self.checker.see
        checked = bool(self.dataset.checks)
        for line, cells in self.table.rows:
            row = read(line, cells)
            if row is None:
                continue
            found = see(row) if checked and isinstance(row, SourceRow) else []
            if line <= reached:
                # It is accounted for; only what spans rows had to see it again.
                continue
            if isinstance(row, Refusal):
                refused.append(row)
            else:
                rows.append(row)
                if "#" in row.key:
                    note = "the file has another row about the same"
                    found.append(Finding("twice", line, row.key, "", "", "", note))
            findings += found
            if len(rows) + len(refused) >= BATCH:
                yield _Batch(rows, refused, findings, line)
                rows, refused, findings = [], [], []
        if rows or refused:
            yield _Batch(rows, refused, findings, line)

    def _save(self, session: Session, begun: Begun, batch: _Batch) -> Saved:
        room = max(0, MOST_FINDINGS - len(self.report.findings))
        return save_rows(
            session,
            begun,
            self.dataset,
            rows=batch.rows,
            refused=batch.refused,
            findings=batch.findings[:room],
            reached=batch.line,
            series=self.series,
            now=self.now(),
        )

    def _count(self, done: tuple[int, int, int, int], batch: _Batch) -> None:
        # Only what was kept counts.
        report = self.report
        report.added += done[0]
        report.changed += done[1]
        report.same += done[2]
        report.figures += done[3]
        report.refused += batch.refused
        report.findings += batch.findings[: max(0, MOST_FINDINGS - len(report.findings))]
        self.progress(batch.line, self.look.lines)

    def _end(self, session: Session, begun: Begun) -> None:
        late = self._conclude(session)
        equal, differing = compare_sources(session, begun.source_id)
        if equal or differing:
            self.report.tallies["sources"] = Tally(equal, 0, len(differing))
        self.report.findings += differing
        record_findings(session, begun, [*late, *differing])
        finish_import(session, begun, key=self.dataset.key, actor=self.actor, now=self.now())

    def _conclude(self, session: Session) -> list[Finding]:
        """What only the whole file tells."""
        late = self.checker.end()
        tallies = dict(self.checker.tallies)
        equal, rounding, differing = compare_totals(session, self.checker.totals)
        if equal or rounding or differing:
            tallies["total"] = Tally(equal, rounding, len(differing))
        late += differing
        self.report.findings += late
        self.report.tallies = tallies
        return late


@contextmanager
def _room(database: Database) -> Iterator[None]:
    """On SQLite a larger cache for the connection that writes, given back afterwards."""
    if not database.is_sqlite:
        yield
        return
    _set_cache(database, _CACHE_KB)
    try:
        yield
    finally:
        _set_cache(database, SQLITE_CACHE_KB)


def _set_cache(database: Database, kilobytes: int) -> None:
    # The pool hands out the same connection again as long as nobody else asks in between.
    connection = database.engine.raw_connection()
    try:
        connection.cursor().execute(f"PRAGMA cache_size=-{kilobytes}")
    finally:
        connection.close()
