"""The pages of the citizen's rights: whose data, what is in a copy, who may not have it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from core.case_status import CaseStatus
from core.cases import Actor, add_note, change_status
from core.consent_texts import CONTACT, text_of
from core.consents import record_consent
from core.data_links import make_data_link
from core.models import AuditEntry, Case, Consent, Conversation, Erasure, Turn, VaultItem
from dialogue.erasure import erase_due
from dialogue.photos import accept_photo
from tests.bots.web_house import House, answers, photo_bytes, post
from tests.builders import make_case, make_officer, sample_city

PHONE = "010-2345-6789"
OFFICER_NAME = "담당김"


def talk(house: House, client: httpx.Client, words: str = f"가로등이 꺼졌어요 {PHONE}") -> int:
    """Something said with a phone number; the conversation's id."""
    assert post(client, "message-1", text=words).status_code == 202
    answers(client, 1)
    with house.database.reading() as session:
        return (
            session.scalars(select(Conversation.id).order_by(Conversation.id.desc())).first() or 0
        )


def file_case(house: House, conversation_id: int) -> str:
    photo = accept_photo(photo_bytes(), name="fixed.jpg", store=house.store)
    with house.database.transaction() as session:
        officer_id = make_officer(session, name=OFFICER_NAME)
        turn = session.scalars(select(Turn).where(Turn.conversation_id == conversation_id)).first()
        case = make_case(session, turn=turn, now=house.clock(), contact_token="⟦전화1⟧").case
        record_consent(
            session,
            conversation_id=conversation_id,
            text=text_of(sample_city().consents, CONTACT),
            how="form",
            now=house.clock(),
        )
        actor = Actor("officer", str(officer_id), OFFICER_NAME)
        add_note(
            session, case_id=case.id, actor=actor, reason="내부에서만 본 메모", now=house.clock()
        )
        change_status(
            session,
            city=sample_city(),
            case_id=case.id,
            to=CaseStatus.ANSWERED,
            actor=actor,
            reason="내부 까닭",
            note=f"{OFFICER_NAME}이 고쳤어요.",
            photos=[(photo, "불이 켜진 가로등")],
            now=house.clock(),
        )
        return case.number


def export(client: httpx.Client, kind: str) -> httpx.Response:
    return client.post("/my-data/export", data={"format": kind}, follow_redirects=True)


def test_the_page_shows_what_is_kept_masked_and_works_without_a_script(house: House) -> None:
    with house.browser() as client:
        number = file_case(house, talk(house, client))
        page = client.get("/my-data")
    assert page.status_code == 200
    for words in ("010-****-6789", number, "연락처 수집·이용 동의", "모두 지워 주세요"):
        assert words in page.text
    assert "2345" not in page.text
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"


def test_a_browser_without_a_talk_sees_nothing_of_anybody(house: House) -> None:
    with house.browser() as client:
        file_case(house, talk(house, client))
    with house.browser() as other:
        page = other.get("/my-data").text
        assert "대화가 없어요" in page
        assert "010" not in page
        assert other.post("/my-data/export", data={"format": "json"}).status_code == 401
    assert httpx.get(f"{house.url}/my-data", trust_env=False).status_code == 200


def test_the_copy_holds_everything_of_this_citizen_and_nothing_of_others(house: House) -> None:
    with house.browser() as client:
        number = file_case(house, talk(house, client))
        with house.browser() as other:
            talk(house, other, "남의 말 010-1111-2222")
        answer = export(client, "json")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        data: dict[str, Any] = answer.json()
        photo = client.get(data["files"][0]["address"])
    assert (data["schema"], data["schema_version"]) == ("sotong-my-data", 1)
    assert data["personal_data"][0]["value"] == "01023456789"
    assert data["messages"][0]["text"] == "가로등이 꺼졌어요 01023456789"
    (case,) = data["cases"]
    assert (case["number"], case["contact"]) == (number, "01023456789")
    assert case["history"][-1]["files"] == [data["files"][0]["id"]]
    assert [consent["kind"] for consent in data["consents"]] == ["notice", "contact"]
    assert photo.headers["content-type"] == "image/jpeg"
    for hidden in (OFFICER_NAME, "내부", "남의 말", "1111", "⟦"):
        assert hidden not in answer.text
    with house.database.reading() as session:
        line = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "my_data.export")
        ).one()
    assert line.purpose.startswith("시민 본인 요청")


def test_the_archive_holds_the_photos_themselves(house: House) -> None:
    with house.browser() as client:
        file_case(house, talk(house, client))
        answer = export(client, "zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        data = json.loads(archive.read("my-data.json"))
        (file,) = data["files"]
        assert len(archive.read(file["address"])) == file["size"]


def test_a_link_opens_once_for_whoever_has_it_and_a_preview_uses_nothing_up(house: House) -> None:
    with house.browser() as client:
        conversation_id = talk(house, client)
    with house.database.transaction() as session:
        token = make_data_link(session, conversation_id=conversation_id, now=house.clock())
    with httpx.Client(base_url=house.url, trust_env=False) as nobody:
        for _ in range(3):
            assert "/my-data/file" in nobody.get("/my-data/get", params={"t": token}).text
        first = nobody.post("/my-data/file", data={"t": token, "format": "json"})
        assert first.json()["personal_data"][0]["value"] == "01023456789"
        again = nobody.post("/my-data/file", data={"t": token, "format": "json"})
        assert (again.status_code, "010" in again.text) == (410, False)
        assert nobody.get("/my-data/get", params={"t": token}).status_code == 410
        assert nobody.get("/my-data/file", params={"t": "x" * 43}).status_code == 410


@pytest.mark.parametrize("path", ["export", "withdraw", "erase"])
def test_another_page_can_ask_for_nothing(house: House, path: str) -> None:
    with house.browser() as client:
        talk(house, client)
        answer = client.post(
            f"/my-data/{path}",
            data={"kind": "contact", "sure": "yes", "format": "json"},
            headers={"Origin": "https://evil.example"},
        )
    assert answer.status_code == 403
    with house.database.reading() as session:
        assert session.scalars(select(Erasure)).all() == []


def test_a_consent_is_taken_back_by_a_button(house: House) -> None:
    with house.browser() as client:
        file_case(house, talk(house, client))
        page = client.post("/my-data/withdraw", data={"kind": "contact"}, follow_redirects=True)
        assert "동의를 거두었어요" in page.text
        assert "010" not in page.text
        assert client.post("/my-data/withdraw", data={"kind": "abroad"}).status_code == 422
    with house.database.reading() as session:
        assert session.scalars(select(Case.contact_token)).one() is None
        assert session.scalars(select(VaultItem.ciphertext)).one() == b""
        consent = session.scalars(select(Consent).where(Consent.kind == "contact")).one()
        assert consent.withdrawn_at is not None


def test_erasing_needs_the_box_and_afterwards_nothing_can_be_seen_or_copied(house: House) -> None:
    with house.browser() as client:
        conversation_id = talk(house, client)
        file_case(house, conversation_id)
        with house.database.transaction() as session:
            token = make_data_link(session, conversation_id=conversation_id, now=house.clock())
        refused = client.post("/my-data/erase", follow_redirects=True)
        assert "먼저" in refused.text
        asked = client.post("/my-data/erase", data={"sure": "yes"}, follow_redirects=True)
        assert "곧 지울게요" in asked.text
        house.clock.forward(hours=25)
        erase_due(database=house.database, rasa=house.rasa, store=house.store, now=house.clock)
        assert "대화가 없어요" in client.get("/my-data").text
        assert client.get("/my-data/file", params={"t": token}).status_code == 410


def test_the_page_on_personal_data_is_made_of_the_citys_own_tables(house: House) -> None:
    page = httpx.get(f"{house.url}/privacy", trust_env=False).text
    city = sample_city()
    for consent in city.consents:
        for words in (consent.title, consent.purpose, consent.retention, consent.refusal):
            assert words in page
        assert consent.abroad in page
    for rule in city.retention:
        assert rule.title in page
        assert rule.ground in page
