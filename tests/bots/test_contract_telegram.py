"""Telegram keeps the channel contract, polling and by webhook, against a simulated Bot API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bots.contract import Contract, Desk, Heard
from tests.bots.telegram_house import TelegramHouse, make_telegram_house
from tests.peers.telegram_sim import Seen, TelegramSim


class TelegramDesk(Desk):
    """A citizen on Telegram."""

    channel = "telegram"
    longest_text = 4096

    def __init__(self, house: TelegramHouse) -> None:
        self.house = house
        self.database, self.store = house.database, house.parts.store
        self.rasa, self.now = house.rasa, house.clock
        # Long, as real ones are: a short number is found by chance in times and hashes.
        self.user = house.citizen(7_300_418_256)

    def say(self, text: str) -> object:
        message_id = self.user.send_text(text)
        self.house.sim.wait_delivered()
        return self.user.stored[message_id].body

    def repeat(self, sent: object) -> None:
        self.house.sim.push_raw({"update_id": self.house.sim.updates.take_id(), "message": sent})
        self.house.sim.wait_delivered()

    def say_late(self, first: str, second: str) -> None:
        sim = self.house.sim
        bodies = []
        sim.down = True
        for text in (first, second):
            bodies.append(dict(self.user.stored[self.user.send_text(text)].body))
        sim.down = False
        sim.wait_delivered(30)
        # Both once more, the second one first.
        for body in reversed(bodies):
            self.repeat(body)

    def photo(self, data: bytes, caption: str = "") -> object:
        return self.user.send_photo(data, caption)

    def place(self, lat: float, long: float) -> object:
        return self.user.send_location(lat, long)

    def unsupported(self) -> None:
        self.user.send_voice()

    def press(self, title: str) -> None:
        self.user.press(title)
        self.house.sim.wait_delivered()

    def press_unknown(self) -> None:
        self.user.press_data(self.user.messages[-1].message_id, "999999.0")

    def block(self) -> None:
        self.user.block()
        self.house.sim.wait_delivered()

    def come_back(self) -> None:
        self.user.unblock()

    def heard(self) -> list[Heard]:
        return [_heard(seen) for seen in self.user.messages if not seen.deleted]

    def kick(self) -> None:
        self.house.dispatcher.dispatch_due()


def _heard(seen: Seen) -> Heard:
    titles = tuple(button.text for row in seen.buttons for button in row if button.callback_data)
    listed = "".join(f"\n{n}. {title}" for n, title in enumerate(titles, 1))
    photos = len(seen.items) or (1 if seen.photo else 0)
    return Heard(
        text=seen.text.removesuffix(listed).rstrip() if listed else seen.text,
        choices=titles,
        photos=photos,
        location=seen.location is not None,
    )


class TestTelegram(Contract):
    @pytest.fixture(params=["polling", "webhook"])
    def desk(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
        with TelegramSim() as sim:
            sim.retry_seconds = (0.05, 0.1, 0.2)
            webhook = request.param == "webhook"
            with make_telegram_house(tmp_path, sim=sim, webhook=webhook) as house:
                yield TelegramDesk(house)
            assert sim.violations == []
