"""Knows the words of budget questions and cuts a question into them; must not decide what is asked.

A question is read without its spaces, because people leave them out. It must be used up by known words,
each with at most one particle behind it: a word that nobody knows is never passed over, since it may be
the one that matters (도로 예산 is not 예산).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from budget.bodies import Bodies
from budget.figures import Series
from budget.question_words import FILLERS, MARKS, PARTICLES
from budget.words import Words
from korean.normalise import normalise

LONGEST = 300
_KEPT = re.compile(r"[^0-9a-z가-힣%]+")
_YEAR = re.compile(r"(?:19|20)\d\d(?:년도?|회계연도)?|(?<![0-9])\d\d년도?")
_AGO = re.compile(r"(\d{1,2})년전")
_SPAN = re.compile(r"(?:최근|지난)(\d{1,2})년(?:간|동안)?")
_NUMERALS = dict(zip("일이삼사오육칠팔구", "123456789", strict=True))
_UNKNOWN_COST, _WORD_COST, _PARTICLE_COST, _FILLER_COST = 20.0, 1.0, 0.6, 1.2


@dataclass(frozen=True)
class Meaning:
    """What one word can mean: a kind, and the values of that kind."""

    kind: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """A part of the question: a word with its meanings, a particle, or what is unknown."""

    text: str
    start: int
    meanings: tuple[Meaning, ...] = ()

    @property
    def known(self) -> bool:
        """Whether it means something."""
        return bool(self.meanings)

    def of(self, kind: str) -> tuple[str, ...] | None:
        """The values of a meaning, or None."""
        return next((each.values for each in self.meanings if each.kind == kind), None)


@dataclass
class Lexicon:
    """All words, each with what it can mean."""

    words: dict[str, list[Meaning]] = field(default_factory=dict)
    longest: int = 0

    def add(self, word: str, meaning: Meaning) -> None:
        """A word as people write it; spaces and marks in it do not count."""
        key = dense(word)
        if not key:
            return
        meanings = self.words.setdefault(key, [])
        same = next((each for each in meanings if each.kind == meaning.kind), None)
        if same is None:
            meanings.append(meaning)
        elif same != meaning:
            meanings.remove(same)
            values = tuple(dict.fromkeys((*same.values, *meaning.values)))
            meanings.append(Meaning(meaning.kind, values))
        self.longest = max(self.longest, len(key))

    def cut(self, text: str) -> list[Piece]:
        """The pieces of a dense text, with as little unknown as possible, then as few as possible."""
        end = len(text)
        # Best way to each place, apart by whether a particle may follow.
        best: list[list[tuple[float, tuple[int, int, bool] | None]]] = [
            [(float("inf"), None), (float("inf"), None)] for _ in range(end + 1)
        ]
        best[0][0] = (0.0, None)

        def reach(at: int, after: bool, cost: float, came: tuple[int, int, bool]) -> None:
            if cost < best[at][after][0]:
                best[at][after] = (cost, came)

        for at in range(end):
            for after in (False, True):
                cost = best[at][after][0]
                if cost == float("inf"):
                    continue
                reach(at + 1, False, cost + _UNKNOWN_COST, (at, 0, after))
                for length in self._lengths(text, at):
                    word = text[at : at + length]
                    filler = word in FILLERS and word not in self.words
                    price = _FILLER_COST if filler else _WORD_COST
                    reach(at + length, True, cost + price, (at, 1, after))
                if after:
                    for length in range(min(6, end - at), 0, -1):
                        if text[at : at + length] in PARTICLES:
                            reach(at + length, False, cost + _PARTICLE_COST, (at, 2, after))
        return self._pieces(text, best)

    def _lengths(self, text: str, at: int) -> Iterable[int]:
        for length in range(min(self.longest, len(text) - at), 0, -1):
            word = text[at : at + length]
            if word in self.words or word in FILLERS:
                yield length
        for pattern in (_YEAR, _AGO, _SPAN):
            found = pattern.match(text, at)
            if found is not None:
                yield found.end() - at

    def _pieces(
        self, text: str, best: list[list[tuple[float, tuple[int, int, bool] | None]]]
    ) -> list[Piece]:
        at = len(text)
        after = best[at][1][0] < best[at][0][0]
        found: list[Piece] = []
        while at > 0:
            came = best[at][after][1]
            assert came is not None
            start, kind, before = came
            word = text[start:at]
            if kind == 1:
                found.append(Piece(word, start, tuple(self.meanings(word))))
            elif kind == 2:
                found.append(Piece(word, start, (Meaning("particle", (word,)),)))
            elif found and not found[-1].known and found[-1].start == at:
                found[-1] = Piece(word + found[-1].text, start)
            else:
                found.append(Piece(word, start))
            at, after = start, before
        return found[::-1]

    def meanings(self, word: str) -> list[Meaning]:
        """What a whole word means; years are read, fillers mean nothing."""
        known = self.words.get(word)
        if known is not None:
            return known
        if word in FILLERS:
            return [Meaning("filler")]
        if found := _SPAN.fullmatch(word):
            return [Meaning("span", (found[1],))]
        if found := _AGO.fullmatch(word):
            return [Meaning("ago", (found[1],))]
        digits = re.sub(r"\D", "", word)
        return [Meaning("year", (digits if len(digits) == 4 else f"20{digits}",))]


def dense(text: str) -> str:
    """Small letters, digits and 한글 without spaces and marks."""
    return _KEPT.sub("", normalise(text[:LONGEST]).text.lower())


def as_written(text: str, piece: Piece) -> str:
    """The whole words of a question in which a piece of its dense text stands, as they were written."""
    whole = normalise(text[:LONGEST]).text
    kept = [at for at, character in enumerate(whole) if not _KEPT.match(character.lower())]
    first, last = kept[piece.start], kept[piece.start + len(piece.text) - 1]
    begin = whole.rfind(" ", 0, first) + 1
    end = whole.find(" ", last)
    return whole[begin : len(whole) if end < 0 else end].strip(" ?!.,~")


def make_lexicon(words: Words, bodies: Bodies, series: Sequence[Series]) -> Lexicon:
    """All that can be asked with what is in the database now."""
    made = Lexicon()
    for name, kinds in MARKS.items():
        for word in kinds:
            made.add(word, Meaning(*_mark(name)))
    for sense in words.senses:
        for word in sense.words:
            made.add(word, Meaning("sense", sense.means))
    for measure in words.measures:
        made.add(measure.name, Meaning("sense", (measure.name,)))
    for word in words.elsewhere:
        made.add(word, Meaning("elsewhere", (word,)))
    for body in bodies.every:
        names = [body.name, *body.also, *([body.short] if body.short else [])]
        for name in names:
            made.add(name, Meaning("body", (body.code,)))
    items = {each.item for each in series if each.item}
    for item in items:
        for name in _item_names(item):
            made.add(name, Meaning("item", (item,)))
    for item, others in words.item_words:
        if item in items:
            for name in others:
                made.add(name, Meaning("item", (item,)))
    for year in range(1990, 2051):
        made.add(_spelt(year), Meaning("year", (str(year),)))
        made.add(_spelt(year) + "년", Meaning("year", (str(year),)))
    # An item is more than a word that nobody has figures of.
    for meanings in made.words.values():
        if len(meanings) > 1:
            meanings[:] = [each for each in meanings if each.kind != "elsewhere"]
    return made


def _mark(name: str) -> tuple[str, tuple[str, ...]]:
    kind, _, value = name.partition(":")
    return kind, ((value,) if value else ())


def _item_names(item: str) -> list[str]:
    """사회복지기금(노인복지사업): also by what stands in the bracket, and by both without it."""
    found = re.fullmatch(r"(.+?)\((.+)\)", item)
    if found is None:
        return [item]
    inside = found[2]
    return [item, inside] if len(inside) > 3 else [item]


def _spelt(year: int) -> str:
    """이천이십사."""
    words = {value: key for key, value in _NUMERALS.items()}
    found = "천구백" if year < 2000 else "이천"
    tens, ones = divmod(year % 100, 10)
    if tens:
        found += ("" if tens == 1 else words[str(tens)]) + "십"
    return found + (words[str(ones)] if ones else "")
