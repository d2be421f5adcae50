"""What a citizen sends from the page: kept once, answered, or refused with a clear sentence."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, text

from bots.web import WebLimits
from bots.web_session import COOKIE_NAME
from core.models.conversation import Conversation, Turn
from tests.bots.web_house import House, answers, make_house, messages, post


def test_a_message_is_accepted_and_answered(house: House, citizen: httpx.Client) -> None:
    response = post(citizen, "text-00000001", text="가로등이 꺼졌어요")
    assert response.status_code == 202
    assert response.json() == {"turn_id": 1, "duplicate": False}
    (answer,) = answers(citizen, 1)
    assert answer["text"] == "가로등이 꺼졌군요. 이대로 접수할까요?"
    assert answer["who"] == "bot"
    assert (answer["day_label"], answer["time_label"]) == ("2026년 5월 4일 월요일", "오전 10:00")


def test_the_same_message_twice_is_one_turn(house: House, citizen: httpx.Client) -> None:
    first = post(citizen, "text-00000001", text="가로등이 꺼졌어요").json()
    second = post(citizen, "text-00000001", text="가로등이 꺼졌어요").json()
    assert second == {"turn_id": first["turn_id"], "duplicate": True}
    answers(citizen, 1)
    assert len(house.rasa.heard) == 1


def test_two_citizens_may_use_the_same_message_id(house: House, citizen: httpx.Client) -> None:
    post(citizen, "text-00000001", text="가로등이 꺼졌어요")
    with house.browser() as other:
        taken = post(other, "text-00000001", text="쓰레기가 쌓였어요").json()
        assert taken["duplicate"] is False
        assert [line["text"] for line in messages(other) if line["kind"] == "turn"] == [
            "쓰레기가 쌓였어요"
        ]


def test_a_double_click_on_confirm_reaches_rasa_once(house: House, citizen: httpx.Client) -> None:
    post(citizen, "text-00000001", text="가로등이 꺼졌어요")
    (question,) = answers(citizen, 1)
    choice = question["choices"][0]
    assert choice == {"id": f"{question['id']}.0", "title": "네, 접수해 주세요"}
    for _ in range(2):
        response = post(citizen, f"choice-{choice['id']}", "choice", choice=choice["id"])
        assert response.status_code == 202
    answers(citizen, 2)
    pressed = [turn for turn in house.rasa.heard if turn.parse_data]
    assert [turn.parse_data["intent"]["name"] for turn in pressed if turn.parse_data] == ["affirm"]


def test_a_typed_number_means_the_choice(house: House, citizen: httpx.Client) -> None:
    post(citizen, "text-00000001", text="가로등이 꺼졌어요")
    answers(citizen, 1)
    post(citizen, "text-00000002", text="1")
    assert "2026-000123" in answers(citizen, 2)[1]["text"]


def test_a_pressed_choice_reads_as_its_title_and_its_payload_stays_inside(
    house: House, citizen: httpx.Client
) -> None:
    post(citizen, "text-00000001", text="가로등이 꺼졌어요")
    (question,) = answers(citizen, 1)
    post(citizen, "choice-000001", "choice", choice=question["choices"][2]["id"])
    answers(citizen, 2)
    page = citizen.get("/api/messages").text
    assert "/cancel" not in page
    assert "그만둘게요" in [line["text"] for line in messages(citizen) if line["kind"] == "turn"]


@pytest.mark.parametrize("choice", ["999999.0", "1.99", "nonsense", "1", "-1.0", "٣.٠"])
def test_a_wrong_button_gets_a_clear_answer(
    house: House, citizen: httpx.Client, choice: str
) -> None:
    assert post(citizen, "choice-000001", "choice", choice=choice).status_code == 202
    assert answers(citizen, 1)[0]["text"].startswith("그런 번호나 버튼은 없어요")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("", "빈 메시지가 왔어요"),
        (" \n\t ", "빈 메시지가 왔어요"),
        ("🚧🚧", "그림 문자만으로는"),
        ("\x00\x07\x1b[31m가로등\x00", "가로등이 꺼졌군요"),
        ("/affirm", "7자를 읽었어요"),
        ("가" * 20_000, "2000자를 읽었어요"),
    ],
)
def test_strange_text_gets_a_clear_answer(
    house: House, citizen: httpx.Client, typed: str, answer: str
) -> None:
    assert post(citizen, "text-00000001", text=typed).status_code == 202
    assert answers(citizen, 1)[0]["text"].startswith(answer)


def test_more_than_twenty_thousand_characters_are_refused_in_words(
    house: House, citizen: httpx.Client
) -> None:
    response = post(citizen, "text-00000001", text="가" * 20_001)
    assert response.status_code == 413
    assert response.json()["error"] == "too_long"
    assert "20,000자까지" in response.json()["message"]
    assert post(citizen, "text-00000002", text="다시 쓸게요").status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"external_id": "text-00000001", "kind": "text"}',
        b'{"external_id": "text-00000001", "kind": "photo", "text": "x"}',
        b'{"external_id": "x", "kind": "text", "text": "x"}',
        b'{"external_id": "text-00000001/../x", "kind": "text", "text": "x"}',
        b'{"external_id": "text-00000001", "kind": "choice"}',
        b'{"external_id": "text-00000001", "kind": "location"}',
        b'{"external_id": "text-00000001", "kind": "location", "location": {"lat": 91, "long": 0}}',
        b'{"external_id": "text-00000001", "kind": "location", "location": {"lat": NaN, "long": 0}}',
        b'{"external_id": "text-00000001", "kind": "text", "text": "x", "admin": true}',
    ],
)
def test_a_body_that_is_no_message_is_refused_in_korean(
    house: House, citizen: httpx.Client, body: bytes
) -> None:
    response = citizen.post("/api/messages", content=body)
    assert response.status_code == 422
    assert response.json()["error"] == "bad_request"
    assert "다시 보내 주세요" in response.json()["message"]
    assert messages(citizen) == []


def test_a_location_is_a_turn_with_its_point(house: House, citizen: httpx.Client) -> None:
    point = {"lat": 37.5663, "long": 126.9779, "accuracy_m": 12.5}
    assert post(citizen, "place-0000001", "location", location=point).status_code == 202
    assert answers(citizen, 1)[0]["text"] == "위치를 잘 받았어요."
    assert house.rasa.heard[0].metadata["location"] == point


def test_the_start_brings_the_privacy_notice(house: House, citizen: httpx.Client) -> None:
    post(citizen, "start-first", "start")
    (greeting,) = answers(citizen, 1)
    assert "민원을 처리하는 데만" in greeting["text"]
    assert len(greeting["choices"]) == 4


def test_what_was_put_away_is_shown_by_its_whole_name(house: House, citizen: httpx.Client) -> None:
    post(
        citizen, "text-00000009", text="홍길동 올림. 12가3456 차가 래미안 101동 1203호 앞에 있어요"
    )
    answers(citizen, 1)
    turn = next(line for line in messages(citizen) if line["kind"] == "turn")
    assert turn["text"] == (
        "(따로 보관한 이름) 올림. (따로 보관한 차량번호) 차가 래미안 (따로 보관한 동·호수) 앞에 있어요"
    )


def test_a_phone_number_is_shown_as_put_away_and_never_kept_in_the_open(
    house: House, citizen: httpx.Client
) -> None:
    post(citizen, "text-00000001", text="제 번호는 010-2345-6789예요")
    answers(citizen, 1)
    turn = next(line for line in messages(citizen) if line["kind"] == "turn")
    assert turn["text"] == "제 번호는 (따로 보관한 전화)예요"
    with house.database.reading() as session:
        dump = " ".join(
            str(row)
            for table in ("turn", "delivery", "vault_item")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        )
    assert "2345" not in dump


def test_no_word_of_a_citizen_is_logged(
    house: House, citizen: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    post(citizen, "text-00000001", text="비밀스러운말")
    citizen.post("/api/messages", content='{"비밀스러운말": 1}'.encode())
    answers(citizen, 1)
    assert "비밀스러운말" not in caplog.text


def test_the_database_knows_the_cookie_only_by_its_hash(
    house: House, citizen: httpx.Client
) -> None:
    post(citizen, "text-00000001", text="가로등")
    cookie = citizen.cookies[COOKIE_NAME]
    with house.database.reading() as session:
        address = session.scalars(select(Conversation.address)).one()
        external_id = session.scalars(select(Turn.external_id)).one()
    identity = cookie.partition(".")[0]
    assert identity not in address + external_id
    assert len(address) == 64
    assert address != hashlib.sha256(cookie.encode()).hexdigest()


def test_a_cookie_that_we_did_not_make_opens_nothing(house: House, citizen: httpx.Client) -> None:
    post(citizen, "text-00000001", text="가로등")
    good = citizen.cookies[COOKIE_NAME]
    identity, _, mac = good.partition(".")
    for forged in (
        "",
        "x",
        f"{identity}.",
        f"{identity}.{mac[:-2]}AA",
        f"A{good}",
        "é.é",
        "." * 50,
    ):
        response = httpx.get(
            f"{house.url}/api/messages",
            headers={"Cookie": f"{COOKIE_NAME}={forged}".encode()},
            trust_env=False,
        )
        assert response.status_code == 401, forged
        assert response.json()["error"] == "no_session"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    header = httpx.get(house.url, trust_env=False).headers["set-cookie"].lower()
    assert "httponly" in header
    assert "samesite=lax" in header
    assert "secure" not in header  # plain http on this machine


def test_behind_https_the_cookie_is_secure(house: House) -> None:
    proxied = {"X-Forwarded-Proto": "https"}
    header = httpx.get(house.url, headers=proxied, trust_env=False).headers["set-cookie"].lower()
    assert "secure" in header


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Referer": "https://evil.example/page"},
        {"Referer": "http://[broken"},
        {},
    ],
)
def test_another_site_cannot_send_in_a_citizens_name(
    house: House, citizen: httpx.Client, headers: dict[str, str]
) -> None:
    del citizen.headers["Origin"]
    response = citizen.post(
        "/api/messages",
        json={"external_id": "text-00000001", "kind": "text", "text": "x"},
        headers=headers,
    )
    assert response.status_code == 403
    assert response.json()["error"] == "foreign_page"
    assert messages(citizen) == []


@pytest.mark.parametrize("sign", ["Sec-Fetch-Site", "X-Sotong", "Referer"])
def test_our_own_page_may_send_whatever_sign_its_browser_gives(
    house: House, citizen: httpx.Client, sign: str
) -> None:
    del citizen.headers["Origin"]
    value = {"Sec-Fetch-Site": "same-origin", "X-Sotong": "1", "Referer": f"{house.url}/"}[sign]
    response = citizen.post(
        "/api/messages",
        json={"external_id": "text-00000001", "kind": "text", "text": "가로등"},
        headers={sign: value},
    )
    assert response.status_code == 202


def test_a_flood_is_slowed_down_in_words_and_others_are_not(tmp_path: Path) -> None:
    limits = WebLimits(messages_per_minute=30, messages_burst=3)
    with make_house(tmp_path, limits=limits) as house, house.browser() as citizen:
        statuses = [post(citizen, f"text-0000000{i}", text="x").status_code for i in range(5)]
        assert statuses[:3] == [202, 202, 202]
        assert statuses[-1] == 429
        refused = post(citizen, "text-00000009", text="x")
        assert refused.json()["error"] == "too_fast"
        assert 1 <= int(refused.headers["Retry-After"]) <= 3
        with house.browser() as other:
            assert post(other, "text-00000001", text="x").status_code == 202


def test_leaving_takes_the_conversation_off_this_browser(
    house: House, citizen: httpx.Client
) -> None:
    post(citizen, "text-00000001", text="가로등")
    assert len(messages(citizen)) >= 1
    left = citizen.post("/leave")
    assert (left.status_code, left.headers["location"]) == (303, "/")
    citizen.get("/")
    assert messages(citizen) == []


def test_every_answer_carries_the_security_headers(house: House, citizen: httpx.Client) -> None:
    for path in ("/", "/help", "/lookup", "/api/messages", "/static/nothing", "/files/1"):
        headers = citizen.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin", path


def test_the_pages_use_nothing_from_outside(house: House, citizen: httpx.Client) -> None:
    for path in ("/", "/help", "/lookup"):
        page = citizen.get(path).text
        assert '<html lang="ko">' in page
        for attribute in ('src="', 'href="'):
            for part in page.split(attribute)[1:]:
                assert part.startswith(("/", "#", "tel:")), part[:60]


@pytest.mark.parametrize("half", ["\\ud800", "\\udc00", "\\ud83d", "\\u0000"])
def test_half_a_character_costs_no_message(house: House, citizen: httpx.Client, half: str) -> None:
    body = f'{{"external_id": "text-00000001", "kind": "text", "text": "가로등{half} 고장"}}'
    sent = citizen.post("/api/messages", content=body.encode())
    assert sent.status_code == 202
    assert answers(citizen, 1)
    assert "고장" in messages(citizen)[0]["text"]


@pytest.mark.parametrize("address", ["/api/messages?after=900101-1234567", "/files/900101-1234567"])
def test_a_refused_address_is_not_repeated(citizen: httpx.Client, address: str) -> None:
    answer = citizen.get(address)
    assert answer.status_code == 422
    assert "1234567" not in answer.text
    assert answer.json()["error"] == "bad_request"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 20_000, "9" * 5000, "null", "", "\xff"])
def test_json_that_no_page_of_ours_sends_is_refused(citizen: httpx.Client, body: str) -> None:
    assert citizen.post("/api/messages", content=body.encode("latin-1")).status_code == 422
