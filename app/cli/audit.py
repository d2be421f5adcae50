"""`sotong audit`: proves, shows and hands out the audit log (접속기록). Must not change a line of it.

Whoever looks leaves a line there, too.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.actor import cli_actor

if TYPE_CHECKING:
    from app.wiring import Parts
    from core.audit_queries import AuditFilter

audit_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="The audit log: who looked at whose data, when, from where and why.",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
From = Annotated[
    str, typer.Option("--from", help="From this day or time (Seoul), such as 2026-11-01.")
]
To = Annotated[str, typer.Option("--to", help="To this day (its end) or time.")]
Actor = Annotated[
    str, typer.Option(help="Only this account: officer:3, cli:root or a log-in name.")
]
Subject = Annotated[
    str,
    typer.Option(help="Only of conversation:12, case:5 or a case's number such as 2026-000123."),
]
Action = Annotated[str, typer.Option(help="Only this action, such as vault.reveal, or vault.")]
EXAMPLE = "2026-11-01"
CSV_COLUMNS = {
    "id": "번호",
    "at": "접속일시",
    "actor": "계정",
    "name": "이름",
    "place": "접속지",
    "conversation_id": "정보주체(대화)",
    "case_id": "민원",
    "action": "수행업무",
    "subject": "대상",
    "purpose": "사유",
    "hash": "해시",
}


@audit_app.command("verify")
def verify(
    anchors: Annotated[
        Path | None, typer.Option(help="A copy of the signed ends (default: ours).")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only what came after the last verified end.")
    ] = False,
    _full: Annotated[bool, typer.Option("--full", help="Everything (the default).")] = False,
    as_json: AsJson = False,
) -> None:
    """Read every line and compare it with the signed ends; exit code 1 names the first broken one."""
    from app.audit_log import note_verified, verify_audit, write_anchor

    def progress(lines: int) -> None:
        if lines % 100_000 == 0:
            typer.echo(f"{lines} lines …", err=True)

    with _parts() as parts:
        state = verify_audit(
            parts.settings, parts.database, anchors=anchors, quick=quick, progress=progress
        )
        if state.ok:
            note_verified(parts.settings, state, now=parts.now())
            if anchors is None:
                try:
                    write_anchor(parts.settings, parts.database, now=parts.now())
                except OSError as error:
                    typer.echo(f"sotong: no new signed end: {error}", err=True)
    found, broken, fault = state.found, state.found.broken, state.fault
    if as_json:
        data = {
            "ok": state.ok,
            "sentence": state.sentence,
            "lines": found.lines,
            "first_id": found.first_id,
            "last_id": found.last_id,
            "since_id": state.since.id if state.since else None,
            "anchors_file": str(state.anchors_file),
            "anchors": state.signed,
            "anchors_compared": found.anchors,
            "seconds": round(state.seconds, 3),
            "broken": None
            if broken is None
            else {
                "id": broken.id,
                "at": broken.at.isoformat() if broken.at else None,
                "reason": broken.reason,
                "text": broken.text,
            },
            "anchor_fault": None if fault is None else {"line": fault.line, "text": fault.text},
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{'ok' if state.ok else 'BROKEN'}: {state.sentence} ({state.seconds:.1f} s)")
        if not state.ok and broken is not None and fault is not None:
            typer.echo(f"also: line {fault.line} of {state.anchors_file}: {fault.text}")
        if not state.ok:
            typer.echo(
                "Keep the database and the signed ends as they are, compare them with a backup, and tell "
                "the privacy officer."
            )
        elif not state.signed:
            typer.echo("No signed ends yet: the worker writes them, or `sotong audit anchor`.")
    raise typer.Exit(0 if state.ok else 1)


@audit_app.command("anchor")
def anchor(as_json: AsJson = False) -> None:
    """Sign the log's end, append it to the file and print it, to keep or mail it elsewhere."""
    from dataclasses import asdict

    from app.audit_log import write_anchor
    from core.errors import PermanentFailure

    with _parts() as parts:
        try:
            end = write_anchor(parts.settings, parts.database, now=parts.now())
        except OSError as error:
            raise PermanentFailure(
                "audit_anchor",
                f"{parts.settings.audit_anchors} cannot be written ({error.strerror})",
            ) from None
    if end is None:
        typer.echo("null" if as_json else "The log is empty.")
    elif as_json:
        typer.echo(json.dumps(asdict(end)))
    else:
        typer.echo(
            f"{end.at}  {end.count} lines, the last is {end.id} {end.hash}  signed {end.mac}"
        )


@audit_app.command("list")
def list_(
    start: From = "",
    end: To = "",
    actor: Actor = "",
    subject: Subject = "",
    action: Action = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """Show the newest lines."""
    from core.audit_queries import find_lines
    from core.officers import names_of

    wanted = _filter(start, end, actor, subject, action)
    with _parts() as parts:
        _note(parts, "audit.read", wanted)
        with parts.database.reading() as session:
            names = names_of(session)
            rows = [_data(each, names) for each in find_lines(session, wanted, limit=limit)]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        typer.echo("No such lines.")
    for row in rows:
        why = f"  ({row['purpose']})" if row["purpose"] else ""
        who = f"{row['actor']}{' ' + row['name'] if row['name'] else ''}"
        typer.echo(
            f"{row['id']:>8} {row['at'][:19]} {who} [{row['place']}] {row['action']} {row['subject']}{why}"
        )


@audit_app.command("export")
def export(
    reason: Annotated[str, typer.Option(help="Why it is handed out, for the log itself.")],
    start: From = "",
    end: To = "",
    actor: Actor = "",
    subject: Subject = "",
    action: Action = "",
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Comma-separated, for a spreadsheet.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line (default).")
    ] = False,
) -> None:
    """Write all lines that fit to standard output; the export itself becomes a line first."""
    from core.audit_queries import stream_lines
    from core.officers import names_of

    if not reason.strip():
        raise typer.BadParameter("say why, for the audit log.", param_hint="--reason")
    if as_csv and as_json:
        raise typer.BadParameter("either --csv or --json.")
    wanted = _filter(start, end, actor, subject, action)
    with _parts() as parts:
        _note(parts, "audit.export", wanted, reason=reason)
        with parts.database.reading() as session:
            names = names_of(session)
            rows = (_data(line, names) for line in stream_lines(session, wanted))
            if as_csv:
                _write_csv(rows)
            else:
                for row in rows:
                    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


@audit_app.command("report")
def report(
    month: Annotated[
        str, typer.Option(help="Such as 2026-11; default: the month before this one.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Count a month by account for the monthly check, and note that it was made."""
    from app.audit_report_text import report_data, report_text
    from core.audit import record_audit
    from core.audit_report import REPORT, month_before, month_bounds, month_report
    from core.officers import names_of

    with _parts() as parts:
        month = month or month_before(parts.now())
        try:
            month_bounds(month)
        except ValueError:
            raise typer.BadParameter(
                f"{month!r} is no month: write it like 2026-11.", param_hint="--month"
            ) from None
        with parts.database.reading() as session:
            names = names_of(session)
            found = month_report(session, month, is_day_off=_days_off(parts))
        with parts.database.transaction() as session:
            record_audit(
                session,
                actor=cli_actor(),
                action=REPORT,
                subject=f"audit:{month}",
                purpose="접속기록 월간 점검",
                now=parts.now(),
            )
    if as_json:
        typer.echo(json.dumps(report_data(found, names), ensure_ascii=False, indent=2))
    else:
        typer.echo(report_text(found, names))


@contextmanager
def _parts() -> Iterator[Parts]:
    from app.settings import Settings
    from app.wiring import build_parts

    parts = build_parts(Settings.load())
    try:
        yield parts
    finally:
        parts.close()


def _note(parts: Parts, action: str, wanted: AuditFilter, *, reason: str = "") -> None:
    from core.audit import record_audit
    from core.audit_queries import AuditFilter as Empty
    from core.put_away import in_plain_words

    shown = {key: str(value) for key, value in vars(wanted).items() if value}
    what = "all" if wanted == Empty() else " ".join(f"{k}={v}" for k, v in shown.items())
    with parts.database.transaction() as session:
        record_audit(
            session,
            actor=cli_actor(),
            action=action,
            subject=f"audit:{what}",
            purpose=in_plain_words(reason),
            now=parts.now(),
        )


def _filter(start: str, end: str, actor: str, subject: str, action: str) -> AuditFilter:
    from core.audit_queries import AuditFilter

    return AuditFilter(
        start=_moment(start, "--from", end=False),
        end=_moment(end, "--to", end=True),
        actor=actor.strip(),
        subject=subject.strip(),
        action=action.strip(),
    )


def _moment(text: str, option: str, *, end: bool) -> datetime | None:
    from datetime import timedelta

    from core.clock import KST

    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no day or time: write it like {EXAMPLE} or {EXAMPLE}T09:00.",
            param_hint=option,
        ) from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=KST)
    return moment + timedelta(days=1) if end and len(text.strip()) <= len(EXAMPLE) else moment


def _data(line: Any, names: dict[int, str]) -> dict[str, Any]:
    from core.clock import KST

    kind, _, number = line.actor.partition(":")
    known = kind == "officer" and number.isdigit()
    return {
        "id": line.id,
        "at": line.at.astimezone(KST).isoformat(timespec="milliseconds"),
        "actor": line.actor,
        "name": names.get(int(number), "") if known else "",
        "place": line.place,
        "conversation_id": line.conversation_id,
        "case_id": line.case_id,
        "action": line.action,
        "subject": line.subject,
        "purpose": line.purpose,
        "hash": line.hash,
    }


def _write_csv(rows: Iterator[dict[str, Any]]) -> None:
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
    # Spreadsheets take it for UTF-8 only with this mark.
    out.write("\ufeff")
    table = csv.writer(out)
    table.writerow(CSV_COLUMNS.values())
    for row in rows:
        table.writerow([_cell(row[key]) for key in CSV_COLUMNS])
    out.detach()


def _cell(value: Any) -> Any:
    """A spreadsheet runs what begins like a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t" and value else value


def _days_off(parts: Parts) -> Any:
    from core.errors import Refused

    def is_day_off(day: date) -> bool:
        try:
            return not parts.city.calendar.is_working_day(day)
        except Refused:
            return day.weekday() >= 5

    return is_day_off
