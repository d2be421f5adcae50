"""A sending process that is paused past its lease and goes on, as a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from app.clock import utc_now
from bots.telegram_parse import CHANNEL
from core.conversations import ensure_conversation
from core.database import Database
from core.deliveries import enqueue
from core.models.conversation import Delivery
from core.replies import Reply
from tests.builders import ROOT, make_database
from tests.peers.telegram_sim import TelegramSim
from tests.stack import wait_until

CHAT = 4711


def start(arguments: list[str], **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bots.paused_sender", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
    )


def is_stopped(process: subprocess.Popen[bytes]) -> bool:
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


def state_of(database: Database) -> str:
    with database.reading() as session:
        return session.scalars(select(Delivery.state)).one()


def test_a_sender_that_was_paused_past_its_lease_sends_nothing_again(tmp_path: Path) -> None:
    database = make_database(tmp_path)
    with TelegramSim() as sim:
        citizen = sim.user(CHAT)
        with database.transaction() as session:
            conversation = ensure_conversation(
                session, channel=CHANNEL, address=str(CHAT), now=utc_now()
            )
            enqueue(
                session,
                conversation=conversation,
                reply=Reply("접수했어요."),
                kind="reply",
                dedupe_key="one",
                now=utc_now(),
            )
        arguments = [database.url, sim.url, sim.token]
        paused = start(arguments, SOTONG_FAILPOINT="pause before_send")
        try:
            wait_until(lambda: is_stopped(paused), seconds=90, what="the pause")

            def taken_over() -> bool:
                start(arguments).wait(90)
                return state_of(database) == "sent"

            wait_until(taken_over, seconds=180, what="another process's sending")
            # One, or more where the other process's own answer came late.
            there = len(citizen.messages)
            paused.send_signal(signal.SIGCONT)
            assert paused.wait(90) == 0
        finally:
            paused.kill()
            paused.wait()
        assert state_of(database) == "sent"
        assert len(citizen.messages) == there
    database.dispose()
