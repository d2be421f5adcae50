"""Starts one real Rasa for the tests and talks to it over loopback."""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlu.model import ROOT
from nlu.tests.actions import LOOPBACK, SECRET, FakeActions

TURN_SECRET = "turn-secret"
START_SECONDS = 120.0

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: dict[str, Any]
    seconds: float

    @property
    def texts(self) -> list[str]:
        return [reply["text"] for reply in self.body["replies"]]


@dataclass
class Rasa:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    tracker: Path
    log: Path
    actions: FakeActions
    start_seconds: float

    def ask(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        secret: str | None = TURN_SECRET,
        raw: bytes | None = None,
    ) -> Answer:
        request = urllib.request.Request(
            f"http://{LOOPBACK}:{self.port}/webhooks/turns/{path}", method=method
        )
        if secret is not None:
            request.add_header("X-Sotong-Secret", secret)
        if raw is None and data is not None:
            raw = json.dumps(data).encode()
        started = time.monotonic()
        try:
            with urllib.request.urlopen(request, data=raw, timeout=60) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, body = error.code, error.read()
        return Answer(status, json.loads(body), time.monotonic() - started)

    def logged(self) -> str:
        return self.log.read_text(encoding="utf-8")


@dataclass
class Talk:
    """One conversation; each `say` is a new turn unless a turn id is given."""

    rasa: Rasa
    conversation: str = field(default_factory=lambda: f"c{next(_numbers)}")

    def say(self, text: str | None, *, turn_id: int | None = None, **fields: Any) -> Answer:
        number = turn_id if turn_id is not None else next(_numbers)
        data = {
            "turn_id": str(number),
            "conversation": self.conversation,
            "text": text,
            "metadata": {"turn_id": number},
            "idle_seconds": 1.0,
            **fields,
        }
        return self.rasa.ask("POST", "turn", data)

    def press(self, intent: str, **fields: Any) -> Answer:
        meaning = {"text": "", "intent": {"name": intent, "confidence": 1.0}, "entities": []}
        return self.say("[단추]", parse_data=meaning, **fields)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def environment(actions: FakeActions, tracker: Path) -> dict[str, str]:
    return {
        **os.environ,
        "SOTONG_TURN_SECRET": TURN_SECRET,
        "SOTONG_ACTIONS_SECRET": SECRET,
        "SOTONG_ACTIONS_URL": actions.url,
        "SOTONG_RASA_TRACKER": str(tracker),
        # The loudest level: what must stay out of the log stays out even here.
        "LOG_LEVEL": "DEBUG",
        "PYTHONUNBUFFERED": "1",
    }


def start_rasa(var_dir: Path, actions: FakeActions) -> Rasa:
    """Start the trained model of `var_dir` and wait until it is healthy."""
    port, log = free_port(), var_dir / "rasa.log"
    tracker = var_dir / "rasa" / "tracker.db"
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "nlu.serve", "--var-dir", str(var_dir), "--port", str(port)],
            cwd=ROOT,
            env=environment(actions, tracker),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    rasa = Rasa(process, port, tracker, log, actions, 0.0)
    while time.monotonic() - started < START_SECONDS:
        if process.poll() is not None:
            raise RuntimeError(f"Rasa ended at start:\n{rasa.logged()}")
        try:
            if rasa.ask("GET", "health", secret=None).status == 200:
                rasa.start_seconds = time.monotonic() - started
                return rasa
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"Rasa was not healthy after {START_SECONDS} s:\n{rasa.logged()}")
