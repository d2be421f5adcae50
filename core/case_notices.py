"""What a citizen hears of a case without asking, as deliveries. Must not change a case or word a text.

The caller's transaction decides both: the change and what is said about it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from core.case_links import followers_of
from core.city import City
from core.clock import KST
from core.conversations import ERASED
from core.deliveries import enqueue
from core.models.case import Case
from core.models.conversation import Conversation
from core.replies import Choice, Image, Reply, albums
from core.texts import REQUIRED

# What the choice under "what was amiss?" answers, and what typed words answer in its place.
WITHOUT_COMMENT = "without_comment"
COMMENT = "comment"


def tell_citizen(
    session: Session,
    *,
    city: City,
    case: Case,
    note: str,
    images: Sequence[int],
    alts: Sequence[str],
    now: datetime,
) -> None:
    """Enqueue what changed and its photos, for the chat where the case began.

    ``images`` are attachments' ids, ``alts`` their words in the same order.
    """
    department = city.department(case.department_id)
    key = f"case_status_{case.status}"
    values = {
        "number": case.number,
        "note": note,
        "department": f"{department.name}({department.phone})",
        "due": f"{case.due_at.astimezone(KST):%Y-%m-%d %H:%M}",
    }
    text = city.texts.render(key, **{name: values[name] for name in REQUIRED[key]})
    _tell_all(session, case=case, text=text, images=images, alts=alts, now=now)


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
    text = city.texts.render("case_note", number=case.number, department=name, note=note)
    _tell_all(session, case=case, text=text, images=images, alts=alts, now=now)


def _tell_all(
    session: Session,
    *,
    case: Case,
    text: str,
    images: Sequence[int],
    alts: Sequence[str],
    now: datetime,
) -> None:
    """Where the case began and wherever it was linked by its code (core.case_links)."""
    owner = session.get_one(Conversation, case.conversation_id)
    talks = [owner, *followers_of(session, case_id=case.id)]
    for conversation in talks:
        if conversation.address.startswith(ERASED):
            continue  # Nobody is there any more, and nothing shall be kept about them.
        name = f"case:{case.id}:{case.version}"
        if conversation is not owner:
            name += f":c{conversation.id}"
        for index, reply in enumerate([Reply(text), *albums(list(map(Image, images, alts)))]):
            enqueue(
                session,
                conversation=conversation,
                reply=reply,
                kind="status",
                dedupe_key=f"{name}:{index}",
                case_id=case.id,
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


def rating_choice(title: str, **values: str | int) -> Choice:
    """A choice about the rating of a case; ``values`` travel as entities (domain.yml)."""
    return Choice(title, f"/rate_service{json.dumps(values)}")
