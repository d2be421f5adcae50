"""Renders lines of a conversation as JSON for the browser. Must let no payload and no token out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bots.text import safe_url, without_tokens
from bots.web_input import browser_id
from core.clock import KST
from core.texts import Texts
from core.transcript import Line
from dialogue.file_answer import state_words

_WEEKDAYS = "월화수목금토일"


def korean_time(at: datetime) -> str:
    """A moment as a citizen reads it, in Seoul's time: ``2026년 5월 4일(월) 오전 10:05``."""
    local = at.astimezone(KST)
    weekday = _WEEKDAYS[local.weekday()]
    return f"{local.year}년 {local.month}월 {local.day}일({weekday}) {korean_hour(at)}"


def korean_day(at: datetime) -> str:
    """A moment's day in Seoul: ``2026년 5월 4일 월요일``."""
    local = at.astimezone(KST)
    return f"{local.year}년 {local.month}월 {local.day}일 {_WEEKDAYS[local.weekday()]}요일"


def korean_hour(at: datetime) -> str:
    """A moment's time of day in Seoul: ``오전 10:05``."""
    local = at.astimezone(KST)
    half = "오전" if local.hour < 12 else "오후"
    return f"{half} {local.hour % 12 or 12}:{local.minute:02d}"


def line_data(texts: Texts, line: Line, url_of: Callable[[int], str]) -> dict[str, Any]:
    """One line as JSON data; ``key`` is its identity for the page, ``d<id>`` or ``t<id>``."""
    data: dict[str, Any] = {
        "key": ("d" if line.kind == "delivery" else "t") + str(line.id),
        "id": line.id,
        "kind": line.kind,
        "who": line.who,
        "text": without_tokens(texts, line.text),
        "at": line.at.isoformat(),
        "day_label": korean_day(line.at),
        "time_label": korean_hour(line.at),
    }
    if line.location:
        data["location"] = {"lat": line.location["lat"], "long": line.location["long"]}
    if line.kind == "turn":
        data["state"] = line.state
        data["turn_kind"] = line.turn_kind
        data["external_id"] = browser_id(line.external_id)
        data["images"] = _images(
            texts, line, {i: texts.render("web_photo_alt") for i in line.attachment_ids}, url_of
        )
        return data
    reply = line.reply
    data["lasting"] = line.lasting
    data["choices"] = (
        [{"id": f"{line.id}.{i}", "title": c.title} for i, c in enumerate(reply.choices)]
        if reply
        else []
    )
    data["images"] = _images(
        texts, line, {i.attachment_id: i.alt for i in reply.images} if reply else {}, url_of
    )
    url = safe_url(reply.link.url) if reply and reply.link else None
    if reply and reply.link and url:
        data["link"] = {"title": reply.link.title, "url": url}
    return data


def _images(
    texts: Texts, line: Line, alts: Mapping[int, str], url_of: Callable[[int], str]
) -> list[dict[str, str]]:
    """Each picture with its address; one that the scanner has not released says so in its words."""
    said = {file.id: state_words(file, texts) for file in line.files}
    return [{"url": url_of(i), "alt": said.get(i) or alt} for i, alt in alts.items()]
