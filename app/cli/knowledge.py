"""`sotong knowledge`: import, ask, measure and check policy articles. Must not write an article by itself."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.knowledge_ask import ask, evaluate
from app.cli.knowledge_check import check
from app.cli.knowledge_gaps import gaps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.import_run import ImportReport
    from knowledge.importing import Broken, Row

knowledge_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Articles that policy questions are answered from.",
)

knowledge_app.command("ask")(ask)
knowledge_app.command("evaluate")(evaluate)
knowledge_app.command("gaps")(gaps)
knowledge_app.command("check")(check)


class Place(StrEnum):
    """Where articles come from."""

    FILE = "file"
    EPEOPLE = "epeople"


DASAN_SOURCE = "서울특별시 120다산콜 자주 묻는 질문"
MOST_SHOWN = 20
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@knowledge_app.command("import")
def import_(
    file: Annotated[
        Path | None, typer.Argument(help="CSV (UTF-8 or CP949) or JSON lines (.jsonl).")
    ] = None,
    origin_of: Annotated[
        Place, typer.Option("--from", help="epeople: questions and answers of 국민신문고, no file.")
    ] = Place.FILE,
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="epeople: registered from this day on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="epeople: … to this day. Default: today.")
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="epeople: ask for known ones too; they may have changed."),
    ] = False,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="title=제목 content=내용 …; repeatable. Default: the columns of the 120 Dasan FAQ.",
        ),
    ] = None,
    origin: Annotated[
        str, typer.Option(help="Short name of where the file comes from; its rows keep it.")
    ] = "dasan120",
    source: Annotated[
        str, typer.Option(help="What answers cite where no column does.")
    ] = DASAN_SOURCE,
    sample: Annotated[bool, typer.Option("--sample", help="Mark all as not official.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring articles in. Again is no harm: what is there stays, what changed becomes a new version.

    Exit code 1 when rows were broken; the others are in.
    """
    from app.cli.actor import cli_actor
    from app.cli.knowledge_epeople import bring_epeople
    from app.cli.post_input import open_parts
    from core.errors import Refused
    from knowledge.articles import KEY
    from knowledge.import_run import run_import
    from knowledge.importing import DASAN, count_rows, decode, parse_map

    if origin_of is Place.EPEOPLE:
        if file is not None or columns:
            raise typer.BadParameter("--from epeople takes no file and no map.")
        done, failed = bring_epeople(
            since=since, until=until, again=again, sample=sample, dry_run=dry_run, hidden=as_json
        )
        _show_import(done, "epeople", dry_run=dry_run, as_json=as_json)
        if failed:
            typer.echo(f"sotong: {failed}", err=True)
        if failed or done.broken:
            raise typer.Exit(1)
        return
    if file is None:
        raise typer.BadParameter("say which file.", param_hint="FILE")
    if not KEY.fullmatch(origin) or len(origin) > 30:
        raise typer.BadParameter("use small Latin letters and digits.", param_hint="--origin")
    try:
        fields = parse_map(columns) if columns else DASAN
        text = decode(_read(file))
        if columns and "source" not in fields and source == DASAN_SOURCE:
            raise typer.BadParameter(
                "say what answers cite, or map a column to source.", param_hint="--source"
            )
        rows = _rows(file, text, fields, origin=origin, source=source, sample=sample)
        with (
            open_parts() as parts,
            typer.progressbar(
                length=count_rows(text), label=file.name, file=sys.stderr, hidden=as_json
            ) as bar,
        ):
            reached = 0

            def show_line(line: int) -> None:
                nonlocal reached
                bar.update(line - reached)
                reached = line

            try:
                report = run_import(
                    parts.database,
                    rows,
                    origin=origin,
                    actor=cli_actor(),
                    now=parts.now,
                    dry_run=dry_run,
                    progress=show_line,
                )
            # Here, and not below: `open_parts` knows only rules that officers meet.
            except Refused as refused:
                typer.echo(f"sotong: {file.name}: {_sentence(refused)}", err=True)
                raise typer.Exit(1) from None
    except Refused as refused:
        typer.echo(f"sotong: {file.name}: {_sentence(refused)}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("\nstopped; run the same command again and it goes on.", err=True)
        raise typer.Exit(1) from None
    _show_import(report, file.name, dry_run=dry_run, as_json=as_json)
    if report.broken:
        raise typer.Exit(1)


@knowledge_app.command("due")
def due(
    days: Annotated[
        int, typer.Option(min=1, help="How long an article may stand unchecked.")
    ] = 180,
    as_json: Json = False,
) -> None:
    """Articles that a person must look at: ended, ending soon, never or long ago checked."""
    from app.cli.post_input import open_parts
    from core.clock import KST
    from knowledge.queries import due_articles

    with open_parts() as parts:
        today = parts.now().astimezone(KST).date()
        with parts.database.reading() as session:
            found = due_articles(session, today=today, check_after=timedelta(days=days))
        names = {each.id: each.name for each in parts.city.departments}
    rows: list[dict[str, Any]] = [
        {
            "key": each.stored.article.key,
            "title": each.stored.article.title,
            "department": each.stored.article.department,
            "department_name": names.get(each.stored.article.department),
            "source": each.stored.article.source,
            "valid_to": _day(each.stored.article.valid_to),
            "verified_on": _day(each.stored.article.verified_on),
            "reasons": list(each.reasons),
        }
        for each in found
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        reasons = ", ".join(_REASONS[each] for each in row["reasons"])
        who = row["department_name"] or "부서 없음"
        typer.echo(
            f"{row['key']}  {row['title']}  ({who})  {reasons}"
            f"  [확인 {row['verified_on'] or '-'}, 끝 {row['valid_to'] or '-'}]"
        )
    if not rows:
        typer.echo("확인할 글이 없어요.")


_REASONS = {
    "expired": "기간이 끝났어요",
    "ends_soon": "곧 끝나요",
    "never_verified": "확인한 적이 없어요",
    "verified_long_ago": "확인한 지 오래됐어요",
}


def _rows(
    file: Path, text: str, fields: dict[str, str], *, origin: str, source: str, sample: bool
) -> Iterator[Row | Broken]:
    from knowledge.importing import read_csv, read_json_lines

    read = read_json_lines if file.suffix in (".jsonl", ".ndjson", ".json") else read_csv
    return read(text, fields, origin=origin, source=source, sample=sample)


def _read(file: Path) -> bytes:
    from knowledge.importing import MAX_BYTES

    try:
        if file.stat().st_size > MAX_BYTES:
            raise typer.BadParameter(f"{file} is larger than {MAX_BYTES} bytes.")
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}.") from None


def _sentence(refused: Any) -> str:
    values = refused.values
    if refused.code == "import_column":
        return f"there is no column '{values['column']}'; its columns are: {values['given']}"
    if refused.code == "import_map":
        return f"'{values['given']}' must be mapped as FIELD=COLUMN; fields: {values['fields']}"
    if refused.code == "import_encoding":
        return "it is neither UTF-8 nor CP949 text"
    return str(refused)


def _show_import(report: ImportReport, name: str, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        data = {
            "dry_run": dry_run,
            **report.counts,
            "broken_rows": [{"line": each.line, "why": each.why} for each in report.broken],
            "duplicates": [{"line": line, "same_as": key} for line, key in report.duplicates],
            "kept_rows": [{"line": line, "edited": key} for line, key in report.kept],
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for broken in report.broken[:MOST_SHOWN]:
        typer.echo(f"{name}:{broken.line}: {broken.why}", err=True)
    if len(report.broken) > MOST_SHOWN:
        typer.echo(f"… and {len(report.broken) - MOST_SHOWN} more (--json lists all)", err=True)
    for line, key in report.kept[:MOST_SHOWN]:
        typer.echo(f"{name}:{line}: left out: an officer has edited {key}", err=True)
    counts = ", ".join(f"{number} {name}" for name, number in report.counts.items())
    typer.echo(f"{'would be ' if dry_run else ''}{counts}")


def _day(day: Any) -> str | None:
    return None if day is None else day.isoformat()
