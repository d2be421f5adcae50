"""Looks at an installation and says what is wrong and what to do. Must change nothing.

(Reading the settings makes missing demo secrets, as any command does.)
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.audit_log import verify_audit
from app.city_compile import render_city
from app.city_files import load_city
from app.city_yaml import CityError
from app.demo_programs import NLU_PYTHON
from app.doctor_database import look_at_server
from app.doctor_departments import look_at_departments
from app.doctor_findings import Finding, Verdict
from app.doctor_findings import fail as _fail
from app.doctor_findings import ok as _ok
from app.doctor_findings import warn as _warn
from app.doctor_operations import look_at_operations
from app.doctor_processes import look_at_processes
from app.doctor_telegram import look_at_telegram
from app.migrate import pending_revisions
from app.settings import SECRET_NAMES, Settings, SettingsError, project_root
from app.settings_parts import ENV_PREFIX, variable
from app.vault_keys import make_keys
from core.city import City
from core.clock import KST
from core.database import Database
from core.delivery_queue import TROUBLED_STATES, literally_in
from core.errors import PermanentFailure, TemporaryFailure
from core.models.conversation import Delivery, Turn
from core.models.officers import Officer
from core.turn_queue import has_failed
from core.vault_rotation import look_at_keys

__all__ = ["Finding", "Verdict", "examine"]
# Read by Rasa's process, the tests and CI; no setting of ours, and no typing mistake.
OTHER_VARIABLES = frozenset(
    {
        "SOTONG_RASA_TRACKER",
        "SOTONG_RASA_LOCKS",
        "SOTONG_SECRETS_DIR",
        "SOTONG_FAILPOINT",
        "SOTONG_REQUIRE_ALL",
        "SOTONG_NOT_RUN_FILE",
    }
)
LOW_DISK, NO_DISK = 5_000_000_000, 500_000_000
CALENDAR_NOTICE = timedelta(days=90)
NLU_SECONDS = 60.0
MODEL_CURRENT, MODEL_STALE = 0, 3


def examine(*, load: Callable[[], Settings] = Settings.load) -> Iterator[Finding]:
    """All checks, one after the other; a check that fails does not stop the others."""
    try:
        settings = load()
    except SettingsError as error:
        yield _fail("configuration", str(error), "correct that variable and run this again")
        return
    yield _configuration(settings)
    yield _secrets(settings)
    yield _modern_python()
    yield _nlu_python()
    city: City | None = None
    try:
        city = load_city(settings.city_dir, boundaries_dir=settings.boundaries_dir)
    except CityError as error:
        faults = str(error).splitlines()
        yield _fail(
            "city files",
            f"{len(faults)} fault(s) in {settings.city_dir}, the first: {faults[0]}",
            "`sotong city check` lists all of them with file and line",
        )
    if city is not None:
        yield _city(settings, city)
        yield _calendar(city, today=datetime.now(KST).date())
    yield _model(settings, city)
    yield from _database(settings)
    if city is not None:
        yield from look_at_departments(settings, city)
    yield _disk(settings)
    yield _clock(now=time.time(), newest=_newest_source())
    yield from look_at_processes(settings)
    yield look_at_telegram(settings)
    yield from look_at_operations(settings)


def _configuration(settings: Settings) -> Finding:
    known = {variable(name) for name in Settings.model_fields} | OTHER_VARIABLES
    unknown = sorted(
        name for name in os.environ if name.startswith(ENV_PREFIX) and name not in known
    )
    if unknown:
        return _warn(
            "configuration",
            f"{', '.join(unknown)} is set, but there is no such setting",
            "correct the name (docs/operations.md lists all settings) or remove it",
        )
    return _ok("configuration", f"environment {settings.environment}, data in {settings.var_dir}")


def _secrets(settings: Settings) -> Finding:
    files = [settings.secrets_dir / name for name in SECRET_NAMES]
    open_to_others = [
        str(file)
        for file in files
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if open_to_others:
        return _fail(
            "secrets",
            f"{', '.join(open_to_others)} can be read by other users of this machine",
            f"run `chmod 600 {' '.join(open_to_others)}`",
        )
    if settings.environment == "production":
        return _ok("secrets", "all four come from the environment")
    return _ok("secrets", f"made for {settings.environment}, readable by this user only")


def _modern_python() -> Finding:
    running = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        return _fail(
            "python", f"this is Python {running}", "run `make bootstrap` with 3.11 to 3.13"
        )
    return _ok("python", f"{running} ({sys.prefix})")


def _nlu_python() -> Finding:
    if _without_nlu():
        return _ok("python of Rasa", "Rasa runs elsewhere: there is no nlu/ here")
    python = project_root() / NLU_PYTHON
    code = "import sys, importlib.metadata as m; print(*sys.version_info[:2], m.version('rasa'))"
    try:
        done = subprocess.run(
            [str(python), "-c", code],
            check=False,
            capture_output=True,
            text=True,
            timeout=NLU_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _fail("python of Rasa", f"{python} does not run ({error})", "run `make bootstrap`")
    words = done.stdout.split()
    if done.returncode != 0 or words[:2] != ["3", "10"]:
        reason = (done.stderr.strip().splitlines() or [done.stdout.strip()])[-1]
        return _fail("python of Rasa", f"{python}: {reason}", "run `make bootstrap`")
    return _ok("python of Rasa", f"3.10 with Rasa {words[2]}")


def _without_nlu() -> bool:
    """Whether Rasa's part of the project is missing here, as in the image of the apps."""
    return not (project_root() / "nlu").is_dir()


def _city(settings: Settings, city: City) -> Finding:
    text = (
        f"{city.jurisdiction.name}: {len(city.departments)} departments, "
        f"{len(city.services)} services, {len(city.rules)} routing rules"
    )
    compiled = settings.compiled_city
    if _without_nlu():
        return _ok("city files", text)
    if not compiled.exists() or compiled.read_bytes() != render_city(city):
        return _warn(
            "city files",
            f"{text}; {compiled} does not match them",
            "run `sotong city compile`, then `make nlu-train` (make demo does both)",
        )
    return _ok("city files", text)


def _calendar(city: City, *, today: date) -> Finding:
    years = sorted(city.calendar.years)
    known = f"holidays known for {years[0]} to {years[-1]}"
    if today.year not in years:
        return _fail(
            "calendar",
            f"{known}, not for {today.year}: no due time can be counted",
            "add this year to the years of city/calendar.yml",
        )
    soon = (today + CALENDAR_NOTICE).year
    if soon not in years:
        return _warn(
            "calendar", f"{known}; {soon} begins soon", "add it to the years of city/calendar.yml"
        )
    return _ok("calendar", known)


def _model(settings: Settings, city: City | None) -> Finding:
    if city is None:
        return _warn("model", "cannot be compared while the city's files are broken", "mend them")
    if _without_nlu():
        return _ok("model", "lies where Rasa runs, made together with it")
    python = project_root() / NLU_PYTHON
    try:
        done = subprocess.run(
            [str(python), "-m", "nlu.train", "--check", "--var-dir", str(settings.var_dir)],
            cwd=project_root(),
            check=False,
            capture_output=True,
            text=True,
            timeout=NLU_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _fail("model", f"cannot be compared ({error})", "run `make bootstrap`")
    said = (done.stdout + done.stderr).strip().splitlines()
    text = said[-1] if said else f"nlu.train ended with {done.returncode} and said nothing"
    if done.returncode == MODEL_CURRENT:
        return _ok("model", text)
    advice = "run `make nlu-train` (make demo does it too), then restart Rasa"
    if done.returncode == MODEL_STALE:
        return _warn("model", text, advice)
    return _fail("model", text, advice)


def _database(settings: Settings) -> Iterator[Finding]:
    url = make_url(settings.database_url)
    sqlite = url.get_backend_name() == "sqlite"
    where = f"{url.database}" if sqlite else f"{url.host}/{url.database}"
    if sqlite and not Path(where).exists():
        # Opening it would create it, and a doctor changes nothing.
        yield _warn(
            "database", f"{where} does not exist yet", "run `sotong migrate` or `make demo`"
        )
        return
    try:
        yield from _server(settings)
        pending = pending_revisions(settings)
        if pending:
            yield _fail(
                "database",
                f"{where} lacks {len(pending)} migration(s): {', '.join(pending)}",
                "run `sotong migrate`",
            )
            return
        yield _ok("database", f"{where} is reachable and migrated")
        database = Database(settings.database_url)
        try:
            with database.reading() as session:
                officers = session.scalar(
                    select(func.count()).select_from(Officer).where(Officer.disabled_at.is_(None))
                )
                turns = session.scalar(
                    select(func.count()).select_from(Turn).where(has_failed(Turn.state))
                )
                deliveries = session.scalar(
                    select(func.count())
                    .select_from(Delivery)
                    .where(literally_in(Delivery.state, TROUBLED_STATES))
                )
                keys = _vault(session, settings)
            audit = verify_audit(settings, database)
        finally:
            database.dispose()
    except (SQLAlchemyError, TemporaryFailure, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        yield _fail(
            "database",
            f"{where} cannot be used: {reason}",
            f"start it, or correct {variable('database_url')}",
        )
        return
    yield (
        _ok("officers", f"{officers} can sign in")
        if officers
        else _warn("officers", "nobody can sign in", "`sotong officer create LOGIN --name NAME`")
    )
    if turns or deliveries:
        yield _warn(
            "queues",
            f"{turns} turn(s) failed, {deliveries} delivery(ies) failed or unsure",
            "officers see them in the conversation; the logs name the cause",
        )
    else:
        yield _ok("queues", "no failed turn, no failed or unsure delivery")
    yield keys
    if audit.ok:
        yield _ok("audit log", f"every line fits the chain and {audit.found.anchors} signed ends")
    else:
        yield _fail(
            "audit log",
            audit.sentence,
            "keep the database and the signed ends as they are and compare them with a backup",
        )


def _vault(session: Session, settings: Settings) -> Finding:
    try:
        keys = make_keys(settings)
        missing = look_at_keys(session, keys)
    except (SettingsError, PermanentFailure) as error:
        return _fail("vault key", str(error), "no process starts with this key")
    if missing:
        return _fail(
            "vault key",
            f"items need the key {', '.join(missing)}, which is not here",
            f"add it to {variable('vault_old_keys')}, or `sotong vault give-up` if it is lost for ever",
        )
    return _ok("vault key", f"{keys.current.key_id} is this database's")


def _server(settings: Settings) -> Iterator[Finding]:
    database = Database(settings.database_url)
    try:
        found = look_at_server(database)
    finally:
        database.dispose()
    if found is not None:
        yield found


def _disk(settings: Settings) -> Finding:
    folder = settings.var_dir
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return _fail("disk", f"{folder} cannot be written", "give this user the right to write")
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free under {settings.var_dir}"
    if free < NO_DISK:
        return _fail("disk", text, "free some space now: messages cannot be kept without it")
    if free < LOW_DISK:
        return _warn("disk", text, "free some space soon")
    return _ok("disk", text)


def _newest_source() -> float:
    return max(file.stat().st_mtime for file in Path(__file__).parent.glob("*.py"))


def _clock(*, now: float, newest: float) -> Finding:
    """Due times and look-ups depend on the clock; one that is behind our own files is wrong."""
    shown = f"{datetime.fromtimestamp(now, UTC).astimezone(KST):%Y-%m-%d %H:%M} in Seoul"
    if now < newest - 86_400:
        return _fail(
            "clock",
            f"it says {shown}, which is before these files were made",
            "set the clock (timedatectl set-ntp true)",
        )
    return _ok("clock", shown)
