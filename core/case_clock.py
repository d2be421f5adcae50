"""What moves a case's due time (table case_clock): its one writer. Must not change a state or word a text.

The due time of a case can always be given again from its receipt, its period and these rows: extensions
(시행령 21조), the pauses of a supplement (보완) from sending to arrival and of an inspection (현장조사), and
the new start of a case that is reopened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.case_duties import plan_duties
from core.case_status import DONE, CaseStatus
from core.city import City
from core.clock import Due, Extension, Pause, Period, WorkCalendar, check_extension, due_at
from core.errors import Refused
from core.models.case import Case, CaseClock, CaseEvent
from core.periods import Unit
from core.statutory import own_unit, working_day_after

START, EXTENSION, SUPPLEMENT, INSPECTION = "start", "extension", "supplement", "inspection"
# In an event's data: the citizen has objected to a refusal.
OBJECTION = "objection"
PAUSES = {SUPPLEMENT: "보완", INSPECTION: "현장조사"}
LONGEST_SUPPLEMENT = 60
# From the receipt to the first request for a supplement (시행령 24조, 시행규칙 9조).
ASK_WITHIN_HOURS = 8


@dataclass(frozen=True)
class Terms:
    """What goes with a change of state beside its words.

    ``extension`` and ``consent`` (the citizen's, for a second one) go with EXTENDED; without a length the
    period is extended by its own. ``days`` are the working days that a citizen has for a supplement.
    ``agency`` is where a case is sent. ``arrived_at`` is when a supplement arrived. ``period`` is what a case
    that is reopened gets in the place of its own, ``objection`` whether an objection (35조) reopens it.
    """

    extension: Period | None = None
    consent: bool = False
    days: int | None = None
    agency: str = ""
    arrived_at: datetime | None = None
    period: Period | None = None
    objection: bool = False


NO_TERMS = Terms()


@dataclass(frozen=True)
class ClockHistory:
    """From when which period runs, and what moved it since."""

    start: datetime
    period: Period
    pauses: tuple[Pause, ...]
    extensions: tuple[Extension, ...]

    def due(self, calendar: WorkCalendar) -> Due:
        """The due time with its trace. Raises Refused("calendar_year_missing", year=…)."""
        return due_at(
            self.start,
            self.period,
            calendar=calendar,
            pauses=self.pauses,
            extensions=self.extensions,
        )


def clock_rows(session: Session, *, case_id: int) -> list[CaseClock]:
    """What moved a case's due time, oldest first."""
    session.flush()
    query = select(CaseClock).where(CaseClock.case_id == case_id).order_by(CaseClock.id)
    return list(session.scalars(query))


def history_of(case: Case, rows: Sequence[CaseClock]) -> ClockHistory:
    """The case's clock from its rows; a supplement that is waited for counts until its last day."""
    start, period = case.received_at, Period.parse(case.period)
    pauses: list[Pause] = []
    extensions: list[Extension] = []
    for row in rows:
        if row.kind == START:
            start, period, pauses, extensions = row.starts_at, Period.parse(row.period), [], []
        elif row.kind == EXTENSION:
            why = "민원인 동의" if row.consent else ""
            extensions.append(Extension(Period.parse(row.period), why))
        else:
            ends = row.ends_at or row.until
            assert ends is not None, "a pause has an end or a last day"
            pauses.append(Pause(row.starts_at, max(ends, row.starts_at), PAUSES[row.kind]))
    return ClockHistory(start, period, tuple(pauses), tuple(extensions))


def recount(session: Session, *, city: City, case: Case, now: datetime) -> None:
    """Give the due time again from history, and plan what is owed about it."""
    due = history_of(case, clock_rows(session, case_id=case.id)).due(city.calendar)
    case.due_at = due.due
    case.due_trace = [line.to_data() for line in due.trace]
    plan_duties(session, city=city, case=case, now=now)


def move_clock(
    session: Session,
    *,
    city: City,
    case: Case,
    to: CaseStatus,
    terms: Terms,
    event: CaseEvent,
    now: datetime,
) -> None:
    """Keep what a change of state means for the due time, and tell it in the event.

    Raises Refused: ``extension_late``, ``extension_third``, ``extension_consent``, ``extension_unit``,
    ``extension_too_long``, ``supplement_too_long``, ``calendar_year_missing``.
    """
    before, rows = case.due_at, clock_rows(session, case_id=case.id)
    _end_pauses(case, rows, to=to, at=terms.arrived_at or now)
    told: dict[str, object] = {}
    if to is CaseStatus.EXTENDED:
        told = _extend(session, city, case, rows, terms=terms, event=event, now=now)
    elif to is CaseStatus.SUPPLEMENT_REQUESTED:
        until = _deadline(city, rows, days=terms.days, now=now)
        add_row(session, case, event, CaseClock(kind=SUPPLEMENT, starts_at=now, until=until))
        case.paused_at = now
        told = {"until": until.isoformat()}
    elif to is CaseStatus.REOPENED:
        period = str(terms.period or case.period)
        add_row(session, case, event, CaseClock(kind=START, starts_at=now, period=period))
        told = {OBJECTION: True} if terms.objection else {}
    elif to is CaseStatus.TRANSFERRED and terms.agency:
        told = {"agency": terms.agency}
    recount(session, city=city, case=case, now=now)
    if case.due_at != before:
        told |= {"due_from": before.isoformat(), "due_to": case.due_at.isoformat()}
    if told:
        event.data = {**event.data, **told}


def add_row(session: Session, case: Case, event: CaseEvent, row: CaseClock) -> CaseClock:
    """Keep a row of this case, decided by this event."""
    row.case_id, row.event_id = case.id, event.id
    session.add(row)
    session.flush()
    return row


def since_start(rows: Sequence[CaseClock], *kinds: str) -> list[CaseClock]:
    """The rows of these kinds since the period last began."""
    found: list[CaseClock] = []
    for row in rows:
        if row.kind == START:
            found = []
        elif row.kind in kinds:
            found.append(row)
    return found


def supplement_by(case: Case, rows: Sequence[CaseClock], *, city: City) -> datetime | None:
    """By when a first supplement is to be asked for: eight working hours after the period began.

    None where no holidays are known (aware UTC else).
    """
    start = history_of(case, rows).start
    try:
        return due_at(start, Period(ASK_WITHIN_HOURS, Unit.HOURS), calendar=city.calendar).due
    except Refused:
        return None


def waited_for(rows: Sequence[CaseClock]) -> CaseClock | None:
    """The supplement that the citizen is waited for, or None."""
    asked = [row for row in since_start(rows, SUPPLEMENT) if row.ends_at is None]
    return asked[-1] if asked else None


def move_supplement(
    session: Session, *, city: City, case: Case, row: CaseClock, until: datetime, now: datetime
) -> None:
    """Give the citizen until then, and count the due time that is shown again."""
    row.until = until
    recount(session, city=city, case=case, now=now)


def _end_pauses(case: Case, rows: Sequence[CaseClock], *, to: CaseStatus, at: datetime) -> None:
    """A supplement is waited for no longer; what is done is not inspected any more."""
    for row in rows:
        if row.ends_at is not None:
            continue
        if row.kind == SUPPLEMENT or (
            row.kind == INSPECTION and to in DONE and row.until is not None and row.until > at
        ):
            row.ends_at = max(at, row.starts_at)
    case.paused_at = None


def _extend(
    session: Session,
    city: City,
    case: Case,
    rows: Sequence[CaseClock],
    *,
    terms: Terms,
    event: CaseEvent,
    now: datetime,
) -> dict[str, object]:
    history = history_of(case, rows)
    period = history.period
    extension = terms.extension or Period(
        3 if str(period) == "즉시" else period.count, own_unit(period)
    )
    current = history.due(city.calendar).due
    if now > current:
        raise Refused("extension_late")
    check_extension(
        history.start,
        period,
        extension,
        calendar=city.calendar,
        pauses=history.pauses,
        before=history.extensions,
        consent=terms.consent,
    )
    again = bool(history.extensions)
    add_row(
        session,
        case,
        event,
        CaseClock(kind=EXTENSION, starts_at=current, period=str(extension), consent=again),
    )
    return {"extension": str(extension), "consent": again}


def _deadline(
    city: City, rows: Sequence[CaseClock], *, days: int | None, now: datetime
) -> datetime:
    again = bool(since_start(rows, SUPPLEMENT))
    usual = city.duties.supplement_again_days if again else city.duties.supplement_days
    most = city.duties.supplement_again_days if again else LONGEST_SUPPLEMENT
    wanted = usual if days is None else days
    if not 1 <= wanted <= most:
        raise Refused("supplement_too_long", most=most)
    return working_day_after(now, wanted, calendar=city.calendar)
