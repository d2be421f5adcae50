"""Floods, quotas of files and a full disk: words are kept or told to come again, never lost unseen."""

from __future__ import annotations

import asyncio
import errno
import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from PIL import Image
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine

from app.public import make_app
from app.settings import Settings
from app.wiring import build_parts, build_talk
from bots.telegram_intake import Intake, IntakeDeps
from bots.telegram_webhook import SECRET_HEADER
from bots.web_sender import WebSender
from core.attachments import AttachmentStore, record_attachments
from core.database import Database
from core.errors import Refused, TemporaryFailure
from core.file_room import FileRoom
from core.flood import MOST
from core.inbound import Photo, RemoteFile, TurnKind
from core.models import Turn
from core.models.base import Base
from core.ports import Channel
from tests.builders import (
    MONDAY_TEN,
    make_conversation,
    make_database,
    make_message,
    sample_city,
)
from tests.dialogue.runner_house import House, ScriptedRasa, say, text

ORIGIN = "http://city.test"
WORDS = "골목이 캄캄해요"
TELEGRAM = {
    "telegram_token": "123456789:" + "x" * 35,
    "telegram_webhook_url": "https://www.example.org/telegram/webhook",
    "telegram_webhook_secret": "s" * 24,
    "telegram_api_url": "http://127.0.0.1:1",
}


@pytest.fixture(autouse=True)
def one_city(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the city anew each time would take longer than the test."""
    monkeypatch.setattr("app.wiring.load_city", lambda *_, **__: sample_city())


@pytest.fixture(scope="module")
def rasa() -> Iterator[ScriptedRasa]:
    rasa = ScriptedRasa()
    yield rasa
    rasa.close()


@pytest.fixture
def house(tmp_path, rasa) -> Iterator[House]:
    house = House(make_database(tmp_path), rasa)
    yield house
    house.runner.stop()
    house.client.close()
    house.database.dispose()


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, format="PNG")
    return out.getvalue()


def states(house: House) -> list[str | None]:
    with house.database.reading() as session:
        return [row.failure for row in session.scalars(select(Turn).order_by(Turn.id))]


def test_more_than_anybody_can_write_is_kept_and_not_worked_whatever_process_takes_it(house):
    for number in range(MOST + 3):
        house.door.receive(make_message(text=f"{WORDS} {number}"))
    assert states(house) == [None] * MOST + ["flood"] * 3
    with house.database.reading() as session:
        last = session.scalars(select(Turn.text).order_by(Turn.id.desc())).first()
    assert last == f"{WORDS} {MOST + 2}"
    house.door.receive(make_message(text=WORDS, address="b" * 64))
    house.clock.forward(seconds=61)
    house.door.receive(make_message(text=WORDS))
    assert states(house)[-2:] == [None, None]


def test_what_comes_in_a_heap_after_an_outage_is_no_flood(house):
    for number in range(MOST + 5):
        house.door.receive(make_message(sent_at=MONDAY_TEN - timedelta(minutes=200 - number)))
    assert set(states(house)) == {None}


def test_an_emergency_in_a_flood_is_answered(house):
    for _ in range(MOST + 1):
        house.door.receive(make_message())
    house.door.receive(make_message(text="불이 났어요 살려주세요"))
    with house.database.reading() as session:
        assert session.scalars(select(Turn).order_by(Turn.id.desc())).first().emergency


def test_a_group_has_one_limit_for_all_who_write_in_it(house):
    class Nobody:
        def answer_press(self, callback_id: str, *, notice: str = "") -> None: ...
        def keep_only(self, address: str, message_id: int, *, choice: object) -> None: ...

    from bots.telegram_client import Me

    intake = Intake(
        IntakeDeps(
            database=house.database,
            receive=house.door.receive,
            keep_unread=house.door.keep_unread,
            kick=lambda *_: None,
            press_of=lambda _: pytest.fail("no press"),
            answers=Nobody(),
            me=lambda: Me(1, "city_bot"),
            texts=sample_city().texts,
        )
    )
    sent = int(MONDAY_TEN.timestamp())
    for number in range(100):
        intake.take(
            {
                "update_id": number + 1,
                "message": {
                    "message_id": number + 1,
                    "date": sent,
                    "chat": {"id": -100, "type": "supergroup", "title": "동네"},
                    "from": {"id": 1000 + number, "is_bot": False, "first_name": "시민"},
                    "text": "@city_bot 가로등이 나갔어요",
                    "entities": [{"type": "mention", "offset": 0, "length": 9}],
                },
            }
        )
    kept = states(house)
    assert len(kept) == 100
    assert kept.count("flood") >= 20


def keep(session, size: int, **values: object) -> None:
    record_attachments(
        session,
        photos=[Photo("0" * 64, "image/jpeg", size, 1, 1)],
        conversation_id=values.pop("conversation_id", 1),
        source=str(values.pop("source", "citizen")),
        now=values.pop("now", MONDAY_TEN),
    )


def test_a_citizen_has_room_for_so_many_bytes_a_day(tmp_path):
    database = make_database(tmp_path)
    room = FileRoom(tmp_path, per_day=1000, floor=0)
    with database.transaction() as session:
        for address in ("a", "b"):
            make_conversation(session, address=address * 64)
        keep(session, 600)
        keep(session, 900, now=MONDAY_TEN - timedelta(hours=25))
        keep(session, 900, source="officer")
        keep(session, 900, conversation_id=2)
        ask = {"conversation_id": 1, "now": MONDAY_TEN}
        room.check(session, size=400, **ask)
        with pytest.raises(Refused, match="files_today"):
            room.check(session, size=401, **ask)
        room.check(session, size=1000, conversation_id=None, now=MONDAY_TEN)
        FileRoom(tmp_path, per_day=0, floor=0).check(session, size=10**9, **ask)
    database.dispose()


def test_files_stop_before_the_disk_is_full(tmp_path):
    database = make_database(tmp_path)
    room = FileRoom(tmp_path / "not yet", per_day=0, floor=500, free=lambda _: 1000)
    with database.reading() as session:
        room.check(session, conversation_id=None, size=500, now=MONDAY_TEN)
        with pytest.raises(Refused, match="files_no_room"):
            room.check(session, conversation_id=None, size=501, now=MONDAY_TEN)
    database.dispose()


def test_a_disk_that_is_full_while_a_file_is_written_refuses_it_and_leaves_no_part(
    tmp_path, monkeypatch
):
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refused, match="files_no_room"):
        AttachmentStore(tmp_path).put(b"x")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("limits", "key"), [({"files_floor_mb": 10**9}, "files_no_room"), ({}, "files_today")]
)
def test_a_messengers_file_without_room_is_refused_kindly_and_the_words_are_answered(
    tmp_path, rasa, limits, key
):
    fetched = []

    class Source:
        def fetch(self, file: RemoteFile) -> bytes:
            fetched.append(file)
            return picture()

    settings = Settings.load(environment="test", var_dir=tmp_path, rasa_url=rasa.url, **limits)
    parts = build_parts(settings)
    Base.metadata.create_all(parts.database.engine)
    talk = build_talk(parts, channels=(Channel(WebSender(), files=Source()),))
    rasa.answer = lambda body: say("말씀 잘 들었어요")
    with parts.database.transaction() as session:
        conversation = make_conversation(session, now=parts.now())
        keep(session, 200 * 1024 * 1024, now=parts.now(), conversation_id=conversation.id)
    files = (RemoteFile("one", 5000),)
    talk.door.receive(make_message(text=WORDS, kind=TurnKind.PHOTO, files=files))
    talk.runner.run(conversation.id)
    with parts.database.reading() as session:
        (turn,) = session.scalars(select(Turn))
        assert (turn.state, turn.problems) == ("answered", [key])
    assert fetched == []
    assert rasa.requests[-1]["text"] == WORDS
    talk.close()
    parts.close()


def visit(app, *acts):
    async def go() -> list[httpx.Response]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            headers = {"Origin": ORIGIN}
            async with httpx.AsyncClient(
                transport=transport, base_url=ORIGIN, headers=headers
            ) as client:
                await client.get("/")
                return [await act(client) for act in acts]

    return asyncio.run(go())


def write(client: httpx.AsyncClient):
    body = {"external_id": os.urandom(8).hex(), "kind": "text", "text": WORDS * 40}
    return client.post("/api/messages", json=body)


def send_photo(client: httpx.AsyncClient):
    return client.post(
        "/api/photos",
        data={"external_id": os.urandom(8).hex()},
        files={"file": ("a.png", picture(), "image/png")},
    )


def public_settings(folder: Path, rasa: ScriptedRasa, **values: object) -> Settings:
    settings = Settings.load(environment="test", var_dir=folder, rasa_url=rasa.url, **values)
    database = Database(settings.database_url)
    Base.metadata.create_all(database.engine)
    database.dispose()
    return settings


def test_on_the_web_a_photo_without_room_is_refused_kindly_and_words_are_taken(tmp_path, rasa):
    settings = public_settings(tmp_path, rasa, files_floor_mb=10**9)
    photo, words = visit(make_app(settings), send_photo, write)
    assert (photo.status_code, photo.json()["error"]) == (422, "files_no_room")
    assert photo.json()["message"] == text("web_problem_files_no_room")
    assert words.status_code == 202


def test_on_the_web_a_photo_with_room_is_kept(tmp_path, rasa):
    settings = public_settings(tmp_path, rasa, files_floor_mb=0)
    (photo,) = visit(make_app(settings), send_photo)
    assert photo.status_code == 202


@pytest.fixture
def full() -> Iterator[dict[str, int]]:
    """Every SQLite database gets no more pages than ``full["pages"]``: a full disk, without one."""
    limit = {"pages": 2**30}

    def bound(connection, _record) -> None:
        connection.execute(f"PRAGMA max_page_count={limit['pages']}")

    event.listen(Engine, "connect", bound)
    yield limit
    event.remove(Engine, "connect", bound)


def pages_of(settings: Settings) -> int:
    database = Database(settings.database_url)
    with database.engine.connect() as connection:
        pages: int = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    database.dispose()
    return pages


def count_turns(settings: Settings) -> int:
    database = Database(settings.database_url)
    with database.reading() as session:
        found = session.scalar(select(func.count()).select_from(Turn)) or 0
    database.dispose()
    return found


def test_on_a_full_disk_the_web_says_try_again_and_what_was_accepted_is_there(tmp_path, rasa, full):
    rasa.answer = lambda body: (503, {"error": "model"})
    settings = public_settings(tmp_path, rasa)
    full["pages"] = pages_of(settings) + 3
    answers = visit(make_app(settings), *[write] * 14)
    accepted = [each for each in answers if each.status_code == 202]
    refused = [each for each in answers if each.status_code != 202]
    assert accepted
    assert refused
    for each in refused:
        assert each.status_code == 503
        assert each.json()["message"] == text("web_problem_busy")
        assert int(each.headers["retry-after"]) >= 1
    assert count_turns(settings) == len(accepted)
    full["pages"] = 2**30
    (again,) = visit(make_app(settings), write)
    assert again.status_code == 202


def test_on_a_full_disk_telegram_is_asked_to_bring_the_update_again(tmp_path, rasa, full):
    settings = public_settings(tmp_path, rasa, **TELEGRAM)

    def bring(number: int):
        update = {
            "update_id": number,
            "message": {
                "message_id": number,
                "date": int(MONDAY_TEN.timestamp()),
                "chat": {"id": 7, "type": "private", "first_name": "시민"},
                "from": {"id": 7, "is_bot": False, "first_name": "시민"},
                "text": WORDS * 40,
            },
        }
        headers = {SECRET_HEADER: "s" * 24}
        return lambda client: client.post("/telegram/webhook", json=update, headers=headers)

    full["pages"] = pages_of(settings) + 3
    answers = visit(make_app(settings), *(bring(number) for number in range(1, 12)))
    codes = [each.status_code for each in answers]
    assert set(codes) == {200, 503}
    assert count_turns(settings) == codes.count(200)
    full["pages"] = 2**30
    lost = [number for number, code in enumerate(codes, start=1) if code == 503]
    again = visit(make_app(settings), *(bring(number) for number in lost))
    assert {each.status_code for each in again} == {200}
    assert count_turns(settings) == 11


def test_on_a_full_disk_the_door_raises_what_every_channel_knows(tmp_path, full):
    rasa = ScriptedRasa()
    database = make_database(tmp_path)
    with database.engine.connect() as connection:
        full["pages"] = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 2
    database.engine.dispose()
    house = House(database, rasa)

    def fill() -> None:
        for _ in range(50):
            house.door.receive(make_message(text=WORDS * 40))

    with pytest.raises(TemporaryFailure):
        fill()
    house.runner.stop()
    house.client.close()
    rasa.close()
    database.dispose()
