"""Puts personal data in what officers and departments write into the vault. Must not judge what they write.

A citizen's words pass the door (``dialogue.door``); these pass here before they are stored anywhere. The
citizen to whom they go reads them whole: ``open_words`` opens them on the way out, for nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from core.city import City
from core.deliveries import WRITTEN_BY_PEOPLE, Outgoing
from core.errors import PermanentFailure, Refused
from core.guardians import NEEDED
from core.models.conversation import Conversation
from core.replies import Reply
from core.tokens import in_words, tokens_in
from core.vault import TOKEN_NAMES, TOKEN_PATTERN, Vault
from korean.redact import redact

log = logging.getLogger(__name__)

PURPOSE_TOLD = "담당자가 쓴 글을 시민에게 전함"


@dataclass(frozen=True)
class Words:
    """What writes people's words down. One for a process; holds no text."""

    vault: Vault
    public_numbers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, city: City, vault: Vault) -> Words:
        """With the numbers of the city's offices, which stay readable."""
        return cls(vault, public_numbers(city))

    def put_away(self, session: Session, text: str, *, conversation_id: int, now: datetime) -> str:
        """The text with tokens of this conversation for personal data, in the caller's transaction.

        What the law forbids to keep (개인정보 보호법 24조, 24조의2) becomes a notice; so does everything
        where a guardian has not agreed yet (22조의2): then words such as "(전화번호)" stand there.
        """
        if not text:
            return text
        try:
            found = redact(text, public_numbers=self.public_numbers)
        except Exception as error:
            # The wall itself failed: as at the door, the words must neither be lost nor lie open.
            log.error("redaction of an officer's words failed: %s", type(error).__name__)
            return self._keep(session, "unread", text, conversation_id, now)
        if not found.spans:
            return found.text
        closed = session.get_one(Conversation, conversation_id).guardian == NEEDED
        tokens = {
            span: in_words(f"⟦{TOKEN_NAMES[span.kind]}1⟧")
            if closed
            # As it was written: the citizen reads the officer's own writing.
            else self._keep(
                session,
                span.kind,
                found.text[span.start : span.end].strip(),
                conversation_id,
                now,
            )
            for span in found.kept()
        }
        return found.render(tokens)

    def _keep(
        self, session: Session, kind: str, value: str, conversation_id: int, now: datetime
    ) -> str:
        return self.vault.keep(
            session, conversation_id=conversation_id, kind=kind, value=value, now=now
        )


def public_numbers(city: City) -> frozenset[str]:
    """The telephone numbers of the city's offices: nobody's personal data."""
    return frozenset(
        [hotline.number for hotline in city.hotlines]
        + [department.phone for department in city.departments]
        + [neighbour.phone for neighbour in city.neighbours]
    )


def in_plain_words(text: str, *, public: Collection[str] = frozenset()) -> str:
    """The text with words such as "(전화번호)" for personal data: for where no vault belongs.

    A reason in the audit log, a word about a case that is not there. If it cannot be read, nothing is left.
    """
    try:
        found = redact(text, public_numbers=public)
    except Exception as error:
        log.error("redaction of a reason failed: %s", type(error).__name__)
        return ""
    return found.render({span: in_words(f"⟦{TOKEN_NAMES[span.kind]}1⟧") for span in found.kept()})


def holds_personal_data(text: str) -> bool:
    """Whether anything in it would be put away."""
    return bool(redact(text).spans)


def hidden(text: str) -> str:
    """The text as others than its citizen read it: words in the place of tokens."""
    return TOKEN_PATTERN.sub(lambda found: in_words(found[0]), text)


def open_delivery(session: Session, outgoing: Outgoing, *, vault: Vault, now: datetime) -> Outgoing:
    """What is sent to the one citizen for whom it was written, opened; each value with an audit line.

    What does not open (erased meanwhile, no key) stays a token, which channels show as a word.
    """
    if not _is_for_one(outgoing.kind, outgoing.visibility):
        return outgoing
    known: dict[str, str] = {}
    for token in tokens_in(_texts(outgoing.reply)):
        try:
            known[token] = vault.reveal(
                session,
                conversation_id=outgoing.conversation_id,
                token=token,
                purpose=PURPOSE_TOLD,
                actor="system",
                now=now,
            )
        except Refused:
            continue
        except PermanentFailure as failure:
            log.error("a vault item in an answer does not open: %s", failure)
    return replace(outgoing, reply=opened(outgoing.reply, known)) if known else outgoing


def reread(session: Session, reply: Reply, *, conversation_id: int, vault: Vault) -> Reply:
    """The same for the page on which its citizen reads it again: without another line."""
    known = {
        token: value
        for token in tokens_in(_texts(reply))
        if (value := vault.show_again(session, conversation_id=conversation_id, token=token))
    }
    return opened(reply, known) if known else reply


def has_tokens(outgoing: Outgoing) -> bool:
    """Whether ``open_delivery`` has anything to do."""
    return _is_for_one(outgoing.kind, outgoing.visibility) and bool(
        tokens_in(_texts(outgoing.reply))
    )


def opened(reply: Reply, known: dict[str, str]) -> Reply:
    """The reply with values in the place of the tokens that are known."""

    def put(text: str) -> str:
        return TOKEN_PATTERN.sub(lambda found: known.get(found[0], found[0]), text)

    images = tuple(replace(image, alt=put(image.alt)) for image in reply.images)
    return replace(reply, text=put(reply.text), images=images)


def _is_for_one(kind: str, visibility: str) -> bool:
    return kind in WRITTEN_BY_PEOPLE and visibility == "private"


def _texts(reply: Reply) -> Iterable[str]:
    return (reply.text, *(image.alt for image in reply.images))
