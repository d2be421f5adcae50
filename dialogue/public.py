"""Answers in a public place: what it is about, and the way into the private chat. Must not run a form.

Nothing that a citizen would have to tell is asked for here; everybody can read along.
"""

from __future__ import annotations

from collections.abc import Callable

from core.city import City
from core.errors import PermanentFailure, TemporaryFailure
from core.invitations import Invitations
from core.models.conversation import Turn
from core.ports import PrivateLinks
from core.replies import Link, Reply
from dialogue.rasa import Understood

SURE = 0.5
_TEXTS = {
    "report_complaint": "public_report",
    "suggest_idea": "public_report",
    "ask_policy": "public_question",
    "ask_budget": "public_question",
    "check_case": "public_case",
    "add_to_case": "public_case",
    "greet": "public_greet",
    "help": "public_greet",
}
# A word of thanks needs no answer in front of everybody.
_SILENT = frozenset({"thank", "goodbye"})


def answer_in_public(
    turn: Turn,
    *,
    city: City,
    understand: Callable[[str], Understood],
    links: PrivateLinks | None,
    invitations: Invitations | None,
) -> tuple[Reply, ...]:
    """One short answer with a link that carries the message into the private chat, or none."""
    text = turn.text.strip()
    intent = ""
    if text:
        try:
            understood = understand(text)
        except (TemporaryFailure, PermanentFailure):
            # The way into the private chat does not depend on understanding.
            understood = Understood("", 0.0)
        intent = understood.intent if understood.confidence >= SURE else ""
    if intent in _SILENT:
        return ()
    link = None
    if links is not None and invitations is not None:
        url = links.link(invitations.make(turn.id))
        link = Link(city.texts.render("public_link"), url) if url is not None else None
    return (Reply(city.texts.render(_TEXTS.get(intent, "public_other")), link=link),)
