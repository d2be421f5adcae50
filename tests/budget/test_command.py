"""`sotong budget` from the command line: import, what was found wrong, questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli.main import run
from tests.budget.files import write

DEBT = "회계연도,지역명,자치단체명,자치단체코드,본청여부,예산대비채무비율\n"


@pytest.fixture
def own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path / "var"))
    assert run(["migrate"]) == 0
    return tmp_path


def test_the_commands_import_list_and_answer(own_var: Path, capsys: pytest.CaptureFixture[str]):
    rows = "2024,경기,경기본청,4100000,Y,11.95\n2024,경기,없는시,1,N,1\n"
    file = write(own_var, "budget_debt_ratio.csv", DEBT + rows)
    capsys.readouterr()
    assert run(["budget", "import", str(file), "--dry-run", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["added"] == 1
    assert run(["budget", "import", str(file), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["added"], told["refused"], told["dry_run"]) == (1, 1, False)
    assert told["refused_rows"][0]["line"] == 3
    assert run(["budget", "import", str(file)]) == 1
    assert "0 added, 0 changed, 1 same, 1 refused" in capsys.readouterr().out
    assert run(["budget", "imports", "--json"]) == 0
    assert [each["added"] for each in json.loads(capsys.readouterr().out)] == [0, 1]
    assert run(["budget", "imports", "1", "--json"]) == 0
    assert [each["kind"] for each in json.loads(capsys.readouterr().out)] == ["refused"]
    assert run(["budget", "ask", "2024년 경기도 채무비율은?", "그럼 2020년은?", "--json"]) == 0
    one, other = json.loads(capsys.readouterr().out)
    assert (one["figures"][0]["value"], one["figures"][0]["source"]["line"]) == ("11.95", 2)
    assert (other["kind"], other["figures"]) == ("none", [])
    assert run(["budget", "ask", "2024년 경기도 채무비율은?"]) == 0
    assert "11.95%예요" in capsys.readouterr().out


def test_a_file_that_is_not_there_or_no_table_is_told(
    own_var: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(["budget", "import", str(own_var / "nowhere.csv")]) == 2
    file = write(own_var, "fund_balance.csv", DEBT + "2024,경기,경기본청,4100000,Y,1\n")
    assert run(["budget", "import", str(file)]) == 1
    assert "missing 전년도현재액" in capsys.readouterr().err
    assert run(["budget", "import", str(file), "--dataset", "x"]) == 1
    assert "name one of budget_debt_ratio" in capsys.readouterr().err
