"""Understands a question about figures, or says what is doubtful about it; must not read a figure.

Nothing is guessed: every word is used, a body that may be two is asked back, and what cannot be computed
is named. A question that leaves something out takes it from the one before, if there was one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from budget.bodies import LAST_YEAR, Bodies, Body
from budget.figures import Series
from budget.lexicon import Lexicon, Piece, as_written, dense, make_lexicon
from budget.query import Doubt, Group, Op, Query, Understood
from budget.slips import repair
from budget.words import Words
from korean.likeness import likeness

_OFFERS = 3
_LIKE = 0.2
_FUND = "기금 현재액"
_USES = {"use": "기금 사용액", "raise": "기금 조성액"}


@dataclass(frozen=True)
class Ground:
    """What questions are understood on: words, bodies and what there are figures of."""

    words: Words
    bodies: Bodies
    series: tuple[Series, ...]
    lexicon: Lexicon

    @staticmethod
    def of(words: Words, bodies: Bodies, series: Sequence[Series]) -> Ground:
        """Made once for as long as nothing is imported."""
        return Ground(words, bodies, tuple(series), make_lexicon(words, bodies, series))

    def measures_of(self, item: str) -> tuple[str, ...]:
        """What is measured of an item."""
        return tuple(dict.fromkeys(each.measure for each in self.series if each.item == item))


def understand(
    text: str, ground: Ground, *, today: date, previous: Query | None = None
) -> Understood | Doubt:
    """The query, or what must be asked back. ``today`` in Asia/Seoul."""
    whole = dense(text)
    pieces = ground.lexicon.cut(whole)
    readings: tuple[tuple[str, str], ...] = ()
    if any(not piece.known for piece in pieces):
        repaired = repair(ground.lexicon, whole, pieces)
        if repaired is None:
            unknown = next(piece for piece in pieces if not piece.known)
            return Doubt("words", as_written(text, unknown), nearest(unknown.text, ground))
        readings = repaired.readings
        pieces = ground.lexicon.cut(repaired.text)
    elsewhere = next((piece for piece in pieces if piece.of("elsewhere") is not None), None)
    if elsewhere is not None:
        return Doubt("words", elsewhere.text, nearest(elsewhere.text, ground))
    made = _Reader(pieces, ground, today, previous).read()
    return made if isinstance(made, Doubt) else Understood(made, readings)


def nearest(words: str, ground: Ground) -> tuple[str, ...]:
    """What there are figures of and sounds most like it; without any such, what there is at all."""
    there = dict.fromkeys(
        (each.item or ground.words.spoken(each.measure)) for each in ground.series
    )
    ranked = sorted(there, key=lambda each: -likeness(words, each))
    near = [each for each in ranked if likeness(words, each) >= _LIKE][:_OFFERS]
    if near:
        return tuple(near)
    return tuple(each for each in ground.words.suggested if _is_there(each, ground))[:_OFFERS]


def _is_there(word: str, ground: Ground) -> bool:
    """Whether there are figures of what a word means."""
    measures = {each.measure for each in ground.series}
    return any(
        meaning.kind == "item" or (meaning.kind == "sense" and measures & set(meaning.values))
        for meaning in ground.lexicon.words.get(dense(word), ())
    )


class _Reader:
    """One question whose words are all known."""

    def __init__(
        self, pieces: list[Piece], ground: Ground, today: date, previous: Query | None
    ) -> None:
        self.pieces, self.ground, self.today, self.previous = pieces, ground, today, previous

    def read(self) -> Query | Doubt:
        """The query or the doubt."""
        years = self._years()
        measures = self._measures()
        if isinstance(measures, Doubt):
            return measures
        names, item = measures
        # Which of two bodies of one name is meant may depend on the year.
        at = years[-1] if years else None
        query = Query(measures=names, item=item, exact=self._has("exact"), whole=self._has("whole"))
        if not names:
            if self.previous is None:
                return Doubt("measure", "", nearest("", self.ground))
            query = replace(
                self.previous, exact=self._has("exact") or self.previous.exact, since=None
            )
        bodies = self._bodies(at if at is not None else query.year)
        if isinstance(bodies, Doubt):
            return bodies
        if len(years) > 2:
            return Doubt("unsupported", "세 해가 넘는 비교")
        odd = self._odd(bodies, years)
        if odd:
            return Doubt("unsupported", odd)
        query = self._with_place(query, bodies, inherited=not names)
        query = self._with_years(query, years, inherited=not names)
        return self._with_op(query, bodies, years, inherited=not names)

    def _odd(self, bodies: tuple[str, ...], years: list[int]) -> str:
        """What is understood word by word and yet asks for something else."""
        if self._has("nation") and bodies and not self._has("place"):
            return "전국에서 차지하는 몫"
        for piece, particle in self._behind_years():
            if particle in ("중", "중에", "중에서", "가운데"):
                return "도끼리만 견주는 것"
            if particle in ("까지", "까지의") and len(years) == 1:
                return f"{piece.text}까지 쌓인 금액"
            if particle == "부터" and len(years) == 1 and self._has("trend"):
                return f"{piece.text}부터의 흐름"
        return ""

    def _behind_years(self) -> list[tuple[Piece, str]]:
        """Each year with the particle behind it, or with 대비 where that stands there."""
        found = []
        for piece, after in zip(self.pieces, self.pieces[1:], strict=False):
            if any(piece.of(kind) is not None for kind in ("year", "back", "ago", "before")):
                particle = after.of("particle")
                if particle is not None:
                    found.append((piece, particle[0]))
                elif after.of("between") is not None:
                    found.append((piece, "대비"))
        return found

    def _has(self, kind: str) -> bool:
        return any(piece.of(kind) is not None for piece in self.pieces)

    def _all(self, kind: str) -> list[tuple[str, ...]]:
        return [values for piece in self.pieces if (values := piece.of(kind)) is not None]

    def _measures(self) -> tuple[tuple[str, ...], str] | Doubt:
        """The measures that are meant, and the item."""
        senses = self._all("sense")
        items = [each for values in self._all("item") for each in values]
        if len(items) > 1:
            return Doubt("measure", "", tuple(items[:_OFFERS]))
        item = items[0] if items else ""
        together: tuple[str, ...] = senses[0] if senses else ()
        for other in senses[1:]:
            both = tuple(each for each in together if each in other)
            together = both or tuple(dict.fromkeys((*together, *other)))
        for mark, measure in _USES.items():
            if self._has(mark):
                fund = together == (_FUND,) or (item and _FUND in self.ground.measures_of(item))
                together = (measure,) if fund else ("지출액",)
        if not item:
            return together, ""
        there = self.ground.measures_of(item)
        if together:
            fitting = tuple(each for each in together if each in there)
            if not fitting:
                spoken = " / ".join(self.ground.words.spoken(each) for each in together)
                return Doubt("words", f"{item} {spoken}", (item,))
            return fitting, item
        kinds = dict(self.ground.words.item_measures)
        kind = next(each.item_kind for each in self.ground.series if each.item == item)
        usual = tuple(each for each in kinds.get(kind, ()) if each in there)
        return (usual or there[:1]), item

    def _years(self) -> list[int]:
        """The years named, in the question's order."""
        found: list[int] = []
        before = False
        for piece in self.pieces:
            if (values := piece.of("year")) is not None:
                found.append(int(values[0]))
            elif (values := piece.of("back") or piece.of("ago")) is not None:
                found.append(self.today.year - int(values[0]))
            elif piece.of("before") is not None:
                before = True
        if before:
            base = self.previous.year if self.previous else None
            found.append((found[0] if found else base or self.today.year) - 1)
        return list(dict.fromkeys(found))

    def _bodies(self, year: int | None) -> tuple[str, ...] | Doubt:
        """Who is named; a region before a 시·군·구 of its own only says which one."""
        known = self.ground.bodies
        found: list[list[Body]] = []
        for piece in self.pieces:
            if (codes := piece.of("body")) is None:
                continue
            named = [known.by_code[code] for code in codes]
            if found and len(found[-1]) >= 1:
                regions = {each.code for each in found[-1] if each.is_region}
                inside = [each for each in named if each.region in regions and not each.is_region]
                if inside:
                    found[-1] = inside
                    continue
            found.append(named)
        chosen = []
        for named in found:
            there = [each for each in named if _named_in(each, year)] or named
            if len(there) > 1:
                offers = tuple(known.full_name(each) for each in there)
                return Doubt("body", "", offers)
            chosen.append(there[0].code)
        if self._has("own") and not chosen:
            chosen.append(self.ground.words.own_body)
        return tuple(dict.fromkeys(chosen))

    def _with_place(self, query: Query, bodies: tuple[str, ...], *, inherited: bool) -> Query:
        if self._has("nation") and not bodies:
            return replace(query, nation=True, bodies=(), group="", region="", suffix="")
        if bodies:
            op: Op = "value" if query.op in ("rank", "compare", "place") else query.op
            return replace(
                query, bodies=bodies, nation=False, group="", region="", suffix="", op=op
            )
        if inherited or (self.previous is not None and self._has("then")):
            return query if inherited else self._place_before(query)
        return query

    def _place_before(self, query: Query) -> Query:
        before = self.previous
        if before is None:
            return query
        return replace(query, bodies=before.bodies, nation=before.nation, year=before.year)

    def _with_years(self, query: Query, years: list[int], *, inherited: bool) -> Query:
        if len(years) == 2:
            measures = tuple(self.ground.words.change_of(each) for each in query.measures)
            return replace(query, measures=measures, year=max(years), since=min(years), op="change")
        if years:
            return replace(query, year=years[0])
        return query

    def _with_op(
        self, query: Query, bodies: tuple[str, ...], years: list[int], *, inherited: bool
    ) -> Query | Doubt:
        least = self._has("least")
        ordered = least or self._has("most")
        top = self._has("top") or (self._has("where") and (ordered or self._has("group")))
        change = self._has("change") or len(years) == 2
        many = len(query.bodies) > 1
        if top and change:
            return Doubt("unsupported", "얼마나 변했는지의 순위")
        if top and len(self._all("sense")) > 1 and not query.item:
            return Doubt("unsupported", "항목끼리의 순위")
        if self._has("per_head"):
            if change or top or many:
                return Doubt("unsupported", "1인당 금액의 비교나 순위")
            return self._placed(replace(query, op="per_head"))
        if many:
            if change:
                return Doubt("unsupported", "두 곳의 변화 비교")
            return replace(query, op="compare", least=least)
        if self._has("place"):
            return self._ranked(replace(query, op="place", least=least), bodies, keep=True)
        if top:
            return self._ranked(replace(query, op="rank", least=least), bodies, keep=False)
        if change:
            with_ = self._compared_with(years[0]) if len(years) == 1 else None
            if with_ is not None:
                query = replace(query, since=with_[0], year=with_[1])
            if not self._has("span"):
                return self._placed(replace(query, op="change"))
        if self._has("trend") or self._has("span"):
            span = int((self._all("span") or [("3",)])[0][0])
            return self._placed(replace(query, op="trend", span=max(2, min(span, 10))))
        # What orders or groups without asking for an order is not understood.
        if any(self._has(each) for each in ("locals", "suffix", "kind", "regions", "compare")):
            return Doubt("unsupported", "여러 곳을 한꺼번에 묻는 것")
        if inherited and query.op in ("change", "trend") and query.since is None and not years:
            return self._placed(query)
        return self._placed(query)

    def _compared_with(self, year: int) -> tuple[int, int | None] | None:
        """작년보다, 2021년에 비해, 2021년부터: the year to compare with, and the one that is compared.

        Last year is compared with the one after it, another with the newest there is.
        """
        for piece, particle in self._behind_years():
            if particle in ("보다", "보다는", "대비", "부터", "에서"):
                last = piece.of("back") == ("1",) or piece.of("before") is not None
                return year, year + 1 if last else None
        return None

    def _placed(self, query: Query) -> Query:
        """Nobody is named: the city itself."""
        if query.bodies or query.nation:
            return replace(query, group="", region="", suffix="")
        if query.group and query.op == "rank":
            return query
        return replace(query, bodies=(self.ground.words.own_body,))

    def _ranked(self, query: Query, bodies: tuple[str, ...], *, keep: bool) -> Query | Doubt:
        """Among whom: the 시·도, or the 시·군·구 of a region or of the country."""
        suffix = (self._all("suffix") or [("",)])[0][0]
        kind = (self._all("kind") or [("",)])[0][0]
        locals_ = self._has("locals") or bool(suffix)
        named = [self.ground.bodies.by_code[code] for code in bodies]
        if keep:
            if not named:
                query = self._placed(query)
                named = [self.ground.bodies.by_code[code] for code in query.bodies]
            mine = named[0]
            if mine.is_region:
                return replace(query, group="regions")
            if self._has("nation"):
                return replace(query, bodies=(mine.code,), nation=False, group="locals")
            return replace(query, group="within", region=mine.region)
        if named:
            if not named[0].is_region or self._has("regions"):
                return Doubt("unsupported", "그 순위")
            return replace(query, group="within", region=named[0].code, bodies=(), suffix=suffix)
        group: Group = "locals" if locals_ else "regions"
        return replace(query, group=group, bodies=(), nation=False, suffix=suffix or kind)


def _named_in(body: Body, year: int | None) -> bool:
    return body.until == LAST_YEAR if year is None else body.existed(year)
