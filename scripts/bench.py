"""`make bench`: what a citizen waits for, side by side with stock Rasa; memory; growth. Starts what it needs.

    bench.py [--only turn|deliveries|memory|growth|parts|redact|clock|nearby|knowledge] [--json] [--running]

With ``--running`` it times the steps of a running `make demo` instead. Ends with 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import runpy
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.city_files import load_city
from app.settings import Settings
from core.clock import KST, Period, due_at
from korean.redact import redact
from scripts.bench_growth import grow
from scripts.bench_knowledge import judge_knowledge, knowledge, show_knowledge
from scripts.bench_nearby import judge_nearby, nearby, show_nearby
from scripts.bench_redact import judge_redaction, redaction, show_redaction
from scripts.bench_turn import Load, compare, memory, ours, percentile, run_load
from scripts.load import line_of
from tests.stack import LEASE_SECONDS, Stack, running_stack

PARTS = (
    "turn",
    "memory",
    "growth",
    "parts",
    "redact",
    "clock",
    "nearby",
    "deliveries",
    "knowledge",
)
MOST_RATIO = 1.5
MOST_P95_AT_20 = 400.0  # ms
MOST_MEMORY = 250.0  # MB
SIZES = (10_000, 100_000, 1_000_000)
MOST_GROWTH = 1.3
LEAST_DUE_TIMES = 20_000  # a second, each with its trace
DUE_TIMES = 20_000
OF_THE_MODERN = ("public", "internal", "worker")


def main() -> int:
    """Run what is asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, prog="bench")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--running", action="store_true", help="against a running `make demo`")
    parser.add_argument(
        "--most-cases", type=int, default=SIZES[-1], help="of the growth and of near reports"
    )
    parser.add_argument("--database-url", default="", help="an empty database; default: SQLite")
    asked = parser.parse_args()
    if asked.running:
        from scripts.bench_running import main as time_running

        return time_running()
    wanted = (asked.only,) if asked.only else PARTS
    found: dict[str, Any] = {}
    missed: list[str] = []
    if {"turn", "memory", "growth"} & set(wanted):
        with (
            tempfile.TemporaryDirectory(prefix="sotong-bench-") as folder,
            # The longer lease of a service, not of a test.
            running_stack(
                Path(folder), lease_seconds=3 * LEASE_SECONDS, database_url=asked.database_url
            ) as stack,
        ):
            if {"turn", "memory"} & set(wanted):
                found["turn"] = compare(stack)
                missed += judge_turns(found["turn"])
                found["memory"] = memory(stack)
                missed += judge_memory(found["memory"])
            if "growth" in wanted:
                sizes = [size for size in SIZES if size <= asked.most_cases]
                found["growth"] = growth(stack, sizes)
                missed += judge_growth(found["growth"])
    if "parts" in wanted:
        found["parts"] = parts()
    if "redact" in wanted:
        found["redact"] = redaction()
        missed += judge_redaction(found["redact"])
    if "knowledge" in wanted:
        found["knowledge"] = knowledge()
        missed += judge_knowledge(found["knowledge"])
    if "clock" in wanted:
        found["clock"] = clock()
        missed += [
            f"{period}: {each:.0f} due times a second (≥ {LEAST_DUE_TIMES})"
            for period, each in found["clock"].items()
            if each < LEAST_DUE_TIMES
        ]
    if "nearby" in wanted:
        found["nearby"] = nearby([size for size in SIZES if size <= asked.most_cases])
        missed += judge_nearby(found["nearby"])
    if asked.json:
        print(json.dumps({**found, "missed": missed}, indent=1))
    else:
        show(found)
        for goal in missed:
            print(f"MISSED: {goal}")
    if "deliveries" in wanted:
        missed += deliveries(asked.json)
    return 1 if missed else 0


def growth(stack: Stack, sizes: Sequence[int]) -> list[dict[str, float]]:
    """The whole turn again with more and more cases."""
    database = stack.database()

    def side() -> Any:
        return ours(stack.settings.public_url)

    rows = []
    try:
        asyncio.run(run_load(side, Load("warm", 2, 1)))
        for size in sizes:
            began = time.monotonic()
            grow(database, cases=size)
            filled = time.monotonic() - began
            asyncio.run(run_load(side, Load("warm", 2, 1)))
            seconds = asyncio.run(run_load(side, Load("one after the other", 1, 12)))
            rows.append(
                {
                    "cases": size,
                    "filled_in": filled,
                    "turns": len(seconds),
                    "p50": statistics.median(seconds) * 1000,
                    "p95": percentile(seconds, 0.95),
                }
            )
    finally:
        database.dispose()
    return rows


def parts() -> dict[str, list[float]]:
    """Seconds of what is done in process."""
    calendar = load_city(Settings.read().city_dir).calendar
    at = datetime.now(KST)
    text = "시청역 앞 가로등이 꺼졌어요. 010-1234-5678로 연락 주세요. " * 30
    return {
        "due time of 14 days": timed(lambda: due_at(at, Period.parse("14d"), calendar=calendar)),
        f"redact {len(text)} characters": timed(lambda: redact(text)),
    }


def clock() -> dict[str, float]:
    """Due times a second, with their traces, received at different hours; by period."""
    city = load_city(Settings.read().city_dir)
    first = datetime(2026, 1, 2, 8, tzinfo=KST)
    times = [first + timedelta(hours=7 * number) for number in range(1_000)]
    found = {}
    for written in ("즉시", "5d", "7d", "14d", "1m", "7d with a pause and an extension"):
        period = Period.parse(written.split()[0])
        more = "pause" in written
        began = time.perf_counter()
        for number in range(DUE_TIMES):
            at = times[number % len(times)]
            due_at(
                at,
                period,
                calendar=city.calendar,
                pauses=[(at + timedelta(days=1), at + timedelta(days=3))] if more else (),
                extensions=[period] if more else (),
            )
        found[written] = DUE_TIMES / (time.perf_counter() - began)
    return found


def deliveries(as_json: bool) -> list[str]:
    """The deliveries' own bench, where it is there."""
    if importlib.util.find_spec("scripts.bench_deliveries") is None:
        print("  deliveries: there is no scripts/bench_deliveries.py")
        return []
    sys.argv = ["bench_deliveries", *(["--json"] if as_json else [])]
    try:
        runpy.run_module("scripts.bench_deliveries", run_name="__main__")
    except SystemExit as ended:
        return ["deliveries"] if ended.code else []
    return []


def timed(work: Callable[[], object]) -> list[float]:
    """Seconds of 200 runs."""
    took = []
    for _ in range(200):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return took


def judge_turns(rows: list[dict[str, Any]]) -> list[str]:
    """Goals that were missed."""
    missed = [
        f"{row['load']}: {each} is {row['ratio'][each]:.2f} of stock's (≤ {MOST_RATIO})"
        for row in rows
        for each in ("p50", "p95")
        if row["ratio"][each] > MOST_RATIO
    ]
    missed += [
        f"{row['load']}: p95 {row['ours']['p95']:.0f} ms (≤ {MOST_P95_AT_20:.0f})"
        for row in rows
        if row["load"].startswith("20") and row["ours"]["p95"] > MOST_P95_AT_20
    ]
    return missed


def judge_memory(found: dict[str, float]) -> list[str]:
    """Goals that were missed."""
    return [
        f"{name}: {found[name]:.0f} MB (≤ {MOST_MEMORY:.0f})"
        for name in OF_THE_MODERN
        if found[name] > MOST_MEMORY
    ]


def judge_growth(rows: list[dict[str, float]]) -> list[str]:
    """Goals that were missed."""
    grown = rows[-1]["p95"] / rows[0]["p95"]
    if grown <= MOST_GROWTH:
        return []
    return [f"p95 with {rows[-1]['cases']} cases is {grown:.2f} of that with {rows[0]['cases']}"]


def show(found: dict[str, Any]) -> None:
    """The tables, ready for docs/benchmarks.md."""
    if "nearby" in found:
        show_nearby(found["nearby"])
    if "knowledge" in found:
        show_knowledge(found["knowledge"])
    if "redact" in found:
        show_redaction(found["redact"])
    if "turn" in found:
        print(f"{os.cpu_count()} cores. A whole turn, ms:")
        print(
            "| load | turns | stock p50 | stock p95 | ours p50 | ours p95 | ratio p50 | ratio p95 |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for row in found["turn"]:
            stock, own, ratio = row["stock"], row["ours"], row["ratio"]
            print(
                f"| {row['load']} | {row['turns']} | {stock['p50']:.0f} | {stock['p95']:.0f} | "
                f"{own['p50']:.0f} | {own['p95']:.0f} | {ratio['p50']:.2f} | {ratio['p95']:.2f} |"
            )
    if "memory" in found:
        print("| process | MB |\n|---|---|")
        for name, size in found["memory"].items():
            print(f"| {name} | {size:.0f} |")
    if "growth" in found:
        print("| cases | turns | p50 | p95 | filled in |\n|---|---|---|---|---|")
        for row in found["growth"]:
            print(
                f"| {row['cases']:,.0f} | {row['turns']:.0f} | {row['p50']:.0f} | {row['p95']:.0f} "
                f"| {row['filled_in']:.0f} s |"
            )
    if "clock" in found:
        print("| period | due times a second |\n|---|---|")
        for name, each in found["clock"].items():
            print(f"| {name} | {each:,.0f} |")
    for name, seconds in found.get("parts", {}).items():
        print(line_of(name, seconds))


if __name__ == "__main__":
    sys.exit(main())
