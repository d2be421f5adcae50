"""Loads city/budget/: local governments, words, column maps. Must not import a figure.

Every mistake is collected and told with file and line, as for the rest of city/.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.city_yaml import CityError, Document, Problems, read_document, validate
from budget.bodies import FIRST_YEAR, LAST_YEAR, Bodies, Body, make_bodies
from budget.datasets import Check, Dataset, MeasureColumn
from budget.units import RATIO_DIGITS, UNITS
from budget.words import Measure, Sense, Words

BODIES, WORDS = "bodies.yml", "words.yml"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


def _unit(value: str) -> str:
    if value not in UNITS:
        raise ValueError(f"'{value}' is not a unit (expected one of: {', '.join(UNITS)})")
    return value


Unit = Annotated[str, AfterValidator(_unit)]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class BudgetFiles:
    """What city/budget/ says."""

    bodies: Bodies
    words: Words
    datasets: tuple[Dataset, ...]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _RegionModel(_Strict):
    code: Text
    name: Text
    short: Text
    also: tuple[Text, ...] = ()
    since: int = FIRST_YEAR
    until: int = LAST_YEAR


class _BodyModel(_Strict):
    code: Text
    region: Text
    name: Text
    # false: the name without its last syllable is an everyday word.
    short: bool = True
    also: tuple[Text, ...] = ()
    since: int = FIRST_YEAR
    until: int = LAST_YEAR


class _BodiesModel(_Strict):
    regions: tuple[_RegionModel, ...]
    bodies: tuple[_BodyModel, ...] = ()


class _WhereModel(_Strict):
    code: Text | None = None
    label: Text | None = None
    region: Text | None = None
    fixed: Text | None = None


class _OneItemModel(_Strict):
    kind: Text
    name: Text


class _ItemModel(_Strict):
    kind: Text
    column: Text
    names: dict[Text, Text] = {}


class _MeasureModel(_Strict):
    column: Text
    measure: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    unit: Unit
    item: _OneItemModel | None = None


class _CheckedModel(_Strict):
    column: Text
    unit: Unit


class _CheckModel(_Strict):
    kind: Literal["sum", "rate", "growth", "follows", "share", "total"]
    stated: Text = Field(alias="is")
    plus: tuple[Text, ...] = ()
    minus: tuple[Text, ...] = ()
    of: str = ""
    to: str = ""
    within: tuple[Text, ...] = ()
    digits: int = Field(default=0, ge=0, le=RATIO_DIGITS)


class _DatasetModel(_Strict):
    title: Text
    publisher: Text
    link: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=300)]
    licence: Text
    body: _WhereModel
    scope: Literal["own", "whole"] = "own"
    year: Text
    as_of: Text = "year_end"
    item: _ItemModel | None = None
    part: _ItemModel | None = None
    precision: Text | None = None
    measures: tuple[_MeasureModel, ...] = Field(min_length=1)
    only_checked: tuple[_CheckedModel, ...] = ()
    unused: tuple[Text, ...] = ()
    checks: tuple[_CheckModel, ...] = ()


class _WordedModel(_Strict):
    measure: Text
    spoken: Text | None = None
    # It may be added up over governments without counting money twice.
    adds: bool = False
    # It is the yearly change of this measure.
    change_of: str = ""


class _SenseModel(_Strict):
    words: tuple[Text, ...] = Field(min_length=1)
    means: tuple[Text, ...] = Field(min_length=1)


class _ItemWordsModel(_Strict):
    item: Text
    words: tuple[Text, ...] = Field(min_length=1)


class _WordsModel(_Strict):
    own_body: Text
    measures: tuple[_WordedModel, ...] = Field(min_length=1)
    senses: tuple[_SenseModel, ...] = Field(min_length=1)
    item_measures: dict[Text, tuple[Text, ...]]
    item_words: tuple[_ItemWordsModel, ...] = ()
    suggested: tuple[Text, ...] = ()
    elsewhere: tuple[Text, ...] = ()


def load_budget(folder: Path) -> BudgetFiles:
    """Read and check ``folder``/budget. Raises CityError with every mistake."""
    problems = Problems()
    place = folder / "budget"
    name = f"{folder.name}/budget"
    bodies = _bodies(
        _read(place, name, BODIES, _BodiesModel, problems), problems, f"{name}/{BODIES}"
    )
    codes = frozenset(bodies.by_code)
    words = _read(place, name, WORDS, _WordsModel, problems)
    if words is not None:
        _check_words(words, codes, problems, f"{name}/{WORDS}")
    datasets = []
    for path in sorted(place.glob("*.yml")):
        if path.name in (BODIES, WORDS):
            continue
        document = read_document(path, f"{name}/{path.name}", problems=problems)
        if document is None:
            continue
        model = validate(_DatasetModel, document, (), label="", problems=problems)
        if model is not None and _fits(model, document, codes, problems):
            datasets.append(_dataset(path.stem, model))
    if problems.found or words is None:
        raise CityError(problems.sentences())
    return BudgetFiles(bodies, _words(words), tuple(datasets))


def _read(place: Path, name: str, file: str, model: type[M], problems: Problems) -> M | None:
    document = read_document(place / file, f"{name}/{file}", problems=problems)
    if document is None:
        return None
    return validate(model, document, (), label="", problems=problems)


def _bodies(model: _BodiesModel | None, problems: Problems, name: str) -> Bodies:
    if model is None:
        return make_bodies((), ())
    regions = [
        Body(each.code, each.code, each.name, each.short, each.also, each.since, each.until)
        for each in model.regions
    ]
    known = {each.code for each in regions}
    rest = []
    for each in model.bodies:
        if each.region not in known:
            problems.add_at(name, 0, f"body {each.code}: there is no region {each.region}")
            continue
        short = each.name[:-1] if each.short and len(each.name) > 2 else ""
        rest.append(
            Body(each.code, each.region, each.name, short, each.also, each.since, each.until)
        )
    codes = [each.code for each in (*regions, *rest)]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        problems.add_at(name, 0, f"the code {code} is there twice")
    return make_bodies(regions, rest)


def _fits(
    model: _DatasetModel, document: Document, codes: Collection[str], problems: Problems
) -> bool:
    """Whether the map makes sense in itself."""
    before = len(problems.found)
    where = model.body
    given = [where.code or where.label, where.region, where.fixed]
    if sum(each is not None for each in given) != 1:
        problems.add(document, ("body",), "say one of: code and label, region, fixed")
    if where.fixed is not None and where.fixed not in codes:
        problems.add(document, ("body",), f"there is no body {where.fixed} in {BODIES}")
    columns = {
        *(each.column for each in model.measures),
        *(each.column for each in model.only_checked),
    }
    if len(columns) != len(model.measures) + len(model.only_checked):
        problems.add(document, ("measures",), "a column is there twice")
    for number, check in enumerate(model.checks):
        named = [check.stated, *check.plus, *check.minus, *filter(None, (check.of, check.to))]
        for column in named:
            if column not in columns:
                text = f"'{column}' is no column of numbers here"
                problems.add(document, ("checks", number), text)
    return len(problems.found) == before


def _dataset(key: str, model: _DatasetModel) -> Dataset:
    meaning = model.model_dump_json(exclude={"title", "publisher", "link", "licence", "checks"})
    item = model.item
    return Dataset(
        key=key,
        title=model.title,
        publisher=model.publisher,
        link=model.link,
        licence=model.licence,
        year=model.year,
        measures=tuple(
            MeasureColumn(
                each.column,
                each.measure,
                each.unit,
                "" if each.item is None else each.item.kind,
                "" if each.item is None else each.item.name,
            )
            for each in model.measures
        ),
        # What decides the figures; another wording of the title makes no new version of a row.
        map_hash=hashlib.sha256(meaning.encode()).hexdigest(),
        code=model.body.code,
        label=model.body.label,
        region=model.body.region,
        fixed=model.body.fixed,
        scope=model.scope,
        as_of=model.as_of,
        item_kind="" if item is None else item.kind,
        item=None if item is None else item.column,
        item_names=() if item is None else tuple(item.names.items()),
        part=None if model.part is None else model.part.column,
        precision=model.precision,
        only_checked=tuple((each.column, each.unit) for each in model.only_checked),
        unused=frozenset(model.unused),
        checks=tuple(Check(**each.model_dump()) for each in model.checks),
    )


def _check_words(model: _WordsModel, codes: Collection[str], problems: Problems, name: str) -> None:
    known = {each.measure for each in model.measures}
    if model.own_body not in codes:
        problems.add_at(name, 0, f"own_body: there is no body {model.own_body} in {BODIES}")
    for measure in (
        *(each.change_of for each in model.measures if each.change_of),
        *(each for sense in model.senses for each in sense.means),
        *(each for several in model.item_measures.values() for each in several),
    ):
        if measure not in known:
            problems.add_at(name, 0, f"there is no measure '{measure}' under measures")


def _words(model: _WordsModel) -> Words:
    return Words(
        own_body=model.own_body,
        measures=tuple(
            Measure(each.measure, each.spoken or each.measure, each.adds, each.change_of)
            for each in model.measures
        ),
        senses=tuple(Sense(each.words, each.means) for each in model.senses),
        item_measures=tuple(model.item_measures.items()),
        item_words=tuple((each.item, each.words) for each in model.item_words),
        suggested=model.suggested,
        elsewhere=model.elsewhere,
    )
