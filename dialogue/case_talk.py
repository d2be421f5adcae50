"""Reads what is typed or sent in answer to a question about an own case. Must not keep or ask anything.

Words mean such an answer only when the question is the very last thing that the citizen was told and no
report is open; otherwise they mean what they always mean. What is not clearly an answer is left to Rasa.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from core.case_mentions import find_named
from core.case_notices import MORE_TIME, WORDS
from core.city import City
from core.drafts import open_draft
from core.models.case import PAUSED_CASES, Case
from core.models.conversation import Delivery, Turn
from core.replies import Choice, Reply
from core.routing import clear_service
from dialogue.choices import parse_payload
from korean.answers import is_cancel, is_skip, yes_no
from korean.case_wishes import read_days, wants_more_time, wants_withdrawal
from korean.normalise import fold
from korean.questions import is_question
from korean.receipts import read_number

ADD = "add_to_case"
ACTS = frozenset({ADD, "withdraw_case", "reopen_case", "appeal_decision", MORE_TIME})
# Words that come much later are more likely about something else; a supplement may take days.
ANSWERED_WITHIN = timedelta(hours=1)
# A notice and its albums are several messages.
MOST_TOGETHER = 6
_LONGEST_PERSON = 25
_PERSON = re.compile(
    r"(?:상담[원사]|담당자|직원|사람|공무원).{0,8}(?:연결|바꿔|통화|얘기|이야기|대화|불러|부탁)"
)
_POLITE = re.compile(
    r"(?:(?:네|넵|예|아|앗)*(?:감사|고마|고맙|땡큐|수고|안녕|반갑|알겠|알았|확인했|그렇군|ㅇㅋ|오케이|ㄱㅅ).*)"
)
_LONGEST_POLITE = 14
# Who tells more than this tells of something new.
_LONGEST_NAME = 40


def resolve_case_words(
    session: Session, *, turn: Turn, city: City, text: str, now: datetime
) -> dict[str, Any] | None:
    """Rasa's parse data for ``text`` as the answer to what we asked about a case; None: it is none."""
    if _is_closed(session, turn) or (len(text) <= _LONGEST_PERSON and _PERSON.search(text)):
        return None
    asked = _asked(session, turn)
    if not asked:
        return None
    words = next((choice for choice in asked if _values(choice).get("next") == WORDS), None)
    yes = next((choice for choice in asked if _values(choice).get("answer") == "yes"), None)
    answer = yes_no(text)
    if answer is False or is_cancel(text) or is_skip(text):
        no = next((choice for choice in asked if _values(choice).get("answer") == "no"), None)
        return parse_payload(no.payload, title=text) if no is not None else None
    short = len(fold(text)) <= _LONGEST_POLITE and not turn.attachment_ids
    if yes is None and short and _POLITE.fullmatch(fold(text)):
        return None
    if answer and not turn.attachment_ids:
        return _yes(asked, yes or words, text=text, is_yes=yes is not None)
    if words is not None:
        return _as_words(words, turn=turn, city=city, session=session, text=text)
    meant = _chosen_days(asked, text) or _chosen_case(
        session, asked, turn=turn, city=city, text=text, now=now
    )
    return parse_payload(meant.payload, title=text) if meant is not None else None


def _yes(
    asked: Sequence[Choice], wanted: Choice | None, *, text: str, is_yes: bool
) -> dict[str, Any] | None:
    """What a bare yes means: the choice that says so, or the only thing that is offered."""
    if wanted is None:
        wanted = asked[0] if len(asked) == 1 else None
        if wanted is None or _values(wanted).get("answer") == "undo":
            return None
    # A bare yes to "what is still amiss?" is asked once more.
    values = {k: v for k, v in _values(wanted).items() if is_yes or k != "answer"}
    return _parse(_intent(wanted), values, text=text)


def _chosen_days(asked: Sequence[Choice], text: str) -> Choice | None:
    """The choice of a length with the length that was typed in its place."""
    days = read_days(text)
    offered = next((choice for choice in asked if "days" in _values(choice)), None)
    if days is None or offered is None or is_question(text):
        return None
    values = {**_values(offered), "days": days}
    return Choice(text, f"/{_intent(offered)}{json.dumps(values)}")


def _chosen_case(
    session: Session,
    asked: Sequence[Choice],
    *,
    turn: Turn,
    city: City,
    text: str,
    now: datetime,
) -> Choice | None:
    """Of several cases that were offered the one that the words name ("시청역 거요")."""
    offered = {
        _values(choice)["case_number"]: choice
        for choice in asked
        if "said" in _values(choice) and "answer" not in _values(choice)
    }
    number = read_number(text)
    if number is not None or len(text) > _LONGEST_NAME:
        return offered.get(number)
    named = find_named(session, city=city, conversation_id=turn.conversation_id, text=text, now=now)
    return offered.get(named[0].number) if len(named) == 1 else None


def resolve_case_photo(session: Session, *, turn: Turn, title: str) -> dict[str, Any] | None:
    """Rasa's parse data for a photo or file without words that is meant for a case; None: for a report."""
    if _is_closed(session, turn):
        return None
    act = next((c for c in _asked(session, turn) if _values(c).get("next") == WORDS), None)
    if act is not None and _intent(act) in (ADD, "reopen_case"):
        return _parse(_intent(act), {**_values(act), "answer": "photos"}, text=title)
    waiting = session.scalars(
        select(Case)
        .where(Case.conversation_id == turn.conversation_id, sql(PAUSED_CASES))
        .order_by(Case.id.desc())
    ).first()
    if waiting is None:
        return None
    return _parse(ADD, {"case_number": waiting.number, "answer": "ask"}, text=title)


def _as_words(
    act: Choice, *, turn: Turn, city: City, session: Session, text: str
) -> dict[str, Any] | None:
    intent, values = _intent(act), _values(act)
    if intent == ADD:
        if wants_more_time(text) and not turn.attachment_ids:
            return _parse(
                MORE_TIME, {"case_number": values["case_number"], "said": turn.id}, text=text
            )
        if wants_withdrawal(text) and len(text) <= _LONGEST_PERSON:
            return None
        if not turn.attachment_ids and (is_question(text) or _another(session, city, values, text)):
            return _parse(intent, {**values, "answer": "ask", "said": turn.id}, text=text)
    return _parse(intent, {**values, "answer": WORDS}, text=text)


def _another(session: Session, city: City, values: Mapping[str, Any], text: str) -> bool:
    """Whether the words tell of a matter of another kind than the case."""
    code = clear_service(city, text)
    if code is None:
        return False
    case = session.scalars(select(Case).where(Case.number == values["case_number"])).first()
    return case is not None and case.service_code != code


def _is_closed(session: Session, turn: Turn) -> bool:
    """In the middle of a report all words are its answers; an edit was read before."""
    if turn.revised is not None and turn.answered_at is not None:
        return True
    return open_draft(session, conversation_id=turn.conversation_id) is not None


def _asked(session: Session, turn: Turn) -> tuple[Choice, ...]:
    """The choices about a case under the last thing that was said before this turn arrived."""
    said: Sequence[Delivery] = session.scalars(
        select(Delivery)
        .where(
            Delivery.conversation_id == turn.conversation_id,
            # What went out after the turn arrived was not known to who wrote it.
            or_(Delivery.sent_at <= turn.arrived_at, Delivery.state == "unsure"),
        )
        .order_by(Delivery.id.desc())
        .limit(MOST_TOGETHER)
    ).all()
    for each in said:
        if not _together(each, said[0]):
            break
        choices = tuple(
            choice
            for choice in Reply.from_data(each.payload).choices
            if choice.lasting and _intent(choice) in ACTS
        )
        if choices:
            late = turn.arrived_at - each.created_at > ANSWERED_WITHIN
            return () if late and each.kind != "status" else choices
    return ()


def _together(one: Delivery, last: Delivery) -> bool:
    """Whether both were said in one breath: the answers to one turn, or a notice and its albums."""
    if one.id == last.id or (one.turn_id is not None and one.turn_id == last.turn_id):
        return True
    notices = one.kind == last.kind == "status" and one.case_id == last.case_id
    return notices and one.created_at == last.created_at


def _intent(choice: Choice) -> str:
    return choice.payload[1:].partition("{")[0]


def _values(choice: Choice) -> dict[str, Any]:
    values: dict[str, Any] = json.loads("{" + choice.payload.partition("{")[2])
    return values


def _parse(intent: str, values: Mapping[str, Any], *, text: str) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if name != "next"}
    return parse_payload(f"/{intent}{json.dumps(kept)}", title=text)
