"""The search of the actions app: keeps up with articles while it answers, and is asked by others over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from actions.policy_door import make_router
from app.cli.main import run
from app.knowledge_index import fresh_index
from app.policy_client import ActionsAway, PolicyClient
from app.policy_search import LivePolicySearch
from core.database import Database
from core.errors import PermanentFailure, TemporaryFailure
from core.policy_port import PolicyFound
from core.policy_questions import LONGEST_QUESTION
from knowledge.articles import Article
from knowledge.markdown import sanitise
from knowledge.records import save_article
from korean.follow_ups import PAPERS, PHONE
from tests import builders
from tests.bots.web_house import serve
from tests.builders import MONDAY_TEN, ROOT, Clock
from tests.knowledge.articles import make_article
from tests.ports import free_port
from tests.stack import wait_until

SECRET = "a secret that is for tests only"
BIRTH = "출산하면 받을 수 있는 지원"
PASSPORT = make_article(
    "passport",
    title="여권 만들기",
    body=sanitise(
        "여권은 시청 여권 창구에서 만들어요.\n\n## 얼마나 내나요\n\n10년 여권은 5만 원이에요.\n\n"
        "## 무엇이 필요한가요\n\n여권 신청에는 신분증과 사진이 필요해요."
    ),
    keywords=("여권", "여권 재발급"),
    department="audit",
)


class House:
    """A database with articles and the search over it."""

    def __init__(self, folder: Path) -> None:
        self.database: Database = builders.make_database(folder)
        self.folder, self.clock = folder / "knowledge", Clock()

    def add(self, *articles: Article) -> None:
        with self.database.transaction() as session:
            for article in articles:
                save_article(
                    session,
                    article,
                    origin="city",
                    external_id=article.key,
                    author="cli:test",
                    now=MONDAY_TEN,
                )

    def search(self, **options: Any) -> LivePolicySearch:
        values = {"look_every": 0.0, "first_wait": 60.0} | options
        return LivePolicySearch(
            database=self.database, folder=self.folder, now=self.clock, **values
        )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    house.add(make_article(), PASSPORT, make_article("parking", title="공영 주차장 요금", body="주차 요금은 10분에 300원이에요."))  # fmt: skip
    yield house
    house.database.dispose()


@pytest.fixture
def search(house: House) -> Iterator[LivePolicySearch]:
    search = house.search()
    yield search
    search.close()


def keys(found: PolicyFound) -> list[str]:
    return [article.key for article in found.articles]


def test_what_is_found_is_cited_with_its_version(
    search: LivePolicySearch, monkeypatch: Any
) -> None:
    monkeypatch.setattr("knowledge.weights.ANSWER_FROM", 0.2)
    found = search.search("여권 신청 서류 뭐가 필요한가요 ⟦전화1⟧")
    assert keys(found)[0] == "passport"
    assert found.cited is not None
    assert (found.cited.version, found.cited.department) == (1, "audit")
    assert "여권 신청에는 신분증과 사진이 필요해요." in found.cited.sentences
    assert PolicyFound.from_data(json.loads(json.dumps(found.to_data()))) == found
    assert search.search("김치찌개 맛있게 끓이는 법").cited is None


def test_two_articles_that_differ_in_a_word_compete(house: House) -> None:
    house.add(*(make_article(f"school-{n}", title=f"거북이 학교 신청하기 ({n}쪽)", body=f"거북이 학교 {n}쪽은 시청 {n}쪽 문에서 신청해요.", keywords=("거북이 학교",)) for n in (1, 2)))  # fmt: skip
    search = house.search()
    found = search.search("거북이 학교 신청하기")
    assert (found.close, found.abstained) == (True, False)
    assert sorted(keys(found)[:2]) == ["school-1", "school-2"]
    assert not search.search("김치찌개 맛있게 끓이는 법").close
    search.close()


def test_an_article_that_changed_is_found_while_answers_go_on(
    house: House, search: LivePolicySearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keys(search.search("여권"))[0] == "passport"
    gate, entered = threading.Event(), threading.Event()

    def slow(*arguments: Any, **options: Any) -> Any:
        entered.set()
        assert gate.wait(30)
        return fresh_index(*arguments, **options)

    monkeypatch.setattr("app.policy_search.fresh_index", slow)
    house.add(
        make_article("bike", title="따릉이 자전거 대여", body="자전거는 1시간에 1,000원이에요.")
    )
    search.search("자전거 대여")
    assert entered.wait(30)
    # It is being made: what is there answers.
    assert keys(search.search("여권"))[0] == "passport"
    assert "bike" not in keys(search.search("자전거 대여"))
    gate.set()
    wait_until(lambda: keys(search.search("자전거 대여"))[:1] == ["bike"], what="the new article")


def test_an_article_that_ended_after_it_was_indexed_answers_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.weights.ANSWER_FROM", 0.0)
    search = house.search(look_every=3600.0)
    question = "여권 얼마예요"
    assert search.search(question).cited is not None
    assert search.read("passport", question) is not None
    ended = Article(**{**PASSPORT.__dict__, "valid_to": date(2026, 5, 3)})
    house.add(ended)
    found = search.search(question)
    assert (found.cited, found.abstained) == (None, True)
    assert "passport" not in keys(found)
    assert search.read("passport", question) is None
    assert search.read("nobody", question) is None
    search.close()


def test_one_thing_of_an_article_is_told_or_nothing(search: LivePolicySearch) -> None:
    told = search.read("passport", "서류는요?", aspect=PAPERS)
    assert told is not None
    assert told.sentences == ("여권 신청에는 신분증과 사진이 필요해요.",)
    silent = search.read("parking", "서류는요?", aspect=PAPERS)
    assert silent is not None
    assert silent.sentences == ()
    phone = search.read("passport", "전화번호는?", aspect=PHONE)
    assert phone is not None
    assert phone.sentences == ()


def test_without_an_index_it_is_asked_again_and_trouble_passes(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.policy_search.TRY_AGAIN_AFTER", 0.0)
    house.folder.write_text("a file where the folder should be")
    search = house.search(first_wait=0.05)
    with pytest.raises(TemporaryFailure) as failure:
        search.search("여권 얼마예요")
    assert failure.value.retry_after
    wait_until(lambda: "could not be made" in caplog.text, what="the log line")
    assert "여권" not in caplog.text
    house.folder.unlink()

    def answers() -> bool:
        try:
            return keys(search.search("여권 얼마예요"))[:1] == ["passport"]
        except TemporaryFailure:
            return False

    wait_until(answers, seconds=60.0, what="an answer")
    search.close()


def test_what_a_process_that_died_left_behind_is_cleared_away(house: House) -> None:
    half = house.folder / "part-half"
    half.mkdir(parents=True)
    (half / "head").write_text("half an index")
    search = house.search()
    assert search.search("여권").articles
    assert not half.exists()
    search.close()


class Scripted:
    """A search that says what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gate: threading.Event | None = None
        self.failure: Exception | None = None

    def search(self, question: str, *, most: int = 5) -> PolicyFound:
        self.asked.append(question)
        if self.gate is not None:
            assert self.gate.wait(30)
        if self.failure is not None:
            raise self.failure
        return PolicyFound(sureness=most / 100)


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
def door(scripted: Scripted) -> Iterator[str]:
    api = FastAPI()
    api.include_router(make_router(scripted, SECRET))

    @api.get("/healthz")
    async def healthz() -> str:
        return "ok"

    with serve(api) as (url, _server):
        yield url


def test_only_the_actions_app_loads_the_search() -> None:
    """Kiwi and the index cost 215 MB and more a process."""
    code = (
        "import sys, app.public, app.internal, app.worker, app.policy_client;"
        "print(sorted({'kiwipiepy', 'bm25s', 'rasa_sdk', 'knowledge.search'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_only_who_knows_the_secret_may_ask(door: str, scripted: Scripted) -> None:
    client = PolicyClient(url=door, secret="another secret for tests")
    with pytest.raises(PermanentFailure) as failure:
        client.search("여권")
    assert failure.value.code == "policy_search_401"
    assert scripted.asked == []
    client.close()
    with pytest.raises(ValueError, match="empty"):
        make_router(scripted, "")


def test_a_question_is_bounded_and_answered_over_http(door: str, scripted: Scripted) -> None:
    client = PolicyClient(url=door, secret=SECRET)
    assert client.search("가" * 20_000, most=7).sureness == 0.07
    assert [len(each) for each in scripted.asked] == [LONGEST_QUESTION]
    headers = {"x-sotong-secret": SECRET}
    whole = {"question": "가" * 20_000}
    assert httpx.post(f"{door}/knowledge/search", json=whole, headers=headers).status_code == 200
    assert len(scripted.asked[-1]) == LONGEST_QUESTION
    client.close()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"question": 3}', b'{"question": " "}', b'{"question": "x", "most": 0}',
             b'{"question": "x", "most": true}', b'{"question": "x", "most": 21}']
)  # fmt: skip
def test_a_malformed_request_is_422(door: str, scripted: Scripted, body: bytes) -> None:
    headers = {"x-sotong-secret": SECRET}
    answer = httpx.post(f"{door}/knowledge/search", content=body, headers=headers)
    assert answer.status_code == 422
    assert scripted.asked == []


def test_a_slow_search_holds_up_nothing_else(door: str, scripted: Scripted) -> None:
    scripted.gate = threading.Event()
    client = PolicyClient(url=door, secret=SECRET)
    answers: list[PolicyFound] = []
    asking = threading.Thread(target=lambda: answers.append(client.search("여권")))
    asking.start()
    wait_until(lambda: scripted.asked, what="the question")
    assert httpx.get(f"{door}/healthz").status_code == 200
    assert answers == []
    scripted.gate.set()
    asking.join(30)
    assert len(answers) == 1
    client.close()


def test_who_cannot_be_reached_or_is_not_ready_is_asked_again_later(
    door: str, scripted: Scripted
) -> None:
    scripted.failure = TemporaryFailure("no index", 5.0)
    client = PolicyClient(url=door, secret=SECRET)
    with pytest.raises(TemporaryFailure):
        client.search("여권")
    client.close()
    away = PolicyClient(url=f"http://127.0.0.1:{free_port()}", secret=SECRET)
    with pytest.raises(ActionsAway):
        away.search("여권")
    away.close()


def test_the_command_line_asks_the_running_app_and_says_so(
    door: str, scripted: Scripted, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    database = builders.make_database(tmp_path)
    for name, value in (
        ("ENVIRONMENT", "test"),
        ("VAR_DIR", str(tmp_path / "var")),
        ("DATABASE_URL", database.url),
        ("LOG_LEVEL", "error"),
        ("ACTIONS_URL", door),
        ("ACTIONS_SECRET", SECRET),
    ):
        monkeypatch.setenv(f"SOTONG_{name}", value)
    assert run(["knowledge", "ask", "여권 얼마예요? 010-1234-5678"]) == 0
    told = capsys.readouterr()
    assert "모릅니다" in told.out
    assert "running actions app" in told.err
    assert scripted.asked == ["여권 얼마예요?              "]
    monkeypatch.setenv("SOTONG_ACTIONS_URL", f"http://127.0.0.1:{free_port()}")
    assert run(["knowledge", "ask", "여권 얼마예요?", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["searched_by"] == "own"
    database.dispose()
