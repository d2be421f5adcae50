"""Keeps how a citizen found a result, and asks when it was not said. Must not rate another's case."""

from __future__ import annotations

from sqlalchemy.orm import Session

from actions.base import Result, Say, SotongAction
from actions.case_status import PERSON, REPORT, case_number_in
from actions.turn import Turn
from core.case_mentions import find_named
from core.case_notices import COMMENT, WITHOUT_COMMENT, rating_choice, survey
from core.city import City
from core.database import Database
from core.errors import Refused
from core.models.conversation import Conversation
from core.ports import Now
from core.ratings import LOW, check_rateable, rateable_cases, record_comment, record_rating
from korean.answers import is_cancel, is_skip, yes_no
from korean.scores import find_score, read_score


class RateService(SotongAction):
    """A pressed or typed score, the words after a low one, or only the wish to rate."""

    action_name = "action_rate_service"

    def __init__(self, *, database: Database, city: City, now: Now) -> None:
        self._database = database
        self._city = city
        self._now = now

    def work(self, turn: Turn) -> Result:
        """One short answer; what it asks for in words is kept when it comes (dialogue/survey.py)."""
        number, answer = case_number_in(turn.message), turn.message.value("answer")
        try:
            with self._database.transaction() as session:
                if answer == WITHOUT_COMMENT:
                    return self._say("rate_without_comment")
                if answer == COMMENT and number is not None:
                    return self._comment(session, turn, number)
                return self._rate(session, turn, number)
        except Refused as refused:
            if refused.code == "no_result":
                return self._say("rate_not_yet", number=number)
            return self._say("case_not_yours")

    def _rate(self, session: Session, turn: Turn, number: str | None) -> Result:
        pressed = turn.message.value("score")
        score = int(pressed) if pressed else read_score(turn.message.text)
        if number is None:
            cases = rateable_cases(session, conversation_id=turn.conversation_id)
            if not cases:
                choices = () if turn.in_form else (PERSON,)
                return Result((Say(text=self._city.texts.render("rate_none"), choices=choices),))
            named = self._named(session, turn)
            meant = [case for case in cases if case.number in named] or cases
            number = meant[0].number
            if len(meant) == 1 and named and score is None:
                score = find_score(turn.message.text)
            if len(meant) > 1:
                # Which of them a typed score means is asked, not guessed.
                score = None
        if score is None:
            check_rateable(session, conversation_id=turn.conversation_id, number=number)
            asked = survey(self._city, number=number)
            return Result((Say(text=asked.text, choices=asked.choices),))
        record_rating(
            session,
            conversation_id=turn.conversation_id,
            number=number,
            score=score,
            reason=f"시민이 점수를 줌 (메시지 {turn.turn_id})",
            now=self._now(),
        )
        if score > LOW:
            return self._say("rate_thanks", score=score)
        return self._sorry(session, turn, number=number, score=score)

    def _named(self, session: Session, turn: Turn) -> set[str]:
        """The cases that the words name ("그때 그 가로등 별점 줄게요")."""
        found = find_named(
            session,
            city=self._city,
            conversation_id=turn.conversation_id,
            text=turn.message.text,
            now=self._now(),
        )
        return {case.number for case in found}

    def _sorry(self, session: Session, turn: Turn, *, number: str, score: int) -> Result:
        sorry = self._city.texts.render("rate_sorry", score=score)
        if session.get_one(Conversation, turn.conversation_id).mode == "officer":
            # The person who has this conversation reads what follows.
            return Result((Say(text=sorry),))
        if turn.in_form:
            # The form's question comes next: words would be taken for its answer.
            return Result((Say(text=f"{sorry} {self._city.texts.render('rate_person')}"),))
        return self._ask_comment(number, before=f"{sorry} ")

    def _ask_comment(self, number: str, *, before: str = "") -> Result:
        texts = self._city.texts
        no_words = rating_choice(
            texts.render("choice_without_comment"), case_number=number, answer=WITHOUT_COMMENT
        )
        text = f"{before}{texts.render('rate_comment_ask')}"
        return Result((Say(text=text, choices=(no_words, PERSON)),))

    def _comment(self, session: Session, turn: Turn, number: str) -> Result:
        """Keep the words, unless they only say yes or no to our question."""
        text = turn.message.text
        if yes_no(text):
            return self._ask_comment(number)
        if yes_no(text) is False or is_skip(text) or is_cancel(text):
            return self._say("rate_without_comment")
        record_comment(
            session,
            conversation_id=turn.conversation_id,
            number=number,
            comment=text,
            reason=f"시민이 아쉬운 점을 씀 (메시지 {turn.turn_id})",
            now=self._now(),
        )
        kept = self._city.texts.render("rate_comment_kept", number=number)
        return Result((Say(text=kept, choices=(PERSON, REPORT)),))

    def _say(self, key: str, **values: object) -> Result:
        return Result((Say(text=self._city.texts.render(key, **values)),))
