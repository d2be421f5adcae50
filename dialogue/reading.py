"""Reads one turn before Rasa does: what can be answered at once, and what Rasa shall hear. Must not write.

Bad input gets its clear answer here, so that it cannot disturb a form: empty messages, emoji alone,
things we cannot take, old buttons.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.city import City
from core.drafts import LIFETIME, open_draft
from core.inbound import TurnKind
from core.invitations import Invitations
from core.models.conversation import Conversation, Draft, Turn
from core.replies import Choice, Reply
from dialogue.abuse import calm_answer
from dialogue.case_talk import resolve_case_photo, resolve_case_words
from dialogue.choices import case_in_reply, parse_payload, resolve_press, resolve_typed
from dialogue.policy_talk import resolve_policy_words
from dialogue.rasa import RasaTurn
from dialogue.survey import is_pressed_score, resolve_comment, resolve_score
from korean.findings import DRIVER_LICENSE, PASSPORT
from korean.redact import without_notices

ANALYSED_CHARACTERS = 2000
# Commands that people know from messengers; everything else that begins with "/" is plain text.
_COMMANDS = {
    "/start": "start",
    "/시작": "start",
    "/help": "help",
    "/도움말": "help",
    "/cancel": "cancel",
    "/취소": "cancel",
    "/privacy": "privacy",
    # The welcome text promises this word.
    "개인정보": "privacy",
}
# A link may start a report of one kind of service: a sign on a lamp post says "report this".
SERVICE_CONTEXT = "s_"
# code → the text's key and the size that it names
_PROBLEMS = {
    "file_too_large": ("file_too_large", 20),
    "file_kind": ("file_kind", 0),
    "video_unreadable": ("video_unreadable", 0),
    "pdf_unreadable": ("pdf_unreadable", 0),
    "file_lost": ("file_lost", 0),
    "photo_too_large": ("photo_too_large", 10),
    "photo_unreadable": ("unreadable_photo", 0),
    "files_no_room": ("files_no_room", 0),
    "files_today": ("files_today", 0),
}


@dataclass(frozen=True)
class Reading:
    """``before`` stands before Rasa's replies, ``after`` behind them; no ``for_rasa``: no need to ask.

    An ``aside`` is said beside the question at hand, which can still be answered by its number.
    """

    before: tuple[Reply, ...] = ()
    for_rasa: RasaTurn | None = None
    after: tuple[Reply, ...] = ()
    aside: bool = False


def start_choices(city: City) -> tuple[Choice, ...]:
    """What the bot can do, as things to press."""
    return tuple(
        Choice(city.texts.render(f"choice_{key}"), payload)
        for key, payload in (
            ("report", "/report_complaint"),
            ("case", "/check_case"),
            ("question", "/ask_policy"),
            ("officer", "/talk_to_officer"),
        )
    )


def read_turn(
    session: Session,
    *,
    turn: Turn,
    city: City,
    now: datetime,
    invitations: Invitations | None = None,
    noted_in_case: str | None = None,
) -> Reading:
    """Decide what this turn needs.

    ``noted_in_case``: the case that an edit or a late photo of this turn was added to.
    """
    conversation = session.get_one(Conversation, turn.conversation_id)
    if conversation.mode == "officer" and not is_pressed_score(session, turn=turn):
        # A person has this conversation; the bot keeps silent. It takes only what it asked for itself.
        return Reading()
    texts = city.texts

    def say(key: str, **values: object) -> Reading:
        return Reading(before=(Reply(texts.render(key, **values)),), aside=True)

    if turn.unread_token is not None:
        return say("turn_failed")
    if noted_in_case is not None:
        return say("added_to_case", number=noted_in_case)
    command = _COMMANDS.get(turn.text.strip().lower()) if turn.kind == TurnKind.TEXT else None
    if turn.kind == TurnKind.START or command == "start":
        return _start(session, turn, conversation, city=city, now=now, invitations=invitations)
    if command == "help":
        return Reading(before=(Reply(texts.render("help"), choices=start_choices(city)),))
    if command == "privacy":
        return say("privacy_detail", city=city.jurisdiction.name)
    if turn.kind == TurnKind.UNSUPPORTED:
        goes_on = _form_goes_on(session, turn, city, "unsupported_kind")
        return Reading(before=goes_on, aside=True)

    before = [Reply(texts.render(key)) for key in _removed(turn.refused)]
    before += [Reply(problem_text(city, code)) for code in dict.fromkeys(turn.problems)]

    def rasa(
        *,
        text: str | None = None,
        meaning: dict[str, Any] | None = None,
        after: tuple[Reply, ...] = (),
    ) -> Reading:
        heard = _for_rasa(session, turn, conversation, now, text=text, parse_data=meaning)
        return Reading(before=tuple(before), for_rasa=heard, after=after)

    if turn.kind == TurnKind.CHOICE:
        chosen = resolve_press(session, turn=turn)
        if chosen.outcome == "repeated":
            return Reading()
        if chosen.outcome != "chosen" or chosen.choice is None:
            return say("stale_choice" if chosen.outcome == "stale" else "wrong_choice")
        return rasa(meaning=parse_payload(chosen.choice.payload, title=chosen.choice.title))
    if command == "cancel":
        return rasa(meaning=parse_payload("/cancel", title="취소"))
    if turn.kind == TurnKind.LOCATION:
        named = turn.text.strip() or texts.render("location_as_text", **_rounded(turn))
        return rasa(meaning=_inform(named, entity="place"))
    before_edit = _last_heard(turn) or {}
    heard_before = before_edit.get("text") == turn.text
    if heard_before and len(turn.attachment_ids) == before_edit["attachments"]:
        return Reading(before=tuple(before), aside=True)
    if turn.attachment_ids and (heard_before or not _readable(turn.text)):
        photo = texts.render("photo_as_text")
        for_case = resolve_case_photo(session, turn=turn, title=photo)
        return rasa(meaning=for_case or _inform(photo, entity=None))

    text = turn.text.strip()
    if not _readable(without_notices(text)):
        # Nothing is left but the mark of what was refused, or there never were words.
        if before:
            return Reading(before=(*before, *_form_goes_on(session, turn, city)), aside=True)
        return say("only_emoji" if text else "empty_message")
    typed = resolve_score(session, turn=turn) or resolve_typed(session, turn=turn)
    if typed == "stale":
        return say("stale_choice")
    if typed is not None:
        return rasa(meaning=parse_payload(typed.payload, title=typed.title))
    after = []
    if len(turn.text) > ANALYSED_CHARACTERS:
        after.append(Reply(texts.render("too_long_kept", limit=ANALYSED_CHARACTERS)))
    text = text[:ANALYSED_CHARACTERS]
    meant = (
        resolve_comment(session, turn=turn, text=text)
        or resolve_case_words(session, turn=turn, city=city, text=text, now=now)
        or resolve_policy_words(session, turn=turn, city=city, text=text)
    )
    calm = None if meant else calm_answer(session, turn, texts=texts, now=now)
    if calm is not None:
        return Reading(before=(*before, *calm), aside=True)
    return rasa(text=None if meant else text, meaning=meant, after=tuple(after))


def _removed(refused: Collection[str]) -> Iterator[str]:
    """The texts that tell which kinds of numbers were removed at the door."""
    papers = {PASSPORT, DRIVER_LICENSE}
    if not papers.issuperset(refused):
        yield "resident_number_removed"
    if not papers.isdisjoint(refused):
        yield "paper_number_removed"


def problem_text(city: City, code: str) -> str:
    """What a citizen reads about a file that could not be taken."""
    # A provider has more ways to refuse a file than a citizen must tell apart.
    key, limit = _PROBLEMS.get(code, _PROBLEMS["file_lost"])
    return city.texts.render(key, limit_mb=limit) if limit else city.texts.render(key)


def _start(
    session: Session,
    turn: Turn,
    conversation: Conversation,
    *,
    city: City,
    now: datetime,
    invitations: Invitations | None,
) -> Reading:
    """The welcome; after a link with a context it goes on with what the citizen wrote in public."""
    texts = city.texts
    text = texts.render(_start_key(city, turn.channel), city=city.jurisdiction.name)
    told = _told_in_public(session, turn, conversation, invitations)
    if told is not None:
        photo = None if _readable(told.text) else texts.render("photo_as_text")
        what = photo or told.text
        return Reading(
            before=(Reply(text), Reply(texts.render("start_goes_on", what=what[:200]))),
            for_rasa=_for_rasa(
                session,
                turn,
                conversation,
                now,
                text=None if photo else what[:ANALYSED_CHARACTERS],
                parse_data=_inform(photo, entity=None) if photo else None,
                attachment_ids=told.attachment_ids,
            ),
        )
    code = (turn.context or "").removeprefix(SERVICE_CONTEXT)
    if code != turn.context and city.has_service(code):
        meaning = parse_payload(
            f'/report_complaint{{"service_code": "{code}"}}', title=city.service(code).name
        )
        return Reading(
            before=(Reply(text),),
            for_rasa=_for_rasa(session, turn, conversation, now, parse_data=meaning),
        )
    return Reading(before=(Reply(text, choices=start_choices(city)),))


def _told_in_public(
    session: Session, turn: Turn, conversation: Conversation, invitations: Invitations | None
) -> Turn | None:
    """The public message that the link goes on from, if it is this citizen's own and says something."""
    if invitations is None or turn.context is None:
        return None
    turn_id = invitations.read(turn.context)
    told = session.get(Turn, turn_id) if turn_id is not None else None
    if told is None or told.channel != turn.channel or told.author != conversation.address:
        return None
    says = _readable(told.text) or bool(told.attachment_ids)
    return told if says and told.unread_token is None else None


def _form_goes_on(session: Session, turn: Turn, city: City, *keys: str) -> tuple[Reply, ...]:
    """The texts ``keys`` and, while a report is open, the question that still stands."""
    replies = [Reply(city.texts.render(key)) for key in keys]
    if open_draft(session, conversation_id=turn.conversation_id) is not None:
        replies.append(Reply(city.texts.render("form_goes_on")))
    return tuple(replies)


def _for_rasa(
    session: Session,
    turn: Turn,
    conversation: Conversation,
    now: datetime,
    *,
    text: str | None = None,
    parse_data: dict[str, Any] | None = None,
    attachment_ids: list[Any] | None = None,
) -> RasaTurn:
    draft = open_draft(session, conversation_id=conversation.id)
    if draft is not None and now - draft.updated_at > LIFETIME:
        draft = None
    last = conversation.last_answered_at
    metadata = {
        "turn_id": turn.id,
        "conversation_id": conversation.id,
        "channel": turn.channel,
        "kind": turn.kind,
        "attachment_ids": list(attachment_ids or turn.attachment_ids),
        "location": turn.location,
        "arrived_at": turn.arrived_at.isoformat(),
    }
    heard = _last_heard(turn)
    if heard is not None:
        # Only what is new: the rest was heard before.
        metadata["attachment_ids"] = turn.attachment_ids[heard["attachments"] :]
        if text is not None and heard["text"] not in ("", turn.text):
            metadata["corrects"] = heard["text"]
    if turn.reply_to is not None:
        metadata["about_case"] = case_in_reply(session, turn=turn)
    return RasaTurn(
        turn_id=turn.id,
        conversation_id=conversation.id,
        text=text,
        parse_data=parse_data,
        metadata=metadata,
        idle_seconds=(now - last).total_seconds() if last else 0.0,
        draft=({"slots": draft.slots, "requested_slot": draft.requested_slot} if draft else None),
        new_session=_lapsed_since(session, conversation),
        revision=turn.revision,
    )


def _last_heard(turn: Turn) -> dict[str, Any] | None:
    """What a revised turn said at its last answer; None when it was never answered.

    A turn may change after a worker has taken it and before anybody reads it: all of it is new then.
    """
    return turn.revised if turn.answered_at is not None else None


def _lapsed_since(session: Session, conversation: Conversation) -> bool:
    """Whether a draft lapsed after the last answer: then Rasa's form must be forgotten too."""
    newest = session.scalars(
        select(Draft)
        .where(Draft.conversation_id == conversation.id)
        .order_by(Draft.id.desc())
        .limit(1)
    ).first()
    return (
        newest is not None
        and newest.state == "lapsed"
        and (
            conversation.last_answered_at is None
            or newest.updated_at > conversation.last_answered_at
        )
    )


def _start_key(city: City, channel: str) -> str:
    key = f"start_{channel}"
    return key if key in city.texts.entries else "start_web"


def _inform(text: str, *, entity: str | None) -> dict[str, Any]:
    entities = [{"entity": entity, "value": text, "start": 0, "end": len(text)}] if entity else []
    return {"text": text, "intent": {"name": "inform", "confidence": 1.0}, "entities": entities}


def _rounded(turn: Turn) -> dict[str, str]:
    location = turn.location or {}
    return {"lat": f"{location['lat']:.5f}", "long": f"{location['long']:.5f}"}


def _readable(text: str) -> bool:
    """Whether there is a letter or a digit in it; emoji and signs alone say nothing we could file."""
    return any(unicodedata.category(c)[0] in "LN" for c in text)
