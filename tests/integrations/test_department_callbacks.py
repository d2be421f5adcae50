"""Callbacks: kept before they are acknowledged, applied once, never backwards; what is wrong is shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.case_queries import events_of
from core.case_status import CaseStatus
from core.city import Way
from core.department_callbacks import PHOTO_WAITS, REJECTIONS_A_DAY, UNKNOWN_WAITS
from core.models.conversation import Delivery
from core.replies import Reply
from integrations.department_callback_api import BIGGEST_BODY
from integrations.department_signing import DepartmentSecrets, Verdict, verify
from tests.builders import ROOT, Clock
from tests.integrations.department_house import (
    BACK,
    OUT,
    PARKS,
    RETIRED,
    ROAD,
    House,
    Peer,
    open_house,
    picture,
    say,
    secret,
    serving,
)

INNER = Way(
    kind="webhook",
    address="http://127.0.0.1:9/",
    inner_networks=("127.0.0.0/8",),
    http_hosts=("127.0.0.1",),
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, {ROAD: INNER, PARKS: INNER}) as house:
        yield house


def told(house: House) -> list[Reply]:
    """What the citizens were told, without the survey."""
    with house.database.reading() as session:
        rows = session.scalars(
            select(Delivery).where(Delivery.kind == "status").order_by(Delivery.id)
        )
        return [Reply.from_data(row.payload) for row in rows]


def outcome(house: House) -> list[tuple[str, str | None]]:
    house.callbacks.run_due()
    return [(row.state, row.failure) for row in house.kept()]


def test_a_result_goes_with_its_photo_to_the_chat_where_the_case_began(house: House) -> None:
    case = house.open()
    with serving(peer := Peer(say(200, picture(), Content_Type="text/plain"))) as url:
        event = house.event(
            case,
            status="answered",
            note="새 등으로 바꾸었습니다.",
            photos=[{"url": f"{url}/1.jpg", "alt": "켜진 가로등"}],
        )
        answer = house.post(event)
        assert answer.status_code == 202
        # Acknowledged means kept; nothing else has happened yet.
        assert [row.state for row in house.kept()] == ["waiting"]
        assert outcome(house) == [("applied", None)]
        assert len(peer.seen) == 1
    assert house.case(case).status == "answered"
    words, album = told(house)
    assert "새 등으로 바꾸었습니다." in words.text
    assert [image.alt for image in album.images] == ["켜진 가로등"]
    with house.database.reading() as session:
        assert events_of(session, case_id=case.id)[-1].actor_id == "department:road"
    # It stands in the case now; the department does not hear what it said itself.
    assert house.kept()[0].content == {}
    assert [message.kind for message in house.messages()] == ["opened"]


def test_a_photo_without_words_gets_the_citys_own(house: House) -> None:
    case = house.open()
    with serving(Peer(say(200, picture()))) as url:
        house.post(house.event(case, status="answered", photos=[{"url": f"{url}/1.jpg"}]))
        assert outcome(house) == [("applied", None)]
    assert [image.alt for image in told(house)[1].images] == [
        house.city.texts.render("department_photo_alt")
    ]


def test_a_replayed_callback_happens_once_and_its_row_shows_it(house: House) -> None:
    case = house.open()
    event = house.event(case)
    assert [house.post(event).status_code for _ in range(3)] == [202, 200, 200]
    outcome(house)
    assert house.post(event).status_code == 200
    assert outcome(house) == [("applied", None)]
    (row,) = house.kept()
    assert row.replays == 3
    assert len(told(house)) == 1
    # Another body under the same name changes nothing either.
    assert house.post(event | {"source": "urn:x"}).status_code == 409
    # Recorded by a stranger and sent an hour later.
    stale = house.post(event, **{"webhook-timestamp": str(int(house.clock().timestamp()) - 3600)})
    assert stale.status_code == 401
    assert len(told(house)) == 1


def test_many_at_once_with_one_name_are_one(house: House) -> None:
    event = house.event(house.open())
    codes: list[int] = []
    threads = [
        threading.Thread(target=lambda: codes.append(house.post(event).status_code))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] * 5 + [202]
    assert len(house.kept()) == 1


@pytest.mark.parametrize(
    ("key", "code", "words"),
    [
        (RETIRED, Verdict.RETIRED, "retired secret"),
        (secret("x"), Verdict.WRONG, "fits none"),
        (OUT, Verdict.WRONG, "fits none"),
    ],
)
def test_a_wrong_signature_is_refused_in_words_and_leaves_a_row_without_its_body(
    house: House, key, code, words
) -> None:
    answer = house.post(house.event(house.open()), secret=key)
    assert answer.status_code == 401
    assert words in answer.json()["error"]
    (row,) = house.kept()
    assert (row.state, row.failure, row.content) == ("rejected", code.value, {})
    assert len(row.body_hash) == 64


def test_a_secret_of_another_department_opens_nothing(house: House) -> None:
    house.secrets[PARKS] = DepartmentSecrets(back=(secret("p"),))
    case = house.open(ROAD)
    assert house.post(house.event(case), secret=secret("p")).status_code == 401
    assert house.case(case).status == "received"


def test_a_late_timestamp_is_refused_and_a_retry_signed_anew_is_taken(house: House) -> None:
    event = house.event(house.open())
    body = json.dumps(event).encode()
    from integrations.department_signing import sign

    old = sign(body, uid=event["id"], at=house.clock() - timedelta(minutes=6), secrets=[BACK])
    answer = house.client.request("POST", "/departments/road/callback", content=body, headers=old)
    assert answer.status_code == 401
    assert "5 minutes" in answer.json()["error"]
    assert house.post(event).status_code == 202
    assert outcome(house) == [("rejected", "timestamp_outside_window"), ("applied", None)]


def test_a_stranger_fills_fifty_rows_a_day_and_no_more(house: House) -> None:
    event = house.event(house.open())
    for _ in range(REJECTIONS_A_DAY + 5):
        house.post(event, secret=secret("x"))
    rows = house.kept()
    assert len(rows) == REJECTIONS_A_DAY
    assert rows[-1].replays == 5


def test_a_huge_body_is_refused_before_it_is_read(house: House) -> None:
    answer = house.post(b"x" * (BIGGEST_BODY + 1))
    assert answer.status_code == 413
    assert [row.failure for row in house.kept()] == ["too_large"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"),
        (b"[" * 90_000, "not JSON"),
        (b"[]", "specversion"),
        (b'{"specversion": "1.0", "type": "x", "data": {}}', "type"),
        (b'{"specversion": "1.0", "type": "kr.sotong.callback.status.v1"}', "data"),
        (b'{"specversion": "1.0", "type": "kr.sotong.callback.note.v1", "subject": 5, "data": {}}', "subject"),
        (b'{"specversion": "1.0", "type": "kr.sotong.callback.status.v1", "subject": "2026-000001", "data": {"status": "done"}}', "data.status"),
        (b'{"specversion": "1.0", "type": "kr.sotong.callback.note.v1", "subject": "2026-000001", "time": "yesterday", "data": {"note": "x"}}', "time"),
        (b'{"specversion": "1.0", "type": "kr.sotong.callback.note.v1", "subject": "2026-000001", "data": {"note": {}}}', "data.note"),
        (b'{"specversion": "1.0", "type": "kr.sotong.callback.note.v1", "subject": "2026-000001", "data": {"photos": [1]}}', "data.photos"),
    ],
)  # fmt: skip
def test_an_event_that_cannot_be_read_is_told_where_and_leaves_a_row(
    house: House, body, words
) -> None:
    answer = house.post(body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    (row,) = house.kept()
    assert (row.state, row.content) == ("rejected", {})
    assert row.failure is not None
    assert row.failure.startswith("wrong_event: ")


def test_a_department_that_does_not_exist_is_not_there(house: House) -> None:
    assert house.post(house.event("2026-000001"), department_id="nobody").status_code == 404


def test_an_older_callback_never_moves_a_case_back(house: House) -> None:
    case = house.open()
    earlier = house.event(case, note="나갔습니다.")
    house.clock.forward(minutes=2)
    house.post(house.event(case, status="answered", note="고쳤습니다."))
    outcome(house)
    house.post(earlier)
    assert outcome(house)[-1] == ("outdated", "outdated: answered")
    assert house.case(case).status == "answered"
    # Its words are kept for a person.
    assert house.kept()[-1].content["note"] == "나갔습니다."


def test_one_that_is_older_than_what_an_officer_did_changes_nothing(house: House) -> None:
    case = house.open()
    earlier = house.event(case)
    house.clock.forward(minutes=2)
    house.change(case, CaseStatus.ANSWERED, "담당관의 답")
    house.post(earlier)
    assert outcome(house) == [("outdated", "outdated: answered")]


def test_two_that_come_in_the_wrong_order_are_applied_in_the_right_one(house: House) -> None:
    case = house.open()
    first = house.event(case)
    house.clock.forward(seconds=5)
    house.post(house.event(case, status="answered", note="고쳤습니다."))
    house.post(first)
    assert outcome(house) == [("applied", None), ("applied", None)]
    assert house.case(case).status == "answered"


def test_a_sequence_counts_more_than_a_clock_that_is_wrong(house: House) -> None:
    case = house.open()
    house.post(house.event(case, sequence="7"))
    outcome(house)
    behind = (house.clock() - timedelta(hours=1)).isoformat()
    house.post(house.event(case, status="answered", note="고쳤습니다.", sequence="8", time=behind))
    assert outcome(house)[-1] == ("applied", None)
    house.post(house.event(case, status="closed", note="닫음", sequence="6"))
    assert outcome(house)[-1][0] == "outdated"


def test_a_change_that_is_not_allowed_is_kept_and_shown(house: House) -> None:
    case = house.open()
    house.change(case, CaseStatus.CLOSED if False else CaseStatus.WITHDRAWN, "그만둠")
    house.clock.forward(minutes=1)
    house.post(house.event(case, status="answered", note="고쳤습니다."))
    house.post(house.event(house.open(), status="answered", note=""))
    assert sorted(outcome(house)) == [("refused", "illegal_change"), ("refused", "note_required")]
    assert house.case(case).status == "withdrawn"


def test_an_unknown_case_is_waited_for_and_then_shown(house: House) -> None:
    house.post(house.event("2026-000001"))
    assert outcome(house) == [("waiting", "unknown_case")]
    case = house.open()  # Now its row is committed.
    assert case.number == "2026-000001"
    house.clock.forward(seconds=UNKNOWN_WAITS[0])
    assert outcome(house) == [("applied", None)]
    house.post(house.event("2026-999999"))
    for seconds in (*UNKNOWN_WAITS, 0):
        house.callbacks.run_due()
        house.clock.forward(seconds=seconds)
    assert outcome(house)[-1] == ("refused", "unknown_case")


def test_a_case_of_another_department_is_not_touched(house: House) -> None:
    case = house.open(ROAD)
    assert house.post(house.event(case), department_id=PARKS).status_code == 202
    assert outcome(house) == [("refused", "not_its_case")]
    assert house.case(case).status == "received"
    assert told(house) == []


def test_the_same_state_again_is_a_further_word(house: House) -> None:
    case = house.open()
    house.post(house.event(case))
    outcome(house)
    house.clock.forward(minutes=1)
    house.post(house.event(case, note="부품을 기다립니다."))
    assert outcome(house)[-1] == ("applied", None)
    assert "부품을 기다립니다." in told(house)[-1].text


def test_an_internal_note_stays_inside_and_a_public_one_is_told(house: House) -> None:
    case = house.open()
    house.post(house.event(case, status=None, note="예산을 알아보는 중"))
    house.clock.forward(seconds=1)
    house.post(house.event(case, status=None, note="내일 나갑니다.", visibility="public"))
    assert outcome(house) == [("applied", None)] * 2
    assert ["내일 나갑니다." in reply.text for reply in told(house)] == [True]
    with house.database.reading() as session:
        inside, public = events_of(session, case_id=case.id)[1:]
        assert (inside.public, inside.note) == (False, "")
        assert "예산을 알아보는 중" in inside.reason
        assert public.public


def test_a_resident_number_in_a_note_is_kept_nowhere(house: House) -> None:
    case = house.open()
    house.post(house.event(case, note="신청인 900101-1234567 확인"))
    assert "1234567" not in json.dumps([row.content for row in house.kept()], ensure_ascii=False)
    outcome(house)
    assert "1234567" not in told(house)[0].text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (say(404), "gone"),
        (say(200, b"<html>log in</html>", Content_Type="image/jpeg"), "unreadable"),
        (say(302, Location="http://169.254.169.254/latest/meta-data/"), "plain"),
        (say(302, Location="https://169.254.169.254/latest/meta-data/"), "forbidden"),
        (say(302, Location="/again"), "redirects"),
    ],
)
def test_a_photo_that_cannot_be_had_does_not_lose_the_words(house: House, answer, reason) -> None:
    case = house.open()
    with serving(Peer(answer)) as url:
        house.post(
            house.event(
                case, status="answered", note="고쳤습니다.", photos=[{"url": f"{url}/1.jpg"}]
            )
        )
        assert outcome(house) == [("applied", f"photo: {reason}")]
    assert house.case(case).status == "answered"
    assert len(told(house)) == 1
    with house.database.reading() as session:
        last = events_of(session, case_id=case.id)[-1]
        assert house.city.texts.render(f"department_photo_{reason}") in last.reason
        assert not last.public


def test_a_photo_of_100_megabytes_ends_while_it_streams(house: House) -> None:
    sent: list[int] = []

    def endless(handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(1600):
                handler.wfile.write(b"\xff" * 65536)
                sent.append(65536)
        except OSError:
            return

    case = house.open()
    with serving(Peer(endless)) as url:
        house.post(
            house.event(
                case, status="answered", note="고쳤습니다.", photos=[{"url": f"{url}/1.jpg"}]
            )
        )
        assert outcome(house) == [("applied", "photo: too_large")]
    assert sum(sent) < 30 * 1024 * 1024
    with house.database.reading() as session:
        assert "10MB" in events_of(session, case_id=case.id)[-1].reason


def test_a_photo_server_that_is_away_is_asked_again_before_the_words_go_alone(house: House) -> None:
    case = house.open()
    with serving(peer := Peer(say(503))) as url:
        house.post(
            house.event(
                case, status="answered", note="고쳤습니다.", photos=[{"url": f"{url}/1.jpg"}]
            )
        )
        for seconds in PHOTO_WAITS:
            assert outcome(house)[0][0] == "waiting"
            house.clock.forward(seconds=seconds)
        assert outcome(house) == [("applied", "photo: away")]
        assert len(peer.seen) == len(PHOTO_WAITS) + 1


def test_nothing_is_fetched_for_a_case_of_another_department(house: House) -> None:
    case = house.open(ROAD)
    with serving(peer := Peer(say(200, picture()))) as url:
        event = house.event(case, photos=[{"url": f"{url}/1.jpg"}])
        house.post(event, department_id=PARKS)
        assert outcome(house) == [("refused", "not_its_case")]
        assert peer.seen == []


def test_the_published_vectors_hold() -> None:
    vectors = json.loads((ROOT / "docs/integrations/department-vectors.json").read_text("utf-8"))
    clock = Clock()
    assert {each["name"] for each in vectors} == {"event", "callback"}
    for each in vectors:
        headers = {
            name: each[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        }
        keys = DepartmentSecrets(back=(each["secret"],))
        assert verify(each["body"].encode(), headers, secrets=keys, now=clock()) is Verdict.OK
        assert (
            verify(each["body"].encode() + b" ", headers, secrets=keys, now=clock())
            is Verdict.WRONG
        )
