"""`make soak-telegram`: the Telegram bot under many updates with faults, and a broadcast to very many chats.

Everything is on loopback: a simulated Telegram (tests/peers) in this process, the bot in one of its own, so
that its memory can be told. Bounded in number and time; prints each goal beside its figure and ends with 1
when one is missed.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.clock import utc_now
from app.settings import project_root
from bots.telegram_client import TelegramClient
from bots.telegram_parse import CHANNEL
from bots.telegram_sender import TelegramSender
from core.conversations import ensure_conversation
from core.database import Database
from core.deliveries import BROADCAST, enqueue
from core.ports import Channel
from core.replies import Reply
from dialogue.dispatch import Dispatcher
from tests.bots.telegram_broadcast import Broadcast
from tests.bots.telegram_storm import FarTelegram, Storm, at_rest, judge, storm_house
from tests.builders import make_database, sample_city
from tests.peers.telegram_sim import Limits, TelegramSim

WARM = 2000  # updates before memory is compared
MOST_GROWTH = 10.0  # MB
LEAST_RATE = 29.1  # messages a second
MOST_WAIT = 1.0  # seconds that a reply waits behind a broadcast
PEER_ANSWERS_IN = 0.05  # seconds
PEOPLE = 250
FIRST_CHAT = 20_000


@dataclass(frozen=True)
class Row:
    """A goal beside what came out; ``met`` is None where there is no goal."""

    what: str
    goal: str
    figure: str
    met: bool | None = None


def main() -> int:
    """Run what is asked for; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, prog="soak_telegram")
    parser.add_argument("--updates", type=int, default=10_000, help="0 leaves this part out")
    parser.add_argument("--chats", type=int, default=100_000, help="0 leaves this part out")
    parser.add_argument(
        "--clock", type=int, default=1_500, help="messages by the clock on the wall; 0: none"
    )
    parser.add_argument("--json", action="store_true", help="figures as JSON instead of a table")
    parser.add_argument("--part", choices=("house", "broadcast", "clock"), help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    parser.add_argument("--token", default="", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, default=Path(), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    if asked.part:
        part = {"house": be_house, "broadcast": be_broadcast, "clock": be_clock}[asked.part]
        part(asked)
        return 0
    rows: list[Row] = []
    if asked.updates:
        rows += storm(asked.updates)
    if asked.chats:
        rows += broadcast(asked.chats)
    if asked.clock:
        rows += by_the_clock(asked.clock)
    if asked.json:
        print(json.dumps([vars(row) for row in rows], ensure_ascii=False, indent=1))
    else:
        show(rows)
    return 1 if any(row.met is False for row in rows) else 0


# ---- this process: Telegram, and what is measured ------------------------------------------------


def storm(updates: int) -> list[Row]:
    """Updates with duplicates and faults: each turn once, memory flat."""
    warm = min(WARM, updates // 2)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sotong-soak-") as folder, TelegramSim() as sim:
        sim.limits = Limits()
        storm = Storm(sim, people=PEOPLE)
        with child("house", folder, url=sim.url, token=sim.token) as bot:
            database = Database(json.loads(line_from(bot))["database"])

            def push(to: int) -> float:
                storm.push_to(to, seconds=to / 4 + 60, progress=progress("updates", updates))
                wait_for(lambda: not sim.undelivered and at_rest(database), 120)
                return rss(bot.pid)

            before = push(warm)
            steps = [push(warm + (updates - warm) * step // 4) for step in range(1, 5)]
        verdict = judge(database, storm)
        database.dispose()
        refused = sim.error_counts["sendMessage", 429] - storm.faults["429"]
        twice = len(sim.violations)
    growth = steps[-1] - before
    problems = verdict.problems()
    faults = ", ".join(f"{name} {count}" for name, count in sorted(storm.faults.items()))
    return [
        Row("updates (20 % of them twice)", "", f"{updates} in {time.monotonic() - began:.0f} s"),
        Row("faults", "", faults),
        Row("each turn once, each reply out", "yes", "; ".join(problems) or "yes", not problems),
        Row("replies repeated after a lost answer", "", str(verdict.repeated)),
        Row("left to a person (groups)", "", str(verdict.unsure)),
        Row("requests against the API's rules", "0", str(twice), not twice),
        Row("refused as too fast, not by request", "", str(refused)),
        Row(f"memory after {warm} updates", "", f"{before:.1f} MB"),
        Row("memory later", "", ", ".join(f"{each:.1f}" for each in steps) + " MB"),
        Row("growth", f"≤ {MOST_GROWTH:.0f} MB", f"{growth:+.1f} MB", growth <= MOST_GROWTH),
    ]


def broadcast(chats: int) -> list[Row]:
    """A broadcast in simulated time, with talk beside it."""
    with (
        tempfile.TemporaryDirectory(prefix="sotong-soak-") as folder,
        child("broadcast", folder, "--chats", str(chats)) as sender,
    ):
        first = 0.0
        found = {}
        while "rate" not in found:
            found = json.loads(line_from(sender))
            first = first or rss(sender.pid)
            progress("messages", chats)(found.get("sent", chats))
        last = rss(sender.pid)
    everything = found["left"] == 0 and found["sent"] == chats + found["replies"]
    return [
        Row("broadcast, chats", "", str(chats)),
        Row("replies beside it", "", str(found["replies"])),
        Row("each message once", "yes", "yes" if everything else str(found), everything),
        Row(
            "messages a second (simulated time)",
            f"≥ {LEAST_RATE}",
            f"{found['rate']:.2f}",
            found["rate"] >= LEAST_RATE,
        ),
        Row("refused as too fast", "0", str(found["refused"]), not found["refused"]),
        Row(
            "longest wait of a reply",
            f"≤ {MOST_WAIT:.0f} s",
            f"{found['worst_wait']:.3f} s",
            found["worst_wait"] <= MOST_WAIT,
        ),
        Row("work per message", "", f"{found['worked'] / found['sent'] * 1000:.1f} ms"),
        Row("memory at the start of sending, at its end", "", f"{first:.1f}, {last:.1f} MB"),
    ]


def by_the_clock(messages: int) -> list[Row]:
    """The same by the clock on the wall, with a peer that takes a moment to answer."""
    with tempfile.TemporaryDirectory(prefix="sotong-soak-") as folder, TelegramSim() as sim:
        sim.limits = Limits()
        sim.delay("sendMessage", PEER_ANSWERS_IN, times=None)
        for number in range(messages):
            sim.user(FIRST_CHAT + number)
        with child("clock", folder, "--clock", str(messages), url=sim.url, token=sim.token) as bot:
            found = json.loads(line_from(bot))
        calls = [call for call in sim.calls("sendMessage") if call.outcome == "ok"]
        refused = sim.error_counts["sendMessage", 429]
    moments = sorted(call.at for call in calls)
    rate = (len(moments) - 1) / (moments[-1] - moments[0])
    once = len(moments) == messages == len({call.params["chat_id"] for call in calls})
    return [
        Row(
            f"by the clock, answers in {PEER_ANSWERS_IN * 1000:.0f} ms", "", f"{messages} messages"
        ),
        Row("each message once", "yes", "yes" if once else f"{len(moments)} sent", once),
        Row("messages a second", f"≥ {LEAST_RATE}", f"{rate:.2f}", rate >= LEAST_RATE),
        Row("refused as too fast", "0", str(refused), not refused),
        Row("processor time per message", "", f"{found['processor'] / messages * 1000:.1f} ms"),
    ]


@contextmanager
def child(
    part: str, folder: str, *more: str, url: str = "", token: str = ""
) -> Iterator[subprocess.Popen[str]]:
    """The bot's process; it ends with the block, when its standard input does."""
    command = [sys.executable, "-m", "scripts.soak_telegram", "--part", part, "--folder", folder]
    process = subprocess.Popen(
        [*command, "--url", url, "--token", token, *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=project_root(),
    )
    try:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)
    finally:
        process.kill()
        process.wait()


def line_from(process: subprocess.Popen[str]) -> str:
    """The next line that it says. Raises RuntimeError when it has ended."""
    stream: IO[str] | None = process.stdout
    line = stream.readline() if stream is not None else ""
    if not line:
        raise RuntimeError("soak: the bot's process has ended early")
    return line


def rss(pid: int) -> float:
    """Resident megabytes of a process (Linux); 0 where that cannot be told."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def wait_for(look: object, seconds: float) -> None:
    """Until ``look`` is true. Raises TimeoutError after ``seconds``."""
    assert callable(look)
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            raise TimeoutError("soak: it did not come to rest")
        time.sleep(0.2)


class progress:
    """Says how far it is, every ten seconds."""

    _last = 0.0

    def __init__(self, what: str, goal: int) -> None:
        self._what, self._goal = what, goal

    def __call__(self, count: int) -> None:
        """So many are done."""
        if time.monotonic() - progress._last > 10:
            progress._last = time.monotonic()
            print(f"  {count} of {self._goal} {self._what}", file=sys.stderr, flush=True)


def show(rows: list[Row]) -> None:
    """The table."""
    wide = max(len(row.what) for row in rows)
    for row in rows:
        mark = {True: "met", False: "MISSED", None: ""}[row.met]
        print(f"  {row.what:<{wide}}  {row.goal:>9}  {mark:<6}  {row.figure}")


# ---- the bot's process -----------------------------------------------------------------------------


def be_house(asked: argparse.Namespace) -> None:
    """The bot with polling, until the other side has seen enough."""
    logging.getLogger("bots").setLevel(logging.CRITICAL)
    with storm_house(asked.folder, sim=FarTelegram(asked.url, asked.token)) as house:
        say(database=house.database.url)
        sys.stdin.read()


def be_broadcast(asked: argparse.Namespace) -> None:
    """The queue, in simulated time."""
    broadcast = Broadcast(asked.folder, chats=asked.chats)
    broadcast.put_posts()
    broadcast.peer.progress = lambda sent: say(sent=sent) if sent % 1000 == 1 else None
    began = time.monotonic()
    outcome = broadcast.run()
    say(
        rate=outcome.rate,
        worked=time.monotonic() - began,
        **{
            name: getattr(outcome, name)
            for name in ("sent", "replies", "refused", "worst_wait", "doubled", "left")
        },
    )
    sys.stdin.read()


def be_clock(asked: argparse.Namespace) -> None:
    """The real sender with the threads of the real dispatcher."""
    database = make_database(asked.folder)
    client = TelegramClient(token=asked.token, api_url=asked.url)
    sender = TelegramSender(
        client,
        texts=sample_city().texts,
        load_image=lambda _: b"",
        superseded=lambda _: None,
    )
    dispatcher = Dispatcher(database=database, channels=[Channel(sender)], now=utc_now)
    with database.transaction() as session:
        for number in range(asked.clock):
            conversation = ensure_conversation(
                session, channel=CHANNEL, address=str(FIRST_CHAT + number), now=utc_now()
            )
            enqueue(
                session,
                conversation=conversation,
                reply=Reply("시청에서 알려 드려요."),
                kind="post",
                dedupe_key=f"post:1:{number}",
                priority=BROADCAST,
                now=utc_now(),
            )
    client.me()
    before = time.process_time()
    end = time.monotonic() + asked.clock / 5 + 30
    while time.monotonic() < end and not at_rest(database):
        if not dispatcher.dispatch_due():
            time.sleep(0.05)
    say(processor=time.process_time() - before)
    dispatcher.stop()
    client.close()
    database.dispose()
    sys.stdin.read()


def say(**what: object) -> None:
    """One line for the other side."""
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(main())
