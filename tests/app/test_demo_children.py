"""Rules of the supervisor's children, tried with real small processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.demo_children import LOG_BYTES, RESTARTS, Child, Program, rotate, stop_all, tail
from app.settings import project_root


def make_program(tmp_path: Path, code: str, **overrides: object) -> Program:
    values: dict[str, object] = {
        "name": "small",
        "title": "a small program",
        "command": [sys.executable, "-c", code],
        "environment": dict(os.environ),
        "folder": tmp_path,
        "log": tmp_path / "small.log",
        "ready": lambda: True,
        "patience": 5.0,
    }
    return Program(**{**values, **overrides})


def until(true: Callable[[], bool], *, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


FOREVER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


def test_output_goes_to_the_log(tmp_path: Path):
    child = Child(make_program(tmp_path, "print('hello'); raise SystemExit(3)"))
    child.start()
    assert child.wait_dead(time.monotonic() + 20)
    assert child.exit_code == 3
    assert tail(child.program.log) == "hello"


def test_a_stop_leaves_no_process(tmp_path: Path):
    child = Child(make_program(tmp_path, FOREVER))
    child.start()
    until(lambda: "up" in tail(child.program.log))
    stop_all([child])
    assert not alive(child.pid)


def test_a_child_s_own_children_end_with_it(tmp_path: Path):
    code = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "print(p.pid, flush=True); time.sleep(600)"
    )
    child = Child(make_program(tmp_path, code))
    child.start()
    until(lambda: tail(child.program.log).strip().isdigit())
    grandchild = int(tail(child.program.log))
    stop_all([child])
    until(lambda: not alive(grandchild))


def test_one_that_ignores_the_request_is_ended_when_there_is_no_time(tmp_path: Path):
    child = Child(make_program(tmp_path, STUBBORN))
    child.start()
    until(lambda: "up" in tail(child.program.log))
    stop_all([child], hurry=lambda: True)
    assert not alive(child.pid)
    assert child.exit_code == -signal.SIGKILL


def test_restarts_wait_longer_each_time_and_end_after_five(tmp_path: Path):
    child = Child(make_program(tmp_path, "raise SystemExit(1)"))
    child.start()
    child.wait_dead(time.monotonic() + 20)
    child.mark_ready()
    assert [child.plan_restart() for _ in range(RESTARTS + 1)] == [1, 2, 4, 8, 16, None]


def test_one_that_has_never_answered_is_given_up_sooner(tmp_path: Path):
    child = Child(make_program(tmp_path, "raise SystemExit(1)"))
    child.start()
    child.wait_dead(time.monotonic() + 20)
    assert [child.plan_restart() for _ in range(3)] == [1, 2, None]


def test_a_killed_supervisor_leaves_no_child(tmp_path: Path):
    script = tmp_path / "supervisor.py"
    script.write_text(
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from app.demo_children import Child, Program\n"
        f"code = {STUBBORN!r}\n"
        "program = Program(name='c', title='c', command=[sys.executable, '-c', code],\n"
        f"    environment=dict(os.environ), folder=Path({str(tmp_path)!r}),\n"
        f"    log=Path({str(tmp_path / 'c.log')!r}), ready=lambda: True, patience=5.0)\n"
        "child = Child(program); child.start(); print(child.pid, flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(project_root())},
    ) as supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        until(lambda: "up" in tail(tmp_path / "c.log"))
        supervisor.kill()
        supervisor.wait()
        until(lambda: not alive(pid))


def test_a_large_log_is_moved_aside_and_three_are_kept(tmp_path: Path):
    log = tmp_path / "x.log"
    for letter in "abcde":
        log.write_text(letter * LOG_BYTES)
        rotate(log)
    assert not log.exists()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["x.log.1", "x.log.2", "x.log.3"]
    assert (tmp_path / "x.log.1").read_text()[0] == "e"
    log.write_text("small")
    rotate(log)
    assert log.read_text() == "small"


@pytest.mark.parametrize("text", ["", "one\ntwo\n"])
def test_the_tail_of_a_short_log_is_all_of_it(tmp_path: Path, text: str):
    (tmp_path / "x.log").write_text(text)
    assert tail(tmp_path / "x.log") == text.strip()
