"""Answers a question about figures with figures, or says that there are none; must never state another one.

Every number in an answer's text rests on the figures it carries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from budget import ranking
from budget.cells import Cell, Place, read_cells, series_for, sum_over
from budget.figures import Series
from budget.phrases import (
    say_body,
    say_difference,
    say_parts,
    say_rate,
    say_sources,
    say_value,
)
from budget.queries import figures_by_id, years_of
from budget.query import Answer, Query
from budget.question import Ground, nearest
from budget.units import PER_CENT, WON
from core.texts import Texts
from korean.particles import with_particle

_POPULATION = "인구"
_MOST_OFFERS = 4


@dataclass(frozen=True)
class Part:
    """One sentence or several, and the figures they rest on; empty ids: there are none."""

    text: str
    ids: tuple[int, ...] = ()


def answer_query(session: Session, query: Query, *, ground: Ground, texts: Texts) -> Answer:
    """The answer to a query: one part for each of its measures that there is something of."""
    speaker = Speaker(session, query, ground, texts)
    parts: list[Part] = []
    apologies: list[Part] = []
    for measure in query.measures:
        part = speaker.say(measure)
        (parts if part.ids else apologies).append(part)
    if not parts:
        # Of several measures the first one's reason says it all.
        # A year of which there is nothing is not what the next question leans on.
        return Answer("none", apologies[0].text, (), replace(query, year=None), speaker.offers)
    ids = [id_ for part in parts for id_ in part.ids]
    known = figures_by_id(session, ids)
    figures = tuple(known[id_] for id_ in dict.fromkeys(ids))
    lines = [part.text for part in parts]
    lines.append(say_sources(figures, texts))
    return Answer("figures", "\n".join(lines), figures, query)


class Speaker:
    """One query, said measure by measure."""

    def __init__(self, session: Session, query: Query, ground: Ground, texts: Texts) -> None:
        self.session, self.query, self.ground, self.texts = session, query, ground, texts
        self.offers: tuple[str, ...] = ()

    def say(self, measure: str) -> Part:
        """The sentence about one measure."""
        query = self.query
        series = series_for(self.ground.series, measure, query.item)
        if not series:
            return self._nothing(measure)
        if query.op == "rank":
            return self._rank(measure, series)
        scope = series[0].scope
        if query.whole and scope == "own" and any(self._is_region(each) for each in query.bodies):
            # All governments of a region together: what is handed on would count twice.
            return Part(self._text("budget_not_added", what=self.what(measure, "은")))
        if query.nation and not self.ground.words.adds(measure):
            return Part(self._text("budget_not_added", what=self.what(measure, "은")))
        year = query.year
        known = years_of(self.session, [each.id for each in series], bodies=query.bodies)
        if not known:
            return self._no_body(measure, scope)
        if year is None:
            # 작년보다 names the year to compare with; nothing is newer than that.
            year = max(known[-1], (query.since or 0) + 1)
        missing = [each for each in self._years(year, known) if each not in known]
        if missing:
            return self._no_year(measure, scope, missing[0], known)
        say = {
            "value": self._value,
            "change": self._change,
            "compare": self._compare,
            "trend": self._trend,
            "per_head": self._per_head,
            "place": self._place,
        }[query.op]
        return say(measure, series, year)

    def _years(self, year: int, known: Sequence[int]) -> list[int]:
        if self.query.op == "change":
            return [self.query.since if self.query.since is not None else year - 1, year]
        return [year]

    def _value(self, measure: str, series: list[Series], year: int) -> Part:
        cell = self._cell(measure, series, year)
        if isinstance(cell, Part):
            return cell
        said = self._text(
            "budget_value",
            year=year,
            who=self._who(cell),
            what=self.what(measure, "은"),
            value=self._is(cell.value, cell.unit),
        )
        lines = [said, say_parts(cell, self.texts)]
        if self.query.year is None:
            lines.append(self._text("budget_latest", year=year))
        return Part(" ".join(line for line in lines if line), cell.ids)

    def _change(self, measure: str, series: list[Series], year: int) -> Part:
        since = self._years(year, ())[0]
        before, after = (self._cell(measure, series, each) for each in (since, year))
        if isinstance(before, Part):
            return before
        if isinstance(after, Part):
            return after
        if before.parts != after.parts:
            away = "·".join(sorted(set(before.parts) ^ set(after.parts)))
            what = self.what(measure, "은")
            return Part(self._text("budget_not_whole", year=since, what=what, missing=away))
        return self._changed(measure, before, after, since, year)

    def _changed(self, measure: str, before: Cell, after: Cell, since: int, year: int) -> Part:
        exact, unit = self.query.exact, after.unit
        ids = (*before.ids, *after.ids)
        who, what = self._who(after), self.what(measure, "은")
        if before.value == after.value:
            value = with_particle(say_value(after.value, unit, exact=exact), "으로")
            text = self._text(
                "budget_stayed", who=who, what=what, before_year=since, year=year, value=value
            )
            return Part(text, ids)
        more = after.value > before.value
        values = {
            "who": who,
            "what": what,
            "before_year": since,
            "year": year,
            "before": say_value(before.value, unit, exact=exact) + "에서",
            "after": with_particle(say_value(after.value, unit, exact=exact), "으로"),
            "difference": say_difference(after.value - before.value, unit, exact=exact),
        }
        if unit == PER_CENT:
            return Part(self._text("budget_rose" if more else "budget_fell", **values), ids)
        rate = say_rate(before.value, after.value)
        key = "budget_grew" if more else "budget_shrank"
        return Part(self._text(key, rate=f"({rate})" if rate else "", **values), ids)

    def _compare(self, measure: str, series: list[Series], year: int) -> Part:
        found: list[tuple[str, Cell]] = []
        for code in self.query.bodies:
            known = years_of(self.session, [each.id for each in series], bodies=[code])
            scope = series[0].scope
            if year not in known:
                who = say_body(code, self.ground.bodies, scope)
                if not known:
                    return self._no_body(measure, scope, who=who)
                return self._no_year(measure, scope, year, known, who=who)
            cell = self._cell(measure, series, year, body=code)
            if isinstance(cell, Part):
                return cell
            found.append((say_body(code, self.ground.bodies, cell.scope), cell))
        exact, unit = self.query.exact, found[0][1].unit
        lines = [self._text("budget_compare", year=year, what=self.what(measure, "은"))]
        for who, cell in found:
            value = say_value(cell.value, unit, exact=exact)
            lines.append(self._text("budget_compare_line", who=who, value=value))
        if len(found) == 2:
            first, second = sorted(found, key=lambda each: -each[1].value)
            away = first[1].value - second[1].value
            if away == 0:
                lines.append(self._text("budget_compare_same"))
            else:
                key = "budget_compare_higher" if unit == PER_CENT else "budget_compare_more"
                lines.append(
                    self._text(
                        key,
                        who=with_particle(first[0], "이"),
                        difference=say_difference(away, unit, exact=exact),
                    )
                )
        return Part("\n".join(lines), tuple(id_ for _, cell in found for id_ in cell.ids))

    def _trend(self, measure: str, series: list[Series], year: int) -> Part:
        lines: list[str] = []
        ids: list[int] = []
        last: Cell | None = None
        for each in range(year - self.query.span + 1, year + 1):
            known = years_of(self.session, [one.id for one in series], bodies=self.query.bodies)
            if each not in known:
                continue
            cell = self._cell(measure, series, each)
            if isinstance(cell, Part):
                return cell
            last = cell
            value = say_value(cell.value, cell.unit, exact=self.query.exact)
            lines.append(self._text("budget_trend_line", year=each, value=value))
            ids += cell.ids
        assert last is not None  # the newest year is there
        head = self._text("budget_trend", who=self._who(last), what=self.what(measure, "은"))
        return Part("\n".join((head, *lines)), tuple(ids))

    def _per_head(self, measure: str, series: list[Series], year: int) -> Part:
        cell = self._cell(measure, series, year)
        if isinstance(cell, Part):
            return cell
        if cell.unit != WON:
            return Part(self._text("budget_unsupported", words="1인당 비율"))
        people = series_for(self.ground.series, _POPULATION, "")
        heads: Cell | None = None
        if people and not self.query.nation:
            there = read_cells(self.session, people, bodies=self.query.bodies, years=[year])
            heads = there.get((self.query.bodies[0], year))
        if heads is None or heads.value <= 0:
            return Part(self._text("budget_no_population", year=year, who=self._who(cell)))
        each = (2 * cell.value + heads.value) // (2 * heads.value)
        text = self._text(
            "budget_per_head",
            year=year,
            who=self._who(cell),
            what=self.what(measure, "은"),
            value=self._is(each, WON),
            people=say_value(heads.value, heads.unit, exact=True),
        )
        return Part(text, (*cell.ids, *heads.ids))

    def _rank(self, measure: str, series: list[Series]) -> Part:
        group = ranking.group_of(self.query, self.ground.bodies)
        codes = [each.code for each in group]
        known = years_of(self.session, [each.id for each in series], bodies=codes)
        scope = series[0].scope
        name = ranking.group_name(self.query, self.ground.bodies, self.texts)
        if not known:
            return self._no_body(measure, scope, who=name)
        year = known[-1] if self.query.year is None else self.query.year
        if year not in known:
            return self._no_year(measure, scope, year, known, who=name)
        cells = read_cells(self.session, series, bodies=codes, years=[year])
        return Part(*ranking.say_rank(self, measure, cells, year, name))

    def _place(self, measure: str, series: list[Series], year: int) -> Part:
        group = ranking.group_of(self.query, self.ground.bodies)
        cells = read_cells(self.session, series, bodies=[each.code for each in group], years=[year])
        name = ranking.group_name(self.query, self.ground.bodies, self.texts)
        return Part(*ranking.say_place(self, measure, cells, year, name))

    def _cell(
        self, measure: str, series: list[Series], year: int, *, body: str | None = None
    ) -> Cell | Part:
        """The value of a year, or why there is none."""
        if self.query.nation:
            cells = read_cells(self.session, series, bodies=None, years=[year])
            made = sum_over(cells, self.ground.bodies, year)
            if made.cell is None:
                missing = ", ".join(made.missing[:_MOST_OFFERS])
                if len(made.missing) > _MOST_OFFERS:
                    missing += " …"
                what = self.what(measure, "은")
                return Part(self._text("budget_not_whole", year=year, what=what, missing=missing))
            self.nation = (made.count, made.regions_only)
            return made.cell
        code = body or self.query.bodies[0]
        place: Place = (code, year)
        cell = read_cells(self.session, series, bodies=[code], years=[year]).get(place)
        if cell is None:
            known = years_of(self.session, [each.id for each in series], bodies=[code])
            return self._no_year(measure, series[0].scope, year, known)
        if cell.conflict:
            return self._conflict(measure, cell, year, code)
        return cell

    def _conflict(self, measure: str, cell: Cell, year: int, code: str) -> Part:
        known = figures_by_id(self.session, cell.conflict)
        said = [say_value(known[each].value, cell.unit, exact=True) for each in cell.conflict]
        text = self._text(
            "budget_conflict",
            year=year,
            who=say_body(code, self.ground.bodies, cell.scope),
            what=self.what(measure, "은"),
            values=", ".join(dict.fromkeys(said)),
        )
        # What contradicts itself is shown with its rows, and stated as nothing.
        return Part(text, ())

    def _nothing(self, measure: str) -> Part:
        self.offers = nearest(measure, self.ground)
        what = self.ground.words.spoken(measure)
        return Part(self._text("budget_nothing", what=what, offers=", ".join(self.offers)))

    def _no_body(self, measure: str, scope: str, *, who: str | None = None) -> Part:
        there = [
            each
            for each in self.ground.words.measures
            if any(
                years_of(self.session, [one.id for one in series], bodies=self.query.bodies)
                for series in [series_for(self.ground.series, each.name, "")]
                if series
            )
        ]
        self.offers = tuple(each.spoken for each in there)[:_MOST_OFFERS]
        return Part(
            self._text(
                "budget_no_body",
                who=who or self._name(scope),
                what=self.what(measure, ""),
                offers=", ".join(self.offers) or "-",
            )
        )

    def _no_year(
        self, measure: str, scope: str, year: int, known: Sequence[int], *, who: str | None = None
    ) -> Part:
        near = sorted(sorted(known, key=lambda each: abs(each - year))[:2])
        self.offers = tuple(f"{each}년" for each in near)
        return Part(
            self._text(
                "budget_no_year",
                who=who or self._name(scope),
                what=self.what(measure, ""),
                year=year,
                near=", ".join(self.offers),
            )
        )

    def what(self, measure: str, particle: str) -> str:
        """취득세(지방세 징수액)은 …: the measure, with its item where it has one."""
        spoken = self.ground.words.spoken(measure)
        item = self.query.item
        kind = next((each.item_kind for each in self.ground.series if each.item == item), "")
        if item:
            spoken = f"{item} {'징수액' if kind == '세목' and measure == '지방세' else spoken}"
        return with_particle(spoken, particle) if particle else spoken

    def is_(self, value: int, unit: str) -> str:
        """약 3억 원이에요."""
        return self._is(value, unit)

    def _is(self, value: int, unit: str) -> str:
        return with_particle(say_value(value, unit, exact=self.query.exact), "이에요")

    def _who(self, cell: Cell) -> str:
        if self.query.nation:
            count, regions_only = self.nation
            kind = "wholes" if cell.scope == "whole" else "regions" if regions_only else "all"
            named = self._text(f"budget_kind_{kind}")
            return self._text("budget_nation_of", count=count, kind=named)
        return say_body(self.query.bodies[0], self.ground.bodies, cell.scope)

    def _name(self, scope: str) -> str:
        if self.query.nation:
            return self._text("budget_nation")
        return say_body(self.query.bodies[0], self.ground.bodies, scope)

    def _is_region(self, code: str) -> bool:
        return self.ground.bodies.by_code[code].is_region

    def _text(self, key: str, **values: object) -> str:
        return self.texts.render(key, **values)
