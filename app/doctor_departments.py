"""The doctor's look at the ways to departments: set up, and answering as far as known. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy.exc import SQLAlchemyError

from app.backup_database import database_kind, sqlite_path
from app.department_needs import check_needs
from app.doctor_findings import Finding, fail, ok, warn
from app.settings import Settings, SettingsError
from core.city import City
from core.database import Database
from core.department_desk import DepartmentState, department_states
from core.errors import TemporaryFailure

NAME = "departments"


def look_at_departments(settings: Settings, city: City) -> Iterator[Finding]:
    """One finding: what is missing for the ways that the city chose, or who does not take cases."""
    kinds = sorted({each.way.kind for each in city.departments} - {"none"})
    if not kinds:
        yield ok(NAME, "none has a way out: officers work on all cases in the console")
        return
    try:
        check_needs(settings, city)
    except SettingsError as error:
        yield fail(NAME, str(error), "correct that file or setting")
        return
    url = settings.database_url
    if database_kind(url) == "sqlite" and not sqlite_path(url).is_file():
        return  # To look would make it.
    try:
        states = _states(settings, city)
    except (SQLAlchemyError, TemporaryFailure):
        return  # The database's own line says why.
    yield _verdict(states, kinds)


def _states(settings: Settings, city: City) -> Sequence[DepartmentState]:
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            return department_states(session, city=city)
    finally:
        database.dispose()


def _verdict(states: Sequence[DepartmentState], kinds: Sequence[str]) -> Finding:
    silent = [each.department_id for each in states if not each.answers]
    troubled = sum(each.troubled for each in states)
    if silent:
        return warn(
            NAME,
            f"{', '.join(silent)} did not take what was sent last; cases wait for them",
            "`sotong departments check` tries each way and says why",
        )
    if troubled:
        return warn(
            NAME,
            f"{troubled} message(s) failed or are unsure",
            "`sotong outbox list` shows them, `sotong outbox retry` sends them again",
        )
    waiting = sum(each.waiting for each in states)
    return ok(NAME, f"{len(states)} ways ({', '.join(kinds)}), {waiting} message(s) waiting")
