"""`sotong city`: checks the city's files and compiles them for Rasa; must not change them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from core.city import City

city_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Check the city's files (city/) or compile them for the language model.",
)

Folder = Annotated[
    Path | None, typer.Option("--city", help="Folder of the city (default: SOTONG_CITY_DIR).")
]
Boundaries = Annotated[
    Path | None,
    typer.Option("--boundaries", help="Folder of GeoJSON files (default: SOTONG_BOUNDARIES_DIR)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@city_app.command()
def check(city: Folder = None, boundaries: Boundaries = None, as_json: AsJson = False) -> None:
    """Read every file and print each mistake with file, line and what was expected.

    Exit code 0 when the city can be used, 1 when it cannot.
    """
    loaded, _out = _load(city, boundaries, as_json=as_json)
    counts = {
        "departments": len(loaded.departments),
        "services": len(loaded.services),
        "rules": len(loaded.rules),
        "gus": len(loaded.gus),
        "places": len(loaded.places),
        "texts": len(loaded.texts.entries),
        "emergencies": len(loaded.emergency),
        "gu_boundaries": len(loaded.jurisdiction.gu_areas),
        "dong_boundaries": len(loaded.jurisdiction.dong_areas),
    }
    if as_json:
        _print_json(
            {
                "ok": True,
                "name": loaded.jurisdiction.name,
                "sample": loaded.jurisdiction.sample,
                "counts": counts,
                "errors": [],
            }
        )
        return
    sample = " (sample, not official)" if loaded.jurisdiction.sample else ""
    listed = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())
    typer.echo(f"ok: {loaded.jurisdiction.name}{sample}: {listed}")


@city_app.command("compile")
def compile_(
    city: Folder = None,
    boundaries: Boundaries = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write (default: nlu/city.json under SOTONG_VAR_DIR)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the city, then write what the language model needs of it to one JSON file.

    Prints the SHA-256 of the file: the same city always gives the same bytes.
    """
    from app.city_files import compile_city

    loaded, default_out = _load(city, boundaries, as_json=as_json)
    target = out or default_out
    try:
        digest = compile_city(loaded, target)
    except OSError as error:
        _fail((f"{target}: the file cannot be written ({error.strerror})",), as_json=as_json)
    if as_json:
        _print_json({"ok": True, "path": str(target), "sha256": digest, "errors": []})
        return
    typer.echo(f"ok: {target} sha256 {digest}")


def _load(city: Path | None, boundaries: Path | None, *, as_json: bool) -> tuple[City, Path]:
    """The checked city and where to compile it to; prints every mistake and exits with 1."""
    from app.budget_files import load_budget
    from app.city_files import CityError, load_city
    from app.city_policy import load_policy
    from app.settings import Settings

    settings = Settings.read()
    folder = city or settings.city_dir
    try:
        loaded = load_city(folder, boundaries_dir=boundaries or settings.boundaries_dir)
        load_policy(folder, departments={each.id for each in loaded.departments})
        load_budget(folder)
    except CityError as error:
        _fail(error.errors, as_json=as_json)
    return loaded, settings.compiled_city


def _fail(errors: tuple[str, ...], *, as_json: bool) -> NoReturn:
    if as_json:
        _print_json({"ok": False, "errors": list(errors)})
    else:
        for line in errors:
            typer.echo(line, err=True)
        count = len(errors)
        typer.echo(f"{count} mistake{'s' if count != 1 else ''}; nothing was written.", err=True)
    raise typer.Exit(1)


def _print_json(data: dict[str, Any]) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
