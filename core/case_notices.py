"""What a citizen hears of a case without asking, as deliveries. Must not change a case or word a text.

The caller's transaction decides both: the change and what is said about it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.case_events import Actor
from core.case_links import followers_of
from core.case_status import CaseStatus
from core.city import City, UnknownName
from core.clock import KST
from core.conversations import ERASED
from core.deliveries import enqueue
from core.matters import LEGAL, TALK
from core.models.case import Case, CaseEvent
from core.models.conversation import Conversation
from core.put_away import hidden
from core.replies import Choice, Image, Reply, albums
from core.texts import REQUIRED

# What the choice under "what was amiss?" answers, and what typed words answer in its place.
WITHOUT_COMMENT = "without_comment"
COMMENT = "comment"
# As the entity ``next`` of a choice: words that are typed in its place are the citizen's answer to it.
WORDS = "words"
MORE_TIME = "ask_more_time"


@dataclass(frozen=True)
class Signature:
    """Who answers for a case: 소속·성명·연락처 (시행령 31조)."""

    who: str
    phone: str


def sign(city: City, case: Case, actor: Actor) -> Signature:
    """The officer with department and phone; the department of the case where no officer acts."""
    department = city.department(case.department_id)
    if actor.kind != "officer":
        return Signature(department.name, department.phone)
    if actor.department_id is not None:
        with suppress(UnknownName):
            department = city.department(actor.department_id)
    return Signature(f"{department.name} {actor.name}".strip(), department.phone)


def remedy(city: City, *, kind: str, refused: bool) -> str:
    """What the citizen can do against the result; an objection only where the law gives one (35조).

    Only a refusal of a 법정민원 can be objected to.
    """
    if kind == LEGAL:
        return city.texts.render("remedy_legal_refused" if refused else "remedy_legal")
    key = {"고충": "remedy_grievance", TALK: "remedy_talk"}.get(kind, "remedy_civil")
    return city.texts.render(key)


def tell_citizen(
    session: Session,
    *,
    city: City,
    case: Case,
    event: CaseEvent,
    signature: Signature,
    images: Sequence[int],
    alts: Sequence[str],
    by: Actor,
    now: datetime,
) -> None:
    """Enqueue what changed and its photos, for the chat where the case began.

    ``images`` are attachments' ids, ``alts`` their words in the same order. ``by`` did it: a conversation
    that did it itself is not told.
    """
    department = city.department(case.department_id)
    until = event.data.get("until")
    values = {
        "number": case.number,
        "note": event.note,
        "department": f"{department.name}({department.phone})",
        "due": day_and_time(case.due_at),
        "officer": signature.who,
        "phone": signature.phone,
        "remedy": remedy(city, kind=case.kind, refused=case.status == CaseStatus.REJECTED.value),
        "until": day_and_time(datetime.fromisoformat(until)) if until else "",
        "agency": event.data.get("agency") or city.texts.render("case_other_agency"),
    }
    tell(
        session,
        city=city,
        case=case,
        key=f"case_status_{case.status}",
        values=values,
        images=images,
        alts=alts,
        choices=supplement_choices(city, number=case.number) if until else (),
        by=by,
        now=now,
    )


def tell(
    session: Session,
    *,
    city: City,
    case: Case,
    key: str,
    values: Mapping[str, str],
    images: Sequence[int] = (),
    alts: Sequence[str] = (),
    now: datetime,
    dedupe: str = "",
    choices: tuple[Choice, ...] = (),
    by: Actor | None = None,
) -> None:
    """Enqueue the text ``key`` with those of ``values`` that it uses; once per version and ``dedupe``.

    Where the case began, and wherever it was linked by its code (core.case_links). Only who filed it may
    act on it and gets the ``choices``.
    """
    text = city.texts.render(key, **{name: values[name] for name in REQUIRED[key]})
    own = [Reply(text, choices=choices), *albums(list(map(Image, images, alts)))]
    # A token means nothing in another conversation, or the wrong thing: the number of its own citizen.
    others = [Reply(hidden(text)), *albums(list(map(Image, images, map(hidden, alts))))]
    owner = session.get_one(Conversation, case.conversation_id)
    for conversation in [owner, *followers_of(session, case_id=case.id)]:
        if conversation.address.startswith(ERASED):
            continue  # Nobody is there any more, and nothing shall be kept about them.
        if by == Actor("citizen", f"conversation:{conversation.id}"):
            continue  # Answered in the same breath.
        name = f"case:{case.id}:{dedupe or case.version}"
        if conversation is not owner:
            name += f":c{conversation.id}"
        for index, reply in enumerate(own if conversation is owner else others):
            enqueue(
                session,
                conversation=conversation,
                reply=reply,
                kind="status",
                dedupe_key=f"{name}:{index}",
                case_id=case.id,
                now=now,
            )


def day_and_time(at: datetime) -> str:
    """A moment of Seoul as texts to citizens write it."""
    return f"{at.astimezone(KST):%Y-%m-%d %H:%M}"


def tell_note(
    session: Session,
    *,
    city: City,
    case: Case,
    note: str,
    images: Sequence[int],
    alts: Sequence[str],
    now: datetime,
) -> None:
    """Enqueue what a department says of a case that stays in its state, and its photos."""
    name = city.department(case.department_id).name
    tell(
        session,
        city=city,
        case=case,
        key="case_note",
        values={"number": case.number, "department": name, "note": note},
        images=images,
        alts=alts,
        now=now,
    )


def ask_how_it_was(session: Session, *, city: City, case: Case, now: datetime) -> None:
    """Ask once per case how the result was, however often the case is answered."""
    enqueue(
        session,
        conversation=session.get_one(Conversation, case.conversation_id),
        reply=survey(city, number=case.number),
        # A notice's choices stand beside the question at hand.
        kind="notice",
        dedupe_key=f"survey:{case.id}",
        case_id=case.id,
        now=now,
    )


def survey(city: City, *, number: str) -> Reply:
    """The question how a result was. The n-th choice is the score n, so that a typed number means it."""
    choices = tuple(
        rating_choice(city.texts.render(f"rate_score_{score}"), score=score, case_number=number)
        for score in range(1, 6)
    )
    return Reply(city.texts.render("rate_ask", number=number), choices=choices)


def supplement_choices(city: City, *, number: str) -> tuple[Choice, ...]:
    """What to press under a request for a supplement; words typed after it are the answer."""
    return (
        act_choice(
            city.texts.render("choice_supplement"), "add_to_case", case_number=number, next=WORDS
        ),
        act_choice(city.texts.render("choice_more_time"), MORE_TIME, case_number=number),
    )


def act_choice(title: str, intent: str, **values: str | int) -> Choice:
    """A choice that does something about a case of the citizen's; ``values`` travel as entities."""
    return Choice(title, f"/{intent}{json.dumps(values)}")


def rating_choice(title: str, **values: str | int) -> Choice:
    """A choice about the rating of a case; ``values`` travel as entities (domain.yml)."""
    return Choice(title, f"/rate_service{json.dumps(values)}")
