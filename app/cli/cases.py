"""`sotong cases`: the ledger of cases in the terminal. Must not change any case."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from app.cli.actor import cli_actor


def cases(
    number: Annotated[str | None, typer.Argument(help="One case with its history.")] = None,
    status: Annotated[str | None, typer.Option(help="Only this state, such as received.")] = None,
    department: Annotated[str | None, typer.Option(help="Only this department's id.")] = None,
    overdue: Annotated[bool, typer.Option(help="Only those past their due time.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List cases by due time, or show one with its route, its due time's reasons and its history."""
    from app.clock import utc_now
    from app.settings import Settings
    from app.wiring import build_parts
    from core.audit import record_audit
    from core.case_queries import find_case, list_cases
    from core.case_status import CaseStatus
    from core.ratings import scores_of

    if status is not None and status not in set(CaseStatus):
        known = ", ".join(CaseStatus)
        raise typer.BadParameter(f"{status!r} is not a state: {known}.", param_hint="--status")
    parts = build_parts(Settings.load())
    try:
        with parts.database.transaction() as session:
            case = None if number is None else find_case(session, number=number)
            if number is not None and case is None:
                typer.echo(f"sotong: there is no case {number}.", err=True)
                raise typer.Exit(1)
            record_audit(
                session,
                actor=cli_actor(),
                action="case.list" if case is None else "case.read",
                subject="cases" if case is None else f"case:{case.id}",
                conversation_id=None if case is None else case.conversation_id,
                now=parts.now(),
            )
            if case is not None:
                _show(parts.city, session, case, as_json)
                return
            rows = list_cases(
                session,
                status=CaseStatus(status) if status else None,
                department_id=department,
                overdue_at=utc_now() if overdue else None,
                limit=limit,
            )
            scores = scores_of(session, case_ids=[case.id for case in rows])
            data = [_summary(parts.city, case, scores.get(case.id)) for case in rows]
    finally:
        parts.close()
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    if not data:
        typer.echo("No cases yet." if status is None and not overdue else "No such cases.")
        return
    for row in data:
        typer.echo(
            f"{row['number']}  {row['status_title']:<8} ~{row['due_at'][:16]}  "
            f"{row['service']} · {row['place']} · {row['department']}"
        )


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
    from core.clock import KST
    from core.ratings import rating_of

    rating = rating_of(session, case_id=case.id)
    data = _summary(city, case, rating.score if rating else None)
    data |= {
        "comment": rating.comment if rating else "",
        "answers": case.answers,
        "period": case.period,
        "route_explanation": case.route_explanation,
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
            for event in events_of(session, case_id=case.id)
        ],
    }
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for key, value in data.items():
        if key not in ("clock", "due_trace", "events", "answers"):
            typer.echo(f"{key:>18}: {value}")
    for key, value in data["answers"].items():
        typer.echo(f"{key:>18}: {value}")
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
