"""The ways as an operator sets them up: secrets' file, start errors, `sotong departments`, the internal app."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.city_files import load_city
from app.cli.main import run
from app.department_secrets import load_department_secrets
from app.departments import make_department_work
from app.migrate import upgrade
from app.settings import Settings, SettingsError
from app.wiring import build_parts
from tests.builders import ROOT, make_case, make_turn
from tests.integrations.department_house import (
    BACK,
    OUT,
    RETIRED,
    ROAD,
    Peer,
    example,
    say,
    service_of,
    serving,
)

Tell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A city of our own and an empty var."""
    shutil.copytree(ROOT / "city", tmp_path / "city")
    monkeypatch.setenv("SOTONG_CITY_DIR", str(tmp_path / "city"))
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SOTONG_ENVIRONMENT", "test")
    return tmp_path


def set_way(folder: Path, department_id: str, **way: Any) -> None:
    path = folder / "city" / "departments.yml"
    entries = yaml.safe_load(path.read_text("utf-8"))
    for entry in entries:
        if entry["id"] == department_id:
            entry["way"] = way
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), "utf-8")


def write_secrets(folder: Path, data: Any, mode: int = 0o600) -> Path:
    path = folder / "departments.secret.yml"
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    path.chmod(mode)
    return path


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Runs `sotong departments …`; no secret is ever printed."""

    def run_it(*words: str) -> tuple[int, str, str]:
        code = run(["departments", *words])
        told = capsys.readouterr()
        for shown in (told.out, told.err):
            assert "whsec_" not in shown.replace("whsec_ ", "").replace('"whsec_"', "")
            assert "Traceback" not in shown
        return code, told.out, told.err

    return run_it


@pytest.fixture
def receiver() -> Iterator[Any]:
    server = example().Receiver(secrets=[OUT])
    with serving(server):
        yield server


@pytest.mark.parametrize(
    ("data", "mode", "words"),
    [
        ({ROAD: {"out": [OUT], "back": [BACK]}}, 0o644, "chmod 600"),
        ({"raod": {"out": [OUT]}}, 0o600, "no such department"),
        ({ROAD: {"out": ["whsec_short"]}}, 0o600, "road', out: expected a list"),
        ({ROAD: {"out": OUT}}, 0o600, "road', out: expected a list"),
        ({ROAD: {"output": [OUT]}}, 0o600, "expected the lists out, back and retired"),
        ({ROAD: {"back": [BACK], "retired": [BACK]}}, 0o600, "both in back and in retired"),
        ("[1, 2", 0o600, "neither YAML nor JSON"),
        ("- a\n- b\n", 0o600, "expected department id"),
    ],
)
def test_a_mistake_in_the_secrets_is_one_sentence_without_a_secret(
    folder: Path, data, mode, words
) -> None:
    settings = Settings.load(department_secrets=write_secrets(folder, data, mode))
    with pytest.raises(SettingsError) as error:
        load_department_secrets(settings, load_city(settings.city_dir))
    assert words in str(error.value)
    for each in (OUT, BACK):
        assert each not in str(error.value)


def test_production_does_not_start_without_a_secret_or_a_mail_server_and_names_the_fix(
    folder: Path,
) -> None:
    set_way(folder, ROAD, kind="webhook", address="https://road.city.example/sotong")
    secret = "x" * 32
    values: dict[str, Any] = {
        "environment": "production", "turn_secret": secret, "actions_secret": secret, "cookie_secret": secret,
        "vault_key": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    }  # fmt: skip

    def start(**more: Any) -> None:
        parts = build_parts(Settings.load(**(values | more)))
        try:
            make_department_work(parts).close()
        finally:
            parts.close()

    with pytest.raises(
        SettingsError, match=r"'road' has the way webhook.*SOTONG_DEPARTMENT_SECRETS"
    ):
        start()
    path = write_secrets(folder, {ROAD: {"out": [OUT], "back": [BACK], "retired": [RETIRED]}})
    start(department_secrets=path)
    set_way(folder, "parks", kind="mail")
    with pytest.raises(SettingsError, match="SOTONG_SMTP_HOST"):
        start(department_secrets=path)
    with pytest.raises(SettingsError, match="in the clear"):
        start(
            department_secrets=path,
            smtp_host="mail.city.example",
            mail_from="a@city.example",
            smtp_tls="none",
        )
    start(department_secrets=path, smtp_host="mail.city.example", mail_from="a@city.example")


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ({"kind": "fax"}, "'way.kind' is 'fax'"),
        ({"kind": "webhook"}, "not an https address"),
        ({"kind": "webhook", "address": "http://road.city.example/"}, "not an https address"),
        ({"kind": "webhook", "address": "https://u:p@road.city.example/"}, "no name, password"),
        ({"kind": "mail", "address": "road"}, "not an e-mail address"),
        ({"kind": "none", "address": "x"}, "has no address"),
        ({"kind": "mail", "inner_networks": ["169.254.0.0/16"]}, "may not be opened"),
        ({"kind": "mail", "inner_networks": ["0.0.0.0/0"]}, "may not be opened"),
        ({"kind": "mail", "inner_networks": ["everything"]}, "not a network"),
    ],
)
def test_a_mistake_in_a_way_is_told_with_file_and_line(folder: Path, way, words) -> None:
    from app.city_files import CityError

    set_way(folder, ROAD, **way)
    with pytest.raises(CityError) as error:
        load_city(folder / "city")
    assert words in str(error.value)
    assert "departments.yml:" in str(error.value)
    assert "department 'road'" in str(error.value)


def test_the_office_of_a_gu_may_have_a_way_too(folder: Path) -> None:
    path = folder / "city" / "gus.yml"
    entries = yaml.safe_load(path.read_text("utf-8"))
    entries[0]["way"] = {"kind": "mail", "tolerates_repeats": True}
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), "utf-8")
    office = load_city(folder / "city").department(f"gu-{entries[0]['id']}")
    assert (office.way.kind, office.way.address, office.way.tolerates_repeats) == (
        "mail",
        office.email,
        True,
    )


def test_the_sample_city_lets_nothing_leave_by_itself() -> None:
    assert all(not department.way.is_open for department in load_city(ROOT / "city").departments)


def test_check_tries_each_way_without_a_case(
    folder: Path, tell: Tell, receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_way(folder, ROAD, kind="webhook", address=f"http://127.0.0.1:{receiver.server_address[1]}/")
    monkeypatch.setenv(
        "SOTONG_DEPARTMENT_SECRETS",
        str(write_secrets(folder, {ROAD: {"out": [OUT], "back": [BACK]}})),
    )
    code, out, _ = tell("check")
    assert (code, "ok      road" in out) == (0, True)
    (event,) = receiver.events.values()
    assert event["type"] == "kr.sotong.ping.v1"
    assert "subject" not in event
    with serving(peer := Peer(say(200, b"<html>log in", Content_Type="text/html"))):
        set_way(
            folder, "parks", kind="webhook", address=f"http://127.0.0.1:{peer.server_address[1]}/"
        )
        monkeypatch.setenv(
            "SOTONG_DEPARTMENT_SECRETS",
            str(
                write_secrets(
                    folder, {each: {"out": [OUT], "back": [BACK]} for each in (ROAD, "parks")}
                )
            ),
        )
        code, out, _ = tell("check", "--json")
        found = {each["department"]: each for each in json.loads(out)["departments"]}
        assert code == 1
        assert found[ROAD]["ok"]
        assert "a proxy or a log-in" in found["parks"]["text"]
    code, _, err = tell("check", "nobody")
    assert (code, "no department 'nobody'" in err) == (2, True)
    assert tell("check", "cleaning")[0] == 0


def test_list_shows_what_waits_and_the_worker_sends_it(
    folder: Path, tell: Tell, receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(Settings.load())
    code, out, _ = tell("list")
    assert (code, "officers work on all cases in the console" in out) == (0, True)
    set_way(folder, ROAD, kind="webhook", address=f"http://127.0.0.1:{receiver.server_address[1]}/")
    monkeypatch.setenv(
        "SOTONG_DEPARTMENT_SECRETS",
        str(write_secrets(folder, {ROAD: {"out": [OUT], "back": [BACK]}})),
    )
    parts = build_parts(Settings.load())
    with parts.database.transaction() as session:
        make_case(
            session,
            turn=make_turn(session, now=parts.now()),
            city=parts.city,
            service_code=service_of(parts.city, ROAD),
            now=parts.now(),
        )
    assert "1 waiting since" in tell("list")[1]
    work = make_department_work(parts)
    work.runner.run_due()
    work.close()
    parts.close()
    assert len(receiver.events) == 1
    (row,) = json.loads(tell("list", "--json")[1])["departments"]
    assert (row["department_id"], row["answers"], row["waiting"]) == (ROAD, True, 0)
