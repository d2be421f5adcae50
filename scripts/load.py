"""Talks to a running `make demo` as citizens would, and counts. Reaches nothing but the public app."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from app.cli.chat_client import ChatClient

PATIENCE = 30.0
MOST_STEPS = 14


class Lost(Exception):
    """An answer did not come."""


class Citizen:
    """One new citizen; `ask` returns the answers' texts and how long they took, in seconds."""

    def __init__(self, url: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sotong-load-")
        self._client = ChatClient(url=url, session_file=Path(self._folder.name) / "s", fresh=True)

    def close(self) -> None:
        """Forget the session."""
        self._folder.cleanup()

    @property
    def choices(self) -> dict[str, str]:
        """Titles of the last choices and their ids."""
        return {item["title"]: item["id"] for item in self._client.last_choices}

    def ask(self, text: str) -> tuple[list[str], float]:
        """Say something (a choice's title presses it) and wait for the answer."""
        choice = self.choices.get(text)
        self._client.last_choices = []
        began = time.perf_counter()
        if choice:
            self._client.choose(choice)
        else:
            self._client.say(text)
        answers = [line["text"] for line in self._client.answers(wait=PATIENCE)]
        if not answers:
            raise Lost(f"no answer to {text!r} within {PATIENCE:.0f} s")
        return answers, time.perf_counter() - began


def report_once(citizen: Citizen, *, complaint: str) -> tuple[str, list[float]]:
    """One whole report; returns the receipt and the seconds of each step."""
    answers, seconds = citizen.ask(complaint)
    took = [seconds]
    for _ in range(MOST_STEPS):
        if "접수하기" in citizen.choices:
            answers, seconds = citizen.ask("접수하기")
            return "\n".join(answers), [*took, seconds]
        titles = list(citizen.choices)
        wanted = next(
            (t for t in ("따로 신고할게요", "동의해요", "건너뛰기") if t in titles),
            titles[0] if titles else "",
        )
        if not wanted:
            raise Lost(f"the form asked something unexpected: {answers[-1]!r}")
        answers, seconds = citizen.ask(wanted)
        took.append(seconds)
    raise Lost("the form did not end")


def line_of(name: str, seconds: Sequence[float]) -> str:
    """One row of milliseconds: p50, p95, worst."""
    ordered = sorted(value * 1000 for value in seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return (
        f"  {name:<34} n={len(ordered):<5} p50 {statistics.median(ordered):7.1f} ms   "
        f"p95 {p95:7.1f} ms   worst {ordered[-1]:7.1f} ms"
    )
