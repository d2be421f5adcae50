"""Where a photo was taken is offered, used on a yes, and forgotten on anything else. Talks through the form."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from actions.photo_place import PHOTO_POINT
from core.attachments import AttachmentStore
from core.inbound import InboundMessage, RemoteFile, TurnKind
from core.models.conversation import Attachment, Conversation, Delivery, Draft, Turn
from core.models.vault import AuditEntry, VaultItem
from core.photo_places import LIFETIME, PhotoPlaces
from dialogue.door import Door
from dialogue.media import accept_file
from tests.actions.conftest import Rasa
from tests.actions.rasa_call import STARTED
from tests.builders import make_vault, sample_city
from tests.media_files import make_photo

CITY_HALL = (37.56652, 126.97796)
BUSAN = (35.1796, 129.0756)
OFFER = "사진이 찍힌 곳이"


class Citizen:
    """Follows the form as Rasa does: the validator, then the question that it asked for."""

    def __init__(self, rasa: Rasa, folder: Any) -> None:
        self.rasa = rasa
        self.store = AttachmentStore(folder / "attachments")
        self.door = Door(
            database=rasa.database, vault=make_vault(), city=sample_city(), now=rasa.clock
        )
        self.slots: dict[str, Any] = {}
        self.requested: str | None = None
        self.said: list[str] = []
        self.buttons: list[dict[str, str]] = []
        self.count = 0

    def photo(self, data: bytes, *, visibility: str = "private") -> None:
        """Send a photo through the door, as the web chat does."""
        self.count += 1
        with self.rasa.database.reading() as session:
            talk = session.get_one(Conversation, self.rasa.conversation_id)
        received = self.door.receive(
            InboundMessage(
                channel=talk.channel,
                address=talk.address,
                external_id=f"photo-{self.count}",
                kind=TurnKind.PHOTO,
                photos=(accept_file(data, store=self.store),),
                visibility=visibility,
            )
        )
        with self.rasa.database.reading() as session:
            ids = session.get_one(Turn, received.turn_id).attachment_ids
        if visibility == "private":
            self._send(
                "[사진]", turn_id=received.turn_id, kind="photo", attachment_ids=ids, pressed=True
            )

    def say(self, text: str, **rest: Any) -> None:
        self._send(text, **rest)

    def press(self, title: str) -> None:
        """Press one of the buttons under the last question."""
        payload = next(each["payload"] for each in self.buttons if each["title"] == title)
        self._send("", intent=payload.removeprefix("/"), confidence=1.0, pressed=True)

    def _send(self, text: str, **rest: Any) -> None:
        since = None if self.slots else STARTED
        events, said = self.rasa.ask(
            "validate_report_form", text, slots=self.slots, requested=self.requested,
            since=since, **rest,
        )  # fmt: skip
        self.slots |= {
            event["name"]: event["value"] for event in events if event["event"] == "slot"
        }
        self.requested = self.slots.pop("requested_slot")
        self.said = [str(each.get("text") or each.get("response")) for each in said]
        if self.requested is not None:
            _, asked = self.rasa.ask(
                f"action_ask_report_form_{self.requested}", text, slots=self.slots,
                requested=self.requested, **rest,
            )  # fmt: skip
            self.said += [str(each.get("text") or each.get("response")) for each in asked]
            self.buttons = [button for each in asked for button in each.get("buttons") or ()]

    @property
    def words(self) -> str:
        return "\n".join(self.said)

    @property
    def waiting(self) -> int:
        """How many photos' places lie in the vault."""
        with self.rasa.database.reading() as session:
            items = session.scalars(select(VaultItem).where(VaultItem.kind == "place")).all()
            tokens = session.scalars(
                select(Attachment.place_token).where(Attachment.place_token.is_not(None))
            ).all()
        open_items = [item for item in items if item.erased_at is None]
        assert all(not item.ciphertext for item in items if item.erased_at is not None)
        assert {item.token for item in open_items} == set(tokens)
        return len(open_items)


@pytest.fixture
def citizen(rasa: Rasa, tmp_path) -> Citizen:
    return Citizen(rasa, tmp_path)


def test_a_photo_that_comes_first_is_offered_as_the_place_and_used_on_a_yes(
    citizen: Citizen,
) -> None:
    citizen.photo(make_photo(place=CITY_HALL))
    citizen.say("가로등이 꺼졌어요", intent="report_complaint")
    assert citizen.requested == "where"
    assert "사진이 찍힌 곳이 시청역 근처로 나와요. 이곳이 맞나요?" in citizen.words
    assert citizen.slots["lat"] is None
    citizen.press("네, 맞아요")
    assert (citizen.slots["lat"], citizen.slots["long"]) == pytest.approx(CITY_HALL, abs=1e-5)
    assert citizen.slots["where"] == PHOTO_POINT
    assert citizen.requested != "where"
    assert citizen.waiting == 0


def test_a_photo_in_the_middle_is_offered_when_the_place_is_asked(citizen: Citizen) -> None:
    citizen.say("가로등이 꺼졌어요", intent="report_complaint")
    assert (citizen.requested, OFFER in citizen.words) == ("where", False)
    citizen.photo(make_photo(place=CITY_HALL))
    assert OFFER in citizen.words
    citizen.say("네 맞아요", intent="affirm")
    assert citizen.slots["lat"] == pytest.approx(CITY_HALL[0], abs=1e-5)


def test_nothing_is_offered_when_the_place_is_known_and_nothing_is_kept(citizen: Citizen) -> None:
    citizen.say("시청역 2번 출구 앞 가로등이 꺼졌어요", intent="report_complaint")
    assert citizen.requested != "where"
    citizen.photo(make_photo(place=CITY_HALL))
    assert OFFER not in citizen.words
    assert (citizen.slots["lat"], citizen.waiting) == (None, 0)


@pytest.mark.parametrize("answer", ["아니요", "아니요, 다른 곳이에요"])
def test_on_a_no_it_is_forgotten_and_the_plain_question_stands(citizen: Citizen, answer) -> None:
    citizen.photo(make_photo(place=CITY_HALL))
    citizen.say("가로등이 꺼졌어요", intent="report_complaint")
    if answer == "아니요":
        citizen.say(answer, intent="deny")
    else:
        citizen.press(answer)
    assert (citizen.requested, citizen.slots["lat"], citizen.waiting) == ("where", None, 0)
    assert "쓰지 않고 지웠어요" in citizen.words
    assert OFFER not in citizen.words
    citizen.say("네", intent="affirm")
    assert citizen.slots["lat"] is None


@pytest.mark.parametrize(
    "answer", ["여의도역 3번 출구 앞이요", "아니요 여의도역 3번 출구 앞이에요"]
)
def test_another_place_in_words_wins_and_the_photos_is_forgotten(citizen: Citizen, answer) -> None:
    citizen.photo(make_photo(place=CITY_HALL))
    citizen.say("가로등이 꺼졌어요", intent="report_complaint")
    citizen.say(answer)
    assert "여의도역 3번 출구" in citizen.slots["where"]
    assert (citizen.slots["lat"], citizen.waiting) == (None, 0)


def test_words_that_are_no_answer_leave_the_offer_standing(citizen: Citizen) -> None:
    citizen.photo(make_photo(place=CITY_HALL))
    citizen.say("가로등이 꺼졌어요", intent="report_complaint")
    citizen.say("ㅋㅋㅋ")
    assert OFFER in citizen.words
    assert citizen.waiting == 1


def test_a_cancelled_report_leaves_nothing_behind(citizen: Citizen) -> None:
    citizen.photo(make_photo(place=CITY_HALL))
    citizen.say("가로등이 꺼졌어요", intent="report_complaint")
    citizen.say("취소할게요", intent="cancel")
    assert citizen.waiting == 0


def test_silence_is_no_yes(citizen: Citizen) -> None:
    citizen.photo(make_photo(place=CITY_HALL))
    places = PhotoPlaces(vault=make_vault(), jurisdiction=sample_city().jurisdiction)
    with citizen.rasa.database.transaction() as session:
        assert places.forget_old(session, now=citizen.rasa.clock()) == 0
    assert citizen.waiting == 1
    citizen.rasa.clock.forward(seconds=LIFETIME.total_seconds() + 1)
    with citizen.rasa.database.transaction() as session:
        assert places.forget_old(session, now=citizen.rasa.clock()) == 1
    assert citizen.waiting == 0
    citizen.say("가로등이 꺼졌어요", intent="report_complaint")
    assert OFFER not in citizen.words


@pytest.mark.parametrize("place", [BUSAN, (0.0, 0.0), None])
def test_a_place_outside_the_city_or_none_is_neither_kept_nor_offered(
    citizen: Citizen, place
) -> None:
    citizen.photo(make_photo(place=place))
    assert citizen.waiting == 0
    citizen.say("가로등이 꺼졌어요", intent="report_complaint")
    assert OFFER not in citizen.words


def test_what_everybody_reads_along_keeps_no_place(citizen: Citizen) -> None:
    citizen.photo(make_photo(place=CITY_HALL), visibility="public")
    assert citizen.waiting == 0


def test_before_the_yes_the_point_stands_nowhere_but_sealed_in_the_vault(citizen: Citizen) -> None:
    citizen.photo(make_photo(place=CITY_HALL))
    citizen.say("가로등이 꺼졌어요", intent="report_complaint")
    with citizen.rasa.database.reading() as session:
        rows = [
            repr({column.name: getattr(row, column.key) for column in table.__table__.columns})
            for table in (Turn, Draft, Delivery, Attachment, VaultItem, AuditEntry)
            for row in session.scalars(select(table))
        ]
    everything = "\n".join([*rows, repr(citizen.slots), citizen.words])
    for number in ("37.56", "126.97", "37,56"):
        assert number not in everything


def test_each_look_at_the_point_has_a_purpose_in_the_audit_log(citizen: Citizen) -> None:
    citizen.photo(make_photo(place=CITY_HALL))
    citizen.say("가로등이 꺼졌어요", intent="report_complaint")
    citizen.press("네, 맞아요")
    with citizen.rasa.database.reading() as session:
        lines = session.scalars(select(AuditEntry).where(AuditEntry.action == "vault.reveal")).all()
    assert {line.purpose for line in lines} == {
        "사진이 찍힌 곳이 맞는지 시민에게 묻기", "시민이 확인한 사진 위치를 민원에 적기",
    }  # fmt: skip
    assert {line.actor for line in lines} == {"bot"}


def test_the_kept_picture_itself_says_nothing_of_the_place(citizen: Citizen) -> None:
    citizen.photo(make_photo(place=CITY_HALL))
    with citizen.rasa.database.reading() as session:
        kept = session.scalars(select(Attachment.sha256)).one()
    with Image.open(io.BytesIO(citizen.store.read(kept))) as image:
        assert not image.getexif()


def test_a_remote_file_has_no_place_before_it_is_fetched() -> None:
    assert "taken_at" not in RemoteFile("x", 1).to_data()
