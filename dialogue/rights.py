"""The citizen's rights in the chat: see, get, correct, withdraw, link, guardians. Asks Rasa for nothing.

It answers before Rasa is asked, so that the rights work while Rasa is down. Erasing alone goes its own way
(actions/erase_my_data.py). Every step may be done twice: a turn may be worked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from core.case_contacts import cases_with_contact, change_contact
from core.case_links import link_case, links_of, unlink_case
from core.city import City
from core.consent_texts import ABROAD, CONTACT, GUARDIAN, text_of
from core.consents import (
    find_consent,
    record_consent,
    withdraw_consent,
)
from core.data_links import LIFE, make_data_link
from core.database import Database
from core.drafts import open_draft
from core.errors import Refused
from core.guardians import AGREED, CONTACT_REFUSED, NEEDED
from core.inbound import TurnKind
from core.lookup_codes import LookupCodes
from core.models.case import Case
from core.models.conversation import Conversation, Turn
from core.my_data import collect_my_data
from core.ports import Now
from core.replies import Choice, Link, Reply
from core.vault import TOKEN_PATTERN, Vault
from dialogue.choices import last_choices, resolve_press, resolve_typed
from dialogue.my_data import SEE, act, read_act, summary
from dialogue.notices import NOTHING, Notices, RightsReading
from dialogue.reading import Reading
from dialogue.rights_contact import ask_contact
from dialogue.rights_follow import UNFOLLOW, stop_following
from korean.ages import UNDER_14, rest_besides_age
from korean.answers import yes_no
from korean.receipts import read_receipt
from korean.rights import Wish, wish_of

WEB = "web"
PAGE = "/my-data"
PRIVACY_PAGE = "/privacy"
# Acts to which a typed yes is an answer.
_ASKED_YES = ("contact_yes",)


class Rights:
    """Answers what a citizen wants with the own data. Thread-safe."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        city: City,
        codes: LookupCodes,
        now: Now,
        public_base_url: str = "",
    ) -> None:
        self._database = database
        self._vault = vault
        self._city = city
        self._codes = codes
        self._now = now
        self._base = public_base_url
        name = city.jurisdiction.name
        self._notices = Notices(city=city, now=now, linked=self._with_privacy_link)
        self._welcomes = {
            city.texts.render(key, city=name)
            for key in ("start_web", "start_telegram", "privacy_detail")
        }

    def read(self, turn_id: int) -> RightsReading:
        """What this turn needs from here, done in a transaction of its own."""
        with self._database.reading() as session:
            # Most turns want nothing from here, and writing has to be queued for.
            turn = session.get_one(Turn, turn_id)
            if not self._concerns(
                session, turn, session.get_one(Conversation, turn.conversation_id)
            ):
                return NOTHING
        with self._database.transaction() as session:
            turn = session.get_one(Turn, turn_id)
            talk = session.get_one(Conversation, turn.conversation_id)
            before = self._notices.tell(session, turn, talk, pressed=self._pressed(session, turn))
            if before.done:
                return before
            found = self._wished(session, turn, talk) or self._minor(turn, talk) or NOTHING
            aside = found.done and open_draft(session, conversation_id=talk.id) is not None
            return replace(found, replies=(*before.replies, *found.replies), aside=aside)

    def fit(self, reading: Reading, found: RightsReading) -> Reading:
        """The reading of a turn together with what was found here."""
        if found.done:
            return Reading(before=found.replies, aside=found.aside)
        return replace(reading, before=(*found.replies, *reading.before))

    def _concerns(self, session: Session, turn: Turn, talk: Conversation) -> bool:
        if turn.unread_token is not None or turn.revised is not None or talk.mode == "officer":
            return False
        return (
            not self._notices.settled(session, talk)
            or self._pressed(session, turn) is not None
            or (turn.kind == TurnKind.TEXT and _may_wish(turn.text))
            or (talk.guardian == NEEDED and _of_a_minor(turn.text))
        )

    def expand(
        self, replies: Sequence[Reply], *, conversation_id: int, channel: str
    ) -> list[Reply]:
        """Replies as they go out: the summary where Rasa heard that the citizen wants to see the data, and
        the welcome with a link to the whole text about personal data.
        """
        shown = []
        for reply in replies:
            if any(choice.payload == SEE for choice in reply.choices):
                with self._database.transaction() as session:
                    shown.append(self._summary(session, conversation_id))
            elif reply.text in self._welcomes:
                shown.append(self._with_privacy_link(reply, channel=channel))
            else:
                shown.append(reply)
        return shown

    def _with_privacy_link(self, reply: Reply, *, channel: str) -> Reply:
        """The welcome with a link to the whole text about personal data, where one can be given."""
        address = self._address(PRIVACY_PAGE, channel)
        if address is None or reply.link is not None:
            return reply
        return replace(reply, link=Link(self._say("consent_page"), address))

    def _say(self, key: str, **values: object) -> str:
        return self._city.texts.render(key, **values)

    def _address(self, path: str, channel: str) -> str | None:
        if channel == WEB:
            return path
        return f"{self._base}{path}" if self._base else None

    def _pressed(self, session: Session, turn: Turn) -> Mapping[str, Any] | None:
        """What of ours was chosen: pressed, or typed by its number, its words or a yes."""
        if turn.kind == TurnKind.CHOICE:
            chosen = resolve_press(session, turn=turn)
            fits = chosen.outcome == "chosen" and chosen.choice is not None
            return read_act(chosen.choice.payload) if fits and chosen.choice else None
        if turn.kind != TurnKind.TEXT:
            return None
        typed = resolve_typed(session, turn=turn)
        if typed is not None and typed != "stale":
            return read_act(typed.payload)
        offered = last_choices(session, conversation_id=turn.conversation_id)
        first = read_act(offered[0].payload) if offered else None
        if first is None:
            return None
        answer = yes_no(turn.text)
        if answer is not None and first.get("act") in _ASKED_YES:
            return first if answer else {"act": "keep"}
        if first.get("act") == "contact_wait":
            token = TOKEN_PATTERN.search(turn.text)
            if token is not None and len(turn.text) < 60:
                return {"act": "contact", "token": token[0]}
        return None

    def _wished(self, session: Session, turn: Turn, talk: Conversation) -> RightsReading | None:
        pressed = self._pressed(session, turn)
        if pressed is not None:
            return self._act(session, pressed, talk)
        if turn.kind != TurnKind.TEXT or turn.attachment_ids:
            return None
        number, code = read_receipt(turn.text)
        wish = wish_of(turn.text, has_receipt=number is not None and code is not None)
        in_form = open_draft(session, conversation_id=talk.id) is not None
        if wish is None or (in_form and wish is Wish.CORRECT_CONTACT):
            # In a report it is that report's contact.
            return None
        if wish is Wish.LINK and number is not None and code is not None:
            return self._link(session, talk, number, code)
        if wish is Wish.UNLINK:
            return self._unlink_all(session, talk)
        if wish is Wish.UNFOLLOW:
            told = stop_following(
                session, city=self._city, talk=talk, number=number, now=self._now()
            )
            return _done(told) if told is not None else None
        if wish is Wish.CORRECT_CONTACT:
            token = TOKEN_PATTERN.search(turn.text)
            return self._contact(session, talk, token[0] if token else None)
        return self._act(session, {"act": wish.value}, talk)

    def _act(
        self, session: Session, wanted: Mapping[str, Any], talk: Conversation
    ) -> RightsReading | None:
        name = str(wanted.get("act"))
        if name == "see":
            return _done(self._summary(session, talk.id))
        if name == "file":
            return _done(self._file(session, talk))
        if name == "correct":
            return self._contact(session, talk, None)
        if name == "contact":
            return self._contact(session, talk, str(wanted["token"]))
        if name == "contact_yes":
            return self._change_contact(session, talk, str(wanted["token"]))
        if name == "withdraw":
            kind = wanted.get("kind")
            return (
                self._withdraw(session, talk, str(kind))
                if kind
                else self._ask_withdraw(session, talk)
            )
        if name == "agree" and wanted.get("kind") == GUARDIAN:
            return self._guardian_agrees(session, talk)
        if name == "without":
            return _done(Reply(self._say("guardian_without")))
        if name == UNFOLLOW:
            told = stop_following(
                session,
                city=self._city,
                talk=talk,
                number=str(wanted["number"]),
                pressed=True,
                now=self._now(),
            )
            return _done(told) if told is not None else None
        if name == "unlink":
            return self._unlink(session, talk, int(wanted["link"]))
        return _done(Reply(self._say("my_data_kept")))

    def _summary(self, session: Session, conversation_id: int) -> Reply:
        data = collect_my_data(
            session,
            vault=self._vault,
            rules=self._city.retention,
            conversation_id=conversation_id,
            now=self._now(),
        )
        reply = summary(data, city=self._city)
        channel = data.channel
        address = self._address(PAGE, channel) if channel == WEB else None
        return (
            replace(reply, link=Link(self._say("web_my_data_title"), address)) if address else reply
        )

    def _file(self, session: Session, talk: Conversation) -> Reply:
        address = self._address(f"{PAGE}/get", talk.channel)
        if address is None:
            number = self._city.jurisdiction.call_centre.number
            return Reply(self._say("my_data_no_link", number=number))
        token = make_data_link(session, conversation_id=talk.id, now=self._now())
        minutes = int(LIFE.total_seconds() // 60)
        return Reply(
            self._say("my_data_file", minutes=minutes),
            link=Link(self._say("my_data_file_link"), f"{address}?t={token}"),
        )

    def _contact(self, session: Session, talk: Conversation, token: str | None) -> RightsReading:
        asked = ask_contact(
            session,
            vault=self._vault,
            city=self._city,
            conversation_id=talk.id,
            token=token,
            now=self._now(),
        )
        return _done(asked)

    def _change_contact(self, session: Session, talk: Conversation, token: str) -> RightsReading:
        change_contact(session, conversation_id=talk.id, token=token, now=self._now())
        cases = cases_with_contact(session, conversation_id=talk.id)
        if not cases:
            return _done(Reply(self._say("contact_no_case")))
        return _done(Reply(self._say("contact_changed", numbers=_numbers(cases))))

    def _ask_withdraw(self, session: Session, talk: Conversation) -> RightsReading:
        kinds = [
            kind
            for kind in (CONTACT, ABROAD, GUARDIAN)
            if find_consent(session, conversation_id=talk.id, kind=kind) is not None
        ]
        if CONTACT not in kinds and cases_with_contact(session, conversation_id=talk.id):
            # Given in the report's form before consents were kept as rows.
            kinds.insert(0, CONTACT)
        if not kinds:
            return _done(Reply(self._say("withdraw_none")))
        choices = [
            Choice(
                self._say("choice_withdraw", title=text_of(self._city.consents, kind).title),
                act("withdraw", kind=kind),
            )
            for kind in kinds
        ]
        lines = [self._say("withdraw_question")]
        lines += [self._say(f"withdraw_effect_{kind}") for kind in kinds]
        choices.append(Choice(self._say("choice_keep"), act("keep")))
        return _done(Reply("\n".join(lines), choices=tuple(choices)))

    def _withdraw(self, session: Session, talk: Conversation, kind: str) -> RightsReading:
        numbers = withdraw_consent(
            session,
            conversation_id=talk.id,
            kind=kind,
            by=f"conversation:{talk.id}",
            now=self._now(),
        )
        if kind == CONTACT and numbers:
            return _done(Reply(self._say("withdrawn_contact_cases", numbers=", ".join(numbers))))
        return _done(Reply(self._say(f"withdrawn_{kind}")))

    def _link(self, session: Session, talk: Conversation, number: str, code: str) -> RightsReading:
        try:
            case = link_case(
                session,
                city=self._city,
                codes=self._codes,
                conversation_id=talk.id,
                number=number,
                code=code,
                now=self._now(),
            )
        except Refused:
            return _done(Reply(self._say("web_problem_lookup_locked")))
        if case is None:
            return _done(Reply(self._say("lookup_failed")))
        return _done(Reply(self._say("link_made", number=case.number)))

    def _unlink(self, session: Session, talk: Conversation, link_id: int) -> RightsReading:
        try:
            case = unlink_case(
                session, link_id=link_id, by_conversation_id=talk.id, now=self._now()
            )
        except Refused:
            return _done(Reply(self._say("link_none")))
        return _done(Reply(self._say("link_undone", number=case.number)))

    def _unlink_all(self, session: Session, talk: Conversation) -> RightsReading:
        links = links_of(session, conversation_id=talk.id)
        if not links:
            return _done(Reply(self._say("link_none")))
        cases = [
            unlink_case(session, link_id=link.id, by_conversation_id=talk.id, now=self._now())
            for link in links
        ]
        return _done(Reply(self._say("link_undone", number=_numbers(cases))))

    def _guardian_agrees(self, session: Session, talk: Conversation) -> RightsReading:
        text = text_of(self._city.consents, GUARDIAN)
        record_consent(session, conversation_id=talk.id, text=text, how="pressed", now=self._now())
        talk.guardian = AGREED
        return _done(Reply(self._say("guardian_agreed")))

    def _minor(self, turn: Turn, talk: Conversation) -> RightsReading | None:
        """Explain to who is under 14; what else was said goes on to Rasa."""
        if talk.guardian != NEEDED:
            return None
        if not _of_a_minor(turn.text):
            return None
        refused = CONTACT_REFUSED in turn.text
        texts = [self._say("guardian_contact_refused")] if refused else []
        number = self._city.jurisdiction.call_centre.number
        texts.append(self._say("guardian_needed", number=number))
        rest = rest_besides_age(turn.text.replace(CONTACT_REFUSED, ""))
        done = len(rest) < 8
        choices = (
            Choice(self._say("choice_guardian_yes"), act("agree", kind=GUARDIAN)),
            Choice(self._say("choice_guardian_without"), act("without")),
        )
        return RightsReading((Reply("\n".join(texts), choices=choices if done else ()),), done=done)


def _may_wish(text: str) -> bool:
    number, code = read_receipt(text)
    return wish_of(text, has_receipt=number is not None and code is not None) is not None


def _of_a_minor(text: str) -> bool:
    return UNDER_14 in text or CONTACT_REFUSED in text


def _done(reply: Reply) -> RightsReading:
    return RightsReading((reply,), done=True)


def _numbers(cases: Sequence[Case]) -> str:
    return ", ".join(case.number for case in cases)
