"""Retention: what is over goes, what is needed stays, twice is once, one failure stops no other kind."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.city_privacy import BESIDE_TABLES
from app.retention import clear_logs, tables_without_rule
from core.attachments import AttachmentStore
from core.audit_chain import first_broken_entry
from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.erasure import find_erasure
from core.inbound import Photo, TurnKind
from core.models import (
    Attachment,
    AuditEntry,
    Case,
    CaseEvent,
    Conversation,
    Delivery,
    Draft,
    LookupAttempt,
    RetentionRun,
    Turn,
    VaultItem,
)
from core.retention import GONE, HANDLERS
from core.retention_rules import RetentionRule
from dialogue.erasure import erase_due
from dialogue.retention import EVERY, KindResult, RetentionRunner
from tests.builders import make_case, sample_city
from tests.dialogue.runner_house import House

DAY = timedelta(days=1)


class Keeper:
    """A house with a runner of retention over its database and Rasa."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.store = AttachmentStore(folder / "attachments")
        self.runner = self.make(batch=2)

    def make(
        self, *, batch: int = 200, rules: tuple[RetentionRule, ...] | None = None
    ) -> RetentionRunner:
        return RetentionRunner(
            database=self.house.database,
            rules=sample_city().retention if rules is None else rules,
            rasa=self.house.client,
            store=self.store,
            now=self.house.clock,
            beside={"logs": lambda before, dry_run: 0},
            batch=batch,
        )

    def run(self, **options: bool) -> dict[str, int]:
        results = self.runner.run(**options)
        assert [result for result in results if result.failure] == []
        return {result.kind: result.due for result in results if result.due}

    def later(self, days: float) -> None:
        self.house.clock.forward(days=days)

    def picture(self, name: bytes = b"picture") -> Photo:
        sha256 = self.store.put(name)
        return Photo(sha256=sha256, media_type="image/jpeg", size=7, width=1, height=1)

    def case(self, *, closed: bool = True) -> int:
        """A case with a contact in the vault and a photo."""
        turn_id = self.house.hear("가로등이 나갔어요 010-2345-6789")
        photo_turn = self.house.hear(kind=TurnKind.PHOTO, photos=(self.picture(b"of the case"),))
        with self.house.database.transaction() as session:
            turn = session.get_one(Turn, turn_id)
            item = session.scalars(select(VaultItem)).first()
            assert item is not None
            opened = make_case(
                session,
                turn=turn,
                now=self.house.clock(),
                contact_token=item.token,
                attachment_ids=session.get_one(Turn, photo_turn).attachment_ids,
            )
            if closed:
                close(session, opened.case, self.house.clock())
            return opened.case.id


def close(session: Session, case: Case, now: datetime) -> None:
    change_status(
        session,
        city=sample_city(),
        case_id=case.id,
        to=CaseStatus.ANSWERED,
        actor=Actor("officer", "1", "담당"),
        reason="고침",
        note="고쳤어요.",
        now=now,
    )


@pytest.fixture
def keeper(house: House, tmp_path: Path) -> Keeper:
    return Keeper(house, tmp_path)


def test_every_table_has_exactly_one_row_in_the_retention_table() -> None:
    rules = sample_city().retention
    named = [table for rule in rules for table in rule.tables]
    assert sorted(named) == sorted(set(named))
    assert tables_without_rule(rules) == []


def test_every_timed_kind_is_treated_and_every_handler_is_used() -> None:
    timed = {rule.kind for rule in sample_city().retention if rule.is_timed}
    assert timed == {*HANDLERS, *BESIDE_TABLES}


def test_nothing_is_due_on_the_first_day(keeper: Keeper) -> None:
    keeper.case()
    assert keeper.run() == {}


def test_a_contact_goes_ninety_days_after_its_case_was_answered_and_the_case_stays(
    keeper: Keeper,
) -> None:
    case_id = keeper.case()
    keeper.later(89)
    assert "case_contacts" not in keeper.run()
    keeper.later(2)
    assert keeper.run()["case_contacts"] == 1
    with keeper.house.database.reading() as session:
        case = session.get_one(Case, case_id)
        assert case.contact_token is None
        assert case.what == "가로등이 나갔어요"
        item = session.scalars(select(VaultItem)).one()
        assert item.ciphertext == b""
        assert item.erased_at is not None


def test_while_a_case_is_open_nothing_of_its_talk_goes(keeper: Keeper) -> None:
    keeper.case(closed=False)
    keeper.later(3000)
    assert keeper.run().keys() <= {"lookup_attempts"}
    with keeper.house.database.reading() as session:
        assert session.scalars(select(Case.contact_token)).one() is not None
        assert "가로등" in session.scalars(select(Turn.text).order_by(Turn.id)).first()  # type: ignore[operator]


def test_a_quiet_talk_is_erased_everywhere_after_a_year(keeper: Keeper) -> None:
    house = keeper.house
    keeper.case()
    loose = keeper.picture(b"of no case")
    house.hear(kind=TurnKind.PHOTO, photos=(loose,))
    keeper.later(366)
    due = keeper.run()
    assert due["conversations"] == 1
    erase_due(database=house.database, rasa=house.client, store=keeper.store, now=house.clock)
    assert house.rasa.forgotten
    with house.database.reading() as session:
        assert not any(session.scalars(select(Turn.text)))
        assert not any(row["text"] for row in session.scalars(select(Delivery.payload)))
        erasure = find_erasure(session, conversation_id=1)
        assert erasure is not None
        assert (erasure.by, erasure.done_at is not None) == ("system:retention", True)
        # The photo of the case stays with the case.
        (kept,) = session.scalars(select(Attachment.sha256))
    assert keeper.store.path(kept).exists()
    assert not keeper.store.path(loose.sha256).exists()


def test_a_talk_that_goes_on_loses_only_what_is_older_than_a_year(keeper: Keeper) -> None:
    house = keeper.house
    house.hear("첫 글이에요")
    old = keeper.picture(b"old picture")
    house.hear(kind=TurnKind.PHOTO, photos=(old,))
    keeper.later(200)
    house.hear("둘째 글이에요")
    keeper.later(200)
    due = keeper.run()
    assert due["turns"] == 2
    assert due["deliveries"] == 2
    assert due["attachments"] == 1
    assert "conversations" not in due
    with house.database.reading() as session:
        assert [text for text in session.scalars(select(Turn.text)) if text] == ["둘째 글이에요"]
        assert session.scalars(select(Attachment)).all() == []
    assert not keeper.store.path(old.sha256).exists()


def test_a_file_that_another_row_names_stays(keeper: Keeper) -> None:
    house = keeper.house
    house.hear(kind=TurnKind.PHOTO, photos=(keeper.picture(b"same"),))
    keeper.later(366)
    house.hear(address="b" * 64, kind=TurnKind.PHOTO, photos=(keeper.picture(b"same"),))
    assert keeper.run()["attachments"] == 1
    assert keeper.store.path(keeper.picture(b"same").sha256).exists()


def test_after_ten_years_a_case_is_a_figure_without_words(keeper: Keeper) -> None:
    case_id = keeper.case()
    keeper.later(3651)
    assert keeper.run()["cases"] == 1
    with keeper.house.database.reading() as session:
        case = session.get_one(Case, case_id)
        assert (case.what, case.lat, case.attachment_ids) == (GONE, None, [])
        assert case.service_code == sample_city().services[0].code
        for event in session.scalars(select(CaseEvent).where(CaseEvent.case_id == case_id)):
            assert (event.reason, event.note, event.data) == (GONE, "", {})
        # Its photo is nobody's now.
        assert session.scalars(select(Attachment)).all() == []


def test_a_dry_run_counts_the_same_and_changes_nothing(keeper: Keeper) -> None:
    keeper.case()
    keeper.later(400)
    with keeper.house.database.reading() as session:
        lines = len(session.scalars(select(AuditEntry)).all())
    counted = keeper.run(dry_run=True)
    with keeper.house.database.reading() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == lines
        assert session.scalars(select(RetentionRun)).all() == []
        assert "가로등" in str(session.scalars(select(Turn.text)).all())
    # A run may find more: what one kind has let go is due for a later one.
    done = keeper.run()
    assert counted.items() <= {kind: done[kind] for kind in counted}.items()


def test_twice_is_once_and_each_kind_has_one_line_a_run_in_a_whole_chain(keeper: Keeper) -> None:
    keeper.case()
    keeper.later(400)
    assert keeper.run()
    assert keeper.run() == {}
    timed = [rule.kind for rule in sample_city().retention if rule.is_timed]
    with keeper.house.database.reading() as session:
        lines = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "retention.run")
        ).all()
        assert [line.subject for line in lines] == [f"retention:{kind}" for kind in timed] * 2
        assert next(line.purpose for line in lines if "turns" in line.subject) == "erase: 2"
        assert first_broken_entry(session) is None


def test_a_kind_that_fails_stops_no_other_and_is_named(keeper: Keeper) -> None:
    house = keeper.house
    house.hear("안녕하세요")
    with house.database.transaction() as session:
        session.add(LookupAttempt(number="2026-000001", at=house.clock()))
    keeper.later(400)
    house.rasa.close()  # Rasa is away: its trackers cannot be listed.
    results = {result.kind: result for result in keeper.runner.run()}
    assert results["rasa_trackers"].failure == "TemporaryFailure"
    assert results["lookup_attempts"] == KindResult("lookup_attempts", 1)
    with house.database.reading() as session:
        assert session.get_one(RetentionRun, "rasa_trackers").failure == "TemporaryFailure"


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = keeper.house
    for number in range(5):
        house.hear(f"글 {number}")
    keeper.later(300)
    house.hear("새 글")
    keeper.later(100)
    seen: list[str] = []

    def stop(name: str) -> None:
        seen.append(name)
        if len(seen) == 1:
            raise RuntimeError("the power went")

    rules = tuple(rule for rule in sample_city().retention if rule.kind == "turns")
    monkeypatch.setattr("dialogue.retention.failpoint", stop)
    runner = keeper.make(batch=2, rules=rules)
    (broken,) = runner.run()
    assert (broken.due, broken.failure) == (2, "RuntimeError")
    (rest,) = runner.run()
    assert (rest.due, rest.failure) == (3, None)


def test_rasa_forgets_who_was_quiet_and_whoever_has_no_conversation(keeper: Keeper) -> None:
    house = keeper.house
    house.hear("안녕하세요")
    house.hear("안녕하세요", address="b" * 64)
    house.rasa.trackers = {"c1", "c2", "c99", "default"}
    keeper.later(20)
    house.hear("또 왔어요", address="b" * 64)
    keeper.later(20)
    assert keeper.run()["rasa_trackers"] == 3
    assert house.rasa.trackers == {"c2"}


def test_an_open_draft_keeps_its_tracker_and_an_old_closed_one_goes(keeper: Keeper) -> None:
    house = keeper.house
    house.hear("안녕하세요")
    house.rasa.trackers = {"c1"}
    with house.database.transaction() as session:
        for state in ("open", "lapsed"):
            session.add(
                Draft(
                    conversation_id=1,
                    slots={"what": "가로등"},
                    state=state,
                    created_at=house.clock(),
                    updated_at=house.clock(),
                )
            )
    keeper.later(31)
    due = keeper.run()
    assert due["drafts"] == 1
    assert "rasa_trackers" not in due


def test_the_clock_runs_it_once_a_day(keeper: Keeper) -> None:
    assert keeper.runner.run_if_due()
    assert keeper.runner.run_if_due() == []
    keeper.house.clock.at += EVERY
    assert keeper.runner.run_if_due()


def test_two_processes_do_not_run_it_at_once(keeper: Keeper) -> None:
    other = keeper.make()
    other._hold()
    assert keeper.runner.run_if_due() == []


def test_old_logs_that_were_moved_aside_go_and_others_stay(tmp_path: Path) -> None:
    import os

    for name, age in (("worker.log", 90), ("worker.log.1", 10), ("worker.log.2", 90)):
        path = tmp_path / name
        path.write_text("x")
        then = (datetime(2026, 5, 4).astimezone() - age * DAY).timestamp()
        os.utime(path, (then, then))
    before = datetime(2026, 5, 4).astimezone() - 30 * DAY
    assert clear_logs(tmp_path, before, dry_run=True) == 1
    assert clear_logs(tmp_path, before, dry_run=False) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["worker.log", "worker.log.1"]


def test_a_channel_of_the_city_itself_is_never_erased_as_a_talk(keeper: Keeper) -> None:
    house = keeper.house
    house.hear("안녕하세요")
    with house.database.transaction() as session:
        row = session.scalars(select(Delivery)).first()
        assert row is not None
        row.kind = "post"
    keeper.later(400)
    assert "conversations" not in keeper.run()
    with house.database.reading() as session:
        assert session.get_one(Conversation, 1).address == "a" * 64
        assert session.scalars(select(Delivery.payload)).one()["text"]
