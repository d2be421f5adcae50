"""Photos from the page: cleaned, kept, shown to the right people only, and refused in words."""

from __future__ import annotations

import io
import threading
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from PIL import Image as Picture
from sqlalchemy import update

from bots.web_files import SignedLinks
from core.attachments import record_attachments
from core.deliveries import enqueue
from core.errors import Refused
from core.inbound import Photo
from core.models.conversation import Attachment, Conversation
from core.replies import Image, Point, Reply
from dialogue.media import accept_file
from dialogue.photos import accept_photo
from tests.bots.web_house import (
    COOKIE_SECRET,
    House,
    answers,
    make_house,
    messages,
    photo_bytes,
    post,
    until,
)
from tests.media_files import make_mp4, make_pdf


def send(client: httpx.Client, data: bytes, name: str = "a.jpg", **fields: str) -> httpx.Response:
    form = {"external_id": "photo-0000001"} | fields
    return client.post("/api/photos", data=form, files={"file": (name, data, "image/jpeg")})


def photo_of(client: httpx.Client) -> dict[str, str]:
    line = next(line for line in messages(client) if line["kind"] == "turn" and line["images"])
    image: dict[str, str] = line["images"][0]
    return image


def test_a_photo_is_answered_and_can_be_seen_again(house: House, citizen: httpx.Client) -> None:
    sent = send(citizen, photo_bytes())
    assert sent.status_code == 202
    assert answers(citizen, 1)[0]["text"] == "사진을 잘 받았어요."
    image = photo_of(citizen)
    assert image["alt"] == "보내신 사진"
    seen = citizen.get(image["url"])
    assert seen.headers["content-type"] == "image/jpeg"
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in seen.headers["content-security-policy"]
    assert Picture.open(io.BytesIO(seen.content)).size == (640, 480)


def test_where_a_photo_was_taken_is_not_kept(house: House, citizen: httpx.Client) -> None:
    data = photo_bytes(with_place=True)
    assert b"PhoneMaker" in data
    send(citizen, data)
    seen = citizen.get(photo_of(citizen)["url"]).content
    assert b"PhoneMaker" not in seen
    assert not Picture.open(io.BytesIO(seen)).getexif()


def test_the_description_of_a_photo_belongs_to_it(house: House, citizen: httpx.Client) -> None:
    send(citizen, photo_bytes(), alt="깨진 보도블록")
    answers(citizen, 1)
    assert house.rasa.heard[0].text == "깨진 보도블록"
    assert house.rasa.heard[0].metadata["attachment_ids"] == [1]


def test_several_photos_come_one_after_another(house: House, citizen: httpx.Client) -> None:
    for number in range(3):
        sent = send(citizen, photo_bytes(), external_id=f"photo-000000{number}")
        assert sent.json()["duplicate"] is False
    assert len(answers(citizen, 3)) == 3


def test_the_same_photo_twice_is_one_turn(house: House, citizen: httpx.Client) -> None:
    first, second = send(citizen, photo_bytes()).json(), send(citizen, photo_bytes()).json()
    assert second == {"turn_id": first["turn_id"], "duplicate": True}


@pytest.mark.parametrize(
    "data",
    [b"", b"not a picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", photo_bytes()[:900]],
)
def test_what_is_no_photo_is_refused_and_the_talk_goes_on(
    house: House, citizen: httpx.Client, data: bytes
) -> None:
    refused = send(citizen, data)
    assert refused.status_code == 422
    assert refused.json()["error"] == "photo_unreadable"
    assert "사진 없이 계속하셔도 돼요" in refused.json()["message"]
    assert post(citizen, "text-00000001", text="가로등").status_code == 202


def test_a_photo_of_thirty_megabytes_is_refused_and_the_talk_goes_on(
    house: House, citizen: httpx.Client
) -> None:
    refused = send(citizen, photo_bytes() + b"\0" * 30 * 1024 * 1024)
    assert refused.status_code == 413
    assert refused.json()["error"] == "photo_too_large"
    assert "10MB까지" in refused.json()["message"]
    assert post(citizen, "text-00000001", text="가로등").status_code == 202


def test_a_body_without_a_length_is_limited_too(house: House, citizen: httpx.Client) -> None:
    """Chunked: nobody announced how much would come."""

    def endless() -> object:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        for _ in range(15):
            yield b"\0" * 1024 * 1024
        yield b"\r\n--x--\r\n"

    refused = citizen.post(
        "/api/photos",
        content=endless(),
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert (refused.status_code, refused.json()["error"]) == (413, "photo_too_large")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_a_broken_upload_is_refused_in_words(
    house: House, citizen: httpx.Client, content: bytes, content_type: str
) -> None:
    refused = citizen.post("/api/photos", content=content, headers={"Content-Type": content_type})
    assert (refused.status_code, refused.json()["error"]) == (422, "bad_request")


def test_nobody_else_sees_a_citizens_photo(house: House, citizen: httpx.Client) -> None:
    send(citizen, photo_bytes())
    url = photo_of(citizen)["url"]
    with house.browser() as stranger:
        assert stranger.get(url).status_code == 404
        post(stranger, "text-00000001", text="안녕하세요")
        assert stranger.get(url).status_code == 404
    assert httpx.get(house.url + url, trust_env=False).status_code == 404
    assert citizen.get("/files/99999999").status_code == 404
    assert citizen.get("/files/" + "9" * 30).status_code == 404


def test_a_photo_from_the_office_reaches_only_its_citizen(
    house: House, citizen: httpx.Client
) -> None:
    post(citizen, "text-00000001", text="가로등")
    answers(citizen, 1)
    photo = accept_photo(photo_bytes(), name="fixed.jpg", store=house.store)
    with house.database.transaction() as session:
        conversation = session.get_one(Conversation, 1)
        (attachment_id,) = record_attachments(
            session, photos=[photo], conversation_id=None, source="officer", now=house.clock()
        )
        enqueue(
            session,
            conversation=conversation,
            reply=Reply("고친 가로등", images=(Image(attachment_id, "고친 가로등"),)),
            kind="status",
            dedupe_key="case:1:2:0",
            now=house.clock(),
        )
    house.dispatcher.dispatch_conversation(1)
    result = answers(citizen, 2)[1]
    (image,) = result["images"]
    assert image["alt"] == "고친 가로등"
    assert image["url"].startswith(f"/files/{attachment_id}?until=")
    assert citizen.get(image["url"]).status_code == 200
    assert citizen.get(f"/files/{attachment_id}").status_code == 404
    with house.browser() as stranger:
        assert stranger.get(image["url"]).status_code == 404


def test_an_album_and_a_place_reach_the_browser_whole(house: House, citizen: httpx.Client) -> None:
    post(citizen, "text-00000001", text="가로등")
    answers(citizen, 1)
    photos = [accept_photo(photo_bytes(), name="fixed.jpg", store=house.store)] * 2
    with house.database.transaction() as session:
        ids = record_attachments(
            session, photos=photos, conversation_id=1, source="officer", now=house.clock()
        )
        images = (Image(ids[0], "고치기 전"), Image(ids[1], "고친 등"))
        enqueue(
            session,
            conversation=session.get_one(Conversation, 1),
            reply=Reply("고치기 전\n고친 등", images=images, location=Point(37.5657, 126.9769)),
            kind="status",
            dedupe_key="case:1:2:0",
            now=house.clock(),
        )
    house.dispatcher.dispatch_conversation(1)
    result = answers(citizen, 2)[1]
    assert [image["alt"] for image in result["images"]] == ["고치기 전", "고친 등"]
    assert [citizen.get(i["url"]).status_code for i in result["images"]] == [200, 200]
    assert result["location"] == {"lat": 37.5657, "long": 126.9769}


def test_a_signed_link_holds_for_ten_minutes_and_for_one_picture(
    house: House, citizen: httpx.Client
) -> None:
    send(citizen, photo_bytes())
    links = SignedLinks(COOKIE_SECRET)
    link = links.make(1, now=house.clock())
    plain = httpx.Client(base_url=house.url, trust_env=False)
    with plain:
        assert plain.get(link).status_code == 200
        assert plain.get(link.replace("/files/1", "/files/2")).status_code == 404
        assert plain.get(link.replace("until=", "until=9")).status_code == 404
        assert plain.get(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 404
        house.clock.forward(minutes=11)
        late = plain.get(link)
        assert (late.status_code, late.headers["content-type"]) == (
            410,
            "text/plain; charset=utf-8",
        )
        assert "시간이 지났어요" in late.text


def keep(house: House, data: bytes) -> str:
    """The address of a file that is kept in the citizen's conversation."""
    with house.database.transaction() as session:
        (number,) = record_attachments(
            session,
            photos=[accept_file(data, store=house.store)],
            conversation_id=1,
            source="citizen",
            now=house.clock(),
        )
    page = citizen_page(house)
    return page(number)


def citizen_page(house: House):
    """What makes the addresses on the page of the one citizen."""
    with house.database.reading() as session:
        address = session.get_one(Conversation, 1).address
    return SignedLinks(COOKIE_SECRET).for_chat(address=address, now=house.clock)


def test_a_video_is_played_in_parts_and_a_document_only_downloaded(
    house: House, citizen: httpx.Client
) -> None:
    post(citizen, "text-00000001", text="가로등")
    video = keep(house, make_mp4(brand=b"mp42"))
    part = citizen.get(video, headers={"Range": "bytes=4-11"})
    assert (part.status_code, part.content) == (206, b"ftypmp42")
    assert part.headers["content-type"] == "video/mp4"
    assert part.headers["content-disposition"].startswith("inline; ")
    document = citizen.get(keep(house, make_pdf()))
    assert document.headers["content-type"] == "application/pdf"
    assert document.headers["content-disposition"] == 'attachment; filename="sotong-2.pdf"'
    for answer in (part, document):
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml"])
def test_a_type_that_a_browser_makes_a_page_of_is_never_served(
    house: House, citizen: httpx.Client, media_type: str
) -> None:
    post(citizen, "text-00000001", text="가로등")
    address = keep(house, make_pdf())
    with house.database.transaction() as session:
        session.execute(update(Attachment).values(media_type=media_type))
    assert citizen.get(address).status_code == 404


def test_pictures_wait_for_their_turn_and_take_no_thread_from_others(tmp_path: Path) -> None:
    decoding, most, gate, lock = 0, 0, threading.Event(), threading.Lock()

    def slowly(data: bytes, name: str) -> Photo:
        nonlocal decoding, most
        with lock:
            decoding += 1
            most = max(most, decoding)
        assert gate.wait(20)
        with lock:
            decoding -= 1
        raise Refused("photo_unreadable")

    with make_house(tmp_path / "slow", accept=slowly) as house, ExitStack() as visitors:
        browsers = [visitors.enter_context(house.browser()) for _ in range(50)]
        statuses: list[int] = []

        def upload(browser: httpx.Client, number: int) -> None:
            statuses.append(send(browser, b"x", external_id=f"photo-{number:08d}").status_code)

        uploads = [
            threading.Thread(target=upload, args=(browser, number))
            for number, browser in enumerate(browsers)
        ]
        for each in uploads:
            each.start()
        until(lambda: len(statuses) == 18 and decoding == 2)
        # Fifty pictures are under way, and the page is still served from the same threads.
        assert browsers[0].get("/help", timeout=5).status_code == 200
        gate.set()
        for each in uploads:
            each.join()
        assert most == 2
        assert set(statuses) == {422, 503}
        assert statuses.count(422) == 32


def scan_state(house: House, state: str) -> None:
    with house.database.transaction() as session:
        session.execute(update(Attachment).values(scan=state))


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        ("waiting", 423, "바이러스 검사 중이에요"),
        ("infected", 410, "악성코드가 발견되어 지운 파일이에요"),
    ],
)
def test_what_the_scanner_has_not_released_is_words_and_never_the_file(
    house: House, citizen: httpx.Client, state: str, status: int, words: str
) -> None:
    send(citizen, photo_bytes())
    scan_state(house, state)
    shown = photo_of(citizen)
    answer = citizen.get(shown["url"])
    assert (answer.status_code, shown["alt"]) == (status, words)
    assert words in answer.text
    assert b"\xff\xd8" not in answer.content
    assert answer.headers["cache-control"] == "no-store"
    document = citizen.get(keep(house, make_pdf()))
    scan_state(house, "clean")
    assert (document.status_code, citizen.get(shown["url"]).status_code) == (200, 200)


def test_an_address_of_the_chat_ends_and_says_so(house: House, citizen: httpx.Client) -> None:
    send(citizen, photo_bytes())
    url = photo_of(citizen)["url"]
    house.clock.forward(hours=3)
    assert citizen.get(url).status_code == 410
    assert "시간이 지났어요" in citizen.get(url).text
    assert citizen.get(photo_of(citizen)["url"]).status_code == 200
