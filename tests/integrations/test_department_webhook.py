"""Webhooks to departments: signed, in order, once; what goes wrong is kept with a clear reason."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from sqlalchemy import select
from standardwebhooks import Webhook

from core.attachments import record_attachments
from core.case_contacts import change_contact
from core.case_status import CaseStatus
from core.cases import Actor, add_note, add_photos
from core.city import Way
from core.department_queue import lease_batch
from core.department_standby import FAILURES_BEFORE_OPEN
from core.inbound import Photo
from core.models.vault import AuditEntry
from integrations.department_signing import DepartmentSecrets
from tests.integrations.department_house import (
    OUT,
    PARKS,
    ROAD,
    House,
    Peer,
    example,
    open_house,
    picture,
    say,
    secret,
    serving,
)


@pytest.fixture
def receiver() -> Iterator[object]:
    server = example().Receiver(secrets=[OUT])
    with serving(server):
        yield server


def way(server: Any, **more: Any) -> Way:
    return Way(
        kind="webhook", address=f"http://127.0.0.1:{server.server_address[1]}/events", **more
    )


def the_clock_of_today(house: House) -> None:
    """The example checks the time by its own clock."""
    from app.clock import utc_now

    house.clock.at = utc_now().replace(microsecond=0)


def test_a_case_reaches_its_department_as_a_signed_cloud_event(tmp_path: Path, receiver) -> None:
    with open_house(tmp_path, {ROAD: way(receiver)}) as house:
        the_clock_of_today(house)
        case = house.open(ROAD, lat=37.5, long=126.9)
        assert house.runner.run_due() == 1
        (message,) = house.messages()
        assert message.state == "sent"
        event = receiver.events[message.uid]
        assert event["specversion"] == "1.0"
        assert event["type"] == "kr.sotong.case.opened.v1"
        assert (event["id"], event["subject"]) == (message.uid, case.number)
        data = event["data"]
        assert data["what"] == case.what
        assert (data["lat"], data["long"]) == (37.5, 126.9)
        assert data["received_at"].startswith(case.received_at.isoformat()[:19])
        assert {"arrived_at", "due_at", "status", "kind", "place", "gu", "dong", "photos"} <= set(
            data
        )
        assert "contact" not in data


def test_nothing_goes_out_to_a_department_without_a_way(tmp_path: Path) -> None:
    with open_house(tmp_path, {}) as house:
        case = house.open(ROAD)
        house.change(case)
        assert house.messages() == []


def test_what_follows_a_case_goes_to_its_department_in_order(tmp_path: Path, receiver) -> None:
    with open_house(tmp_path, {ROAD: way(receiver)}) as house:
        the_clock_of_today(house)
        case = house.open(ROAD)
        with house.database.transaction() as session:
            citizen = Actor("citizen", f"conversation:{case.conversation_id}")
            add_note(
                session,
                case_id=case.id,
                actor=citizen,
                reason="더",
                note="더 어두워요",
                now=house.clock(),
            )
            photo = Photo(
                sha256=house.store.put(picture()),
                media_type="image/jpeg",
                size=9,
                width=4,
                height=3,
            )
            ids = record_attachments(
                session,
                photos=[photo],
                conversation_id=case.conversation_id,
                source="citizen",
                now=house.clock(),
            )
            add_photos(
                session, case_id=case.id, attachment_ids=ids, actor=citizen, now=house.clock()
            )
            # A note that an officer writes for the house stays in the house.
            add_note(
                session,
                case_id=case.id,
                actor=Actor("officer", "1"),
                reason="안에서만",
                now=house.clock(),
            )
        house.change(case, CaseStatus.WITHDRAWN, "시민이 그만두셨어요.")
        house.runner.run_due()
        events = list(receiver.events.values())
        assert [event["type"].split(".")[3] for event in events] == [
            "opened",
            "note_added",
            "photos_added",
            "status_changed",
        ]
        assert events[1]["data"]["note"] == "더 어두워요"
        assert events[3]["data"]["status"] == "withdrawn"
        # The picture opens for this department, for nobody else, and not with another address.
        url = events[2]["data"]["photos"][0]["url"].removeprefix("https://inner.city.example")
        assert house.client.request("GET", url).content == picture()
        assert (
            house.client.request(
                "GET", url.replace("department=road", "department=parks")
            ).status_code
            == 403
        )
        assert (
            house.client.request("GET", url[:-1] + ("0" if url[-1] != "0" else "1")).status_code
            == 403
        )
        house.clock.forward(days=8)
        assert house.client.request("GET", url).status_code == 403


def test_a_contact_goes_only_where_it_is_needed_and_leaves_an_audit_line(
    tmp_path: Path, receiver
) -> None:
    ways = {ROAD: way(receiver, needs_contact=True), PARKS: way(receiver)}
    with open_house(tmp_path, ways) as house:
        the_clock_of_today(house)
        for department in (ROAD, PARKS):
            case = house.open(department)
            with house.database.transaction() as session:
                house.vault.keep(
                    session,
                    conversation_id=case.conversation_id,
                    kind="phone",
                    value="02-120-0000",
                    now=house.clock(),
                )
        house.runner.run_due()
        contacts = [event["data"].get("contact") for event in receiver.events.values()]
        assert sorted(contacts, key=str) == ["02-120-0000", None]
        with house.database.reading() as session:
            lines = session.scalars(
                select(AuditEntry).where(AuditEntry.action == "vault.reveal")
            ).all()
            assert [line.actor for line in lines] == ["department:road"]


def test_a_contact_that_the_citizen_changed_goes_to_the_department_that_needs_it(
    tmp_path: Path, receiver
) -> None:
    with open_house(tmp_path, {ROAD: way(receiver, needs_contact=True)}) as house:
        the_clock_of_today(house)
        case = house.open(ROAD)
        tokens = []
        for value in ("02-120-0000", "02-120-1111"):
            with house.database.transaction() as session:
                tokens.append(
                    house.vault.keep(
                        session,
                        conversation_id=case.conversation_id,
                        kind="phone",
                        value=value,
                        now=house.clock(),
                    )
                )
        house.runner.run_due()
        with house.database.transaction() as session:
            change_contact(
                session,
                conversation_id=case.conversation_id,
                token=tokens[1],
                now=house.clock(),
            )
        house.runner.run_due()
        told = [event["data"] for event in receiver.events.values()]
        assert [data.get("contact") for data in told] == ["02-120-0000", "02-120-1111"]
        assert told[1]["note"] == "시민이 연락처를 바꿨어요."


def test_during_a_change_of_secrets_each_active_one_signs(tmp_path: Path) -> None:
    new = secret("n")
    peer = Peer(say(200, b"{}", Content_Type="application/json"))
    with serving(peer), open_house(tmp_path, {ROAD: way(peer)}) as house:
        the_clock_of_today(house)
        house.secrets[ROAD] = DepartmentSecrets(out=(OUT, new))
        house.open(ROAD)
        house.runner.run_due()
    (body,), (headers,) = peer.bodies, peer.seen
    assert len(headers["webhook-signature"].split(" ")) == 2
    for each in (OUT, new):
        assert Webhook(each).verify(body, headers)["type"] == "kr.sotong.case.opened.v1"


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (say(200), "sent", None),
        (say(204), "sent", None),
        (
            say(200, b"<!doctype html><title>log in</title>", Content_Type="text/html"),
            "pending",
            "html_answer: 200 text/html",
        ),
        (
            say(302, Location="https://login.city.example/"),
            "pending",
            "redirect: 302 to login.city.example",
        ),
        (say(401), "pending", "signature_refused: 401"),
        (say(404), "pending", "not_found: 404"),
        (say(410), "failed", "gone: 410"),
        (say(422), "failed", "refused: 422"),
        (say(500), "pending", "department_error: 500"),
        (say(503, Retry_After="120"), "pending", "department_error: 503"),
        (say(429, Retry_After="90"), "pending", "rate_limited: 429"),
    ],
)
def test_each_answer_of_a_department_has_its_meaning(tmp_path: Path, answer, state, reason) -> None:
    with serving(peer := Peer(answer)), open_house(tmp_path, {ROAD: way(peer)}) as house:
        house.open(ROAD)
        house.runner.run_due()
        (message,) = house.messages()
        assert (message.state, message.failure) == (state, reason)
        assert len(peer.seen) == 1
        if reason in ("department_error: 503", "rate_limited: 429"):
            # Its own word counts.
            house.clock.forward(seconds=80)
            house.runner.run_due()
            assert len(peer.seen) == 1
            house.clock.forward(seconds=50)
            house.runner.run_due()
            assert len(peer.seen) == 2


def test_a_certificate_that_does_not_fit_keeps_the_message_and_says_so(tmp_path: Path) -> None:
    import ssl

    authority = trustme.CA()
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("other.city.example").configure_cert(served)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    peer = Peer(say(200))
    peer.socket = served.wrap_socket(peer.socket, server_side=True)
    with serving(peer):
        target = Way(kind="webhook", address=f"https://localhost:{peer.server_address[1]}/")
        with open_house(tmp_path, {ROAD: target}, tls=trusting) as house:
            house.open(ROAD)
            house.runner.run_due()
            (message,) = house.messages()
            assert message.state == "pending"
            assert message.failure is not None
            assert message.failure.startswith("tls_certificate: Hostname mismatch")
            # Repaired, it goes.
            other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("localhost").configure_cert(other)
            served.sni_callback = lambda sock, _name, _context: setattr(sock, "context", other)
            house.clock.forward(seconds=10)
            house.runner.run_due()
            assert house.states() == ["sent"]


def test_without_a_secret_nothing_leaves_and_the_message_is_kept(tmp_path: Path, receiver) -> None:
    with open_house(tmp_path, {ROAD: way(receiver)}) as house:
        house.secrets.clear()
        house.open(ROAD)
        house.runner.run_due()
        assert [(m.state, m.failure) for m in house.messages()] == [("pending", "no_secret: road")]
        assert receiver.events == {}


def test_a_silent_department_waits_alone_and_drains_in_order_when_it_answers(
    tmp_path: Path, receiver
) -> None:
    down = Way(kind="webhook", address="http://127.0.0.1:9/events")
    ways = {ROAD: down, PARKS: way(receiver), "traffic": way(receiver), "cleaning": way(receiver)}
    with open_house(tmp_path, ways) as house:
        the_clock_of_today(house)
        began = house.clock()
        first = house.open(ROAD)
        for _ in range(5):
            house.open(ROAD)
        house.change(first)
        for _ in range(4):
            house.runner.run_due()
            house.clock.forward(seconds=2)
        for department in (PARKS, "traffic", "cleaning"):
            house.open(department)
        house.runner.run_due()
        by = {d: [m.state for m in house.messages() if m.department_id == d] for d in ways}
        assert [by[d] for d in (PARKS, "traffic", "cleaning")] == [["sent"]] * 3
        assert by[ROAD] == ["pending"] * 7
        standby = house.standby()
        assert standby is not None
        assert standby.failures >= FAILURES_BEFORE_OPEN
        assert standby.opened_at is not None
        assert standby.failure is not None
        assert standby.failure.startswith("unreachable")
        # While it is silent its messages wait and spend no tries.
        tries = sum(m.attempts for m in house.messages() if m.department_id == ROAD)
        house.runner.run_due()
        assert sum(m.attempts for m in house.messages() if m.department_id == ROAD) == tries
        # Back again: one probe, then everything, each case in order, with its own time of receipt.
        fixed = {ROAD: way(receiver)}
        moved = [d for d in house.city.departments if d.id == ROAD]
        object.__setattr__(moved[0], "way", fixed[ROAD])
        house.clock.forward(minutes=4)
        house.runner.run_due()
        assert house.states() == ["sent"] * 10
        mine = [e for e in receiver.events.values() if e["subject"] == first.number]
        assert [e["type"].split(".")[3] for e in mine] == ["opened", "status_changed"]
        assert mine[0]["data"]["received_at"].startswith(began.isoformat()[:19])
        after = house.standby()
        assert after is not None
        assert (after.failures, after.opened_at, after.held_until) == (0, None, None)


def test_a_department_that_hangs_takes_no_time_from_the_others(tmp_path: Path, receiver) -> None:
    let_go = threading.Event()

    def hang(handler) -> None:
        let_go.wait(20)
        say(200)(handler)

    with (
        serving(peer := Peer(hang)),
        open_house(tmp_path, {ROAD: way(peer), PARKS: way(receiver)}) as house,
    ):
        the_clock_of_today(house)
        for _ in range(50):
            house.open(ROAD)
        worker = threading.Thread(target=house.runner.run_due)
        worker.start()
        try:
            while not peer.seen:
                worker.join(0.01)
            case = house.open(PARKS)
            deadline = time.monotonic() + 8
            while case.number not in [e["subject"] for e in receiver.events.values()]:
                assert time.monotonic() < deadline
                worker.join(0.02)
            assert "sent" not in {m.state for m in house.messages() if m.department_id == ROAD}
        finally:
            let_go.set()
            worker.join()
        assert set(house.states()) == {"sent"}


def test_a_message_that_breaks_the_other_side_does_not_stop_the_others(tmp_path: Path) -> None:
    poison: list[str] = []

    def answer(handler) -> None:
        bad = json.loads(handler.server.bodies[-1])["subject"] in poison
        say(500 if bad else 200)(handler)

    with serving(peer := Peer(answer)), open_house(tmp_path, {ROAD: way(peer)}) as house:
        poison.append(house.open(ROAD).number)
        for _ in range(3):
            house.open(ROAD)
        for _ in range(30):
            house.runner.run_due()
            house.clock.forward(seconds=10)
        assert house.states() == ["pending", "sent", "sent", "sent"]


def test_a_worker_that_slept_past_its_lease_does_not_send(tmp_path: Path, receiver) -> None:
    with open_house(tmp_path, {ROAD: way(receiver)}) as house:
        the_clock_of_today(house)
        house.open(ROAD)
        with house.database.transaction() as session:
            batch = lease_batch(session, department_id=ROAD, limit=5, now=house.clock())
        house.clock.forward(seconds=50)  # not over yet, but not enough for a sending
        house.runner._work(ROAD, batch)
        assert receiver.events == {}
        house.clock.forward(minutes=2)
        house.runner.run_due()
        # The one that slept wakes up and records what it believes: nobody listens to it.
        house.runner._work(ROAD, batch)
        assert house.states() == ["sent"]
        assert len(receiver.events) == 1
        assert receiver.repeated == 0


def test_two_workers_at_once_send_each_event_once(tmp_path: Path, receiver) -> None:
    with open_house(tmp_path, {ROAD: way(receiver)}) as house:
        the_clock_of_today(house)
        for _ in range(30):
            house.open(ROAD)
        threads = [threading.Thread(target=house.runner.run_due) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert house.states() == ["sent"] * 30
        assert len(receiver.events) == 30
        assert receiver.repeated == 0


def test_a_restart_in_the_middle_sends_the_same_id_again(tmp_path: Path, receiver) -> None:
    with open_house(tmp_path, {ROAD: way(receiver)}) as house:
        the_clock_of_today(house)
        house.open(ROAD)
        with house.database.transaction() as session:
            lease_batch(session, department_id=ROAD, limit=5, now=house.clock())
        house.clock.at += timedelta(seconds=61)
        house.runner.run_due()
        assert house.states() == ["sent"]
        assert list(receiver.events) == [house.messages()[0].uid]
