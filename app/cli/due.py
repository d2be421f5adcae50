"""`sotong due`: when a period ends and why, by the city's calendar; it must not count by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "2026-05-04T10:00"


def due(
    received: Annotated[
        str, typer.Option(help=f"When it arrived, such as {EXAMPLE}; without a zone: Seoul time.")
    ],
    period: Annotated[
        str, typer.Option(help="3h hours, 5d days, 2w weeks, 1m months, 1y years, 즉시 at once.")
    ],
    city: Annotated[
        Path | None, typer.Option(help="Folder of the city's files (default: SOTONG_CITY_DIR).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """When a period ends, and the reason for each day."""
    from app.city_files import load_city
    from core.clock import KST, Period, due_at
    from core.errors import Refused

    received_at = parse_received(received)
    folder = city if city is not None else _configured_city()
    try:
        wanted = Period.parse(period)
        calendar = load_city(folder).calendar
        ends_at, trace = due_at(received_at, wanted, calendar=calendar)
    except Refused as refused:
        if refused.code == "period_unreadable":
            raise typer.BadParameter(
                f"{period!r} is not a period: write 3h, 5d, 7d, 2w, 1m, 1y or 즉시.",
                param_hint="--period",
            ) from None
        if refused.code == "calendar_year_missing":
            years = ", ".join(str(year) for year in sorted(calendar.years))
            raise typer.BadParameter(
                f"the count needs the year {refused.values['year']}, of which the calendar in "
                f"{folder} knows nothing (it has {years}): add that year's holidays there.",
                param_hint="--received",
            ) from None
        raise

    local = ends_at.astimezone(KST)
    if as_json:
        data = {
            "received_at": received_at.astimezone(KST).isoformat(),
            "period": str(wanted),
            "due_at": local.isoformat(),
            "due_at_utc": ends_at.astimezone(UTC).isoformat(),
            "trace": [line.to_data() for line in trace],
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("날짜", "계산", "내용", title=f"처리 기간 {wanted.in_korean()}")
    for line in trace:
        table.add_row(line.date.isoformat(), "셈" if line.counted else "뺌", line.text)
    console = Console()
    console.print(f"접수  {received_at.astimezone(KST):%Y-%m-%d %H:%M}")
    console.print(table)
    console.print(f"기한  {local:%Y-%m-%d %H:%M} (서울 시각)", style="bold")


def parse_received(text: str) -> datetime:
    """An aware time from ISO text; a time without a zone is Seoul's. Raises BadParameter."""
    from core.clock import KST

    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or ":" not in text:
        raise typer.BadParameter(
            f"{text!r} is not a date with a time: write it like {EXAMPLE} "
            f"(or {EXAMPLE}+09:00 with a zone).",
            param_hint="--received",
        )
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=KST)


def _configured_city() -> Path:
    from app.settings import Settings

    return Settings.read().city_dir
