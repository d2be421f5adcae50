"""Answers of 국민신문고: pages, a wrong key, used-up traffic, a broken page, and going on afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.cli import knowledge_epeople
from app.cli.main import run
from core.database import Database
from core.errors import PermanentFailure, ProviderAway, RateLimited, TemporaryFailure
from integrations import epeople
from integrations.epeople import Epeople
from knowledge.importing import Broken, Row
from knowledge.queries import current_articles
from tests.builders import make_database

SINCE, UNTIL = date(2026, 1, 1), date(2026, 1, 31)
ADDRESS = "http://127.0.0.1:9/CivilPolicyQnaService"
WRONG_KEY = """<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg>
<returnAuthMsg>SERVICE_KEY_IS_NOT_REGISTERED_ERROR</returnAuthMsg>
<returnReasonCode>30</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"""
TRAFFIC = WRONG_KEY.replace("30", "22")


def listed(*numbers: int, whole: int) -> dict[str, Any]:
    """A page of the list, after the documented shape."""
    return {
        "resultCode": "S00",
        "resultCount": whole,
        "resultList": [
            {
                "faqNo": str(number),
                "title": f"질문 {number}",
                "ancName": "보건복지부",
                "ancCode": "1352000",
                "regDate": "20260105",
                "dutySctnNm": "tqapttn",
            }
            for number in numbers
        ],
    }


def detailed(number: int, answer: str = "한 달 안에 신청해요.") -> dict[str, Any]:
    return {"resultCode": "S00", "resultData": {"faqNo": str(number), "ansContent": answer}}


class Recorded:
    """Answers by row number of the list and by question; ``asked`` in order."""

    def __init__(self, pages: dict[int, Any], details: dict[int, Any]) -> None:
        self.pages, self.details = pages, details
        self.asked: list[str] = []
        self.keys: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        parts = urlsplit(str(request.url))
        values = {name: each[0] for name, each in parse_qs(parts.query).items()}
        self.keys.add(values["serviceKey"])
        is_list = parts.path.endswith("PolicyQnaList")
        number = int(values["firstIndex" if is_list else "faqNo"])
        self.asked.append(f"{'list' if is_list else 'detail'} {number}")
        found = (self.pages if is_list else self.details)[number]
        if isinstance(found, Exception):
            raise found
        if isinstance(found, int):
            return httpx.Response(found)
        if isinstance(found, str):
            return httpx.Response(200, text=found)
        return httpx.Response(200, json=found)


Made = Callable[..., tuple[Epeople, Recorded]]


@pytest.fixture
def api() -> Iterator[Made]:
    made: list[Epeople] = []

    def make(
        pages: dict[int, Any], details: dict[int, Any] | None = None, *, key: str = "k"
    ) -> tuple[Epeople, Recorded]:
        peer = Recorded(pages, details or {})
        client = httpx.Client(transport=httpx.MockTransport(peer))
        made.append(Epeople(key=key, address=ADDRESS, page=2, client=client))
        return made[-1], peer

    yield make
    for each in made:
        each.close()


def read(api: Epeople, **options: Any) -> list[tuple[int, int, Row | Broken | None]]:
    return list(api.rows(since=SINCE, until=UNTIL, **options))


def test_every_page_is_read_and_each_answer_becomes_an_article(api: Made):
    made, peer = api(
        {1: listed(7, 8, whole=3), 3: listed(9, whole=3)}, {n: detailed(n) for n in (7, 8, 9)}
    )
    found = read(made)
    assert [(number, whole) for number, whole, _ in found] == [(1, 3), (2, 3), (3, 3)]
    row = found[0][2]
    assert isinstance(row, Row)
    assert (row.external_id, row.article.key) == ("tqapttn-7", "epeople-tqapttn-7")
    assert row.article.source == "국민신문고 민원정책 질의응답 7 (보건복지부)"
    assert (row.article.valid_from, row.article.verified_on) == (date(2026, 1, 5), None)
    assert peer.asked == ["list 1", "detail 7", "detail 8", "list 3", "detail 9"]


def test_an_answer_in_xml_is_read_and_its_html_is_taken_out(api: Made):
    page = (
        "<response><resultCode>S00</resultCode><resultCount>1</resultCount><resultList>"
        "<faqNo>7</faqNo><title>질문</title></resultList></response>"
    )
    detail = (
        "<response><resultCode>S00</resultCode><resultData><faqNo>7</faqNo>"
        "<ansContent>&lt;script&gt;x()&lt;/script&gt;네,&lt;b&gt; 돼요.&lt;/b&gt;</ansContent>"
        "</resultData></response>"
    )
    made, _ = api({1: page}, {7: detail})
    row = read(made)[0][2]
    assert isinstance(row, Row)
    assert row.article.body == "네, 돼요."


def test_a_key_that_is_encoded_already_is_not_encoded_twice(api: Made):
    made, peer = api({1: listed(whole=0)}, key="ab%2Bc%3D%3D")
    assert read(made) == []
    assert peer.keys == {"ab+c=="}


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (WRONG_KEY, PermanentFailure),
        (401, PermanentFailure),
        ({"resultCode": "30"}, PermanentFailure),
        (TRAFFIC, RateLimited),
        (429, RateLimited),
        ({"resultCode": "E99"}, TemporaryFailure),
        ("<!DOCTYPE html><html></html>", TemporaryFailure),
        ("{", TemporaryFailure),
        (503, ProviderAway),
        (httpx.ReadTimeout("slow"), ProviderAway),
        (httpx.ConnectError("k secret in here"), ProviderAway),
    ],
)
def test_each_kind_of_trouble_is_one_of_our_errors(api: Made, page: Any, error: type[Exception]):
    made, _ = api({1: page})
    with pytest.raises(error) as raised:
        read(made)
    assert "secret" not in str(raised.value)


def test_a_broken_page_is_told_and_the_rest_is_read(api: Made):
    made, _ = api(
        {1: listed(7, 8, whole=5), 3: "<broken", 5: listed(11, whole=5)},
        {n: detailed(n) for n in (7, 8, 11)},
    )
    found = read(made)
    assert [number for number, _, row in found if isinstance(row, Row)] == [1, 2, 5]
    (broken,) = [row for _, _, row in found if isinstance(row, Broken)]
    assert broken.line == 3


def test_a_row_without_number_title_or_answer_is_broken(api: Made):
    page = listed(7, 8, whole=2)
    del page["resultList"][1]["title"]
    made, _ = api({1: page}, {7: detailed(7, " ")})
    assert [row.why for _, _, row in read(made) if isinstance(row, Broken)] == [
        "the answer is empty",
        "the title is empty",
    ]


def test_what_is_known_is_not_asked_for_again(api: Made):
    made, peer = api({1: listed(7, 8, whole=2)}, {8: detailed(8)})
    assert [row is None for _, _, row in read(made, known={"tqapttn-7"})] == [True, False]
    assert peer.asked == ["list 1", "detail 8"]


def test_the_command_keeps_what_it_read_and_goes_on_the_next_day(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: Any
):
    database: Database = make_database(tmp_path)
    monkeypatch.setenv("SOTONG_ENVIRONMENT", "test")
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    monkeypatch.setenv("SOTONG_LOG_LEVEL", "error")
    command = ["knowledge", "import", "--from", "epeople", "--since", "2026-01-01", "--json"]
    assert run(command) == 2
    assert "SOTONG_EPEOPLE_KEY" in capsys.readouterr().err
    monkeypatch.setenv("SOTONG_EPEOPLE_KEY", "k")
    peer = Recorded({1: listed(7, 8, whole=2)}, {7: detailed(7), 8: TRAFFIC})

    def recorded(**options: Any) -> Epeople:
        client = httpx.Client(transport=httpx.MockTransport(peer))
        return Epeople(client=client, **options)

    monkeypatch.setattr(epeople, "Epeople", recorded)
    assert run(command) == 1
    out, error = capsys.readouterr()
    assert (json.loads(out)["new"], "내일" in error) == (1, True)
    peer.details[8] = detailed(8)
    assert run(command) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 1
    assert peer.asked.count("detail 7") == 1
    with database.reading() as session:
        assert [each.article.title for each in current_articles(session)] == ["질문 7", "질문 8"]
    assert run([*command, "--until", "31.1."]) == 2
    assert run(["knowledge", "import"]) == 2
    assert knowledge_epeople.ORIGIN == "epeople"
    database.dispose()
