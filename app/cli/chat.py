"""`sotong say` and `sotong chat`: talk to the running service from a terminal. Must not decide any answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

Url = Annotated[str | None, typer.Option(help="Address of the public app (default: the settings).")]
New = Annotated[bool, typer.Option("--new", help="Begin as a new citizen.")]
Wait = Annotated[float, typer.Option(help="How long to wait for the answer, in seconds.")]


def say(
    text: Annotated[str, typer.Argument(help="What the citizen says.")] = "",
    photo: Annotated[list[Path] | None, typer.Option(help="A picture to send first.")] = None,
    place: Annotated[str | None, typer.Option(help="A point to send: LAT,LONG.")] = None,
    url: Url = None,
    new: New = False,
    wait: Wait = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Say one thing and print the answers. The next call goes on in the same conversation."""
    from app.cli.chat_client import ChatError

    if not text and not photo and place is None:
        raise typer.BadParameter("say something, or send --photo or --place.")
    point = _parse_place(place) if place is not None else None
    try:
        client = _client(url, new)
        for path in photo or []:
            client.photo(path)
            _print_answers(client, wait, as_json)
        if point is not None:
            client.place(*point)
            _print_answers(client, wait, as_json)
        if text:
            client.say(text)
            _print_answers(client, wait, as_json)
    except ChatError as error:
        typer.echo(f"sotong: {error}", err=True)
        raise typer.Exit(1) from None


def chat(url: Url = None, new: New = False, wait: Wait = 30.0) -> None:
    """Talk in the terminal: words, a choice's number, /photo FILE, /place LAT,LONG, /quit."""
    from app.cli.chat_client import ChatError

    try:
        client = _client(url, new)
        client.start()
        _print_answers(client, wait, as_json=False)
        while True:
            try:
                line = input("나> ").strip()
            except (EOFError, KeyboardInterrupt):
                typer.echo()
                return
            if line == "/quit":
                return
            if not line:
                # An empty line asks for news: an officer may have answered.
                _print_answers(client, wait=0.0, as_json=False)
                continue
            try:
                _send_line(client, line)
            except (ChatError, typer.BadParameter) as error:
                typer.echo(f"sotong: {error}", err=True)
                continue
            _print_answers(client, wait, as_json=False)
    except ChatError as error:
        typer.echo(f"sotong: {error}", err=True)
        raise typer.Exit(1) from None


def _send_line(client: Any, line: str) -> None:
    if line.startswith("/photo "):
        client.photo(Path(line.removeprefix("/photo ").strip()).expanduser())
    elif line.startswith("/place "):
        client.place(*_parse_place(line.removeprefix("/place ")))
    else:
        client.say(line)


def _client(url: str | None, new: bool) -> Any:
    from app.cli.chat_client import ChatClient
    from app.settings import Settings

    settings = Settings.load()
    return ChatClient(
        url=(url or settings.public_url).rstrip("/"),
        session_file=settings.var_dir / "cli" / "session",
        fresh=new,
    )


def _print_answers(client: Any, wait: float, as_json: bool) -> None:
    for line in client.answers(wait=wait):
        if as_json:
            typer.echo(json.dumps(line, ensure_ascii=False))
            continue
        typer.echo(f"{'담당자' if line['who'] == 'officer' else '소통'}> {line['text']}")
        for number, choice in enumerate(line["choices"], start=1):
            typer.echo(f"   {number}. {choice['title']}")
        for image in line["images"]:
            typer.echo(f"   [사진] {image['alt']} {image['url']}")
        if "location" in line:
            typer.echo(f"   [위치] {line['location']['lat']:.5f}, {line['location']['long']:.5f}")
        if "link" in line:
            typer.echo(f"   {line['link']['title']}: {line['link']['url']}")


def _parse_place(value: str) -> tuple[float, float]:
    try:
        lat, long = (float(part) for part in value.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"{value!r} is not a point: write LAT,LONG such as 37.5663,126.9779."
        ) from None
    return lat, long
