"""`sotong due`: when a period ends and why, by the city's calendar; it must not count by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from core.city import City
    from core.clock import Due, Pause, Period
    from core.errors import Refused

EXAMPLE = "2026-05-04T10:00"


def due(
    received: Annotated[
        str, typer.Option(help=f"When it was received, such as {EXAMPLE}; no zone: Seoul time.")
    ],
    period: Annotated[
        str | None,
        typer.Option(help="3h hours, 5d days, 2w weeks, 1m months, 1y years, 즉시 at once."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="Kind of matter with the city's period: 법정, 질의-법령, 질의-제도, 건의, 기타, 고충, 소통."
        ),
    ] = None,
    pause: Annotated[
        list[str] | None,
        typer.Option(metavar="FROM..TO", help="What does not count: dates or times; repeatable."),
    ] = None,
    extend: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N",
            help="An extension: 2d, 8h, or a number in the period's unit; the second one needs "
            "the citizen's consent.",
        ),
    ] = None,
    city: Annotated[
        Path | None, typer.Option(help="Folder of the city's files (default: SOTONG_CITY_DIR).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """When a period ends, and the reason for each day."""
    from app.city_files import load_city
    from app.cli.due_input import parse_extension, parse_moment, parse_pause
    from core.clock import Extension, check_extension, due_at
    from core.errors import Refused

    received_at = parse_moment(received, option="--received")
    folder = city if city is not None else _configured_city()
    seoul = load_city(folder)
    wanted = _wanted(seoul, period=period, kind=kind)
    pauses = [parse_pause(each) for each in pause or ()]
    extensions = [parse_extension(each, period=wanted) for each in extend or ()]
    calendar = seoul.calendar
    try:
        for number, extension in enumerate(extensions):
            check_extension(
                received_at,
                wanted,
                extension,
                calendar=calendar,
                pauses=pauses,
                before=extensions[:number],
                consent=True,
            )
        named = [
            Extension(one, "민원인의 동의로 한 번 더" if number else "")
            for number, one in enumerate(extensions)
        ]
        found = due_at(received_at, wanted, calendar=calendar, pauses=pauses, extensions=named)
        data = _data(
            seoul, received_at, wanted, found, kind=kind, pauses=pauses, extensions=extensions
        )
    except Refused as refused:
        _explain(refused, folder=folder, city=seoul, period=wanted, extensions=extensions)
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    _print(data, found, wanted)


def _wanted(city: City, *, period: str | None, kind: str | None) -> Period:
    """The period that is asked for, by itself or by its kind. Raises BadParameter."""
    from core.city import UnknownName
    from core.clock import Period
    from core.errors import Refused

    if kind is not None:
        try:
            matter = city.matter(kind.strip())
        except UnknownName:
            known = ", ".join(one.id for one in city.matters)
            raise typer.BadParameter(
                f"{kind!r} is no kind of matter: write one of {known}.", param_hint="--kind"
            ) from None
        if period is None:
            if matter.period is None:
                raise typer.BadParameter(
                    f"the period of {matter.id} stands in its own law: give it with --period, "
                    "such as --period 10d.",
                    param_hint="--kind",
                )
            return Period.parse(matter.period)
    if period is None:
        raise typer.BadParameter(
            "give --period (such as 7d) or --kind (such as 고충).", param_hint="--period"
        )
    try:
        return Period.parse(period)
    except Refused:
        raise typer.BadParameter(
            f"{period!r} is not a period: write 3h, 5d, 7d, 2w, 1m, 1y or 즉시.",
            param_hint="--period",
        ) from None


def _explain(
    refused: Refused, *, folder: Path, city: City, period: Period, extensions: list[Period]
) -> NoReturn:
    """A refusal of the clock as a sentence that names what to change."""
    if refused.code == "calendar_year_missing":
        years = ", ".join(str(year) for year in sorted(city.calendar.years))
        raise typer.BadParameter(
            f"the count needs the year {refused.values['year']}, of which the calendar in "
            f"{folder} knows nothing (it has {years}): add that year's holidays there.",
            param_hint="--received",
        ) from None
    given = ", ".join(map(str, extensions))
    sentences = {
        "extension_third": "a period may be extended twice at most (시행령 21조): leave out the third.",
        "extension_unit": f"{given} cannot follow {period}: write it in the period's own unit, or as "
        "a plain number.",
        "extension_too_long": f"{given}: each extension may be as long as the period itself at most "
        f"({period}, 시행령 21조).",
    }
    if refused.code in sentences:
        raise typer.BadParameter(sentences[refused.code], param_hint="--extend") from None
    raise refused


def _data(
    city: City,
    received_at: datetime,
    period: Period,
    found: Due,
    *,
    kind: str | None,
    pauses: list[Pause],
    extensions: list[Period],
) -> dict[str, object]:
    from core.clock import KST, progress_dates, receive_by, reminder_times

    calendar, duties = city.calendar, city.duties
    local = found.due.astimezone(KST)
    reminders = reminder_times(received_at, due=found.due, calendar=calendar, duties=duties)
    progress = progress_dates(received_at, until=found.due, calendar=calendar, duties=duties)
    data: dict[str, object] = {
        "received_at": received_at.astimezone(KST).isoformat(),
        "period": str(period),
        "due_at": local.isoformat(),
        "due_at_utc": found.due.astimezone(UTC).isoformat(),
        "trace": [line.to_data() for line in found.trace],
        "pauses": [
            {
                "from": one.start.astimezone(KST).isoformat(),
                "to": one.end.astimezone(KST).isoformat(),
            }
            for one in pauses
        ],
        "extensions": [str(one) for one in extensions],
        "progress": [day.isoformat() for day in progress],
        "reminders": [at.astimezone(KST).isoformat() for at in reminders],
    }
    if kind is not None:
        matter = city.matter(kind.strip())
        by = receive_by(received_at, calendar=calendar, duties=duties).due
        data |= {
            "kind": matter.id,
            "law": matter.law,
            "receive_by": by.astimezone(KST).isoformat(),
        }
    return data


def _print(data: dict[str, object], found: Due, period: Period) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("날짜", "계산", "내용", title=f"처리 기간 {period.in_korean()}")
    for line in found.trace:
        how = "셈" if line.counted else "이음" if line.kind == "extension" else "뺌"
        table.add_row(line.date.isoformat(), how, line.text)
    console = Console()
    console.print(f"접수  {_short(data['received_at'])}")
    if "kind" in data:
        console.print(f"종류  {data['kind']} ({data['law']})")
        console.print(f"접수 기한  {_short(data['receive_by'])} (도착이 위 시각이면)")
    console.print(table)
    console.print(f"기한  {_short(data['due_at'])} (서울 시각)", style="bold")
    for title, name in (("진행 통지", "progress"), ("미리 알림", "reminders")):
        values = data[name]
        if isinstance(values, list) and values:
            console.print(f"{title}  {', '.join(_short(each) for each in values)}")


def _short(value: object) -> str:
    return str(value)[:16].replace("T", " ")


def _configured_city() -> Path:
    from app.settings import Settings

    return Settings.read().city_dir
