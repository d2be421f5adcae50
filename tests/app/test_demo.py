"""Rules of the demo's supervisor, over small programs but with real processes and signals."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.demo_children import tail
from app.settings import project_root
from tests.ports import free_port

PATIENCE = 60.0


@dataclass
class Running:
    """A supervisor that was started."""

    process: subprocess.Popen[str]
    ready_file: Path
    var_dir: Path

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def wait_ready(self) -> None:
        until(lambda: self.ready_file.exists() or self.process.poll() is not None)
        assert self.ready_file.exists(), self.process.communicate()[0]

    def finish(self) -> str:
        out, _ = self.process.communicate(timeout=PATIENCE)
        return out


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    ports = {name: free_port() for name in ("RASA", "ACTIONS", "PUBLIC", "INTERNAL")}
    return {
        **os.environ,
        "PYTHONPATH": str(project_root()),
        "SOTONG_VAR_DIR": str(tmp_path / "var"),
        **{f"SOTONG_{name}_PORT": str(port) for name, port in ports.items()},
    }


@contextmanager
def started(environment: dict[str, str], *arguments: str) -> Iterator[Running]:
    var_dir = Path(environment["SOTONG_VAR_DIR"])
    ready_file = var_dir.parent / f"ready-{time.monotonic_ns()}"
    script = Path(__file__).with_name("small_demo.py")
    with subprocess.Popen(
        [sys.executable, str(script), str(ready_file), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as process:
        try:
            yield Running(process, ready_file, var_dir)
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_ends_everything_and_is_no_error(
    environment: dict[str, str], number: signal.Signals
):
    with started(environment) as demo:
        demo.wait_ready()
        children = demo.children()
        assert len(children) == 2
        demo.process.send_signal(number)
        out = demo.finish()
        assert demo.process.returncode == 0, out
        assert not any(alive(pid) for pid in children)
        assert not demo.ready_file.exists()
        assert list((demo.var_dir / "run").iterdir()) == [demo.var_dir / "run" / "demo.lock"]


def test_the_first_password_is_shown_once_and_kept_only_as_a_hash(environment: dict[str, str]):
    with started(environment) as demo:
        demo.wait_ready()
        demo.process.send_signal(signal.SIGINT)
        first = demo.finish()
    password = next(line.split()[1] for line in first.splitlines() if "password  " in line)
    with sqlite3.connect(f"file:{demo.var_dir}/sotong.db?mode=ro", uri=True) as database:
        stored = database.execute("select password_hash from officer").fetchall()
    database.close()
    assert len(stored) == 1
    assert stored[0][0].startswith("$argon2id$")
    for file in demo.var_dir.rglob("*"):
        assert not file.is_file() or password.encode() not in file.read_bytes(), file
    with started(environment) as demo:
        demo.wait_ready()
        demo.process.send_signal(signal.SIGINT)
        assert "First officer" not in demo.finish()


def test_a_child_that_dies_is_started_again_and_it_is_said(environment: dict[str, str]):
    with started(environment) as demo:
        demo.wait_ready()
        victim, other = demo.children()
        os.kill(victim, signal.SIGKILL)
        until(lambda: victim not in demo.children() and len(demo.children()) == 2)
        assert other in demo.children()
        log = demo.var_dir / "log" / "first.log"
        until(lambda: tail(log).count("serving") == 2)
        demo.process.send_signal(signal.SIGINT)
        out = demo.finish()
        assert "ended (signal 9); starting it again in 1 s" in out


def test_a_child_that_cannot_start_stops_everything_with_the_end_of_its_log(
    environment: dict[str, str],
):
    with started(environment, "--broken") as demo:
        out = demo.finish()
        assert demo.process.returncode == 2
    assert "the third ended again (exit code 7)" in out
    assert "cannot read the colour of the sky" in out
    assert "Everything is stopped." in out


def test_a_killed_supervisor_leaves_no_process(environment: dict[str, str]):
    with started(environment) as demo:
        demo.wait_ready()
        children = demo.children()
        demo.process.kill()
        demo.process.wait()
        until(lambda: not any(alive(pid) for pid in children))
    with started(environment) as again:
        again.wait_ready()
        again.process.send_signal(signal.SIGINT)
        again.finish()
        assert again.process.returncode == 0


def test_a_second_demo_is_refused_with_one_sentence(environment: dict[str, str]):
    with started(environment) as demo:
        demo.wait_ready()
        with started(environment) as second:
            out = second.finish()
            assert second.process.returncode == 2
        assert out.count("\n") == 1
        assert f"kill {demo.process.pid}" in out
        assert demo.process.poll() is None
