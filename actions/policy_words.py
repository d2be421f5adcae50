"""Words the answer to a policy question: whole sentences, and where they are from. Pure; must make none.

Every channel can carry it: a message holds at most ``MOST`` characters (Kakao takes 1,000), a title to
press ``LONGEST_TITLE``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.city import City, Department
from core.policy_port import Cited, FoundArticle
from core.replies import Choice

MOST = 1000
# What the lines below the sentences may take of that, at most.
LONGEST_SOURCE = 200
LONGEST_TITLE = 40
# Of a title that is too long so much of its end is kept: near-identical ones differ there.
TITLE_END = 12
_HELPED = re.compile(r'/ask_policy\{"question": "(\d+)", "helpful": "yes"\}')
# No key of an article looks like this.
NEITHER = "-"
_NEITHER = re.compile(rf'/ask_policy\{{"question": "(\d+)", "article": "{NEITHER}"\}}')


def answer_text(city: City, cited: Cited, *, ask: bool) -> str:
    """The cited sentences as one message; ``ask`` adds the question whether it helped."""
    below = [*citation(city, cited)]
    if ask:
        below += ["", city.texts.render("policy_helped")]
    foot = "\n".join(below)
    room = MOST - len(foot) - 2
    return f"{_fitted(cited.sentences, room)}\n\n{foot}"


def citation(city: City, cited: Cited) -> list[str]:
    """Source, department with its phone, day of the last check, each on a line of its own."""
    texts = city.texts
    lines = [texts.render("policy_source", source=_cut(cited.source, LONGEST_SOURCE))]
    department = department_of(city, cited)
    if department is not None:
        lines.append(
            texts.render("policy_department", department=department.name, phone=department.phone)
        )
    day = cited.verified_on
    lines.append(
        texts.render("policy_verified", date=f"{day.year}년 {day.month}월 {day.day}일")
        if day is not None
        else texts.render("policy_never_verified")
    )
    if cited.sample:
        lines.append(texts.render("policy_sample"))
    return lines


def department_of(city: City, cited: Cited) -> Department | None:
    """Who can be asked; None where the article names nobody whom the city knows."""
    return next((each for each in city.departments if each.id == cited.department), None)


def which_choices(
    city: City, articles: Sequence[FoundArticle], *, question_id: int, none: str
) -> tuple[Choice, ...]:
    """The titles of articles to choose from, and (the text ``none``) that it is none of them."""
    return (
        *(
            Choice(_short(article.title), _payload(question_id, "article", article.key))
            for article in articles
        ),
        Choice(city.texts.render(none), _payload(question_id, "article", NEITHER)),
    )


def helped_choices(city: City, *, question_id: int) -> tuple[Choice, ...]:
    """Whether an answer helped, as two things to press."""
    return tuple(
        Choice(city.texts.render(key), _payload(question_id, "helpful", value))
        for key, value in (("choice_policy_helped", "yes"), ("choice_policy_not_helped", "no"))
    )


def parse_helped(payloads: Sequence[str]) -> int | None:
    """Of which question the choices under our last message ask whether its answer helped; None: of none."""
    for payload in payloads:
        found = _HELPED.fullmatch(payload)
        if found is not None:
            return int(found[1])
    return None


def parse_which(payloads: Sequence[str]) -> int | None:
    """Of which question the choices under our last message ask which article is meant; None: of none."""
    found = _NEITHER.fullmatch(payloads[-1]) if payloads else None
    return int(found[1]) if found is not None else None


def _payload(question_id: int, name: str, value: str) -> str:
    return f'/ask_policy{{"question": "{question_id}", "{name}": "{value}"}}'


def _fitted(sentences: Sequence[str], room: int) -> str:
    """As many whole sentences as fit; one that is too long for a message by itself is cut at a word."""
    taken: list[str] = []
    for sentence in sentences:
        if taken and sum(map(len, taken)) + len(taken) + len(sentence) > room:
            break
        taken.append(sentence)
    return _cut("\n".join(taken), room)


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    head = text[: most - 1]
    at = max(head.rfind(" "), head.rfind("\n"))
    return f"{(head[:at] if at > most // 2 else head).rstrip()}…"


def _short(title: str) -> str:
    if len(title) <= LONGEST_TITLE:
        return title
    return f"{title[: LONGEST_TITLE - TITLE_END - 1].rstrip()}…{title[-TITLE_END:].lstrip()}"
