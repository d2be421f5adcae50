"""Quarantine: what the virus scanner has not found clean reaches nobody, and nothing waits for ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.attachments import AttachmentStore, record_attachments
from core.database import Database
from core.errors import TemporaryFailure
from core.file_scan import due_files, oldest_waiting, release_waiting
from core.inbound import Photo
from core.models.conversation import Attachment, Delivery
from core.models.vault import AuditEntry
from dialogue.scanning import FileScans
from integrations.clamd import Clamd
from tests.builders import Clock, make_conversation, make_database, sample_city
from tests.peers.clamd_peer import EICAR, ClamdPeer, closed_port, running_clamd


@dataclass
class House:
    database: Database
    store: AttachmentStore
    clock: Clock
    clamd: ClamdPeer
    scans: FileScans

    def keep(self, data: bytes, *, source: str = "citizen", address: str = "a" * 64) -> int:
        """A file that a citizen (or an officer) sent; its id."""
        digest = self.store.put(data)
        photo = Photo(digest, "image/jpeg", len(data), 1, 1, scan=self.store.first_state)
        with self.database.transaction() as session:
            talk = make_conversation(session, address=address)
            (number,) = record_attachments(
                session, photos=[photo], conversation_id=talk.id, source=source, now=self.clock()
            )
        return number

    def row(self, number: int) -> Attachment:
        with self.database.reading() as session:
            return session.get_one(Attachment, number)

    def told(self) -> list[str]:
        with self.database.reading() as session:
            return [row.payload["text"] for row in session.scalars(select(Delivery))]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock = Clock()
    database = make_database(tmp_path)
    store = AttachmentStore(tmp_path / "attachments", first_state="waiting")
    with running_clamd() as peer:
        scans = FileScans(
            database=database,
            store=store,
            scanner=Clamd(peer.address),
            texts=sample_city().texts,
            now=clock,
        )
        yield House(database, store, clock, peer, scans)
    database.dispose()


def test_a_file_waits_until_the_scanner_has_seen_every_byte_of_it(house: House) -> None:
    data = b"a photo" * 200_000
    number = house.keep(data)
    assert house.row(number).scan == "waiting"
    assert house.scans.run_due() == 1
    assert house.row(number).scan == "clean"
    assert house.row(number).scanned_at == house.clock()
    assert house.clamd.scanned == [data]
    assert house.scans.run_due() == 0
    assert house.told() == []


def test_what_is_infected_is_removed_told_to_its_sender_once_and_audited(house: House) -> None:
    number = house.keep(b"before" + EICAR)
    again = house.keep(b"before" + EICAR)
    house.scans.run_due()
    for each in (number, again):
        row = house.row(each)
        assert (row.scan, row.scan_note) == ("infected", "Eicar-Test-Signature")
    assert house.store.size(house.row(number).sha256) is None
    (words,) = house.told()
    assert "악성코드" in words
    with house.database.reading() as session:
        audited = session.scalars(
            select(AuditEntry.subject).where(AuditEntry.action == "attachment.infected")
        ).all()
    assert audited == [f"attachment:{number}", f"attachment:{again}"]


def test_each_citizen_who_sent_it_is_told_and_an_officer_is_not(house: House) -> None:
    house.keep(EICAR, address="a" * 64)
    house.keep(EICAR, address="b" * 64)
    house.keep(EICAR, source="officer", address="c" * 64)
    house.scans.run_due()
    assert len(house.told()) == 2


def test_a_scanner_that_is_away_loses_nothing_and_is_asked_ever_more_seldom(house: House) -> None:
    number = house.keep(b"a photo")
    away = FileScans(
        database=house.database, store=house.store, scanner=Clamd(closed_port()),
        texts=sample_city().texts, now=house.clock,
    )  # fmt: skip
    waits = []
    for _ in range(9):
        assert away.run_due() == 0
        row = house.row(number)
        assert row.scan == "waiting"
        assert row.scan_next_at is not None
        waits.append((row.scan_next_at - house.clock()).total_seconds())
        assert away.run_due() == 0
        house.clock.forward(seconds=waits[-1])
    assert waits == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert house.store.size(house.row(number).sha256) == 7
    with house.database.reading() as session:
        assert oldest_waiting(session) is not None
    assert house.scans.run_due() == 1
    assert house.row(number).scan == "clean"


def test_no_verdict_is_never_a_clean_one(house: House) -> None:
    number = house.keep(b"a photo")
    house.clamd.silent = True
    house.scans.run_due()
    assert house.row(number).scan == "waiting"
    house.clamd.silent, house.clamd.most = False, 3
    house.clock.forward(seconds=60)
    house.scans.run_due()
    assert house.row(number).scan == "waiting"


def test_a_daemon_at_a_socket_is_asked_the_same_way(tmp_path: Path) -> None:
    with running_clamd(tmp_path / "clamd.ctl") as peer:
        daemon = Clamd(peer.address)
        assert daemon.scan([b"X" * 70_000, b"", b"Y"]) is None
        assert daemon.scan([EICAR]) == "Eicar-Test-Signature"
        assert daemon.version().startswith("ClamAV ")
    with pytest.raises(TemporaryFailure):
        daemon.scan([b"X"])


def test_without_a_scanner_a_file_is_there_at_once_and_marked_as_not_scanned(
    tmp_path: Path,
) -> None:
    store = AttachmentStore(tmp_path)
    assert store.first_state == "unscanned"


def test_a_city_that_gives_up_its_scanner_releases_what_waits_with_an_audit_line(
    house: House,
) -> None:
    number = house.keep(b"a photo")
    with house.database.transaction() as session:
        assert release_waiting(session, by="cli", now=house.clock()) == 1
    assert house.row(number).scan == "unscanned"
    with house.database.reading() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["attachment.release"]
        assert due_files(session, now=house.clock() + timedelta(days=1)) == []
