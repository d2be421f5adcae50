"""Rules of the tests themselves: what could not run is named, and is a failure where all must run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import project_root
from tests.conftest import NetworkForbidden

SAMPLE = """
import pytest

@pytest.mark.require("a-program-that-nobody-has")
def test_needs_it(): raise AssertionError("must not run")

def test_skips_itself(): pytest.skip("no moon tonight")

def test_runs(): pass

def test_wants_data(): pytest.skip("no test data at /nowhere")

@pytest.mark.xfail(strict=True)
def test_known_to_fail(): raise AssertionError
"""


def run_sample(
    tmp_path: Path, *, require_all: bool
) -> tuple[subprocess.CompletedProcess[str], str]:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    listed = tmp_path / "not-run"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.needs", "-c", os.devnull, str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(project_root()),
            "SOTONG_NOT_RUN_FILE": str(listed),
            "SOTONG_REQUIRE_ALL": "1" if require_all else "0",
        },
    )
    return done, listed.read_text()


def test_what_could_not_run_is_named_at_the_end(tmp_path: Path):
    done, listed = run_sample(tmp_path, require_all=False)
    assert done.returncode == 0, done.stdout
    assert "1 passed, 3 skipped, 1 xfailed" in done.stdout
    assert sorted(listed.splitlines()) == [
        "no a-program-that-nobody-has on PATH",
        "no moon tonight",
        "no test data at /nowhere",
    ]


def test_where_all_must_run_a_skip_is_a_failure(tmp_path: Path):
    done, listed = run_sample(tmp_path, require_all=True)
    assert done.returncode == 1
    assert "1 failed, 1 passed, 1 skipped, 1 xfailed, 1 error" in done.stdout
    assert "no a-program-that-nobody-has on PATH" in done.stdout
    # Data that CI cannot install is named, and no failure.
    assert listed == "no test data at /nowhere\n"


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org"])
def test_no_test_leaves_this_machine(host: str):
    with pytest.raises(NetworkForbidden):
        socket.create_connection((host, 80), timeout=1)
