"""`sotong cases`: lists, one case, a month's ledger in the terminal. Must not change any case."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.actor import cli_actor
from app.cli.number_group import NumberGroup

if TYPE_CHECKING:
    from app.wiring import Parts
    from core.case_month import Month
    from core.case_status import CaseStatus


cases_app = typer.Typer(
    cls=NumberGroup,
    add_completion=False,
    rich_markup_mode=None,
    help="The cases: a list, one with its history, a month's ledger (민원처리부).",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@cases_app.command("list")
def list_(
    status: Annotated[str | None, typer.Option(help="Only this state, such as received.")] = None,
    department: Annotated[str | None, typer.Option(help="Only this department's id.")] = None,
    overdue: Annotated[bool, typer.Option(help="Only those past their due time.")] = False,
    month: Annotated[
        str | None, typer.Option(help="Only those received in this month, the newest first.")
    ] = None,
    flagged: Annotated[
        bool, typer.Option(help="Only open ones that an officer should look into.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List cases by due time (also without the word `list`)."""
    from core.audit import record_audit
    from core.case_flags import kinds_of
    from core.case_status import CaseStatus
    from core.ratings import scores_of

    if status is not None and status not in set(CaseStatus):
        known = ", ".join(CaseStatus)
        raise typer.BadParameter(f"{status!r} is not a state: {known}.", param_hint="--status")
    chosen = _month(month) if month is not None else None
    with _parts() as parts, parts.database.transaction() as session:
        record_audit(
            session, actor=cli_actor(), action="case.list", subject="cases", now=parts.now()
        )
        rows = _found(
            session,
            status=CaseStatus(status) if status else None,
            department=department,
            overdue=overdue,
            month=chosen,
            flagged=flagged,
            limit=limit,
            now=parts.now(),
        )
        ids = [case.id for case in rows]
        scores, flags = scores_of(session, case_ids=ids), kinds_of(session, case_ids=ids)
        data = [
            _summary(parts.city, case, scores.get(case.id)) | {"flags": flags.get(case.id, ())}
            for case in rows
        ]
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    if not data:
        narrowed = status or department or overdue or month or flagged
        typer.echo("No such cases." if narrowed else "No cases yet.")
        return
    for row in data:
        typer.echo(
            f"{row['number']}  {row['status_title']:<8} ~{row['due_at'][:16]}  "
            f"{row['service']} · {row['place']} · {row['department']}"
            + "".join(f" [{kind}]" for kind in row["flags"])
        )


@cases_app.command("show")
def show(
    number: Annotated[str, typer.Argument(help="Such as 2026-000123.")], as_json: AsJson = False
) -> None:
    """One case with its route, its due time's reasons and its history (also without the word `show`)."""
    from core.audit import record_audit
    from core.case_queries import find_case

    with _parts() as parts, parts.database.transaction() as session:
        case = find_case(session, number=number)
        if case is None:
            typer.echo(f"sotong: there is no case {number}.", err=True)
            raise typer.Exit(1)
        record_audit(
            session,
            actor=cli_actor(),
            action="case.read",
            subject=f"case:{case.id}",
            conversation_id=case.conversation_id,
            now=parts.now(),
        )
        _show(parts.city, session, case, as_json)


@cases_app.command("ledger")
def ledger(
    month: Annotated[str, typer.Option(help="The month of receipt, such as 2026-11.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="The file to write (default: standard output).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The ledger (민원처리부) of a month as CSV, or as JSON; it names no citizen."""
    from core.audit import record_audit
    from core.case_ledger import COLUMNS, ledger_batches, ledger_csv

    chosen = _month(month)
    if not reason.strip():
        raise typer.BadParameter("say why, for the audit log.", param_hint="--reason")
    if out is not None and out.exists():
        raise typer.BadParameter(f"{out} exists already.", param_hint="--out")
    with _parts() as parts:
        with parts.database.transaction() as session:
            record_audit(
                session,
                actor=cli_actor(),
                action="case.export",
                subject=f"ledger:{chosen}",
                purpose=reason.strip()[:200],
                now=parts.now(),
            )
        values: Any = {"city": parts.city, "month": chosen, "now": parts.now()}
        pieces: Iterator[bytes]
        if as_json:
            batches = ledger_batches(parts.database, **values)
            rows = [
                dict(zip(COLUMNS, row.cells(), strict=True)) for batch in batches for row in batch
            ]
            pieces = iter([(json.dumps(rows, ensure_ascii=False, indent=2) + "\n").encode()])
        else:
            pieces = ledger_csv(parts.database, **values)
        with out.open("xb") if out is not None else nullcontext(sys.stdout.buffer) as file:
            for piece in pieces:
                file.write(piece)
            file.flush()


@contextmanager
def _parts() -> Iterator[Parts]:
    from app.settings import Settings
    from app.wiring import build_parts

    parts = build_parts(Settings.load())
    try:
        yield parts
    finally:
        parts.close()


def _month(text: str) -> Month:
    from core.case_month import Month
    from core.errors import Refused

    try:
        return Month.parse(text)
    except Refused:
        raise typer.BadParameter(
            f"{text!r} is no month: write it like 2026-11.", param_hint="--month"
        ) from None


def _found(
    session: Any,
    *,
    status: CaseStatus | None,
    department: str | None,
    overdue: bool,
    month: Month | None,
    flagged: bool,
    limit: int,
    now: datetime,
) -> Sequence[Any]:
    """By due time with those done last; of a month the newest first."""
    from core.case_list import CaseFilter, Due, Order, State, find_page
    from core.case_queries import list_cases

    if month is None and not flagged:
        return list_cases(
            session,
            status=status,
            department_id=department,
            overdue_at=now if overdue else None,
            limit=limit,
        )
    wanted = CaseFilter(
        state=status or (State.OPEN if month is None else State.ALL),
        department_id=department or "",
        due=Due.OVERDUE if overdue else None,
        flag="any" if flagged else "",
        order=Order.DUE if month is None else Order.NEW,
        month=month,
    )
    return find_page(session, wanted, limit=limit, now=now).cases


def _summary(city: Any, case: Any, score: int | None) -> dict[str, Any]:
    from core.case_status import TITLES, CaseStatus
    from core.clock import KST

    return {
        "number": case.number,
        "kind": case.kind,
        "status": case.status,
        "status_title": TITLES[CaseStatus(case.status)],
        "service_code": case.service_code,
        "service": city.service(case.service_code).name,
        "what": case.what,
        "place": case.place_text,
        "lat": case.lat,
        "long": case.long,
        "gu": case.gu,
        "dong": case.dong,
        "department_id": case.department_id,
        "department": city.department(case.department_id).name,
        "route_rule": case.route_rule,
        "arrived_at": case.arrived_at.astimezone(KST).isoformat(),
        "received_at": case.received_at.astimezone(KST).isoformat(),
        "due_at": case.due_at.astimezone(KST).isoformat(),
        "photos": len(case.attachment_ids),
        "contact": case.contact_token is not None,
        "score": score,
    }


def _show(city: Any, session: Any, case: Any, as_json: bool) -> None:
    from core.case_clock import clock_rows
    from core.case_queries import events_of
    from core.case_routing import decisions_of
    from core.clock import KST
    from core.ratings import rating_of

    rating = rating_of(session, case_id=case.id)
    events = events_of(session, case_id=case.id)
    data = _summary(city, case, rating.score if rating else None)
    data |= {
        "comment": rating.comment if rating else "",
        "answers": case.answers,
        "period": case.period,
        "route_explanation": case.route_explanation,
        "route_decisions": [
            {
                "at": each.at.astimezone(KST).isoformat(),
                "department_id": each.department_id,
                "rule": each.rule_id,
                "source": each.source,
                "officer": each.officer,
                "reason": each.reason,
            }
            for each in decisions_of(case, events)
        ],
        "paused": case.paused_at is not None,
        "clock": [
            {
                "kind": row.kind,
                "from": row.starts_at.astimezone(KST).isoformat(),
                "to": row.ends_at.astimezone(KST).isoformat() if row.ends_at else None,
                "until": row.until.astimezone(KST).isoformat() if row.until else None,
                "period": row.period,
                "consent": row.consent,
                "event": row.event_id,
            }
            for row in clock_rows(session, case_id=case.id)
        ],
        "due_trace": case.due_trace,
        "events": [
            {
                "id": event.id,
                "at": event.at.astimezone(KST).isoformat(),
                "kind": event.kind,
                "actor": f"{event.actor_kind}:{event.actor_id}",
                "from": event.from_status,
                "to": event.to_status,
                "reason": event.reason,
                "note": event.note,
            }
            for event in events
        ],
    }
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for key, value in data.items():
        if key not in ("clock", "due_trace", "events", "answers", "route_decisions"):
            typer.echo(f"{key:>18}: {value}")
    for key, value in data["answers"].items():
        typer.echo(f"{key:>18}: {value}")
    typer.echo("why it is there:")
    for row in data["route_decisions"]:
        by = (
            f"{row['rule']} {row['source']}"
            if row["rule"]
            else f"{row['officer']}: {row['reason']}"
        )
        typer.echo(f"  {row['at'][:16]} {row['department_id']} ({by.strip()})")
    if data["clock"]:
        typer.echo("what moved the due time:")
    for row in data["clock"]:
        end = row["to"] or row["until"]
        span = f" to {end[:16]}{'' if row['to'] else ' (planned)'}" if end else ""
        more = f" {row['period']}" if row["period"] else ""
        agreed = ", with the citizen's consent" if row["consent"] else ""
        typer.echo(f"  {row['kind']}{more} from {row['from'][:16]}{span}{agreed}")
    typer.echo("due:")
    for line in data["due_trace"]:
        typer.echo(f"  {line['text']}")
    typer.echo("history:")
    for event in data["events"]:
        change = f" {event['from']} → {event['to']}" if event["from"] else ""
        typer.echo(
            f"  {event['at'][:16]} {event['actor']} {event['kind']}{change}: {event['reason']}"
        )
        if event["note"]:
            typer.echo(f"    → {event['note']}")
