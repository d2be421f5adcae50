"""Whatever is done to the audit log past the service is found, and the first broken line is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from core.acting import acting_from
from core.audit import GENESIS, hash_of, record_audit
from core.audit_anchors import Anchor, AnchorFile, AnchorKeys
from core.audit_chain import Break, verify_chain
from core.audit_retention import YEAR, cut_audit, end_of
from core.database import Database
from core.models.vault import AuditEntry, AuditHead
from tests.builders import MONDAY_TEN, make_database

KEYS = AnchorKeys((b"the key that signs",))


@pytest.fixture
def database(tmp_path):
    database = make_database(tmp_path)
    yield database
    database.dispose()


@pytest.fixture
def file(tmp_path) -> AnchorFile:
    return AnchorFile(tmp_path / "elsewhere" / "ends.jsonl", KEYS)


def write(session: Session, count: int, *, at: datetime = MONDAY_TEN) -> list[int]:
    return [
        record_audit(
            session, actor="officer:1", action="case.read", subject=f"case:{n + 1}", now=at
        ).id
        for n in range(count)
    ]


def sign(database: Database, file: AnchorFile, *, at: datetime = MONDAY_TEN) -> Anchor:
    with database.reading() as session:
        end = end_of(session, keys=KEYS, now=at)
    assert end is not None
    file.append(end)
    return end


def first_break(database: Database, file: AnchorFile | None = None) -> Break | None:
    anchors, fault = file.read() if file else ([], None)
    assert fault is None
    with database.reading() as session:
        return verify_chain(session, anchors=anchors, keys=KEYS).broken


def chain_anew(session: Session) -> None:
    """What somebody does who can write the whole database and knows how the chain is made."""
    previous, count, last = GENESIS, 0, 0
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id)):
        entry.previous_hash = previous
        entry.hash = hash_of(entry)
        previous, count, last = entry.hash, count + 1, entry.id
    session.execute(update(AuditHead).values(lines=count, last_id=last, last_hash=previous))


def test_a_line_says_who_when_from_where_whose_what_and_why(database: Database) -> None:
    with database.transaction() as session, acting_from("192.0.2.7"):
        record_audit(
            session,
            actor="officer:1",
            action="vault.reveal",
            subject="conversation:12:phone:3",
            purpose="현장 위치 확인",
            now=MONDAY_TEN,
        )
    with database.reading() as session:
        line = session.scalars(select(AuditEntry)).one()
    assert (line.actor, line.at, line.place) == ("officer:1", MONDAY_TEN, "192.0.2.7")
    assert (line.conversation_id, line.action, line.purpose) == (
        12,
        "vault.reveal",
        "현장 위치 확인",
    )


def test_outside_a_request_a_line_comes_from_the_system(database: Database) -> None:
    with database.transaction() as session:
        write(session, 1)
        assert session.scalars(select(AuditEntry)).one().place == "system"


@pytest.mark.parametrize(
    "column",
    [
        "actor",
        "at",
        "place",
        "conversation_id",
        "case_id",
        "action",
        "subject",
        "purpose",
        "version",
    ],
)
def test_no_part_of_a_line_can_be_changed_unnoticed(database: Database, column: str) -> None:
    values = {"at": MONDAY_TEN + timedelta(seconds=1), "conversation_id": 9, "case_id": 9}
    with database.transaction() as session:
        ids = write(session, 4)
        changed = values.get(column, 1 if column == "version" else "x")
        session.execute(update(AuditEntry).where(AuditEntry.id == ids[1]).values({column: changed}))
    broken = first_break(database)
    assert broken is not None
    assert (broken.id, broken.reason) == (ids[1], "changed")


def test_a_changed_line_whose_hash_was_made_anew_shows_at_the_next_one(database: Database) -> None:
    with database.transaction() as session:
        ids = write(session, 4)
        entry = session.get_one(AuditEntry, ids[1])
        entry.purpose = "다른 까닭"
        entry.hash = hash_of(entry)
    broken = first_break(database)
    assert broken is not None
    assert (broken.id, broken.reason) == (ids[2], "missing_before")


def test_a_line_that_was_removed_from_the_middle_shows_at_the_next_one(database: Database) -> None:
    with database.transaction() as session:
        ids = write(session, 5)
        session.execute(delete(AuditEntry).where(AuditEntry.id == ids[2]))
    broken = first_break(database)
    assert broken is not None
    assert (broken.id, broken.reason) == (ids[3], "missing_before")


def test_two_lines_that_changed_places_show_at_the_first(database: Database) -> None:
    with database.transaction() as session:
        ids = write(session, 5)
        for old, new in ((ids[1], 9001), (ids[2], ids[1]), (9001, ids[2])):
            session.execute(update(AuditEntry).where(AuditEntry.id == old).values(id=new))
    broken = first_break(database)
    assert broken is not None
    assert (broken.id, broken.reason) == (ids[1], "missing_before")


def test_the_last_lines_are_missed_without_any_signed_end(database: Database) -> None:
    with database.transaction() as session:
        ids = write(session, 5)
        session.execute(delete(AuditEntry).where(AuditEntry.id >= ids[3]))
    broken = first_break(database)
    assert broken is not None
    assert (broken.id, broken.reason) == (ids[2], "missing_after")


def test_the_last_lines_are_missed_though_the_database_forgot_them_too(
    database: Database, file: AnchorFile
) -> None:
    with database.transaction() as session:
        ids = write(session, 5)
    sign(database, file)
    with database.transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id >= ids[3]))
        chain_anew(session)
    assert first_break(database) is None
    broken = first_break(database, file)
    assert broken is not None
    assert (broken.id, broken.reason) == (ids[2], "missing_after")
    # New lines in the place of the removed ones do not cover it up.
    with database.transaction() as session:
        write(session, 4)
    broken = first_break(database, file)
    assert broken is not None
    assert broken.reason == "rewritten"


def test_an_emptied_log_is_missed(database: Database, file: AnchorFile) -> None:
    with database.transaction() as session:
        write(session, 2)
    sign(database, file)
    with database.transaction() as session:
        session.execute(delete(AuditEntry))
    broken = first_break(database)
    assert broken is not None
    assert broken.reason == "missing_after"
    with database.transaction() as session:
        session.execute(delete(AuditHead))
    assert first_break(database) is None
    broken = first_break(database, file)
    assert broken is not None
    assert broken.reason == "missing_after"


def test_a_chain_that_was_made_anew_by_the_right_rule_is_found_by_the_signed_ends(
    database: Database, file: AnchorFile
) -> None:
    with database.transaction() as session:
        ids = write(session, 3)
    sign(database, file)
    with database.transaction() as session:
        write(session, 3)
        session.execute(update(AuditEntry).where(AuditEntry.id == ids[0]).values(actor="officer:2"))
        session.expire_all()
        chain_anew(session)
    assert first_break(database) is None
    broken = first_break(database, file)
    assert broken is not None
    assert (broken.id, broken.reason) == (ids[2], "rewritten")


def test_a_signed_line_that_has_no_row_any_more_is_missed(
    database: Database, file: AnchorFile
) -> None:
    with database.transaction() as session:
        write(session, 3)
    end = sign(database, file)
    with database.transaction() as session:
        write(session, 2)
        session.execute(delete(AuditEntry).where(AuditEntry.id == end.id))
        chain_anew(session)
    broken = first_break(database, file)
    assert broken is not None
    assert (broken.id, broken.reason) == (end.id + 1, "rewritten")


def test_lines_that_were_put_there_past_the_service_are_found(database: Database) -> None:
    with database.transaction() as session:
        ids = write(session, 2)
        last = session.get_one(AuditEntry, ids[1])
        planted = AuditEntry(
            version=2,
            at=MONDAY_TEN,
            actor="officer:9",
            place="",
            action="case.read",
            subject="case:1",
            purpose="",
            previous_hash=last.hash,
        )
        planted.hash = hash_of(planted)
        session.add(planted)
    broken = first_break(database)
    assert broken is not None
    assert broken.reason == "end_unknown"


def test_lines_of_the_first_form_stay_true(database: Database) -> None:
    with database.transaction() as session:
        old = AuditEntry(
            version=1,
            at=MONDAY_TEN,
            actor="officer:1",
            action="look",
            subject="case:1",
            purpose="",
            previous_hash=GENESIS,
            # As the version before this one made it.
            hash="",
        )
        old.hash = hash_of(old)
        session.add(old)
        session.flush()
        write(session, 2)
    assert first_break(database) is None
    with database.transaction() as session:
        session.execute(update(AuditEntry).where(AuditEntry.version == 1).values(purpose="x"))
    broken = first_break(database)
    assert broken is not None
    assert broken.reason == "changed"


def test_the_hash_of_the_first_form_is_what_it_was() -> None:
    line = AuditEntry(
        version=1,
        at=MONDAY_TEN,
        actor="a",
        action="b",
        subject="c",
        purpose="d",
        previous_hash=GENESIS,
    )
    assert hash_of(line) == "bbdf6cbe322915ffff16a19098fee6076869323dcbf67df31100e5240e1de6d6"


def test_an_anchor_that_was_changed_is_found(database: Database, file: AnchorFile) -> None:
    for _ in range(3):
        with database.transaction() as session:
            write(session, 2)
        sign(database, file)
    lines = file.path.read_text().splitlines(keepends=True)
    file.path.write_text(
        "".join([lines[0], lines[1].replace('"count": 4', '"count": 5'), lines[2]])
    )
    fault = file.read()[1]
    assert fault is not None
    assert fault.line == 2
    # One is missing in the middle.
    file.path.write_text(lines[0] + lines[2])
    fault = file.read()[1]
    assert fault is not None
    assert fault.line == 2
    file.path.write_text(lines[1] + lines[0] + lines[2])
    fault = file.read()[1]
    assert fault is not None
    assert fault.line == 1


def test_an_anchor_of_somebody_without_the_key_is_not_believed(
    database: Database, file: AnchorFile
) -> None:
    with database.transaction() as session:
        write(session, 1)
        end = end_of(session, keys=AnchorKeys((b"another key",)), now=MONDAY_TEN)
    assert end is not None
    AnchorFile(file.path, AnchorKeys((b"another key",))).append(end)
    assert file.read()[1] is not None
    both = AnchorFile(file.path, AnchorKeys((b"new", b"another key")))
    assert both.read() == ([end], None)


def test_half_a_line_after_a_power_cut_harms_nothing(database: Database, file: AnchorFile) -> None:
    with database.transaction() as session:
        write(session, 1)
    sign(database, file)
    with file.path.open("a") as out:
        out.write('{"kind": "head", "at": "20')
    with database.transaction() as session:
        write(session, 1)
    sign(database, file)
    anchors, fault = file.read()
    assert (len(anchors), fault) == (2, None)


def test_the_same_end_is_signed_once(database: Database, file: AnchorFile) -> None:
    with database.transaction() as session:
        write(session, 1)
    sign(database, file)
    sign(database, file, at=MONDAY_TEN + timedelta(hours=1))
    assert len(file.path.read_text().splitlines()) == 1


def test_old_lines_go_and_the_rest_stays_proven(database: Database, file: AnchorFile) -> None:
    with database.transaction() as session:
        old = write(session, 5)
    sign(database, file)
    later = MONDAY_TEN + timedelta(days=400)
    with database.transaction() as session:
        kept = write(session, 2, at=later)
    sign(database, file, at=later)
    now = MONDAY_TEN + 2 * YEAR + timedelta(days=1)
    for expected in (old[2], old[4]):
        with database.transaction() as session:
            cut = cut_audit(session, years=2, keys=KEYS, now=now, most=3)
        assert cut is not None
        assert cut.id == expected
        assert first_break(database) is None
        assert first_break(database, file) is None  # the log itself carries the signature
        file.append(cut)
        assert first_break(database, file) is None
    with database.transaction() as session:
        assert cut_audit(session, years=2, keys=KEYS, now=now) is None
        assert session.scalars(select(AuditEntry.id).limit(1)).first() == kept[0]
    # Somebody else cuts one more.
    with database.transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id == kept[0]))
    broken = first_break(database, file)
    assert broken is not None
    assert (broken.id, broken.reason) == (kept[1], "beginning_missing")


def test_a_cut_that_nobody_signed_is_not_believed(database: Database, file: AnchorFile) -> None:
    with database.transaction() as session:
        write(session, 3)
        cut = cut_audit(
            session,
            years=1,
            keys=AnchorKeys((b"somebody else's",)),
            now=MONDAY_TEN + 2 * YEAR,
            most=2,
        )
        assert cut is not None
    broken = first_break(database, file)
    assert broken is not None
    assert broken.reason == "beginning_missing"


def test_a_restored_backup_ends_earlier_and_is_no_removal(
    database: Database, file: AnchorFile
) -> None:
    with database.transaction() as session:
        ids = write(session, 3)
    early = sign(database, file)
    with database.transaction() as session:
        write(session, 2)
    sign(database, file)
    with database.transaction() as session:
        # As the backup held it.
        session.execute(delete(AuditEntry).where(AuditEntry.id > ids[2]))
        chain_anew(session)
    assert first_break(database, file) is not None
    file.append(
        KEYS.sign(kind="restored", at=MONDAY_TEN, count=early.count, id=early.id, hash=early.hash)
    )
    assert first_break(database, file) is None


def test_a_verification_can_go_on_from_a_signed_end(database: Database, file: AnchorFile) -> None:
    with database.transaction() as session:
        write(session, 4)
    end = sign(database, file)
    with database.transaction() as session:
        ids = write(session, 3)
    with database.reading() as session:
        found = verify_chain(session, keys=KEYS, since=end)
    assert (found.lines, found.broken) == (3, None)
    with database.transaction() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == ids[1]).values(subject="x"))
    with database.reading() as session:
        broken = verify_chain(session, keys=KEYS, since=end).broken
    assert broken is not None
    assert broken.id == ids[1]
    with database.reading() as session:
        wrong = replace(end, hash="0" * 64)
        broken = verify_chain(session, keys=KEYS, since=wrong).broken
    assert broken is not None
    assert broken.id == ids[0]


def test_a_log_that_grows_meanwhile_is_not_broken(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        write(session, 3)
    with database.reading() as session:
        session.execute(text("SELECT 1"))
        with database.transaction() as other:
            write(other, 2)
        assert verify_chain(session, keys=KEYS).broken is None
