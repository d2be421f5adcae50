"""Videos and documents on the officers' pages: what is shown, and that nothing in a file can ever run."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from core.attachments import EXTENSIONS, record_attachments
from core.cases import Actor, add_photos
from core.inbound import Photo, TurnKind
from core.models.conversation import Attachment, Turn
from dialogue.photos import accept_photo
from tests.builders import MONDAY_TEN, make_case
from tests.console.house import House, picture
from tests.console.telegram_talk import MP4, PDF, say, stored


def send_files(house: House) -> None:
    """A photo (1), a video (2) and a document (3) in one message."""
    photo = accept_photo(picture()[1][1], name="a.jpg", store=house.store)
    photos = (photo, stored(house, MP4), stored(house, PDF))
    say(house, kind=TurnKind.PHOTO, text="", photos=photos)


def assert_files_are_shown(page: str) -> None:
    assert '<img src="/attachments/1?until=' in page
    assert '<video controls preload="none" src="/attachments/2?until=' in page
    assert '<img src="/attachments/2' not in page
    assert 'download="sotong-2.mp4">동영상 내려받기 (MP4, 1.2MB)</a>' in page
    assert 'download="sotong-3.pdf">PDF 내려받기 (0.1MB)</a>' in page
    assert '<img src="/attachments/3' not in page


def test_a_video_is_played_and_a_document_downloaded_in_the_conversation(house):
    send_files(house)
    page = house.sign_in().get("/conversations/1").text
    assert_files_are_shown(page)
    assert 'aria-label="시민이 보낸 동영상 2"' in page


def test_a_case_shows_its_files_and_those_that_came_later(house):
    send_files(house)
    with house.database.transaction() as session:
        case = make_case(session, turn=session.get_one(Turn, 1), attachment_ids=[1]).case
        citizen = Actor("citizen", "conversation:1")
        add_photos(session, case_id=case.id, attachment_ids=[2, 3], actor=citizen, now=MONDAY_TEN)
    page = house.sign_in().get("/cases/1").text
    assert_files_are_shown(page)
    assert page.count('src="/attachments/2?') == 2
    assert "사진이나 파일을 더함" in page


def test_a_file_that_is_gone_is_not_shown(house):
    send_files(house)
    with house.database.transaction() as session:
        make_case(session, turn=session.get_one(Turn, 1), attachment_ids=[1, 9])
        session.get_one(Turn, 1).attachment_ids = [1, 9]
    browser = house.sign_in()
    for path in ("/cases/1", "/conversations/1"):
        assert "/attachments/1" in browser.get(path).text
        assert "/attachments/9" not in browser.get(path).text


@pytest.mark.parametrize(
    ("number", "media_type", "disposition"),
    [
        (1, "image/jpeg", 'inline; filename="sotong-1.jpg"'),
        (2, "video/mp4", 'inline; filename="sotong-2.mp4"'),
        (3, "application/pdf", 'attachment; filename="sotong-3.pdf"'),
    ],
)
def test_a_file_goes_out_under_its_stored_type_in_a_sandbox(house, number, media_type, disposition):
    send_files(house)
    answer = house.sign_in().file(number, house=house)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"] == disposition
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "sandbox" in policy
    for word in ("script", "allow-scripts", "allow-forms", "object", "frame-src"):
        assert word not in policy
    assert answer.headers["cache-control"] == "no-store"


def test_a_part_of_a_video_can_be_asked_for(house):
    send_files(house)
    browser = house.sign_in()
    whole = browser.file(2, house=house)
    assert whole.headers["accept-ranges"] == "bytes"
    part = browser.file(2, house=house, Range="bytes=4-11")
    assert (part.status_code, part.content) == (206, b"ftypmp42")
    assert part.headers["content-range"] == f"bytes 4-11/{len(MP4)}"
    assert part.headers["content-security-policy"] == whole.headers["content-security-policy"]
    last = browser.file(2, house=house, Range="bytes=-3")
    assert (last.status_code, last.content) == (206, b"\x00" * 3)
    assert browser.file(2, house=house, Range=f"bytes={len(MP4)}-").status_code == 416


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/xhtml+xml", ""])
def test_a_type_that_a_browser_makes_a_page_of_is_neither_kept_nor_given_out(house, media_type):
    assert media_type not in EXTENSIONS
    page = Photo(house.store.put(b"<script>1</script>"), media_type, 18, 0, 0)
    with (
        pytest.raises(ValueError, match="never given out"),
        house.database.transaction() as session,
    ):
        record_attachments(
            session, photos=[page], conversation_id=1, source="citizen", now=MONDAY_TEN
        )
    # Even if such a row were there.
    send_files(house)
    with house.database.transaction() as session:
        session.execute(update(Attachment).values(media_type=media_type))
    browser = house.sign_in()
    assert browser.file(2, house=house).status_code == 404
    assert "/attachments/" not in browser.get("/conversations/1").text


def test_the_pages_may_play_only_what_comes_from_here(house):
    policy = house.sign_in().get("/").headers["content-security-policy"]
    assert "media-src 'self'" in policy
    assert "script-src 'self';" in policy


def test_what_the_scanner_has_not_released_is_words_on_the_officers_pages(house):
    send_files(house)
    browser = house.sign_in()
    for state, words in (
        ("waiting", "바이러스 검사 중이에요"),
        ("infected", "악성코드가 발견되어 지웠어요"),
    ):
        with house.database.transaction() as session:
            session.execute(update(Attachment).values(scan=state))
        page = browser.get("/conversations/1").text
        assert page.count(words) == 3
        assert "/attachments/" not in page
        assert [browser.file(each, house=house).status_code for each in (1, 2, 3)] == [
            423 if state == "waiting" else 410
        ] * 3


def test_an_address_is_for_one_officer_and_for_a_time(house):
    send_files(house)
    address = "/attachments/1?" + house.file_query(1, officer_id=1)
    first = house.sign_in()
    assert first.get(address).status_code == 200
    assert first.get("/attachments/1").status_code == 404
    assert first.get(address.replace("/1?", "/2?")).status_code == 404
    house.add("duri")
    assert house.sign_in("duri").get(address).status_code == 404
    house.clock.forward(hours=2, minutes=1)
    late = house.sign_in().get(address)
    assert (late.status_code, late.headers["content-type"]) == (410, "text/plain; charset=utf-8")
