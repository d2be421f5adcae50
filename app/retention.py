"""Builds the retention of a city and treats old log files. Must not decide what is due."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from app.wiring import Parts
from core.models.base import Base
from core.retention_rules import RetentionRule
from dialogue.rasa import RasaClient
from dialogue.retention import RetentionRunner


def make_retention(parts: Parts, rasa: RasaClient) -> RetentionRunner:
    """The runner that the worker's clock and `sotong retention run` use."""
    folder = parts.settings.log_dir
    return RetentionRunner(
        database=parts.database,
        rules=parts.city.retention,
        rasa=rasa,
        store=parts.store,
        now=parts.now,
        beside={"logs": lambda before, dry_run: clear_logs(folder, before, dry_run=dry_run)},
    )


def clear_logs(folder: Path, before: datetime, *, dry_run: bool) -> int:
    """Remove log files that were moved aside (`worker.log.2`) and last written before then; how many."""
    old = [
        path
        for path in folder.glob("*.log.*")
        if path.is_file() and datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    ]
    for path in old if not dry_run else ():
        path.unlink(missing_ok=True)
    return len(old)


def tables_without_rule(rules: tuple[RetentionRule, ...]) -> list[str]:
    """Tables of the database that no kind of record names."""
    return sorted(set(Base.metadata.tables) - {table for rule in rules for table in rule.tables})
