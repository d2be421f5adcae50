"""The systemd units: systemd itself accepts them, and they give the services little."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.cli.main import COMMANDS
from app.settings import Settings, project_root
from app.settings_parts import variable

UNITS = project_root() / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
# systemd's own scale, 0 (closed) to 10; 2 is "OK".
MOST_EXPOSED = 2.0


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they would lie on a host, with programs that are there."""
    for unit in UNITS.iterdir():
        text = unit.read_text(encoding="utf-8")
        text = re.sub(
            r"^ExecStart=\S+", f"ExecStart={shutil.which('true')}", text, flags=re.MULTILINE
        )
        text = re.sub(r"^(WorkingDirectory|Documentation)=.*\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"^User=.*$", "User=daemon", text, flags=re.MULTILINE)
        name = unit.name.replace("sotong@.", "sotong@public.").replace("rasa@.", "rasa@5005.")
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def analyze(*arguments: str) -> str:
    done = subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.require("systemd-analyze")
def test_systemd_accepts_every_unit(installed: Path):
    said = analyze("verify", *(str(unit) for unit in sorted(installed.iterdir())))
    # Units that are not installed here (the second Rasa, the database) may be missing; ours may not be odd.
    assert not [
        line for line in said.splitlines() if "Unknown" in line or "Failed to parse" in line
    ]


@pytest.mark.require("systemd-analyze")
def test_every_service_is_closed_as_far_as_it_can_be(installed: Path):
    for unit in sorted(installed.glob("*.service")):
        said = analyze("security", "--offline=true", str(unit))
        level = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
        assert level, said
        assert float(level[1]) <= MOST_EXPOSED, unit.name


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_starts_what_exists_and_gets_its_secrets_as_credentials(unit: Path):
    text = unit.read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=\S+/sotong (\S+)", text, re.MULTILINE)
    assert (command[1] in COMMANDS) if command else "nlu.serve" in text
    known = {variable(name).lower() for name in Settings.model_fields} | {
        "sotong_rasa_tracker",
        "sotong_rasa_locks",
    }
    credentials = re.findall(r"^LoadCredential=(\S+):/etc/sotong/secrets/\1$", text, re.MULTILINE)
    assert credentials
    assert set(credentials) <= known
    assert text.count("LoadCredential=") == len(credentials)
