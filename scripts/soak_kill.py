"""`make soak-kill`: whole journeys, in each a process killed at a random place; nothing lost, nothing twice.

Prints the seed, each round and a summary; the same seed plays the same rounds, and ``--rounds 1 --seed N``
plays one of them alone. Needs no running demo: it starts a service of its own with everything real but
Telegram, on loopback.
"""

from __future__ import annotations

import argparse
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.journeys.kill_matrix import KillMatrix, Outcome
from tests.postgres import running_cluster
from tests.stack import running_stack

ROUNDS = 200


def tell(outcomes: Sequence[Outcome], seconds: float) -> int:
    """Print what the rounds came to; how many faults there were."""
    faults = [(each.round, fault) for each in outcomes for fault in each.faults]
    hits = [each for each in outcomes if each.hit]
    waits = sorted(each.recovery or 0.0 for each in hits)
    print(f"{len(outcomes)} rounds in {seconds:.0f} s, {len(hits)} in the middle of work")
    for name, count in sorted(Counter(each.round.process for each in hits).items()):
        longest = sorted(each.recovery or 0.0 for each in hits if each.round.process == name)
        print(
            f"  {name:<9} {count:>4} kills; a round's longest answer: "
            f"p50 {statistics.median(longest):.1f} s, worst {longest[-1]:.1f} s"
        )
    if waits:
        print(f"  all: p50 {statistics.median(waits):.1f} s, worst {waits[-1]:.1f} s")
    chats = sorted(each.telegram for each in outcomes if each.telegram is not None)
    if chats:
        print(
            f"  {len(chats)} chats on Telegram; a chat's longest answer: "
            f"p50 {statistics.median(chats):.1f} s, worst {chats[-1]:.1f} s"
        )
    for played, fault in faults:
        print(f"FAULT {played}: {fault}", file=sys.stderr)
    print(f"{len(faults)} faults")
    return len(faults)


def main() -> int:
    """Play the rounds; 1 when something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, prog="soak_kill")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int, help="of the first round; the others follow it")
    parser.add_argument(
        "--lease-seconds", type=float, default=6.0, help="SOTONG_LEASE_SECONDS of the service"
    )
    parser.add_argument(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="postgresql starts a private server for the length of the run",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        help="begin no round after so long; Ctrl-C ends after the round as well",
    )
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}, {asked.rounds} rounds on {asked.database}", flush=True)
    began = time.monotonic()
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="sotong-kill-")))
        settings: dict[str, object] = {"lease_seconds": asked.lease_seconds}
        if asked.database == "postgresql":
            # Durable, as a city's is.
            cluster = ends.enter_context(running_cluster(fast=False))
            settings["database_url"] = cluster.create(empty=True)
        stack = ends.enter_context(running_stack(folder, **settings))
        matrix = KillMatrix(stack, say=lambda line: print(line, flush=True))
        over = threading.Event()
        # What was played counts, so the round is played to its end.
        signal.signal(signal.SIGINT, lambda *_: over.set())
        for number in range(asked.rounds):
            late = asked.minutes is not None and time.monotonic() - began > 60 * asked.minutes
            if late or over.is_set():
                break
            matrix.play(seed + number)
        matrix.close()
        # Told before the service ends: what its end finds fault with must not hide the rounds.
        faults = tell(matrix.outcomes, time.monotonic() - began)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
