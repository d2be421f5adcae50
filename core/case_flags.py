"""Shows officers which cases may belong together (table case_flag): its one writer. Must not act on it.

Never by guess over people: "the same citizen" is the same conversation, or one that was linked by the code on
a receipt (core.case_links). What is flagged is received and worked on like any other (법 9조); whether a
third one is closed without an answer (법 23조) or many are merged (시행령 6조 6항) an officer decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, load_only

from core.case_events import Actor, lock_case, record_event
from core.case_likeness import FlagRule, same_matter
from core.case_links import linked_cases
from core.case_queries import cases_of
from core.city import City
from core.errors import Refused
from core.models.case import Case, CaseFlag
from core.models.privacy import CaseLink

REPEAT, JOINT = "repeat", "joint"
# Of one citizen, and of one service, so many of the newest are looked at.
MOST_OWN = 200
MOST_LIKE = 500
# A flag names so many others. In a storm hundreds report one matter, and each filing would rewrite the
# list of each; the count is kept up for all.
MOST_NAMED = 50
# The trace of a due time is most of a row, and every filing reads hundreds of rows.
_COMPARED = load_only(
    Case.conversation_id,
    Case.service_code,
    Case.what,
    Case.place_text,
    Case.lat,
    Case.long,
    Case.gu,
    Case.anonymised_at,
)


@dataclass(frozen=True)
class Flag:
    """A flag as an officer reads it; ``others`` are cases that belong to it, oldest first.

    ``count`` is how many times, or how many citizens; of a great many not all are named.
    """

    id: int
    kind: str
    count: int
    others: tuple[Case, ...]
    at: datetime
    settled_at: datetime | None


def flag_case(session: Session, *, city: City, case: Case, now: datetime) -> None:
    """Flag a case just opened, in its transaction, and with it those that belong to it.

    Openings go one after the other (they share the row that numbers them), so of several at once each
    sees those before it.
    """
    _flag_repeat(session, rule=city.flag_rules.repeat, case=case, now=now)
    _flag_joint(session, rule=city.flag_rules.joint, case=case, now=now)


def flags_of(session: Session, *, case_id: int) -> list[Flag]:
    """The flags of a case with the cases that they name."""
    rows = session.scalars(
        select(CaseFlag).where(CaseFlag.case_id == case_id).order_by(CaseFlag.id)
    ).all()
    ids = {int(each) for row in rows for each in row.others}
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(ids)))}
    return [
        Flag(
            id=row.id,
            kind=row.kind,
            count=row.count,
            others=tuple(cases[each] for each in row.others if each in cases),
            at=row.at,
            settled_at=row.settled_at,
        )
        for row in rows
    ]


def kinds_of(session: Session, *, case_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The flags of these cases that nobody has settled."""
    query = select(CaseFlag.case_id, CaseFlag.kind).where(
        CaseFlag.case_id.in_(list(case_ids)), CaseFlag.settled_at.is_(None)
    )
    found: dict[int, tuple[str, ...]] = {}
    for case_id, kind in session.execute(query.order_by(CaseFlag.id)):
        found[case_id] = (*found.get(case_id, ()), kind)
    return found


def settle_flag(
    session: Session, *, case_id: int, flag_id: int, actor: Actor, reason: str, now: datetime
) -> Case:
    """An officer has looked into it; ``reason`` (internal) says what they found. Twice is once.

    Raises Refused("reason_missing" | "flag_unknown").
    """
    if not reason.strip():
        raise Refused("reason_missing")
    case = lock_case(session, case_id=case_id, expected_version=None)
    flag = session.get(CaseFlag, flag_id, populate_existing=True)
    if flag is None or flag.case_id != case_id:
        raise Refused("flag_unknown")
    if flag.settled_at is not None:
        return case
    flag.settled_at = now
    record_event(
        session,
        case=case,
        kind="flag",
        actor=actor,
        reason=reason.strip(),
        note="",
        public=False,
        data={"flag": flag.kind, "others": list(flag.others)},
        now=now,
    )
    case.version += 1
    return case


def _flag_repeat(session: Session, *, rule: FlagRule, case: Case, now: datetime) -> None:
    since = now - timedelta(days=rule.within_days)
    own = {
        each.id: each
        for each in (
            *cases_of(session, conversation_id=case.conversation_id, limit=MOST_OWN),
            *linked_cases(session, conversation_id=case.conversation_id),
        )
    }
    earlier = sorted(
        each.id
        for each in own.values()
        if each.id != case.id
        and each.received_at >= since
        and each.anonymised_at is None
        and same_matter(case, each, rule=rule)
    )
    if len(earlier) + 1 < rule.at:
        return
    count, others = len(earlier) + 1, earlier[-MOST_NAMED:]
    session.add(CaseFlag(case_id=case.id, kind=REPEAT, at=now, count=count, others=others))


def _flag_joint(session: Session, *, rule: FlagRule, case: Case, now: datetime) -> None:
    query = select(Case).where(
        Case.service_code == case.service_code,
        Case.received_at >= now - timedelta(days=rule.within_days),
    )
    if case.gu is not None:
        query = query.where(or_(Case.gu == case.gu, Case.gu.is_(None)))
    like = session.scalars(
        query.order_by(Case.received_at.desc(), Case.id.desc()).limit(MOST_LIKE).options(_COMPARED)
    )
    group = [
        each
        for each in like
        if each.id == case.id
        or (each.anonymised_at is None and same_matter(case, each, rule=rule, strangers=True))
    ]
    people = _people(session, group)
    if people < rule.at:
        return
    ids = sorted(each.id for each in group)
    flags = {
        flag.case_id: flag
        for flag in session.scalars(
            select(CaseFlag).where(CaseFlag.kind == JOINT, CaseFlag.case_id.in_(ids))
        )
    }
    for each in ids:
        flag = flags.get(each)
        if flag is None:
            flag = CaseFlag(case_id=each, kind=JOINT, at=now, others=_named(ids, besides=each))
            session.add(flag)
        elif len(ids) <= MOST_NAMED:
            flag.others = _named(ids, besides=each)
        flag.count = people
    session.flush()


def _named(ids: Sequence[int], *, besides: int) -> list[int]:
    return [each for each in ids if each != besides][-MOST_NAMED:]


def _people(session: Session, group: Sequence[Case]) -> int:
    """How many citizens these cases come from; conversations linked by a code are one citizen."""
    talks = {case.conversation_id for case in group}
    if len(talks) < 2:
        return len(talks)
    owners = {case.id: case.conversation_id for case in group}
    leader = {talk: talk for talk in talks}

    def head(talk: int) -> int:
        while leader[talk] != talk:
            talk = leader[talk]
        return talk

    links = select(CaseLink.conversation_id, CaseLink.case_id).where(
        CaseLink.case_id.in_(owners), CaseLink.undone_at.is_(None)
    )
    for talk, case_id in session.execute(links):
        if talk in talks:
            leader[head(talk)] = head(owners[case_id])
    return len({head(talk) for talk in talks})
