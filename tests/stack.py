"""A whole service for tests: real Rasa, actions, public, internal and worker on free loopback ports.

The Rasa model is trained once per content hash into var/test; one Rasa serves the whole run (the
fixture `stack` of tests/conftest.py). Every other process is cheap and may be started, stopped or
killed by a test.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.city_compile import compile_city
from app.city_files import load_city
from app.cli.chat_client import ChatClient
from app.demo_children import spawn, tail
from app.demo_programs import NLU_PYTHON, programs
from app.migrate import upgrade
from app.settings import Settings
from core.database import Database
from core.models.conversation import Delivery
from tests.peers.telegram_sim import TelegramSim
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
MODEL_VAR = ROOT / "var" / "test"
PATIENCE = {"rasa": 240.0}
# A test that kills a process need not wait as long for the next one as a citizen.
LEASE_SECONDS = 2.0


def wait_until(condition, *, seconds: float = 20.0, what: str = "it") -> object:
    """Poll until ``condition()`` is true and return its value; fail by name after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds:.0f} s")


@dataclass
class Stack:
    """The processes of one service over one folder of state, and a simulated Telegram beside it."""

    settings: Settings
    telegram: TelegramSim
    clients: list[ChatClient] = field(default_factory=list)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, *names: str, failpoint: str | None = None, wait: bool = True) -> None:
        known = {program.name: program for program in programs(self.settings)}
        for name in names:
            environment = dict(known[name].environment)
            # A file, so that a process that runs can be armed.
            environment["SOTONG_FAILPOINT"] = f"file:{self._failpoint(name)}"
            self.disarm(name)
            if failpoint:
                self.arm(name, failpoint)
            command = list(known[name].command)
            if name == "rasa":
                # The model is shared by all runs of this checkout; the state is not.
                command[command.index("--var-dir") + 1] = str(MODEL_VAR)
            self.processes[name] = spawn(
                replace(known[name], environment=environment, command=command)
            )
        for name in names if wait else ():
            self.wait_ready(name)

    def _failpoint(self, name: str) -> Path:
        return self.settings.var_dir / "failpoints" / name

    def arm(self, name: str, point: str) -> None:
        """Have the process die (see core.failpoints for ``point``) when it passes there."""
        file = self._failpoint(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(point)
        part.replace(file)

    def disarm(self, name: str) -> None:
        self._failpoint(name).unlink(missing_ok=True)

    def wait_ready(self, name: str) -> None:
        def answers() -> bool:
            code = self.processes[name].poll()
            assert code is None, f"{name} ended with {code}:\n{self.log(name)}"
            return self.healthy(name)

        wait_until(answers, seconds=PATIENCE.get(name, 120.0), what=f"{name} answering")

    def healthy(self, name: str) -> bool:
        return next(p for p in programs(self.settings) if p.name == name).ready()

    def stop(self, *names: str) -> None:
        for name in names or list(self.processes):
            process = self.processes.pop(name)
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5.0)

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10.0)

    def wait_paused(self, name: str, *, seconds: float = 30.0) -> None:
        """Until a ``pause …`` failpoint has stopped the process (Linux)."""
        status = Path(f"/proc/{self.processes[name].pid}/stat")
        wait_until(
            lambda: status.read_text().rpartition(")")[2].split()[0] == "T",
            seconds=seconds,
            what=f"pause of {name}",
        )

    def continue_(self, name: str) -> None:
        """Let a stopped process go on."""
        self.processes[name].send_signal(signal.SIGCONT)

    def wait_dead(self, name: str, *, seconds: float = 30.0) -> None:
        process = self.processes[name]
        wait_until(lambda: process.poll() is not None, seconds=seconds, what=f"death of {name}")
        assert process.returncode == -signal.SIGKILL
        del self.processes[name]

    def log(self, name: str) -> str:
        return tail(self.settings.log_dir / f"{name}.log", lines=40)

    def all_logs(self) -> str:
        return "\n".join(
            path.read_text("utf-8", "replace") for path in self.settings.log_dir.glob("*.log*")
        )

    def citizen(self, name: str = "citizen") -> ChatClient:
        client = ChatClient(
            url=self.settings.public_url,
            session_file=self.settings.var_dir / "sessions" / name,
        )
        self.clients.append(client)
        return client

    def close_clients(self) -> None:
        for client in self.clients:
            client.close()

    @staticmethod
    def open_deliveries(session: Session, conversation_id: int) -> list[int]:
        """Deliveries of a conversation that are not out yet."""
        return list(
            session.scalars(
                select(Delivery.id).where(
                    Delivery.conversation_id == conversation_id,
                    Delivery.state.in_(("pending", "sending")),
                )
            )
        )

    def database(self) -> Database:
        return Database(self.settings.database_url)


def make_settings(folder: Path, **overrides: object) -> Settings:
    """Settings over a fresh folder and free ports."""
    values: Mapping[str, object] = {
        "environment": "test",
        "var_dir": folder,
        "rasa_port": free_port(),
        "actions_port": free_port(),
        "public_port": free_port(),
        "internal_port": free_port(),
        "worker_port": free_port(),
    }
    return Settings.load(**{**values, **overrides})


def train() -> None:
    """Train the model of this checkout unless its content hash is there already."""
    compile_city(load_city(ROOT / "city"), MODEL_VAR / "nlu" / "city.json")
    done = subprocess.run(
        [str(ROOT / NLU_PYTHON), "-m", "nlu.train", "--var-dir", str(MODEL_VAR)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@contextlib.contextmanager
def running_stack(folder: Path, **overrides: object) -> Iterator[Stack]:
    """The whole service over a fresh folder, until the end of the block."""
    train()
    with TelegramSim() as telegram:
        settings = make_settings(
            folder,
            telegram_token=telegram.token,
            telegram_api_url=telegram.url,
            **{"lease_seconds": LEASE_SECONDS, **overrides},
        )
        upgrade(settings)
        stack = Stack(settings, telegram)
        try:
            stack.start("rasa", "actions", "public", "internal", "worker")
            yield stack
        finally:
            stack.close_clients()
            stack.stop()
    assert telegram.violations == [], telegram.violations
