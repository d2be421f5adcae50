"""One child process each: started, watched, restarted, stopped. Must not know what a child does."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("demo_launch.py")
STOP_SECONDS = 10.0
RESTARTS = 5
RESTARTS_BEFORE_READY = 2
STEADY_SECONDS = 600.0
LOG_BYTES = 5_000_000
LOGS_KEPT = 3
TAIL_LINES = 15


@dataclass(frozen=True)
class Program:
    """What to start. `ready()` asks once, quickly, whether it answers; `patience` is in seconds."""

    name: str
    title: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    ready: Callable[[], bool]
    patience: float


class Child:
    """A running program in its own process group, so that Ctrl-C reaches only the supervisor."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.restarts = 0
        self.ready = False
        self.was_ready = False
        self.started_at = 0.0
        self.retry_at: float | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its output is appended to its log."""
        self.ready, self.retry_at, self.started_at = False, None, time.monotonic()
        self._process = spawn(self.program)

    def mark_ready(self) -> None:
        """It answered."""
        self.ready = self.was_ready = True

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its process group; 0 before the first start."""
        return 0 if self._process is None else self._process.pid

    @property
    def seconds(self) -> float:
        """Seconds since it was started."""
        return self.now() - self.started_at

    @staticmethod
    def now() -> float:
        """The clock that deadlines are measured with."""
        return time.monotonic()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.poll()

    def plan_restart(self) -> float | None:
        """Seconds until the next try (1, 2, 4, 8, 16), or None when the tries are used up.

        One that has never answered has a fault that waiting does not mend: it gets two tries.
        """
        signal_group(self.pid, signal.SIGKILL)  # what it may have started must not hold its port
        if self.seconds > STEADY_SECONDS:
            self.restarts = 0
        if self.restarts >= (RESTARTS if self.was_ready else RESTARTS_BEFORE_READY):
            return None
        delay = float(2**self.restarts)
        self.restarts += 1
        self.retry_at = time.monotonic() + delay
        return delay

    @property
    def overdue(self) -> bool:
        """True when it runs but has not answered for longer than its patience."""
        return not self.ready and self.seconds > self.program.patience

    def wait_dead(self, deadline: float) -> bool:
        """Wait until `deadline` (monotonic) for its end; what it left behind in its group is ended."""
        while self._process is not None and self._process.poll() is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        signal_group(self.pid, signal.SIGKILL)
        return True


def spawn(program: Program) -> subprocess.Popen[bytes]:
    """Start a program through the launcher, detached from the terminal, output to its log."""
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), *program.command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(program.environment),
            cwd=program.folder,
            start_new_session=True,
            umask=0o077,  # databases, photos and logs are nobody else's to read
        )


def stop_all(children: Iterable[Child], *, hurry: Callable[[], bool] = lambda: False) -> None:
    """Ask all to end, wait ten seconds, then end what is left; `hurry()` true skips the wait."""
    children = list(children)
    for child in children:
        signal_group(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and not hurry():
        if all(child.wait_dead(0.0) for child in children):
            return
        time.sleep(0.05)
    for child in children:
        signal_group(child.pid, signal.SIGKILL)
    for child in children:
        child.wait_dead(time.monotonic() + STOP_SECONDS)


def signal_group(group: int, number: signal.Signals) -> None:
    """Signal a whole process group; one that is gone is fine."""
    if group <= 0:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def rotate(log: Path) -> None:
    """Move a log that has grown large aside: x.log → x.log.1 → … (three are kept)."""
    if not log.exists() or log.stat().st_size < LOG_BYTES:
        return
    for number in range(LOGS_KEPT, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        newer = log if number == 1 else log.with_name(f"{log.name}.{number - 1}")
        if newer.exists():
            newer.replace(older)


def tail(log: Path, *, lines: int = TAIL_LINES) -> str:
    """The last lines of a log."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 20_000))
        text = file.read().decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-lines:])
