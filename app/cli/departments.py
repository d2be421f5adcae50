"""`sotong departments`: whether each department hears of its cases. Must never print a secret."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from core.department_desk import DepartmentState

departments_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="The ways to the city's departments: what waits, who does not answer; try one.",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@departments_app.command("list")
def list_departments(as_json: AsJson = False) -> None:
    """Ways, whether each answers, what waits and since when; `!` where a person is needed."""
    from app.settings import Settings
    from app.wiring import build_parts
    from core.department_desk import department_states, list_callbacks

    parts = build_parts(Settings.load())
    try:
        with parts.database.reading() as session:
            states = department_states(session, city=parts.city)
            callbacks = len(list_callbacks(session))
    finally:
        parts.close()
    if as_json:
        rows = [asdict(state) | {"answers": state.answers} for state in states]
        _print_json({"departments": rows, "callbacks_for_a_person": callbacks})
        return
    for state in states:
        typer.echo(_line(state))
    if not states:
        typer.echo("No department has a way out: officers work on all cases in the console.")
    if callbacks:
        typer.echo(f"! {callbacks} callback(s) need a person: see the console, 부서 연계.")


@departments_app.command()
def check(
    department_id: Annotated[
        str | None, typer.Argument(help="One department; without it all that have a way.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try each way with an event or a mail that has no case; changes nothing here.

    Exit code 0: every one answered, 1: one did not, 2: wrong configuration.
    """
    from app.departments import make_ways
    from app.settings import Settings, SettingsError
    from app.wiring import build_parts
    from core.errors import PermanentFailure, TemporaryFailure
    from integrations.department_words import explain

    parts = build_parts(Settings.load())
    found: list[dict[str, Any]] = []
    try:
        known = {department.id: department for department in parts.city.departments}
        if department_id is not None and department_id not in known:
            raise SettingsError(f"There is no department '{department_id}' in departments.yml.")
        asked = [known[department_id]] if department_id else list(known.values())
        ways = make_ways(parts)
        try:
            senders = {sender.kind: sender for sender in ways.all}
            for department in asked:
                sender = senders.get(department.way.kind)
                if sender is None:
                    if department_id is not None:
                        found.append(_found(department.id, "none", True, "no way out, by choice"))
                    continue
                try:
                    seen, ok = sender.check(department), True
                except (TemporaryFailure, PermanentFailure) as error:
                    seen, ok = f"{error}: {explain(str(error))}", False
                found.append(_found(department.id, sender.kind, ok, seen))
        finally:
            ways.close()
    finally:
        parts.close()
    bad = sum(not each["ok"] for each in found)
    if as_json:
        _print_json({"ok": not bad, "departments": found})
    else:
        for each in found:
            word = "ok" if each["ok"] else "problem"
            typer.echo(f"{word:<8}{each['department']:<20}{each['way']:<9}{each['text']}")
        typer.echo(f"{len(found)} ways tried, {bad} problem(s).")
    raise typer.Exit(1 if bad else 0)


def _line(state: DepartmentState) -> str:
    mark = "!" if state.troubled or not state.answers else " "
    parts = [f"{mark} {state.department_id:<20}{state.kind:<9}"]
    parts.append("answers" if state.answers else f"does not answer ({state.failure})")
    if state.waiting and state.since is not None:
        parts.append(f"{state.waiting} waiting since {state.since:%Y-%m-%d %H:%M} UTC")
    if state.open_since is not None and state.next_try_at is not None:
        parts.append(f"next try {state.next_try_at:%H:%M:%S} UTC")
    if state.troubled:
        parts.append(f"{state.troubled} failed or unsure")
    return "; ".join(parts)


def _found(department_id: str, way: str, ok: bool, text: str) -> dict[str, Any]:
    return {"department": department_id, "way": way, "ok": ok, "text": text}


def _print_json(data: dict[str, Any]) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
