"""The Telegram channel on a simulated Bot API, with the real door, runner and dispatcher; Rasa stands in."""

from __future__ import annotations

import copy
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI
from sqlalchemy import event, select

from app.channels import Channels, make_channels, make_telegram_intake, make_telegram_polling
from app.settings import Settings
from app.wiring import Parts, Talk, build_parts
from bots.telegram_client import TelegramClient
from bots.telegram_intake import Intake
from bots.telegram_webhook import PATH, make_router
from core.database import Database
from core.invitations import Invitations
from core.models.conversation import Conversation, Delivery, Turn
from core.photo_places import PhotoPlaces
from dialogue.dispatch import Dispatcher
from dialogue.door import Door
from dialogue.media import accept_file
from dialogue.runner import TurnRunner
from tests.bots.contract import everything_in
from tests.bots.web_house import RunningClock, StandInRasa, serve, until, worker
from tests.builders import sample_city, without_waiting_for_the_disk, write_empty_database
from tests.peers.telegram_sim import TelegramSim, User

SECRET = secrets.token_urlsafe(32)


@dataclass
class TelegramHouse:
    """Everything a test may look at."""

    sim: TelegramSim
    parts: Parts
    channels: Channels
    rasa: StandInRasa
    runner: TurnRunner
    dispatcher: Dispatcher
    intake: Intake
    clock: RunningClock
    url: str = ""

    @property
    def database(self) -> Database:
        return self.parts.database

    @property
    def client(self) -> TelegramClient:
        assert self.channels.telegram is not None
        return self.channels.telegram

    def citizen(self, number: int = 1001) -> User:
        return self.sim.user(number)

    def turns(self, address: int | str | None = None) -> list[Turn]:
        with self.database.reading() as session:
            query = select(Turn).order_by(Turn.id)
            if address is not None:
                query = query.join(Conversation).where(Conversation.address == str(address))
            return list(session.scalars(query))

    def deliveries(self) -> list[Delivery]:
        with self.database.reading() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))

    def conversation(self, address: int | str, visibility: str = "private") -> Conversation:
        with self.database.reading() as session:
            return session.scalars(
                select(Conversation).where(
                    Conversation.address == str(address), Conversation.visibility == visibility
                )
            ).one()

    @contextmanager
    def keeping_back(self, user: User) -> Iterator[list[dict[str, Any]]]:
        """What this citizen does meanwhile is listed as updates, which the test brings by itself."""
        kept: list[dict[str, Any]] = []
        push = user._push

        def keep(kind: str, body: dict[str, Any], _key: int) -> None:
            kept.append({"update_id": self.sim.updates.take_id(), kind: copy.deepcopy(body)})

        user._push = keep
        try:
            yield kept
        finally:
            user._push = push

    def bring(self, *updates: dict[str, Any]) -> None:
        """Bring these updates one after the other, each as soon as the one before it is kept."""
        for update in updates:
            self.sim.push_raw(update)
            self.sim.wait_delivered()

    def everything(self) -> str:
        """All rows of all tables as text."""
        return everything_in(self.database)

    def settle(self, seconds: float = 20) -> None:
        """Wait until every update is kept, every turn answered and every delivery ended."""
        self.sim.wait_delivered(seconds)

        def at_rest() -> bool:
            open_turns = [t for t in self.turns() if t.state in ("received", "in_work")]
            going = [d for d in self.deliveries() if d.state in ("pending", "sending")]
            return not open_turns and not going

        until(at_rest, seconds=seconds)


@contextmanager
def make_telegram_house(
    folder: Path,
    *,
    sim: TelegramSim,
    webhook: bool = False,
    working: bool = True,
    rasa: StandInRasa | None = None,
) -> Iterator[TelegramHouse]:
    """Serve the bot until the end of the block. Without ``working`` nothing is answered by itself."""
    settings = Settings.load(
        environment="test",
        var_dir=folder,
        telegram_token=sim.token,
        telegram_api_url=sim.url,
        telegram_webhook_url="https://www.example.org" + PATH if webhook else "",
        telegram_webhook_secret=SECRET if webhook else "",
    )
    clock, rasa = RunningClock(), rasa or StandInRasa()
    # Reading the city anew for each test would take longer than the test.
    with patch("app.wiring.load_city", lambda *_, **__: sample_city()):
        parts = build_parts(settings, now=clock)
    event.listen(parts.database.engine, "connect", without_waiting_for_the_disk)
    write_empty_database(parts.database)
    channels = make_channels(parts)
    dispatcher = Dispatcher(
        database=parts.database,
        channels=channels.all,
        now=clock,
        # A test moves the clock on meanwhile.
        sleep=lambda seconds: time.sleep(min(seconds, 0.05)),
    )
    runner = TurnRunner(
        database=parts.database,
        city=parts.city,
        rasa=rasa,
        dispatcher=dispatcher,
        now=clock,
        channels=channels.all,
        accept_file=lambda data: accept_file(data, store=parts.store),
        places=PhotoPlaces(vault=parts.vault, jurisdiction=parts.city.jurisdiction),
        invitations=Invitations(parts.derived_key("invitations")),
    )
    door = Door(database=parts.database, vault=parts.vault, city=parts.city, now=clock)
    talk = Talk(door=door, runner=runner, dispatcher=dispatcher, rasa=rasa)
    assert channels.telegram is not None
    intake = make_telegram_intake(parts, talk, channels.telegram)
    channels.telegram.me()
    house = TelegramHouse(sim, parts, channels, rasa, runner, dispatcher, intake, clock)
    polling = make_telegram_polling(parts, talk, channels.telegram)
    assert (polling is None) == webhook
    try:
        with (
            _served(house) if webhook else nullcontext(),
            worker(runner, dispatcher) if working else nullcontext(),
        ):
            if polling is not None:
                polling.start()
            try:
                yield house
            finally:
                rasa.gate.set()
                if polling is not None:
                    polling.stop()
    finally:
        talk.close()
        channels.close()
        parts.close()


@contextmanager
def _served(house: TelegramHouse) -> Iterator[None]:
    app = FastAPI()
    app.include_router(make_router(take=house.intake.take, secret=SECRET))
    with serve(app) as (url, _server):
        house.url = f"{url}{PATH}"
        house.client.call(lambda bot: bot.set_webhook(house.url, secret_token=SECRET))
        try:
            yield
        finally:
            house.client.call(lambda bot: bot.delete_webhook())
