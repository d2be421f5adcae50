"""Answers questions about rules and services from approved articles. Must never make an answer up.

An answer cites its article; where two compete it asks back; where none is sure it says so and offers a
person. What was asked and what became of it is kept (core.policy_questions).
"""

from __future__ import annotations

import re
from dataclasses import replace

from actions.base import Result, Say, SotongAction
from actions.policy_words import (
    NEITHER,
    answer_text,
    citation,
    department_of,
    helped_choices,
    parse_helped,
    parse_which,
    which_choices,
)
from actions.turn import Turn
from core.city import City
from core.database import Database
from core.errors import Refused, TemporaryFailure
from core.models.policy import PolicyQuestion
from core.policy_port import Cited, PolicyArticles, PolicyFound
from core.policy_questions import (
    NEW_QUESTION,
    Outcome,
    question_of,
    rate_answer,
    record_question,
    settle_question,
)
from core.ports import Now
from core.replies import Choice, Link
from korean.answers import yes_no
from korean.follow_ups import ASPECTS, PHONE
from korean.normalise import fold

PAGES = "/articles/"
WEB = "web"
PERSON = Choice("상담원 연결", "/talk_to_officer")
# How many articles compete when it asks back.
WHICH = 2
# Too little to answer, but enough to offer the titles: on questions of somebody who had not seen the articles
# (docs/benchmarks/knowledge.md) the right one was among three 94 times of 95, beside 20 of 175 without any.
OFFER_FROM = 0.6
MAYBE = 3
_HOW_TO_REPORT = re.compile(
    r"(?:신고|접수|민원).{0,8}(?:어디|어떻게|어케|방법)|(?:어디|어떻게|어케).{0,10}(?:신고|접수|민원)"
)
# "궁금한 게 있어요" says that there is a question, not which one.
_ONLY_A_WISH = re.compile(
    r"(?:저기요?|안녕하세요|저|좀|뭐|하나|몇가지|혹시)*(?:궁금한|물어볼|여쭤볼|여쭐|묻고싶은|물어보고싶은|질문|문의)"
    r"(?:것|거|게|점|사항|할|드릴|이|을|좀|하나|있|묻|물어|해|하|합|요|어|습|니다|은데|는데|기|보|봐|도|되|돼|나|까|싶|드립|드려|려고|고)*"
)


class Policy(SotongAction):
    """ask_policy and ask_budget, and what is pressed under their answers."""

    action_name = "action_policy"

    def __init__(
        self,
        *,
        database: Database,
        city: City,
        articles: PolicyArticles,
        public_base_url: str,
        now: Now,
    ) -> None:
        """``public_base_url``: where the public pages are; "" gives no link but in the web chat itself."""
        self._database = database
        self._city = city
        self._articles = articles
        self._base = public_base_url
        self._now = now

    def work(self, turn: Turn) -> Result:
        """A press under an answer, a follow-up that the dialogue has recognised, or a new question."""
        message = turn.message
        if message.pressed:
            question_id = _number(message.value("question"))
            article, helpful = message.value("article"), message.value("helpful")
            if question_id is not None and helpful in ("yes", "no"):
                return self._rate(turn, question_id, helpful=helpful == "yes")
            if question_id is not None and article is not None:
                return self._chosen(turn, question_id, article)
            aspect = message.value("aspect")
            if question_id is not None and aspect in ASPECTS:
                return self._follow_up(turn, question_id, aspect)
            if aspect == NEW_QUESTION:
                return self._ask(turn)
            return self._say("policy_ask")
        if not turn.in_form and _HOW_TO_REPORT.search(message.text):
            return Result((Say("utter_report_here"),))
        if _ONLY_A_WISH.fullmatch(fold(message.text)):
            return self._say("policy_ask")
        return self._ask(turn)

    def rate_typed(self, turn: Turn) -> Result | None:
        """ "네" or "아니요" typed right under "도움이 됐나요?"; None where that was not just asked.

        "아니요" under titles to choose from means none of them.
        """
        answer = yes_no(turn.message.text) if turn.message.kind == "text" else None
        if answer is None:
            return None
        offered, which = parse_helped(turn.offered), parse_which(turn.offered)
        if offered is not None:
            return self._rate(turn, offered, helpful=answer)
        if which is not None and not answer:
            return self._chosen(turn, which, NEITHER)
        return None

    def answer_if_sure(self, turn: Turn) -> Result | None:
        """The answer to a question that the classifier took for something else; None unless it is sure."""
        try:
            found = self._articles.search(turn.message.text)
        except TemporaryFailure:
            return None
        if found.cited is None or found.close:
            return None
        return self._answered(turn, found, found.cited)

    def _ask(self, turn: Turn) -> Result:
        budget = turn.message.intent == "ask_budget"
        try:
            found = self._articles.search(turn.message.text)
        except TemporaryFailure:
            return self._person("policy_away", turn, **self._call_centre())
        if found.cited is not None and not found.close:
            return self._answered(turn, found, found.cited)
        if budget:
            # A figure needs a source row, which no article has.
            prompt = "utter_budget_in_form" if turn.in_form else "utter_budget"
            return Result((Say(prompt, self._call_centre()),))
        if found.cited is not None:
            return self._which(turn, found, "policy_which", most=WHICH)
        if found.sureness >= OFFER_FROM and not turn.in_form:
            return self._which(turn, found, "policy_maybe", most=MAYBE)
        self._record(turn, Outcome.UNANSWERED, sureness=found.sureness)
        return self._unknown(turn)

    def _which(self, turn: Turn, found: PolicyFound, key: str, *, most: int) -> Result:
        """Ask which article is meant; what is pressed settles this question."""
        row_id = self._record(turn, Outcome.ASKED_BACK, sureness=found.sureness)
        none = "choice_policy_neither" if most == WHICH else "choice_policy_none"
        choices = which_choices(self._city, found.articles[:most], question_id=row_id, none=none)
        return Result((Say(text=self._city.texts.render(key), choices=choices),))

    def _answered(self, turn: Turn, found: PolicyFound, cited: Cited) -> Result:
        row_id = self._record(turn, Outcome.ANSWERED, sureness=found.sureness, cited=cited)
        return self._answer(turn, cited, question_id=row_id)

    def _answer(self, turn: Turn, cited: Cited, *, question_id: int) -> Result:
        """The citation; whether it helped is asked where no form's question follows."""
        ask = not turn.in_form
        choices = helped_choices(self._city, question_id=question_id) if ask else ()
        text = answer_text(self._city, cited, ask=ask)
        return Result((Say(text=text, choices=choices, link=self._link(turn, cited)),))

    def _chosen(self, turn: Turn, question_id: int, article: str) -> Result:
        """One of the articles that competed. The question itself gets the answer: twice is once."""
        question = self._question(turn, question_id)
        if question is None:
            return self._say("policy_gone")
        cited = None
        if article != NEITHER:
            cited = self._articles.read(article, question.question)
            if cited is None or not cited.sentences:
                return self._person("policy_gone", turn)
        with self._database.transaction() as session:
            settle_question(
                session,
                conversation_id=turn.conversation_id,
                question_id=question_id,
                outcome=Outcome.ANSWERED if cited else Outcome.UNANSWERED,
                article_key=cited.key if cited else None,
                article_version=cited.version if cited else None,
            )
        if cited is None:
            return self._unknown(turn)
        return self._answer(turn, cited, question_id=question_id)

    def _follow_up(self, turn: Turn, question_id: int, aspect: str) -> Result:
        """ "서류는요?": what the last article says of it, and never what another one says."""
        last = self._question(turn, question_id)
        text = turn.message.text
        cited = None
        if last is not None and last.article_key is not None:
            cited = self._articles.read(last.article_key, text, aspect=aspect)
        if last is None or cited is None:
            # Gone or over since: then the words must say all by themselves.
            return self._ask(turn)
        department = department_of(self._city, cited)
        told = bool(cited.sentences) or (aspect == PHONE and department is not None)
        row_id = self._record(
            turn,
            Outcome.ANSWERED if told else Outcome.UNANSWERED,
            sureness=last.sureness,
            cited=cited,
            # Alone the words say nothing to whoever writes the next article.
            question=f"{last.question} {text}",
        )
        if not told:
            words = self._city.texts.render("policy_not_told", title=cited.title)
            says = Say(
                text="\n".join((words, "", *citation(self._city, cited))),
                choices=() if turn.in_form else (PERSON,),
                link=self._link(turn, cited),
            )
            return Result((says,))
        if not cited.sentences:
            cited = replace(cited, sentences=(self._city.texts.render("policy_phone"),))
        return self._answer(turn, cited, question_id=row_id)

    def _rate(self, turn: Turn, question_id: int, *, helpful: bool) -> Result:
        try:
            with self._database.transaction() as session:
                rate_answer(
                    session,
                    conversation_id=turn.conversation_id,
                    question_id=question_id,
                    helpful=helpful,
                    now=self._now(),
                )
        except Refused:
            return self._say("policy_rate_over")
        return self._say("policy_thanks") if helpful else self._person("policy_sorry", turn)

    def _unknown(self, turn: Turn) -> Result:
        return self._person("policy_unknown", turn, **self._call_centre())

    def _person(self, key: str, turn: Turn, **values: str) -> Result:
        """A text that offers a person; in a form its own question follows, so there it is only said."""
        in_form = f"{key}_in_form"
        if turn.in_form and in_form in self._city.texts.entries:
            key = in_form
        choices = () if turn.in_form else (PERSON,)
        return Result((Say(text=self._city.texts.render(key, **values), choices=choices),))

    def _say(self, key: str, **values: str) -> Result:
        return Result((Say(text=self._city.texts.render(key, **values)),))

    def _record(
        self,
        turn: Turn,
        outcome: Outcome,
        *,
        sureness: float,
        cited: Cited | None = None,
        question: str | None = None,
    ) -> int:
        with self._database.transaction() as session:
            row = record_question(
                session,
                turn_id=turn.turn_id,
                conversation_id=turn.conversation_id,
                question=turn.message.text if question is None else question,
                outcome=outcome,
                article_key=cited.key if cited else None,
                article_version=cited.version if cited else None,
                sureness=sureness,
                now=self._now(),
            )
            return row.id

    def _question(self, turn: Turn, question_id: int) -> PolicyQuestion | None:
        with self._database.reading() as session:
            return question_of(
                session, conversation_id=turn.conversation_id, question_id=question_id
            )

    def _link(self, turn: Turn, cited: Cited) -> Link | None:
        path = f"{PAGES}{cited.key}"
        if turn.channel == WEB:
            # The chat's own page: wherever it was opened, the article is beside it.
            return Link(self._city.texts.render("policy_more"), path)
        return (
            Link(self._city.texts.render("policy_more"), self._base + path) if self._base else None
        )

    def _call_centre(self) -> dict[str, str]:
        centre = self._city.jurisdiction.call_centre
        return {"call_centre_name": centre.name, "call_centre_number": centre.number}


def _number(value: str | None) -> int | None:
    return int(value) if value is not None and value.isascii() and value.isdigit() else None
