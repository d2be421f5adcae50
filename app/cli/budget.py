"""`sotong budget`: import published tables, look at what was imported, ask. Must not change a figure."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.budget_ask import ask

if TYPE_CHECKING:
    from budget.import_run import ImportReport

budget_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Budget figures with their source rows: import, findings, questions.",
)

budget_app.command("ask")(ask)

MOST_SHOWN = 20
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@budget_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or CP949) or XLSX.")],
    dataset: Annotated[
        str | None,
        typer.Option(
            help="Column map in city/budget/ (default: the file's name, or the one that fits)."
        ),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Sheet of a workbook (default: the first).")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring a table in. Again is no harm: the same row stays, a changed one becomes a new version.

    Exit code 1 when rows were refused; the others are in. After a stop, run the same command again.
    """
    from app.budget_files import load_budget
    from app.cli.actor import cli_actor
    from app.cli.post_input import open_parts
    from budget.import_run import run_import
    from core.errors import Refused

    try:
        with open_parts() as parts:
            known = load_budget(parts.settings.city_dir)
            with typer.progressbar(
                length=1, label=file.name, file=sys.stderr, hidden=as_json
            ) as bar:

                def show_line(line: int, lines: int) -> None:
                    bar.length = max(lines, line, 1)
                    bar.update(line - bar.pos)

                try:
                    report = run_import(
                        parts.database,
                        file,
                        datasets=known.datasets,
                        bodies=known.bodies,
                        actor=cli_actor(),
                        now=parts.now,
                        name=dataset,
                        sheet=sheet,
                        dry_run=dry_run,
                        progress=show_line,
                    )
                except Refused as refused:
                    typer.echo(f"sotong: {file.name}: {_sentence(refused)}", err=True)
                    raise typer.Exit(1) from None
                bar.update((bar.length or 1) - bar.pos)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}.") from None
    except KeyboardInterrupt:
        typer.echo("\nstopped; run the same command again and it goes on.", err=True)
        raise typer.Exit(1) from None
    _show_import(report, file, dry_run=dry_run, as_json=as_json)
    if report.refused:
        raise typer.Exit(1)


@budget_app.command("imports")
def imports(
    number: Annotated[
        int | None, typer.Argument(help="An import's number: its findings are listed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """What was imported and when; with a number, what was found wrong there, row by row."""
    from app.cli.post_input import open_parts
    from budget.history import findings_of, list_imports

    with open_parts() as parts, parts.database.reading() as session:
        rows: list[dict[str, Any]] = (
            list_imports(session) if number is None else findings_of(session, number)
        )
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=str))
        return
    for row in rows:
        typer.echo("  ".join(f"{name}={value}" for name, value in row.items() if value != ""))
    if not rows:
        typer.echo("nothing")


def _sentence(refused: Any) -> str:
    values = refused.values
    if refused.code == "budget_columns":
        return (
            f"its columns are not those of {values['dataset']}: missing {values['missing']}; "
            f"unknown {values['unknown']}"
        )
    if refused.code == "budget_dataset":
        return f"no one column map fits '{values['given']}': name one of {values['known']}"
    if refused.code == "budget_head":
        return "it has no head line with at least two columns"
    if refused.code == "budget_workbook":
        return f"this workbook cannot be read ({values['why']})"
    if refused.code == "budget_sheet":
        return f"there is no sheet '{values['given']}'; its sheets are: {values['known']}"
    if refused.code == "import_encoding":
        return "it is neither UTF-8 nor CP949 text"
    return str(refused)


def _show_import(report: ImportReport, file: Path, *, dry_run: bool, as_json: bool) -> None:
    counts = {
        "added": report.added,
        "changed": report.changed,
        "same": report.same,
        "refused": len(report.refused),
        "figures": report.figures,
    }
    if as_json:
        data = {
            "dataset": report.dataset,
            "content_hash": report.content_hash,
            "dry_run": dry_run,
            "resumed_after_line": report.resumed_after,
            **counts,
            "refused_rows": [each._asdict() for each in report.refused],
            "checks": {kind: asdict(tally) for kind, tally in report.tallies.items()},
            "findings": [each._asdict() for each in report.findings],
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for refusal in report.refused[:MOST_SHOWN]:
        typer.echo(f"{file.name}:{refusal.line}: {refusal.why}", err=True)
    for finding in report.findings[:MOST_SHOWN]:
        typer.echo(
            f"{file.name}:{finding.line}: {finding.kind} {finding.column} stated {finding.stated}, "
            f"computed {finding.computed} {finding.note}".rstrip(),
            err=True,
        )
    more = max(0, len(report.refused) - MOST_SHOWN) + max(0, len(report.findings) - MOST_SHOWN)
    if more:
        typer.echo(f"… and {more} more (--json, or `sotong budget imports`)", err=True)
    for kind, tally in report.tallies.items():
        words = ", ".join(f"{number} {name}" for name, number in asdict(tally).items() if number)
        typer.echo(f"{kind}: {words}")
    if report.resumed_after:
        typer.echo(f"went on after line {report.resumed_after}")
    told = ", ".join(f"{number} {name}" for name, number in counts.items())
    typer.echo(f"{report.dataset}: {'would be ' if dry_run else ''}{told}")
