"""What a department needs of personal data goes along, and nothing else: by mail and by webhook, each look told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.city_files import CityError, load_city
from core.case_status import CaseStatus
from core.cases import Actor, add_note, change_department
from core.city import Way
from core.models.case import Case
from core.models.conversation import Turn
from core.models.vault import AuditEntry, VaultItem
from core.vault import TOKEN_NAMES
from dialogue.door import Door
from tests.actions.talk import FormTalk, typed
from tests.builders import ROOT, make_case, make_message, make_turn, sample_city
from tests.integrations.department_house import OUT as OUT_SECRET
from tests.integrations.department_house import PARKS, ROAD, House, example, open_house, serving
from tests.integrations.test_department_mail import Box, body, post_office
from tests.integrations.test_department_webhook import the_clock_of_today, way

PARKING, ILLEGAL_PARKING = "parking", "illegal_parking"
PLATE, PHONE, NAME = "12가 3456", "010-1234-5678", "아무개"


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds that detection may bring; the mail must know them all."""
    for kind, name in (("vehicle", "차량"), ("name", "이름"), ("unit", "동호")):
        if name not in TOKEN_NAMES.values():
            monkeypatch.setitem(TOKEN_NAMES, kind, name)


def kind_of(name: str) -> str:
    return next(kind for kind, korean in TOKEN_NAMES.items() if korean == name)


def file(house: House, *, service_code: str, contact: bool = True, words: str = "") -> Case:
    """A case whose words hold a plate, a phone number and a name."""
    with house.database.transaction() as session:
        turn = make_turn(session, now=house.clock())
        tokens = {
            name: house.vault.keep(
                session,
                conversation_id=turn.conversation_id,
                kind=kind_of(name),
                value=value,
                now=house.clock(),
            )
            for name, value in (("차량", PLATE), ("전화", PHONE), ("이름", NAME))
        }
        return make_case(
            session,
            turn=turn,
            now=house.clock(),
            city=house.city,
            service_code=service_code,
            contact_token=tokens["전화"] if contact else None,
            what=words
            or f"{tokens['차량']} 차가 막고 있어요. 저는 {tokens['이름']}, {tokens['전화']}",
            place_text="시청역 앞",
        ).case


def looks(house: House) -> list[tuple[str, str]]:
    """Who looked at what kind of data."""
    with house.database.reading() as session:
        lines = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "vault.reveal").order_by(AuditEntry.id)
        )
        return [(line.actor, line.subject.split(":")[2]) for line in lines]


@pytest.fixture
def box() -> Box:
    return Box()


@dataclass
class PostHouse:
    house: House
    box: Box

    def send(self) -> str:
        self.house.runner.run_due()
        return str(body(self.box.mails[-1], "plain"))


@pytest.fixture
def mailed(tmp_path: Path, box: Box, request: pytest.FixtureRequest) -> Iterator[PostHouse]:
    """Mail to the parking office; its way's needs are the test's parameter."""
    needs: dict[str, Any] = getattr(request, "param", {})
    to = Way(kind="mail", address="parking@city.example", **needs)
    with post_office(box) as server, open_house(tmp_path, {PARKING: to}, mail=server) as house:
        yield PostHouse(house, box)


@pytest.mark.parametrize("mailed", [{"needs": ("contact",)}], indirect=True)
def test_a_mail_about_illegal_parking_carries_the_plate_and_nothing_else(mailed: PostHouse) -> None:
    file(mailed.house, service_code=ILLEGAL_PARKING)
    mail = mailed.send()
    assert f"{PLATE} 차가 막고 있어요. 저는 (이름), (전화번호)" in mail
    assert PHONE not in mail
    assert NAME not in mail
    assert "⟦" not in mail
    assert looks(mailed.house) == [("department:parking", kind_of("차량"))]


@pytest.mark.parametrize(
    ("mailed", "shown"),
    [
        ({"needs": ()}, set()),
        ({"needs_contact": True}, {PHONE}),
        ({"needs": ("contact",)}, {PHONE}),
        ({"needs": ("name", "차량")}, {PLATE, NAME}),
        ({"needs": ("phone", "name")}, {PHONE, NAME}),
        ({"needs": ("contact", "vehicle", "name", "phone")}, {PLATE, PHONE, NAME}),
    ],
    indirect=["mailed"],
)
def test_elsewhere_a_department_gets_what_its_way_says(mailed: PostHouse, shown: set[str]) -> None:
    service = next(
        each.code
        for each in mailed.house.city.services
        if each.needs is None and each.department_id == PARKING
    )
    file(mailed.house, service_code=service)
    mail = mailed.send()
    assert {value for value in (PLATE, PHONE, NAME) if value in mail} == shown
    assert "⟦" not in mail
    assert len(looks(mailed.house)) == len(shown)


@pytest.mark.parametrize("mailed", [{"needs": ("contact",)}], indirect=True)
def test_further_words_carry_the_plate_too_and_the_office_that_lost_the_case_gets_nothing(
    mailed: PostHouse,
) -> None:
    case = file(mailed.house, service_code=ILLEGAL_PARKING)
    mailed.send()
    with mailed.house.database.transaction() as session:
        add_note(
            session,
            case_id=case.id,
            actor=Actor("citizen", f"conversation:{case.conversation_id}"),
            reason="시민이 덧붙임",
            note="⟦차량1⟧ 아직 있어요 ⟦전화1⟧",
            now=mailed.house.clock(),
        )
    mail = mailed.send()
    assert f"{PLATE} 아직 있어요 (전화번호)" in mail
    before = len(looks(mailed.house))
    with mailed.house.database.transaction() as session:
        change_department(
            session,
            city=mailed.house.city,
            case_id=case.id,
            department_id=PARKS,
            actor=Actor("officer", "1", "담당관"),
            reason="잘못 감",
            expected_version=None,
            now=mailed.house.clock(),
        )
    mail = mailed.send()
    assert "다른 부서로 넘어갔습니다" in mail
    assert "(차량번호) 차가 막고 있어요" in mail
    assert PLATE not in mail
    assert len(looks(mailed.house)) == before


@pytest.mark.parametrize("mailed", [{"needs": ("contact", "vehicle")}], indirect=True)
def test_a_value_that_does_not_open_does_not_hold_up_the_case(mailed: PostHouse) -> None:
    case = file(mailed.house, service_code=ILLEGAL_PARKING)
    with mailed.house.database.transaction() as session:
        session.execute(
            update(VaultItem)
            .where(VaultItem.conversation_id == case.conversation_id)
            .values(key_id="gone")
        )
    assert "(열 수 없는 차량번호) 차가 막고 있어요" in mailed.send()
    assert [message.state for message in mailed.house.messages()] == ["sent"]


@pytest.mark.parametrize("mailed", [{"needs": ("contact", "vehicle")}], indirect=True)
def test_what_was_erased_meanwhile_stands_as_words(mailed: PostHouse) -> None:
    case = file(mailed.house, service_code=ILLEGAL_PARKING)
    with mailed.house.database.transaction() as session:
        session.execute(
            update(VaultItem)
            .where(VaultItem.conversation_id == case.conversation_id)
            .values(erased_at=mailed.house.clock(), ciphertext=b"")
        )
    assert "(차량번호) 차가 막고 있어요" in mailed.send()


def test_the_signed_webhook_carries_the_plate_and_nothing_else(tmp_path: Path) -> None:
    server = example().Receiver(secrets=[OUT_SECRET])
    with (
        serving(server),
        open_house(tmp_path, {PARKING: way(server, needs=("contact", "name"))}) as house,
    ):
        the_clock_of_today(house)
        file(house, service_code=ILLEGAL_PARKING)
        house.runner.run_due()
        (event,) = server.events.values()
        data = event["data"]
        assert data["what"] == f"{PLATE} 차가 막고 있어요. 저는 (이름), (전화번호)"
        assert "contact" not in data
        assert looks(house) == [("department:parking", kind_of("차량"))]
        case = file(house, service_code=ILLEGAL_PARKING, contact=False)
        house.change(case, CaseStatus.IN_PROGRESS, note="⟦차량1⟧ 확인")
        house.runner.run_due()
        assert all("⟦" not in str(each["data"]) for each in server.events.values())


def test_a_number_said_in_passing_fills_the_contact_and_a_corrected_one_reaches_the_department(
    tmp_path: Path, box: Box
) -> None:
    to = Way(kind="mail", address="road@city.example", needs=("contact",))
    with post_office(box) as server, open_house(tmp_path, {ROAD: to}, mail=server) as house:
        door = Door(database=house.database, vault=house.vault, city=house.city, now=house.clock)

        def hear(text: str) -> str:
            received = door.receive(make_message(text=text))
            with house.database.reading() as session:
                return session.get_one(Turn, received.turn_id).text

        talk = FormTalk()
        talk.say("도로가 파였어요. 시청역 2번 출구 앞", intent="report_complaint")
        talk.send(typed(hear("제 번호로 연락 주세요 010-1111-2222")))
        assert talk.state.contact == "⟦전화1⟧"
        talk.send(typed(hear("아니 번호 잘못 적었어요 010-3333-4444")))
        assert talk.state.contact == "⟦전화2⟧"
        with house.database.transaction() as session:
            turn = session.scalars(select(Turn).order_by(Turn.id.desc())).first()
            assert turn is not None
            make_case(
                session,
                turn=turn,
                now=house.clock(),
                city=house.city,
                service_code=next(
                    each.code for each in house.city.services if each.department_id == ROAD
                ),
                contact_token=talk.state.contact,
                what="도로가 파였어요",
            )
        house.runner.run_due()
        mail = str(body(box.mails[-1], "plain"))
        assert "시민 연락처: 01033334444" in mail
        assert "01011112222" not in mail


def test_the_sample_city_gives_the_plate_to_whoever_works_on_illegal_parking() -> None:
    assert sample_city().service(ILLEGAL_PARKING).needs == ("vehicle",)


def test_a_kind_that_nobody_knows_is_a_fault_of_the_citys_files(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "city", tmp_path / "city"))
    file = folder / "services.yml"
    file.write_text(file.read_text("utf-8").replace("needs: [vehicle]", "needs: [shoe_size]", 1))
    with pytest.raises(CityError, match="'shoe_size' is no kind of personal data"):
        load_city(folder)


def test_a_department_without_needs_gets_nothing() -> None:
    assert Way().needed == frozenset()
    assert Way(needs_contact=True, needs=("vehicle",)).needed == {"contact", "vehicle"}
