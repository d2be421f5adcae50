"""How long personal data take to find: messages of 200 characters, and 20,000 of the worst kinds.

Called by `scripts/bench.py --only redact`; starts nothing and reads only the lines that are measured.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from korean.redact import redact
from scripts.measure_personal_data import read_lines

LINES = Path(__file__).resolve().parent.parent / "tests" / "korean" / "personal_data_own.jsonl"
MESSAGE, LONG = 200, 20_000
MOST_MESSAGE = 5.0  # ms
MOST_LONG = 1_000.0  # ms
# What cost most of what was tried: digits of every kind without an end, words that begin a search.
PIECES = (
    "9 ",
    "일",
    "이 ",
    "에이 ",
    "하이픈",
    "골뱅이",
    "저는 ",
    "신고자 ",
    "12가",
    "101동 ",
    "계좌 1",
)


def redaction() -> dict[str, Any]:
    """Milliseconds: of messages made of the measured lines (p50, p95, most), and of each long text."""
    whole = " ".join(line.text for line in read_lines(LINES))
    messages = [whole[at : at + MESSAGE] for at in range(0, len(whole) - MESSAGE, MESSAGE)]
    for message in messages:  # what is compiled and looked up at the first use
        redact(message)
    took = sorted(_milliseconds(message) for message in messages)
    return {
        "messages": len(took),
        "p50": took[len(took) // 2],
        "p95": took[int(len(took) * 0.95)],
        "most": took[-1],
        "long": {piece: _milliseconds(piece * (LONG // len(piece))) for piece in PIECES},
    }


def judge_redaction(found: dict[str, Any]) -> list[str]:
    """The goals that were missed."""
    missed = []
    if found["p95"] > MOST_MESSAGE:
        missed.append(f"redact {MESSAGE} characters: p95 {found['p95']:.1f} > {MOST_MESSAGE} ms")
    for piece, took in found["long"].items():
        if took > MOST_LONG:
            missed.append(f"redact {LONG} characters of {piece!r}: {took:.0f} > {MOST_LONG} ms")
    return missed


def show_redaction(found: dict[str, Any]) -> None:
    """Print the figures."""
    print(
        f"redact {MESSAGE} characters ({found['messages']} messages): p50 {found['p50']:.2f},"
        f" p95 {found['p95']:.2f}, most {found['most']:.2f} ms"
    )
    slowest = max(found["long"].items(), key=lambda each: each[1])
    print(f"redact {LONG} characters: at most {slowest[1]:.0f} ms (of {slowest[0]!r})")


def _milliseconds(text: str) -> float:
    began = time.perf_counter()
    redact(text)
    return (time.perf_counter() - began) * 1000
