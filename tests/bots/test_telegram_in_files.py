"""Photos, videos, documents and albums from Telegram: what is kept, what is told, one answer each."""

from __future__ import annotations

import io

import pytest
from PIL import Image as Picture
from sqlalchemy import select

from core.models.conversation import Attachment
from core.models.vault import VaultItem
from dialogue.iso_media import clean_iso_media
from tests.bots.contract import picture
from tests.bots.telegram_house import TelegramHouse
from tests.bots.web_house import until
from tests.media_files import make_mp4, make_pdf, make_photo
from tests.peers.telegram_sim import TelegramSim, User

TOO_LARGE = 21 << 20
VIDEO = make_mp4()
PDF = make_pdf()
BROKEN = b"\xff\xd8\xff\xe0 a picture that breaks off"
QUESTION = "이대로 접수할까요?"
RECEIPT = "2026-000123"


def attachments(house: TelegramHouse) -> list[Attachment]:
    with house.database.reading() as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.id)))


def ask(house: TelegramHouse) -> User:
    """A citizen with a question before them."""
    user = house.citizen()
    user.send_text("가로등이 꺼졌어요")
    user.wait_for(QUESTION)
    return user


def goes_on(user: User) -> None:
    """The question that stood before is still the one at hand."""
    user.send_text("1")
    user.wait_for(RECEIPT)


# ---- one file ---------------------------------------------------------------------------------


def test_of_a_photos_sizes_the_largest_is_kept(telegram: TelegramHouse, sim: TelegramSim) -> None:
    telegram.citizen().send_photo(picture((640, 480)))
    telegram.citizen().wait_for("사진을 잘 받았어요")
    (kept,) = attachments(telegram)
    assert (kept.media_type, kept.width, kept.height) == ("image/jpeg", 640, 480)
    assert len(sim.calls("getFile")) == 1


def test_a_picture_sent_as_a_file_is_a_photo(telegram: TelegramHouse) -> None:
    out = io.BytesIO()
    Picture.new("RGB", (300, 200), "white").save(out, "PNG")
    telegram.citizen().send_document(out.getvalue(), "사진.png", "image/png")
    telegram.citizen().wait_for("사진을 잘 받았어요")
    (kept,) = attachments(telegram)
    assert (kept.media_type, kept.width, kept.height) == ("image/jpeg", 300, 200)


@pytest.mark.parametrize("kind", ["video", "document"])
def test_a_video_is_kept_as_it_came(telegram: TelegramHouse, kind) -> None:
    user = telegram.citizen()
    if kind == "video":
        user.send_video(VIDEO)
    else:
        user.send_document(VIDEO, "길.mp4", "video/mp4")
    user.wait_for("잘 받았어요")
    (kept,) = attachments(telegram)
    assert kept.media_type == "video/mp4"
    assert telegram.parts.store.read(kept.sha256) == clean_iso_media(VIDEO)


def test_a_pdf_is_kept_as_it_came(telegram: TelegramHouse) -> None:
    telegram.citizen().send_document(PDF, "도면.pdf", "application/pdf")
    telegram.citizen().wait_for("잘 받았어요")
    (kept,) = attachments(telegram)
    assert kept.media_type == "application/pdf"
    assert telegram.parts.store.read(kept.sha256).startswith(b"%PDF-")


def test_a_file_of_another_kind_is_told_and_the_form_goes_on(telegram: TelegramHouse) -> None:
    user = ask(telegram)
    user.send_document(b"PK\x03\x04" + b"hwpx" * 40, "민원.hwpx", "application/zip")
    user.wait_for("이 형식의 파일은 아직")
    assert attachments(telegram) == []
    assert len(telegram.rasa.heard) == 1
    goes_on(user)


def test_a_file_that_is_too_large_is_told_without_asking_for_it(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    user = ask(telegram)
    user.send_video(VIDEO, file_size=TOO_LARGE)
    user.wait_for("20MB보다 커서")
    assert sim.calls("getFile") == []
    goes_on(user)


def test_a_photo_that_breaks_off_is_told_and_the_form_goes_on(telegram: TelegramHouse) -> None:
    user = ask(telegram)
    user.send_photo(BROKEN)
    user.wait_for("사진을 열 수 없어요")
    goes_on(user)


def test_words_under_a_photo_that_cannot_be_taken_are_answered_all_the_same(
    telegram: TelegramHouse,
) -> None:
    user = telegram.citizen()
    user.send_video(VIDEO, file_size=TOO_LARGE, caption="가로등이 꺼졌어요")
    user.wait_for("20MB보다 커서")
    user.wait_for(QUESTION)
    assert len(telegram.turns()) == 1


# ---- albums -----------------------------------------------------------------------------------


def album(
    house: TelegramHouse, *parts: bytes, caption_on: int = 0, too_large: int | None = None
) -> list[dict]:
    """The updates of an album, which are still to be brought."""
    user = house.citizen()
    with house.keeping_back(user) as kept:
        for number, data in enumerate(parts):
            user.send_photo(
                data,
                "가로등이 꺼졌어요" if number == caption_on else "",
                "13500000000000001",
                file_size=TOO_LARGE if number == too_large else None,
            )
    return kept


PICTURES = [picture(size) for size in ((320, 240), (330, 240), (340, 240))]


@pytest.mark.parametrize(
    ("order", "caption_on"), [((2, 0, 1), 0), ((1, 2, 0), 2), ((0, 1, 2), 1), ((2, 1, 0), 2)]
)
def test_an_album_is_one_turn_and_one_answer_in_whatever_order_it_comes(
    hooked: TelegramHouse, order, caption_on
) -> None:
    parts = album(hooked, *PICTURES, caption_on=caption_on)
    hooked.bring(*(parts[number] for number in order))
    hooked.clock.forward(seconds=2)
    user = hooked.citizen()
    user.wait_for(QUESTION)
    hooked.settle()
    (turn,) = hooked.turns()
    assert turn.text == "가로등이 꺼졌어요"
    assert len(turn.attachment_ids) == 3
    assert len(user.messages) == 1
    (heard,) = hooked.rasa.heard
    assert len(heard.metadata["attachment_ids"]) == 3


def test_a_part_that_comes_after_the_answer_joins_its_turn_and_only_it_is_new(
    telegram: TelegramHouse,
) -> None:
    *first, late = album(telegram, *PICTURES)
    telegram.bring(*first)
    telegram.clock.forward(seconds=2)
    user = telegram.citizen()
    user.wait_for(QUESTION)
    telegram.clock.forward(seconds=5)
    telegram.bring(late)
    telegram.clock.forward(seconds=2)
    user.wait_for("사진을 잘 받았어요")
    telegram.settle()
    (turn,) = telegram.turns()
    assert len(turn.attachment_ids) == 3
    assert [each.metadata["attachment_ids"] for each in telegram.rasa.heard] == [
        turn.attachment_ids[:2],
        turn.attachment_ids[2:],
    ]
    assert len(user.messages) == 2


def test_a_part_that_comes_while_another_is_fetched_costs_neither_words_nor_photo(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    first, second = album(telegram, *PICTURES[:2])
    sim.delay("getFile", 1)
    telegram.bring(first)
    telegram.clock.forward(seconds=2)
    until(lambda: telegram.turns()[0].state == "in_work")
    telegram.bring(second)
    user = telegram.citizen()
    user.wait_for(QUESTION)
    telegram.settle()
    (turn,) = telegram.turns()
    assert len(turn.attachment_ids) == 2
    assert turn.files == []
    assert telegram.rasa.heard[0].text == "가로등이 꺼졌어요"
    heard = [id_ for each in telegram.rasa.heard for id_ in each.metadata["attachment_ids"]]
    assert heard == turn.attachment_ids


def test_the_words_of_an_album_may_come_with_a_part_after_the_answer(
    telegram: TelegramHouse,
) -> None:
    *first, late = album(telegram, *PICTURES, caption_on=2)
    telegram.bring(*first)
    telegram.clock.forward(seconds=2)
    user = telegram.citizen()
    user.wait_for("사진을 잘 받았어요")
    telegram.clock.forward(seconds=5)
    telegram.bring(late)
    telegram.clock.forward(seconds=2)
    user.wait_for(QUESTION)
    telegram.settle()
    (turn,) = telegram.turns()
    assert telegram.rasa.heard[1].text == "가로등이 꺼졌어요"
    assert "corrects" not in telegram.rasa.heard[1].metadata
    assert telegram.rasa.heard[1].metadata["attachment_ids"] == turn.attachment_ids[2:]


def test_of_an_album_with_one_part_too_large_the_others_are_kept_and_it_is_told_once(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    telegram.bring(*album(telegram, *PICTURES, too_large=1))
    telegram.clock.forward(seconds=2)
    user = telegram.citizen()
    user.wait_for(QUESTION)
    telegram.settle()
    (turn,) = telegram.turns()
    assert len(turn.attachment_ids) == 2
    assert len(sim.calls("getFile")) == 2
    assert sum("20MB보다 커서" in seen.text for seen in user.messages) == 1
    assert len(telegram.rasa.heard) == 1


def test_of_an_album_with_one_broken_part_the_others_are_kept_and_it_is_told_once(
    telegram: TelegramHouse,
) -> None:
    telegram.bring(*album(telegram, PICTURES[0], BROKEN, PICTURES[2]))
    telegram.clock.forward(seconds=2)
    user = telegram.citizen()
    user.wait_for(QUESTION)
    telegram.settle()
    (turn,) = telegram.turns()
    assert len(turn.attachment_ids) == 2
    assert sum("사진을 열 수 없어요" in seen.text for seen in user.messages) == 1
    assert len(telegram.rasa.heard) == 1


def test_a_part_without_a_file_costs_the_album_neither_its_photos_nor_its_words(
    telegram: TelegramHouse,
) -> None:
    parts = album(telegram, *PICTURES)
    parts[1]["message"]["photo"] = [{"width": 90, "height": 60}]
    telegram.bring(*parts)
    telegram.citizen().wait_for(QUESTION)
    until(lambda: len(attachments(telegram)) == 2)


def test_two_albums_in_a_row_are_two_turns(telegram: TelegramHouse) -> None:
    user = telegram.citizen()
    for _ in range(2):
        user.send_album(PICTURES[:2])
    telegram.settle()
    assert [len(turn.attachment_ids) for turn in telegram.turns()] == [2, 2]
    assert len(telegram.rasa.heard) == 2


def test_a_photo_sent_as_a_file_keeps_its_place_for_the_question(
    telegram: TelegramHouse,
) -> None:
    user = telegram.citizen()
    user.send_document(make_photo(place=(37.5665, 126.978)), "IMG_1.jpg", "image/jpeg")
    user.wait_for("사진을 잘 받았어요")
    (kept,) = attachments(telegram)
    with telegram.database.reading() as session:
        (item,) = session.scalars(select(VaultItem)).all()
    assert (item.kind, kept.place_token) == ("place", item.token)
    assert b"SECRET" not in telegram.parts.store.read(kept.sha256)
