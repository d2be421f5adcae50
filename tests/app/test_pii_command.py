"""Rules of `sotong pii`: lines in, lines out, nothing else needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from app.cli.pii import office_numbers
from app.settings import project_root
from korean.findings import KINDS


def pii(text: bytes, *arguments: str, folder: Path) -> list[str]:
    """What the command prints, run as a citizen of nowhere: no settings, an empty folder."""
    done = subprocess.run(
        [sys.executable, "-c", "from app.cli.main import main; main()", "pii", *arguments],
        input=text,
        capture_output=True,
        check=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(project_root())},
        timeout=30,
    )
    assert done.stderr == b""
    return done.stdout.decode().split("\n")


def test_each_line_comes_back_without_personal_data(tmp_path: Path) -> None:
    said = "번호 010-1234-5678, 공일공 일이삼사 오육칠팔\n\n02-120 물어봄\r\n"
    lines = pii(said.encode() + b"\xff " + "12가3456\n저는 홍길동이고".encode(), folder=tmp_path)
    assert lines == [
        "번호 ⟦전화1⟧, ⟦전화1⟧",
        "",
        "02-120 물어봄",
        "\ufffd ⟦차량1⟧",
        "저는 ⟦이름1⟧이고",
        "",
    ]


def test_json_tells_where_in_code_points_and_what(tmp_path: Path) -> None:
    line = "😀 900101 1234567, 계좌 국민은행 123456-78-901234"
    (row, end) = pii(line.encode(), "--json", folder=tmp_path)
    assert end == ""
    data = json.loads(row)
    assert data["text"] == "😀 [주민등록번호 삭제], 계좌 국민은행 ⟦계좌1⟧"
    assert data["spans"] == [
        {"start": 2, "end": 16, "type": "resident_number"},
        {"start": 26, "end": 42, "type": "bank_account"},
    ]
    assert line[26:42] == "123456-78-901234"


def test_a_resident_number_over_two_lines_is_removed_from_both(tmp_path: Path) -> None:
    lines = pii(b"900101\n1234567\n900101\n\n1234567\n", folder=tmp_path)
    assert lines == ["[주민등록번호 삭제]"] * 2 + ["900101", "", "1234567", ""]


def test_what_was_redacted_stays_as_it_is(tmp_path: Path) -> None:
    once = pii("홍길동 올림 010-1234-5678 900101-1234567\n".encode(), folder=tmp_path)
    assert pii("\n".join(once).encode(), folder=tmp_path) == once


def test_office_numbers_of_the_city_stay(tmp_path: Path) -> None:
    assert "02-120" in office_numbers(project_root() / "city")
    assert office_numbers(tmp_path) == frozenset()
    (tmp_path / "departments.yml").write_text('- {id: a, phone: "02-2133-9999"}', encoding="utf-8")
    said = "02-2133-9999 안 받아요\n".encode()
    assert pii(said, "--city", str(tmp_path), folder=tmp_path)[0] == "02-2133-9999 안 받아요"
    assert pii(said, folder=tmp_path)[0] == "⟦전화1⟧ 안 받아요"


def test_lines_come_as_soon_as_they_are_read(tmp_path: Path) -> None:
    command = "from app.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", command, "pii"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(project_root())},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"010-1234-5678\n")
        process.stdin.flush()
        assert process.stdout.readline().decode() == "⟦전화1⟧\n"


def test_it_starts_at_once_and_imports_only_what_finds(tmp_path: Path) -> None:
    began = time.monotonic()
    script = (
        "import sys; from app.cli.pii import pii; "
        "print([m for m in ('sqlalchemy', 'pydantic', 'yaml', 'core') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(project_root())},
    )
    assert done.stdout == b"[]\n"
    assert time.monotonic() - began < 5


def test_every_type_is_in_the_documentation() -> None:
    page = (project_root() / "docs/benchmarks/personal-data.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
