"""`sotong city check|compile`: what an operator sees and which exit code a script gets."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.city import city_app

ROOT = Path(__file__).resolve().parents[2]
runner = CliRunner()


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(ROOT / "city", tmp_path / "city"))
    path = folder / "services.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("period: 3d", "period: 5x", 2), encoding="utf-8")
    return folder


def test_check_says_ok_and_that_it_is_a_sample() -> None:
    result = runner.invoke(city_app, ["check", "--city", str(ROOT / "city")])
    assert result.exit_code == 0
    assert result.stdout.startswith("ok: 서울특별시 (sample, not official)")


def test_check_prints_every_mistake_and_fails(broken: Path) -> None:
    result = runner.invoke(city_app, ["check", "--city", str(broken)])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("'5x' is not a period") == 2
    assert "2 mistakes" in result.stderr


def test_check_speaks_json_both_ways(broken: Path) -> None:
    good = runner.invoke(city_app, ["check", "--json", "--city", str(ROOT / "city")])
    assert good.exit_code == 0
    data = json.loads(good.stdout)
    assert data["ok"] is True
    assert data["counts"]["gus"] == 25
    bad = runner.invoke(city_app, ["check", "--json", "--city", str(broken)])
    assert bad.exit_code == 1
    assert json.loads(bad.stdout)["ok"] is False
    assert len(json.loads(bad.stdout)["errors"]) == 2


def test_compile_writes_the_file_and_prints_its_hash(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "city.json"
    result = runner.invoke(
        city_app, ["compile", "--json", "--city", str(ROOT / "city"), "--out", str(out)]
    )
    assert result.exit_code == 0
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    assert json.loads(result.stdout) == {
        "ok": True,
        "path": str(out),
        "sha256": digest,
        "errors": [],
    }


def test_compile_of_a_broken_city_writes_nothing(broken: Path, tmp_path: Path) -> None:
    out = tmp_path / "city.json"
    result = runner.invoke(city_app, ["compile", "--city", str(broken), "--out", str(out)])
    assert result.exit_code == 1
    assert not out.exists()


def test_compile_names_a_place_it_cannot_write_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "city.json"
    result = runner.invoke(city_app, ["compile", "--city", str(ROOT / "city"), "--out", str(out)])
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize("command", ["check", "compile"])
def test_help_explains_each_option(command: str) -> None:
    result = runner.invoke(city_app, [command, "--help"])
    assert result.exit_code == 0
    for option in ("--city", "--boundaries", "--json"):
        assert option in result.stdout
