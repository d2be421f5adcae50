"""docs/privacy.md says what is so: periods, consents, commands, pages; and the copy's format is described."""

from __future__ import annotations

import json
import re
import stat
import zipfile
from pathlib import Path

import pytest

from app.cli.main import COMMANDS, run
from app.public import make_app
from app.settings import Settings, project_root
from core.my_data_export import SCHEMA, SCHEMA_VERSION, export_my_data
from core.officers import ROLES
from core.policy_questions import Outcome, record_question
from tests.builders import (
    MONDAY_TEN,
    make_case,
    make_conversation,
    make_database,
    make_turn,
    make_vault,
    sample_city,
)

DOCS = project_root() / "docs"
PAGE = (DOCS / "privacy.md").read_text(encoding="utf-8")
FORMAT = (DOCS / "my-data-export.md").read_text(encoding="utf-8")


def rows(section: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    part = re.split(r"^## ", PAGE.split(section, 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_the_periods_are_those_of_the_citys_file():
    assert [(row[0], row[1], row[2], row[3], row[5]) for row in rows("## 3. 보관 기간")] == [
        (f"`{rule.kind}`", rule.title, rule.period, rule.start, rule.ground)
        for rule in sample_city().retention
    ]


def test_the_consents_are_those_of_the_citys_file():
    assert [row[:6] for row in rows("## 2. 받는 것과 근거")] == [
        [f"`{text.kind}`", text.title, text.version, text.items, text.purpose, text.retention]
        for text in sample_city().consents
    ]


def test_every_command_and_page_that_it_names_exists(tmp_path: Path):
    named = set(re.findall(r"`sotong ([a-z]+)", PAGE))
    assert {"export", "erase", "retention", "restore", "backup"} <= named
    assert named <= set(COMMANDS)
    app = make_app(Settings.load(var_dir=tmp_path, environment="test"))
    paths = set(app.openapi()["paths"])
    assert set(re.findall(r"`(/[a-z-]+)`", PAGE)) - {"/start"} <= paths


def test_the_roles_are_those_of_the_console():
    table = {row[0]: row[2:] for row in rows("## 5. 누가 무엇을 볼 수 있나")}
    for name, title, permissions in ROLES:
        reveal, change, manage = table[f"{title}({name})"]
        assert ("예" in reveal) == ("personal.reveal" in permissions)
        assert ("예" in change) == ("case.change" in permissions)
        assert ("예" in manage) == ("officer.manage" in permissions)


def test_the_readme_leads_to_it():
    assert "docs/privacy.md" in (project_root() / "README.md").read_text(encoding="utf-8")


def test_every_field_of_the_copy_is_described(tmp_path: Path):
    database = make_database(tmp_path)
    with database.transaction() as session:
        talk = make_conversation(session)
        turn = make_turn(session, conversation=talk)
        make_case(session, turn=turn)
        record_question(
            session,
            turn_id=turn.id,
            conversation_id=talk.id,
            question="수수료 얼마예요?",
            outcome=Outcome.UNANSWERED,
            sureness=0.1,
            now=MONDAY_TEN,
        )
        data = export_my_data(
            session,
            vault=make_vault(),
            city=sample_city(),
            conversation_id=talk.id,
            how="json",
            file_address=lambda file: "",
            now=MONDAY_TEN,
        ).data
    database.dispose()
    assert f"`{SCHEMA}`" in FORMAT
    assert f"`schema_version` is `{SCHEMA_VERSION}`" in FORMAT
    named = set(re.findall(r"`([a-z_0-9]+)`", FORMAT))
    assert data["questions"][0]["question"] == "수수료 얼마예요?"
    inner = [
        *data["questions"],
        *data["cases"],
        *data["messages"],
        *data["retention"],
        data["conversation"],
    ]
    for each in (data, *inner, *data["cases"][0]["history"]):
        assert set(each) <= named


def test_the_command_writes_a_copy_that_only_its_owner_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    database = make_database(tmp_path)
    with database.transaction() as session:
        make_turn(session, text="골목이 캄캄해요")
    database.dispose()
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    target = tmp_path / "copy.zip"
    assert run(["export", "1", "--to", str(target)]) == 2
    assert run(["export", "1", "--to", str(target), "--reason", "전화로 열람 요청"]) == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with zipfile.ZipFile(target) as archive:
        assert json.loads(archive.read("my-data.json"))["messages"][0]["text"] == "골목이 캄캄해요"
    assert run(["export", "1", "--to", str(target), "--reason", "다시"]) == 2
    assert run(["export", "9", "--to", str(tmp_path / "x.zip"), "--reason", "다시"]) == 1
    assert "conversation_unknown" in capsys.readouterr().err
