"""What `sotong doctor` says of the ways to departments: what is missing, who does not answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.doctor_departments import look_at_departments
from app.doctor_findings import Finding, Verdict
from app.migrate import upgrade
from app.settings import Settings
from core.city import City, Way
from core.database import Database
from core.department_standby import note_failure
from tests.builders import sample_city


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(environment="test", var_dir=tmp_path / "var")


def city_by(kind: str) -> City:
    city = sample_city()
    first, *others = city.departments
    way = Way(kind=kind, address="https://back.example/in" if kind == "webhook" else "a@b.example")
    return replace(city, departments=(replace(first, way=way), *others))


def finding(settings: Settings, city: City) -> Finding:
    (found,) = look_at_departments(settings, city)
    return found


def test_a_city_whose_officers_work_in_the_console_needs_nothing(settings: Settings) -> None:
    assert finding(settings, sample_city()).verdict is Verdict.OK


def test_a_way_that_cannot_work_in_production_names_what_is_missing(settings: Settings) -> None:
    live = settings.model_copy(update={"environment": "production"})
    webhook, mail = finding(live, city_by("webhook")), finding(live, city_by("mail"))
    assert (webhook.verdict, mail.verdict) == (Verdict.FAIL, Verdict.FAIL)
    assert "SOTONG_DEPARTMENT_SECRETS" in webhook.text
    assert "SOTONG_SMTP_HOST" in mail.text


def test_a_department_that_does_not_answer_is_named_with_the_command_that_tells_why(
    settings: Settings,
) -> None:
    upgrade(settings)
    city = city_by("webhook")
    assert finding(settings, city).verdict is Verdict.OK
    database, now = Database(settings.database_url), datetime.now(UTC)
    with database.transaction() as session:
        for minute in range(6):
            note_failure(
                session,
                department_id=city.departments[0].id,
                failure="timeout",
                now=now + timedelta(minutes=minute),
            )
    database.dispose()
    found = finding(settings, city)
    assert found.verdict is Verdict.WARN
    assert city.departments[0].id in found.text
    assert "sotong departments check" in found.advice
