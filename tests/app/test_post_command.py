"""`sotong post`: a person proves who they are, sees what will be public, and says yes."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture
from sqlalchemy import select

from app.channels import make_channels
from app.cli.main import run
from app.clock import utc_now
from app.departments import make_department_work
from app.settings import Settings, SettingsError, project_root
from app.wiring import build_parts, build_talk
from app.worker import _jobs
from core.database import Database
from core.deliveries import lease_next, mark_unsure
from core.models.conversation import Delivery
from core.models.vault import AuditEntry
from core.officers import create_officer, seed_roles
from tests.builders import make_database
from tests.console.house import HASHER, PASSWORD
from tests.peers.telegram_sim import TelegramSim

TEXT = "5월 7일 10시부터 3시간 동안 물이 안 나와요. https://city.example/water"


@dataclass
class Terminal:
    """Types commands; ``lines`` is what the officer types in answer."""

    database: Database
    capsys: Any
    monkeypatch: pytest.MonkeyPatch
    err: str = ""

    def type(self, *arguments: str, lines: tuple[str, ...] = (), code: int = 0) -> str:
        self.monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        self.capsys.readouterr()
        assert run(["post", *arguments]) == code, self.capsys.readouterr()
        out, self.err = self.capsys.readouterr()
        return str(out)

    def work(self, *arguments: str, by: str = "writer", password: str = PASSWORD, **options) -> str:
        lines = (password, *options.pop("answers", ()))
        return self.type(*arguments, "--as", by, "--password-stdin", lines=lines, **options)

    def draft(self, *arguments: str) -> dict[str, Any]:
        options = arguments or ("--text", TEXT)
        return json.loads(self.work("draft", "--address", "@city_news", "--json", *options))

    def approve(self, post: dict[str, Any], **options: Any) -> str:
        arguments = ("approve", str(post["id"]), "--hash", post["content_hash"])
        return self.work(*arguments, by="reader", **options)

    def shown(self, post: dict[str, Any]) -> dict[str, Any]:
        return json.loads(self.type("show", str(post["id"]), "--json"))


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> Iterator[Terminal]:
    database = make_database(tmp_path)
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    # At any hour and on any day: without quiet hours and blackouts.
    city = tmp_path / "city"
    shutil.copytree(project_root() / "city", city)
    (city / "publishing.yml").unlink()
    monkeypatch.setenv("SOTONG_CITY_DIR", str(city))
    with database.transaction() as session:
        seed_roles(session)
        for login, role, fresh in (
            ("writer", "officer", False),
            ("reader", "officer", False),
            ("viewer", "viewer", False),
            ("newcomer", "officer", True),
        ):
            create_officer(
                session,
                login=login,
                name=f"담당 {login}",
                role=role,
                department_id=None,
                password=PASSWORD,
                hasher=HASHER,
                actor="test",
                now=utc_now(),
                must_change_password=fresh,
            )
    yield Terminal(database, capsys, monkeypatch)
    database.dispose()


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[str], str]:
    def make(colour: str) -> str:
        path = tmp_path / f"{colour}.png"
        Picture.new("RGB", (64, 48), colour).save(path)
        return str(path)

    return make


def test_a_name_without_its_password_does_nothing(terminal: Terminal) -> None:
    for by, password, code in (
        ("writer", "wrong-horse-7", "sign_in_refused"),
        ("nobody", PASSWORD, "sign_in_refused"),
        ("newcomer", PASSWORD, "change_password_first"),
        ("viewer", PASSWORD, "forbidden"),
    ):
        terminal.work("draft", "--text", TEXT, by=by, password=password, code=1)
        assert code in terminal.err
        assert password not in terminal.err
    assert "게시글이 없어요" in terminal.type("list")


def test_what_is_shown_before_the_yes_is_what_will_be_public(terminal: Terminal) -> None:
    post = terminal.draft("--text", f"{TEXT} 담당 010-1234-5678", "--link-url", "https://a.example")
    out = terminal.work("approve", str(post["id"]), by="reader", answers=("yes",))
    for expected in (
        TEXT,
        "글 · ",
        "/4096자",
        "5월 | 7일 | 10시부터 | 3시간",
        "링크: https://city.example/water | https://a.example",
        "[단추] 자세히 → https://a.example",
        "개인정보로 보이는 것이 있어요: 010-1234-5678",
        post["content_hash"],
    ):
        assert expected in out, out
    assert terminal.shown(post)["state"] == "approved"


@pytest.mark.parametrize("answers", [("y",), ("YES!",), ("",), ()])
def test_anything_but_yes_approves_nothing(terminal: Terminal, answers) -> None:
    post = terminal.draft()
    terminal.work("approve", str(post["id"]), by="reader", answers=answers, code=1)
    assert terminal.shown(post)["state"] == "draft"


def test_the_writer_cannot_approve(terminal: Terminal) -> None:
    post = terminal.draft()
    terminal.work("approve", str(post["id"]), "--hash", post["content_hash"], code=1)
    assert "쓴 사람은 승인할 수 없어요" in terminal.err
    assert terminal.shown(post)["state"] == "draft"


def test_a_hash_of_other_words_approves_nothing(terminal: Terminal) -> None:
    post = terminal.draft()
    terminal.work("edit", str(post["id"]), "--text", "다른 말")
    terminal.approve(post, code=1)
    assert "stale" in terminal.err
    assert terminal.shown(post)["text"] == "다른 말"


def test_an_edit_keeps_what_it_does_not_name_and_drops_the_approval(
    terminal: Terminal, picture
) -> None:
    options = ("--text", TEXT, "--photo", picture("red"), "--alt", "빨강")
    post = terminal.draft(*options, "--link-url", "https://a.example")
    terminal.approve(post)
    terminal.work("edit", str(post["id"]), "--text", "다른 말", "--at", "2099-05-04T10:00")
    edited = terminal.shown(post)
    assert (edited["state"], edited["text"]) == ("draft", "다른 말")
    assert (edited["images"], edited["link"]) == (post["images"], post["link"])
    assert edited["scheduled_at"] == "2099-05-04T10:00+09:00"
    terminal.work("edit", str(post["id"]), "--no-photos", "--no-link", "--at", "now")
    edited = terminal.shown(post)
    assert (edited["images"], edited["link"], edited["scheduled_at"]) == ([], None, None)


def test_a_photo_is_cleaned_and_needs_its_description(terminal: Terminal, picture) -> None:
    terminal.work("draft", "--address", "@city_news", "--photo", picture("red"), code=1)
    assert "--alt" in terminal.err
    post = terminal.draft("--photo", picture("red"), "--alt", "빨강", "--text", "사진")
    assert post["messages"] == [
        {"text": "사진", "length": 2, "limit": 1024, "photos": 1, "buttons": []}
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--text", "말", "--photo", "nowhere.jpg", "--alt", "없음"), 2),
        (("--text", "말", "--file", "nowhere.txt"), 2),
        (("--text", "말", "--at", "내일"), 2),
        (("--text", "말", "--address", "city news"), 2),
        (("--text", " ", "--address", "@city_news"), 1),
        (("--text", "말"), 1),
    ],
)
def test_what_cannot_be_a_draft_is_one_sentence(terminal: Terminal, arguments, code) -> None:
    terminal.work("draft", *arguments, code=code)
    assert terminal.err.strip()
    assert "Traceback" not in terminal.err


def test_the_channel_of_the_settings_is_the_address(terminal: Terminal, monkeypatch) -> None:
    monkeypatch.setenv("SOTONG_TELEGRAM_CHANNEL", "-1001234567")
    post = json.loads(terminal.work("draft", "--text", "말", "--json"))
    assert post["address"] == "-1001234567"
    monkeypatch.setenv("SOTONG_TELEGRAM_CHANNEL", "city news")
    with pytest.raises(SettingsError, match="SOTONG_TELEGRAM_CHANNEL"):
        Settings.load()


def test_without_a_token_the_officer_hears_that_nothing_leaves(terminal: Terminal) -> None:
    terminal.approve(terminal.draft())
    assert "SOTONG_TELEGRAM_TOKEN" in terminal.err


def test_a_correction_that_is_more_messages_is_refused_before_anybody_approves(
    terminal: Terminal,
) -> None:
    with TelegramSim() as sim:
        sim.channel(-1_001_234_567, username="city_news")
        post = published(terminal, sim)
        terminal.work("correct", str(post["id"]), "--text", "긴 말 " * 2000, code=1)
        assert "cannot_edit" in terminal.err
        correction = json.loads(
            terminal.work("correct", str(post["id"]), "--text", "맞는 말", "--json")
        )
        terminal.approve(correction)
        deliver(terminal, sim)
        assert [seen.text for seen in sim.world.chats[-1_001_234_567].messages] == ["맞는 말"]
        assert terminal.shown(post)["state"] == "corrected"
        assert terminal.shown(correction)["urls"] == ["https://t.me/city_news/1"]
        terminal.work("withdraw", str(correction["id"]))
        deliver(terminal, sim)
        assert "철회됨" in terminal.type("show", str(correction["id"]))
        assert sim.violations == []


def test_an_unsure_post_stands_out_and_a_person_settles_it(terminal: Terminal) -> None:
    post = terminal.draft()
    terminal.approve(post)
    with terminal.database.transaction() as session:
        mark_unsure(session, outgoing=lease_next(session, now=utc_now()), failure="no answer")
    assert "! 나갔는지 확인 필요" in terminal.type("list")
    number = str(post["id"])
    terminal.work("resolve", number, code=2)
    terminal.work("resolve", number, "--arrived", "1", "--not-arrived", code=2)
    terminal.work("resolve", number, "--arrived", "1", "--arrived", "2", code=1)
    assert "1개" in terminal.err
    terminal.work("resolve", number, "--arrived", "77")
    assert terminal.shown(post)["state"] == "approved"
    with terminal.database.reading() as session:
        assert session.scalars(select(Delivery)).one().provider_ids == ["77"]
        actors = session.scalars(
            select(AuditEntry.actor).where(AuditEntry.action == "post.resolve")
        ).all()
    assert actors == ["officer:1"]


def test_reading_needs_no_password_and_shows_json(terminal: Terminal) -> None:
    post = terminal.draft()
    assert [row["id"] for row in json.loads(terminal.type("list", "--json"))] == [post["id"]]
    assert json.loads(terminal.type("list", "--state", "sent", "--json")) == []
    terminal.type("list", "--state", "nonsense", code=2)
    terminal.type("show", "404", code=1)
    assert "그 번호의 게시글이 없어요" in terminal.err


def test_an_invisible_character_is_named(terminal: Terminal) -> None:
    assert terminal.draft("--text", "앞\u202e뒤")["invisible"] == ["U+202E"]


def published(terminal: Terminal, sim: TelegramSim) -> dict[str, Any]:
    terminal.monkeypatch.setenv("PTB_TIMEDELTA", "1")
    terminal.monkeypatch.setenv("SOTONG_TELEGRAM_TOKEN", sim.token)
    terminal.monkeypatch.setenv("SOTONG_TELEGRAM_API_URL", sim.url)
    post = terminal.draft()
    terminal.approve(post)
    deliver(terminal, sim)
    return terminal.shown(post)


def deliver(terminal: Terminal, sim: TelegramSim) -> None:
    """What the worker does, with the channels that the settings ask for."""
    parts = build_parts(Settings.load())
    channels = make_channels(parts)
    talk = build_talk(parts, channels=channels.all)
    departments = make_department_work(parts)
    jobs = {job.__name__: job for job, _ in _jobs(parts, talk, departments)}
    try:
        for name in ("posts", "deliveries", "posts"):
            jobs[name]()
    finally:
        talk.close()
        departments.close()
        channels.close()
        parts.close()
