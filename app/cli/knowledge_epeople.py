"""`sotong knowledge import --from epeople`: answers of 국민신문고. Must not read what the API sends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from knowledge.import_run import ImportReport
    from knowledge.importing import Broken, Row

ORIGIN = "epeople"


def bring_epeople(
    *,
    since: str | None,
    until: str | None,
    again: bool,
    sample: bool,
    dry_run: bool,
    hidden: bool,
) -> tuple[ImportReport, str]:
    """What became of the rows, and why it stopped before the end ("" when it did not)."""
    from dataclasses import replace

    from app.cli.actor import cli_actor
    from app.cli.post_input import open_parts
    from core.clock import KST
    from core.errors import PermanentFailure, RateLimited, TemporaryFailure
    from integrations.epeople import Epeople
    from knowledge.import_run import run_import
    from knowledge.importing import Row
    from knowledge.queries import external_ids

    failed = ""
    with open_parts() as parts:
        if not parts.settings.epeople_key:
            raise typer.BadParameter("set SOTONG_EPEOPLE_KEY to the service key of data.go.kr.")
        today = parts.now().astimezone(KST).date()
        first, last = _day(since, "--since"), today if until is None else _day(until, "--until")
        with parts.database.reading() as session:
            known = frozenset() if again else external_ids(session, ORIGIN)
        api = Epeople(key=parts.settings.epeople_key, address=parts.settings.epeople_url)

        def rows() -> Iterator[Row | Broken]:
            nonlocal failed
            reached = 0
            try:
                for number, whole, row in api.rows(since=first, until=last, known=known):
                    bar.length = whole
                    bar.update(max(0, number - reached))
                    reached = max(reached, number)
                    if isinstance(row, Row) and sample:
                        yield replace(row, article=replace(row.article, sample=True))
                    elif row is not None:
                        yield row
            # What was read until then goes in; the same command goes on from there.
            except RateLimited:
                failed = "오늘 쓸 수 있는 만큼 다 읽었어요. 내일 같은 명령을 다시 실행하면 이어서 읽어요."
            except TemporaryFailure as failure:
                failed = f"{failure}; run the same command again and it goes on."
            except PermanentFailure as failure:
                failed = str(failure)

        with typer.progressbar(length=1, label=ORIGIN, file=sys.stderr, hidden=hidden) as bar:
            report = run_import(
                parts.database,
                rows(),
                origin=ORIGIN,
                actor=cli_actor(),
                now=parts.now,
                dry_run=dry_run,
            )
        api.close()
    return report, failed


def _day(given: str | None, name: str) -> date:
    try:
        return date.fromisoformat(given or "")
    except ValueError:
        raise typer.BadParameter("say a day such as 2026-01-01.", param_hint=name) from None
