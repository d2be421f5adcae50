"""Personal data through every door of the running service: then every byte on disk is searched for it."""

from __future__ import annotations

import io
import re
import uuid

import httpx
import pytest
from PIL import Image

from tests.journeys.talk import Talk
from tests.stack import Stack

# Each number differs in its second half, so that a find names the writing that got through.
WRITINGS = (
    "900101-1000001",
    "9001011000002",
    "900101 1000003",
    "900101 - 1000004",
    "900101~1000005",
    "900101.1000006",
    "900101/1000007",
    "900101_1000008",
    "900101–1000009",
    "900101—1000010",
    "900101ㅡ1000011",
    "900101다시1000012",
    "900101 하이픈 1000013",
    "９００１０１-１０００014",
    "⑨⓪⓪①⓪①-①⓪⓪⓪⓪①⑤",
    "900101-１０００016",
    "9 0 0 1 0 1 - 1 0 0 0 0 1 7",
    "900101\u200b-\u200b1000018",
    "900101-100\u00ad0019",
    "900101\n1000020",
    "19900101-1000021",
    "900101-1000022이에요",
    "주민번호900101-1000023입니다",
    "(900101)(1000024)",
    "900101, 1000025",
    "앞자리는 900101이고 뒷자리는 1000026",
    "1990년 1월 1일생 뒷자리 1000027",
    "９００１０１－１００００２８",
    "구공공일공일 다시 일공공공공이구",
    "외국인등록번호 900101-5000030",
    "900101 1000031 010-7777-0031",
    "\u202e900101-1000032\u202c",
)
TAILS = [f"{head}{n:06d}" for n in range(1, 33) for head in "15"]
# A moment in Rasa's records: its seven decimals can look like the second half of a number.
MOMENT = re.compile(rb"\b1[0-9]{9}\.[0-9]+")
PHONE, EMAIL = "010-7654-3210", "hong.gildong@example.com"


@pytest.fixture
def talk(stack: Stack):
    database = stack.database()
    yield Talk(stack.citizen(uuid.uuid4().hex), database)
    database.dispose()


def assert_nowhere(stack: Stack, *needles: str) -> None:
    spelled = [n.encode() for n in needles]
    for path in stack.settings.var_dir.rglob("*"):
        if path.is_file():
            data = MOMENT.sub(b"", path.read_bytes())
            found = [needle for needle in spelled if needle in data]
            assert not found, (path, found)


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "orange").save(out, "JPEG")
    return out.getvalue()


def test_resident_numbers_in_any_writing_and_through_any_door_lie_nowhere(
    stack: Stack, talk: Talk
) -> None:
    for number in range(0, len(WRITINGS), 8):
        citizen = Talk(stack.citizen(uuid.uuid4().hex), talk.database)
        for writing in WRITINGS[number : number + 8]:
            citizen.say(f"가로등 신고해요 {writing}")
    client = talk.citizen._http
    for body in (
        {"kind": "choice", "choice": "900101-1000041"},
        {"kind": "start", "text": "900101-1000042"},
        {"kind": "text", "text": "네", "external_id": "900101-1000043"},
        {"kind": "location", "location": {"lat": 37.5, "long": 126.9001011000044}},
        {"kind": "text", "text": "900101-1000045", "location": None, "extra": "900101-1000045"},
    ):
        client.post("/api/messages", json={"external_id": uuid.uuid4().hex} | body)
    client.post("/api/messages", content=b'{"external_id": "900101-1000046", "kind"')
    client.post(
        "/api/photos",
        data={"external_id": uuid.uuid4().hex, "alt": "사진 900101-1000047"},
        files={"file": ("900101-1000048.jpg", picture())},
    )
    for address in (
        "/api/messages?after=900101-1000049",
        "/files/900101-1000050",
        "/9001011000051",
    ):
        client.get(address)
    with httpx.Client(trust_env=False) as stranger:
        form = {"number": "900101-1000052", "code": "900101-1000053"}
        stranger.post(f"{stack.settings.public_url}/lookup", data=form)
        login = f"{stack.settings.internal_url}/login?next=/900101-1000054"
        stranger.get(login)
        for app in (stack.settings.rasa_url, stack.settings.actions_url):
            stranger.post(f"{app}/900101-1000055", json={"text": "900101-1000055"})
    talk.hear()
    more = [f"10000{n}" for n in range(41, 56)]
    assert_nowhere(stack, *TAILS, *more, "일공공공공이구", "１００００２８", "①⓪⓪⓪⓪①⑤")


def test_a_resident_number_in_the_middle_of_a_report_costs_nothing_else(
    stack: Stack, talk: Talk
) -> None:
    talk.say("시청역 앞 가로등이 나갔어요")
    talk.fill_until("contact")
    talk.say("제 주민번호는 900101-1234567 입니다")
    assert talk.requested() == "contact"
    talk.fill_until(None)
    assert len(talk.cases()) == 1
    assert_nowhere(stack, "1234567")


def test_a_phone_and_an_address_lie_in_the_vault_alone_and_there_sealed(
    stack: Stack, talk: Talk
) -> None:
    talk.say("시청역 앞 가로등이 나갔어요")
    talk.fill_until("contact")
    talk.say(PHONE)
    talk.fill_until(None)
    talk.say(f"메일은 {EMAIL}이에요")
    talk.say("공일공 칠육오사 삼이일공")
    talk.say("내 민원 어떻게 됐어요?")
    assert talk.cases()[0].contact_token == "⟦전화1⟧"
    assert_nowhere(stack, PHONE, PHONE.replace("-", ""), "7654-3210", EMAIL, "gildong", "칠육오사")
