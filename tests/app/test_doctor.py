"""Rules of `sotong doctor`: each fault is named together with what to do."""

from __future__ import annotations

import json
import socket
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.city_compile import compile_city
from app.city_files import load_city
from app.cli.main import run
from app.doctor import Finding, Verdict, _calendar, _clock, examine
from app.migrate import upgrade
from app.settings import Settings, project_root
from core.audit import record_audit
from core.database import Database
from core.models.vault import AuditEntry
from tests.app.test_health import HealthyRasa
from tests.ports import free_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(
        environment="test",
        var_dir=tmp_path / "var",
        rasa_port=free_port(),
        actions_port=free_port(),
        public_port=free_port(),
        internal_port=free_port(),
    )


def findings_of(settings: Settings) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(load=lambda: settings)}


def test_a_fresh_checkout_is_told_to_start_and_nothing_is_made(settings: Settings):
    found = findings_of(settings)
    assert found["city files"].verdict is Verdict.WARN
    assert "sotong city compile" in found["city files"].advice
    assert found["database"].verdict is Verdict.WARN
    assert found["the worker"].verdict is Verdict.WARN
    assert found["python of Rasa"].verdict is Verdict.OK
    assert not (settings.var_dir / "sotong.db").exists()


def test_a_prepared_installation_has_a_database_and_a_city(settings: Settings):
    compile_city(load_city(settings.city_dir), settings.compiled_city)
    upgrade(settings)
    found = findings_of(settings)
    assert found["city files"].verdict is Verdict.OK
    assert found["database"].verdict is Verdict.OK
    assert found["queues"].verdict is Verdict.OK
    assert found["officers"].verdict is Verdict.WARN
    assert "sotong officer create" in found["officers"].advice


def test_a_changed_line_of_the_audit_log_fails_and_is_named(settings: Settings):
    upgrade(settings)
    assert findings_of(settings)["audit log"].verdict is Verdict.OK
    database = Database(settings.database_url)
    with database.transaction() as session:
        entry = record_audit(
            session, actor="officer:1", action="look", subject="x", now=datetime.now(UTC)
        )
    with database.transaction() as session:
        session.get_one(AuditEntry, entry.id).subject = "y"
    database.dispose()
    found = findings_of(settings)["audit log"]
    assert found.verdict is Verdict.FAIL
    assert f"line {entry.id} " in found.text


def test_an_old_schema_fails_and_names_the_command(settings: Settings):
    (settings.var_dir / "sotong.db").touch()
    found = findings_of(settings)
    assert found["database"].verdict is Verdict.FAIL
    assert "sotong migrate" in found["database"].advice


def test_a_file_that_is_no_database_fails(settings: Settings):
    (settings.var_dir / "sotong.db").write_text("not a database, only words " * 100)
    assert findings_of(settings)["database"].verdict is Verdict.FAIL


def test_a_database_out_of_reach_fails_and_names_the_variable(settings: Settings):
    lost = settings.model_copy(update={"database_url": "sqlite:////proc/self/cmdline"})
    found = findings_of(lost)["database"]
    assert found.verdict is Verdict.FAIL
    assert "SOTONG_DATABASE_URL" in found.advice


def test_a_port_held_by_another_program_is_a_failure_that_names_it(settings: Settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = settings.model_copy(update={"public_port": server.getsockname()[1]})
        found = findings_of(taken)["the public app"]
    assert found.verdict is Verdict.FAIL
    assert "SOTONG_PUBLIC_PORT" in found.text


def test_a_secret_that_others_can_read_fails_with_the_command_that_mends_it(settings: Settings):
    (settings.secrets_dir / "vault_key").chmod(0o644)
    found = findings_of(settings)["secrets"]
    assert found.verdict is Verdict.FAIL
    assert "chmod 600" in found.advice


def test_a_misspelt_setting_is_noticed(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOTONG_PUBLIC_PROT", "8080")
    found = findings_of(settings)["configuration"]
    assert found.verdict is Verdict.WARN
    assert "SOTONG_PUBLIC_PROT" in found.text


def test_a_broken_city_fails_and_the_rest_is_still_checked(settings: Settings, tmp_path: Path):
    found = findings_of(settings.model_copy(update={"city_dir": tmp_path}))
    assert found["city files"].verdict is Verdict.FAIL
    assert "sotong city check" in found["city files"].advice
    assert "disk" in found
    assert "the worker" in found


def test_a_year_without_holidays_is_announced_before_it_begins():
    city = load_city(project_root() / "city")
    last = max(city.calendar.years)
    assert _calendar(city, today=date(last, 1, 2)).verdict is Verdict.OK
    assert _calendar(city, today=date(last, 12, 1)).verdict is Verdict.WARN
    assert _calendar(city, today=date(last + 1, 1, 1)).verdict is Verdict.FAIL


def test_a_clock_that_is_behind_our_own_files_is_wrong():
    assert _clock(now=2_000_000_000.0, newest=1_999_000_000.0).verdict is Verdict.OK
    assert _clock(now=0.0, newest=1_999_000_000.0).verdict is Verdict.FAIL


def test_the_command_fails_only_when_a_check_failed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for name, value in settings.child_environment().items():
        monkeypatch.setenv(name, value)
    code = run(["doctor", "--json"])
    data = json.loads(capsys.readouterr().out)
    assert {item["verdict"] for item in data["findings"]} <= {"ok", "warn", "fail"}
    failed = [item for item in data["findings"] if item["verdict"] == "fail"]
    assert data["ok"] is (not failed)
    assert code == (1 if failed else 0)
    assert all(item["advice"] for item in data["findings"] if item["verdict"] != "ok")
    monkeypatch.setenv("SOTONG_CITY_DIR", str(settings.var_dir))
    assert run(["doctor"]) == 1
    assert "fail  city files" in capsys.readouterr().out


def test_an_app_in_a_container_of_its_own_misses_nothing_that_lies_elsewhere(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # As in the image of the apps: no nlu/ beside them, each program at an address of its own.
    monkeypatch.setattr("app.doctor.project_root", lambda: tmp_path)
    well = HealthyRasa()
    silent = f"http://127.0.0.1:{free_port()}"
    try:
        spread = {
            "rasa_url": f"{well.url},{silent}",
            "actions_url": f"http://localhost:{free_port()}",
        }
        found = findings_of(settings.model_copy(update=spread))
    finally:
        well.close()
    for name in ("python of Rasa", "city files", "model", "Rasa"):
        assert found[name].verdict is Verdict.OK, found[name]
    for name in ("the public app", "the internal app"):
        assert found[name].verdict is Verdict.WARN
        assert "does not run here" in found[name].text
    assert found["the actions app"].verdict is Verdict.FAIL
    assert found["Rasa 2"].verdict is Verdict.FAIL
    assert silent in found["Rasa 2"].text
