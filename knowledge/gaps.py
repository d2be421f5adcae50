"""Puts unanswered questions about one thing together: the articles to write next. Must not read the database.

Plain code without Kiwi, so that any process may run it: pairs of letters, the rarer the weightier. The same
questions give the same groups, in whatever order they come.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.put_away import hidden
from core.vault import TOKEN_PATTERN
from knowledge.catalogue import folded

# How alike two questions are, 0 to 1, from which they are about one thing.
ALIKE = 0.25
FEW = 10
# Distinct questions, the latest first: more than anybody writes articles for, and it ends within a second.
MOST_QUESTIONS = 1000
# Questions that are read at all, repeated ones with them.
MOST_READ = 5000
MOST_EXAMPLES = 5
LONGEST_LOOK = 200  # characters of a question
# A token with what hangs on it: "⟦이름1⟧인데요".
_TOKEN = re.compile(
    rf"{TOKEN_PATTERN.pattern}(?:이라고|이고|인데요?|입니다|이에요|예요|[은는이가로])?"
)
# What every question says, whatever it is about.
_ANY = re.compile(
    r"(?:알려|가르쳐|말해)(?:주세요|주실|줘요?|주)|어떻게|어찌|언제|얼마|어디서?|무엇을?|뭐를?|뭔가요|누가"
    r"|궁금(?:해요|합니다|한데요?)|하고싶(?:어요|은데요?|습니다)|(?:하|되|있|없|인)(?:나요|는지요?|을까요|가요|어요|습니까|니까)"
    r"|(?:해야|하려면|하면|되는|하는|할수)|(?:해요|돼요|되요|예요|이에요|에요|까요|나요|니다|세요|은요|는요)"
)


@dataclass(frozen=True)
class Asked:
    """One question that found no answer; ``question`` holds tokens, never personal data.

    ``about``: title of the article that was asked on, "" for a question of its own.
    """

    id: int
    conversation_id: int
    asked_at: datetime
    question: str
    about: str = ""

    @property
    def words(self) -> str:
        """As an officer reads it."""
        question = hidden(self.question)
        return f"{self.about}: {question}" if self.about else question


@dataclass(frozen=True)
class Gap:
    """What is asked and not answered. ``count`` questions of ``citizens`` conversations.

    ``question_id`` is the question that is most like the others; ``examples`` begins with its words.
    """

    question_id: int
    question: str
    count: int
    citizens: int
    first_at: datetime
    last_at: datetime
    examples: tuple[str, ...]


def find_gaps(asked: Iterable[Asked]) -> list[Gap]:
    """Groups of questions, those that most people asked first; then the more often asked, the later."""
    same: dict[str, list[Asked]] = defaultdict(list)
    for each in sorted(asked, key=lambda each: (-each.asked_at.timestamp(), -each.id)):
        same[_core(f"{each.about} {each.question}")].append(each)
    texts = [text for text in same if text][:MOST_QUESTIONS]
    groups = _stars(texts, weights=[len(same[text]) for text in texts])
    gaps = [_gap([same[texts[at]] for at in group]) for group in groups]
    return sorted(
        gaps, key=lambda gap: (-gap.citizens, -gap.count, -gap.last_at.timestamp(), gap.question_id)
    )


def _core(question: str) -> str:
    """What the question is about: letters only, without what every question says and without tokens."""
    text = folded(_TOKEN.sub(" ", question[:LONGEST_LOOK]))
    # Where nothing else is said, that is what it says.
    return _ANY.sub("", text) or text


def _stars(texts: Sequence[str], *, weights: Sequence[int]) -> list[list[int]]:
    """Groups around the question with most neighbours: a long chain of likenesses is not one group."""
    near = _neighbours(texts)
    # By itself no order: the texts decide where numbers are equal.
    order = sorted(
        range(len(texts)),
        key=lambda at: (-sum(weights[other] for other in near[at]) - weights[at], texts[at]),
    )
    left = set(range(len(texts)))
    groups = []
    for centre in order:
        if centre in left:
            group = [centre, *sorted((near[centre] & left) - {centre}, key=lambda at: texts[at])]
            left -= set(group)
            groups.append(group)
    return groups


def _neighbours(texts: Sequence[str]) -> list[set[int]]:
    parts = [_pairs(text) for text in texts]
    often = Counter(pair for each in parts for pair in each)
    # As if there were some more: of two questions alone what they share would else weigh next to nothing.
    rare = {pair: math.log(1 + (len(texts) + FEW) / number) for pair, number in often.items()}
    sizes = [math.sqrt(sum(rare[pair] ** 2 for pair in sorted(each))) for each in parts]
    holders: dict[str, list[int]] = defaultdict(list)
    near: list[set[int]] = [set() for _ in texts]
    for at, each in enumerate(parts):
        shared: dict[int, float] = defaultdict(float)
        for pair in sorted(each):
            for other in holders[pair]:
                shared[other] += rare[pair] ** 2
            holders[pair].append(at)
        for other, sum_ in shared.items():
            if sum_ >= ALIKE * sizes[at] * sizes[other]:
                near[at].add(other)
                near[other].add(at)
    return near


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)} or {text}


def _gap(group: list[list[Asked]]) -> Gap:
    """``group``: the questions of each wording, the latest first; the centre's wording comes first."""
    everything = [each for wording in group for each in wording]
    centre = group[0][0]
    wordings = [group[0], *sorted(group[1:], key=lambda each: (-len(each), each[0].id))]
    firsts = [wording[0] for wording in wordings]
    return Gap(
        question_id=centre.id,
        question=centre.words,
        count=len(everything),
        citizens=len({each.conversation_id for each in everything}),
        first_at=min(each.asked_at for each in everything),
        last_at=max(each.asked_at for each in everything),
        examples=tuple(dict.fromkeys(each.words for each in [*firsts, *everything]))[
            :MOST_EXAMPLES
        ],
    )
