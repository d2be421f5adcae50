"""What a citizen may do with an own case: withdraw, reopen, object, ask for more time. Must not word texts.

Each is done once per message, however often that is worked, and kept in the history as the citizen's own
doing. Law: 민원처리법 제22조 2항 (withdrawing before the end), 제35조 (objection), 시행령 제24조 2항 (more
time for a supplement, twice).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.case_clock import (
    OBJECTION,
    START,
    SUPPLEMENT,
    Terms,
    clock_rows,
    move_supplement,
    waited_for,
)
from core.case_events import Actor, lock_case, record_event
from core.case_links import linked_cases
from core.case_queries import events_of, find_case
from core.case_status import ALLOWED, DONE, TITLES, CaseStatus
from core.cases import add_note, add_photos, change_status
from core.city import City
from core.clock import KST, Period, next_open
from core.errors import Refused
from core.matters import LEGAL
from core.models.case import Case, CaseClock, CaseEvent
from core.models.conversation import Delivery, Turn
from core.periods import Unit
from core.statutory import working_day_after

MORE_TIME_EVENT = "more_time"
MOST_MORE_TIMES = 2
# Working days that a citizen is given by asking; whoever needs more speaks with the officer.
MOST_MORE_DAYS = 10
# Within so many days of the calendar from the notice of a refusal (법 35조 1항).
OBJECTION_DAYS = 60
# An objection is decided within 10 days, and 10 more once (법 35조 2항).
OBJECTION_PERIOD = Period(10, Unit.DAYS)
_RESULTS = (CaseStatus.ANSWERED.value, CaseStatus.REJECTED.value, CaseStatus.WITHDRAWN.value)


@dataclass(frozen=True)
class Wish:
    """What a citizen wants with the case ``number``, said in the turn ``turn_id`` of this conversation.

    ``words`` hold tokens. ``seen`` is the state of the case that the citizen was asked about.
    """

    conversation_id: int
    number: str
    turn_id: int
    words: str = ""
    seen: str | None = None

    @property
    def actor(self) -> Actor:
        """The citizen, as the history knows them."""
        return Actor("citizen", f"conversation:{self.conversation_id}")

    def reason(self, why: str) -> str:
        """The reason in the history; the message in it tells that it was done already."""
        return f"{why} {mark(self.turn_id)}"


def mark(turn_id: int) -> str:
    """How the history names the message by which a citizen did something."""
    return f"(메시지 {turn_id})"


def own_case(session: Session, *, wish: Wish) -> Case:
    """The citizen's own case, locked. Raises Refused("case_followed" | "case_not_yours")."""
    case = find_case(session, number=wish.number)
    if case is None or case.conversation_id != wish.conversation_id:
        followed = linked_cases(session, conversation_id=wish.conversation_id)
        known = any(each.number == wish.number for each in followed)
        raise Refused("case_followed" if known else "case_not_yours", number=wish.number)
    return lock_case(session, case_id=case.id, expected_version=None)


def done_before(session: Session, *, case: Case, turn_id: int) -> CaseEvent | None:
    """What this message has already done to the case, or None."""
    events = events_of(session, case_id=case.id)
    return next((each for each in events if each.reason.endswith(mark(turn_id))), None)


def check_withdrawal(case: Case) -> None:
    """Raise Refused unless it can be withdrawn: ``transferred``, ``merged``, ``withdrawn``, ``done``."""
    state = CaseStatus(case.status)
    if CaseStatus.WITHDRAWN in ALLOWED[state]:
        return
    named = (CaseStatus.TRANSFERRED, CaseStatus.MERGED, CaseStatus.WITHDRAWN)
    raise Refused(state.value if state in named else "done")


def withdraw_case(session: Session, *, city: City, wish: Wish, now: datetime) -> Case:
    """The citizen takes the case back. Raises Refused as ``check_withdrawal``, or ``changed``."""
    case = own_case(session, wish=wish)
    if done_before(session, case=case, turn_id=wish.turn_id):
        return case
    check_withdrawal(case)
    _check_seen(case, wish)
    return _change(session, city, case, wish, to=CaseStatus.WITHDRAWN, why="시민이 거둠", now=now)


def check_reopening(case: Case) -> None:
    """Raise Refused unless it can be looked at again: ``open``, ``transferred``, ``merged``, ``old``,
    ``object`` (what was refused by law is objected to instead).
    """
    state = CaseStatus(case.status)
    if state in (CaseStatus.TRANSFERRED, CaseStatus.MERGED):
        raise Refused(state.value)
    if state not in DONE:
        raise Refused("open")
    if case.anonymised_at is not None:
        raise Refused("old")
    if state is CaseStatus.REJECTED and case.kind == LEGAL:
        raise Refused("object")


def reopen_case(session: Session, *, city: City, wish: Wish, now: datetime) -> Case:
    """The case is looked at again, with the citizen's words about what is still amiss.

    Raises Refused as ``check_reopening``, ``words_missing`` (not after a withdrawal), ``changed``.
    """
    case = own_case(session, wish=wish)
    if done_before(session, case=case, turn_id=wish.turn_id):
        return case
    check_reopening(case)
    _check_seen(case, wish)
    if not wish.words.strip() and case.status != CaseStatus.WITHDRAWN.value:
        raise Refused("words_missing")
    why = "시민이 다시 살펴봐 달라고 함"
    return _change(session, city, case, wish, to=CaseStatus.REOPENED, why=why, now=now)


def check_objection(session: Session, *, city: City, case: Case, now: datetime) -> datetime:
    """Until when it can be objected to; raise Refused where the law gives no objection.

    ``open``, ``transferred``, ``merged``, ``not_legal``, ``not_refused``, ``objected``, ``late`` (with
    ``until``).
    """
    state = CaseStatus(case.status)
    if state in (CaseStatus.TRANSFERRED, CaseStatus.MERGED):
        raise Refused(state.value)
    if state not in DONE:
        raise Refused("open")
    if case.kind != LEGAL:
        raise Refused("not_legal")
    events = events_of(session, case_id=case.id)
    results = [each for each in events if each.to_status in _RESULTS]
    if not results or results[-1].to_status != CaseStatus.REJECTED.value:
        raise Refused("not_refused")
    if any(each.data.get(OBJECTION) for each in events):
        raise Refused("objected")
    until = objection_until(city, noticed_at=_noticed_at(session, case, results[-1]))
    if now > until:
        raise Refused("late", until=until)
    return until


def objection_until(city: City, *, noticed_at: datetime) -> datetime:
    """The end of the 60th day after the notice; a day off moves it on (민법 157, 161조). Aware UTC."""
    day = noticed_at.astimezone(KST).replace(hour=0, minute=0, second=0, microsecond=0)
    last = day + timedelta(days=OBJECTION_DAYS)
    opens = next_open(city.calendar, last).astimezone(KST)
    return opens.replace(hour=23, minute=59, second=59, microsecond=0)


def object_to_case(session: Session, *, city: City, wish: Wish, now: datetime) -> Case:
    """The citizen objects to a refusal: the case is decided again, within ten days.

    Raises Refused as ``check_objection``, ``words_missing``, ``changed``.
    """
    case = own_case(session, wish=wish)
    if done_before(session, case=case, turn_id=wish.turn_id):
        return case
    check_objection(session, city=city, case=case, now=now)
    _check_seen(case, wish)
    if not wish.words.strip():
        raise Refused("words_missing")
    terms = Terms(period=OBJECTION_PERIOD, objection=True)
    why = "시민이 이의신청함(민원처리법 35조)"
    to = CaseStatus.REOPENED
    said = city.texts.render("act_note_objection", words=wish.words.strip())
    wish = replace(wish, words=said)
    return _change(session, city, case, wish, to=to, why=why, terms=terms, now=now)


def times_more(session: Session, *, case: Case) -> int:
    """How often the citizen has asked for more time since the period last began."""
    rows = clock_rows(session, case_id=case.id)
    begun = max((row.event_id for row in rows if row.kind == START), default=0)
    asked = select(CaseEvent.id).where(
        CaseEvent.case_id == case.id, CaseEvent.kind == MORE_TIME_EVENT, CaseEvent.id > begun
    )
    return len(session.scalars(asked).all())


def check_more_time(session: Session, *, case: Case) -> CaseClock:
    """The supplement that is waited for; raise Refused: ``not_waiting``, ``third`` (with ``until``)."""
    row = waited_for(clock_rows(session, case_id=case.id))
    if row is None or case.status != CaseStatus.SUPPLEMENT_REQUESTED.value:
        raise Refused("not_waiting")
    if times_more(session, case=case) >= MOST_MORE_TIMES:
        raise Refused("third", until=row.until)
    return row


def give_more_time(
    session: Session, *, city: City, wish: Wish, days: int, now: datetime
) -> tuple[Case, datetime]:
    """``days`` working days more for the supplement; the case and the new last moment (aware UTC).

    Raises Refused as ``check_more_time``, ``too_long`` (with ``most``), ``words_missing``.
    """
    case = own_case(session, wish=wish)
    before = done_before(session, case=case, turn_id=wish.turn_id)
    if before is not None:
        return case, datetime.fromisoformat(str(before.data["until"]))
    row = check_more_time(session, case=case)
    if not 1 <= days <= MOST_MORE_DAYS:
        raise Refused("too_long", most=MOST_MORE_DAYS)
    if not wish.words.strip():
        raise Refused("words_missing")
    assert row.kind == SUPPLEMENT
    assert row.until is not None, "a supplement has a last day"
    # Also after the last day, while nobody has decided on: then from now.
    until = working_day_after(max(row.until, now), days, calendar=city.calendar)
    told, due = row.until, case.due_at
    case.version += 1
    move_supplement(session, city=city, case=case, row=row, until=until, now=now)
    record_event(
        session,
        case=case,
        kind=MORE_TIME_EVENT,
        actor=wish.actor,
        reason=wish.reason(f"시민이 보완 기한을 근무일 {days}일 늦춰 달라고 함"),
        note=city.texts.render("act_note_more_time", days=days, words=wish.words.strip()),
        public=True,
        data={
            "until_from": told.isoformat(),
            "until": until.isoformat(),
            "due_from": due.isoformat(),
            "due_to": case.due_at.isoformat(),
        },
        now=now,
    )
    return case, until


def add_words_and_photos(
    session: Session, *, city: City, wish: Wish, photos: tuple[int, ...], now: datetime
) -> tuple[Case, bool]:
    """Add what the citizen wrote or sent; whether that ended the wait for a supplement.

    Raises Refused: ``transferred``, ``merged``, ``withdrawn``, ``done``.
    """
    case = own_case(session, wish=wish)
    reason = wish.reason("시민이 덧붙임")
    known = [each for each in events_of(session, case_id=case.id) if each.reason == reason]
    state = CaseStatus(case.status)
    if state in (CaseStatus.TRANSFERRED, CaseStatus.MERGED, CaseStatus.WITHDRAWN) and not known:
        raise Refused(state.value)
    if state in DONE and not known:
        raise Refused("done")
    words = wish.words.strip()
    if words and all(each.note != words for each in known):
        add_note(session, case_id=case.id, actor=wish.actor, reason=reason, note=words, now=now)
    if photos:
        add_photos(session, case_id=case.id, attachment_ids=photos, actor=wish.actor, now=now)
    if case.paused_at is None or not (words or photos):
        return case, False
    turn = session.get(Turn, wish.turn_id)
    at = turn.arrived_at if turn is not None else now
    return end_wait(session, city=city, case=case, actor=wish.actor, at=at, now=now), True


def end_wait(
    session: Session, *, city: City, case: Case, actor: Actor, at: datetime, now: datetime
) -> Case:
    """The supplement arrived at ``at``: the period runs again from then on."""
    return change_status(
        session,
        city=city,
        case_id=case.id,
        to=CaseStatus.IN_PROGRESS,
        actor=actor,
        reason=city.texts.render("duty_arrived"),
        note=city.texts.render("case_supplement_arrived"),
        terms=Terms(arrived_at=at),
        now=now,
    )


def take_back_words(session: Session, *, wish: Wish, said: int, now: datetime) -> Case:
    """What the message ``said`` added was a mistake: the history says so. Raises Refused("nothing_added")."""
    case = own_case(session, wish=wish)
    added = done_before(session, case=case, turn_id=said)
    if added is None:
        raise Refused("nothing_added")
    reason = f"시민이 메시지 {said}에서 덧붙인 것을 거둠"
    if all(each.reason != reason for each in events_of(session, case_id=case.id)):
        note = wish.words.strip()
        add_note(session, case_id=case.id, actor=wish.actor, reason=reason, note=note, now=now)
    return case


def said_in(session: Session, *, conversation_id: int, turn_id: int) -> tuple[str, tuple[int, ...]]:
    """Words and files of an earlier message of this conversation; nothing of another's."""
    turn = session.get(Turn, turn_id)
    if turn is None or turn.conversation_id != conversation_id:
        return "", ()
    return turn.text.strip(), tuple(turn.attachment_ids)


def _change(
    session: Session,
    city: City,
    case: Case,
    wish: Wish,
    *,
    to: CaseStatus,
    why: str,
    now: datetime,
    terms: Terms | None = None,
) -> Case:
    return change_status(
        session,
        city=city,
        case_id=case.id,
        to=to,
        actor=wish.actor,
        reason=wish.reason(why),
        note=wish.words.strip(),
        terms=terms or Terms(),
        now=now,
    )


def _check_seen(case: Case, wish: Wish) -> None:
    if wish.seen is not None and wish.seen != case.status:
        raise Refused("changed", status=TITLES[CaseStatus(case.status)])


def _noticed_at(session: Session, case: Case, refusal: CaseEvent) -> datetime:
    """When the refusal reached the citizen; what has not gone out yet has not reached them."""
    sent = session.scalars(
        select(Delivery.sent_at).where(
            Delivery.case_id == case.id,
            Delivery.conversation_id == case.conversation_id,
            Delivery.kind == "status",
            Delivery.created_at >= refusal.at,
            Delivery.sent_at.is_not(None),
        )
    ).all()
    return min((at for at in sent if at is not None), default=refusal.at)
