"""The web chat keeps the channel contract."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bots.contract import Contract, Desk, Heard
from tests.bots.web_house import House, make_house, messages, post

_ids = itertools.count(1)


class WebDesk(Desk):
    """A citizen at the web page."""

    channel = "web"
    longest_text = 20_000

    def __init__(self, house: House, client: httpx.Client) -> None:
        self.house, self.client = house, client
        self.database, self.store = house.database, house.store
        self.rasa, self.now = house.rasa, house.clock

    def say(self, text: str) -> object:
        message = {"external_id": f"message-{next(_ids):06d}", "kind": "text", "text": text}
        self.repeat(message)
        return message

    def repeat(self, sent: object) -> None:
        assert self.client.post("/api/messages", json=sent).status_code == 202

    def say_late(self, first: str, second: str) -> None:
        self.say(second)
        self.say(first)

    def photo(self, data: bytes, caption: str = "") -> object:
        return self.client.post(
            "/api/photos",
            data={"external_id": f"photo-{next(_ids):06d}", "alt": caption},
            files={"file": ("a.jpg", data, "image/jpeg")},
        )

    def place(self, lat: float, long: float) -> object:
        return post(
            self.client,
            f"place-{next(_ids):06d}",
            "location",
            location={"lat": lat, "long": long},
        )

    def unsupported(self) -> None:
        # The page has nothing else to send; a message without a word comes closest.
        self.say("🚧")

    def press(self, title: str) -> None:
        offered = [line for line in messages(self.client) if line.get("choices")][-1]
        choice = next(each for each in offered["choices"] if title in each["title"])
        response = post(self.client, f"press-{next(_ids):06d}", "choice", choice=choice["id"])
        assert response.status_code == 202

    def press_unknown(self) -> None:
        post(self.client, f"press-{next(_ids):06d}", "choice", choice="999999.0")

    def block(self) -> None:
        """A browser cannot refuse: it is closed, and what is said waits to be read."""

    def come_back(self) -> None:
        """The page is opened again."""

    def heard(self) -> list[Heard]:
        return [_heard(line) for line in messages(self.client) if line["kind"] == "delivery"]

    def kick(self) -> None:
        self.house.dispatcher.dispatch_due()


def _heard(line: dict[str, Any]) -> Heard:
    return Heard(
        text=line["text"],
        choices=tuple(choice["title"] for choice in line["choices"]),
        photos=len(line["images"]),
        location="location" in line,
    )


class TestWeb(Contract):
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Iterator[Desk]:
        with make_house(tmp_path) as house, house.browser() as client:
            yield WebDesk(house, client)
