"""The doctor's look at what keeps the service for years: alerts, backups, figures. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from app.backup import last_backup
from app.clock import utc_now
from app.doctor_findings import Finding, fail, ok, warn
from app.operators import missing_settings
from app.settings import Settings
from app.settings_parts import variable


def look_at_operations(settings: Settings) -> Iterator[Finding]:
    """Whether somebody is told, and whether there is a backup to come back to."""
    yield _alerts(settings)
    yield _backup(settings)


def _alerts(settings: Settings) -> Finding:
    missing = missing_settings(settings)
    if missing:
        return fail("alerts", "operators are not reached", f"set {', '.join(missing)} too")
    ways = [
        way
        for way, setting in (
            ("telegram", settings.operators_telegram_chat),
            ("mail", settings.operators_mail),
        )
        if setting
    ]
    if ways:
        return ok("alerts", f"operators are told by {' and '.join(ways)}")
    text = "nobody is told when something is wrong"
    if settings.environment != "production":
        return ok("alerts", f"{text} ({settings.environment})")
    names = f"{variable('operators_telegram_chat')} or {variable('operators_mail')}"
    return warn("alerts", text, f"set {names}, then `sotong alerts test`")


def _backup(settings: Settings) -> Finding:
    made, limit = last_backup(settings), timedelta(hours=settings.backup_hours)
    if made is None:
        if settings.environment != "production" or not limit:
            return ok("backup", f"none, and none is expected ({settings.environment})")
        return fail("backup", "there is none", "run `sotong backup DIR`, then every night")
    age = utc_now() - made
    text = f"the last one was made {age // timedelta(hours=1)} hours ago"
    if limit and age > limit:
        return warn("backup", text, "look why the nightly `sotong backup` does not run")
    return ok("backup", text)
