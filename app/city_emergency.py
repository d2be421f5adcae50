"""Reads emergency.yml: fills <words> into expressions, named sets into rules, checks each of them.

Must not match anything: dialogue/emergency.py does.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.city_models import MAX_TEXT, EmergencyModel, EmergencyScoringModel, Text, Words
from app.city_yaml import Document, Problems, Where, validate
from core.city import EmergencyPattern, EmergencyRule, EmergencyScoring

# What a turn is marked with where only the learned score saw an emergency.
UNKNOWN = "unknown_kind"
_WORD = re.compile(r"(?<!\(\?)<([a-z]+)>")


class EmergencyFileModel(BaseModel):
    """emergency.yml: `words` stand for <word> in expressions, `sets` are lists rules can name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: dict[str, Text] = {}
    sets: dict[str, Words] = {}
    rules: Annotated[tuple[EmergencyModel, ...], Field(min_length=1)]
    scoring: EmergencyScoringModel | None = None


def load_scoring(document: Document, *, problems: Problems) -> EmergencyScoring | None:
    """What the learned score decides, None where the file leaves all to the rules; notes mistakes."""
    # Mistakes of form were noted by load_emergency.
    model = validate(EmergencyFileModel, document, (), label="", problems=Problems())
    if model is None or model.scoring is None:
        return None
    given = model.scoring
    where: Where = ("scoring",)
    if given.with_rule > given.alone:
        problems.add(
            document,
            (*where, "with_rule"),
            f"scoring: with_rule {given.with_rule} is above alone {given.alone}",
        )
    if len(given.text) > MAX_TEXT:
        problems.add(
            document,
            (*where, "text"),
            f"scoring: the text has {len(given.text)} characters (expected at most {MAX_TEXT})",
        )
    for number in given.numbers:
        if number not in given.text:
            problems.add(document, (*where, "text"), f"scoring: the text must name {number}")
    unknown = EmergencyRule(UNKNOWN, "rescue", given.numbers[0], given.text, ())
    return EmergencyScoring(given.alone, given.with_rule, unknown)


def load_emergency(document: Document, *, problems: Problems) -> tuple[EmergencyRule, ...]:
    """The rules in the order of the file; notes every mistake with its line."""
    model = validate(EmergencyFileModel, document, (), label="", problems=problems)
    if model is None:
        return ()
    checker = _Checker(document, model, problems)
    for name, expressions in model.sets.items():
        checker.expressions(expressions, where=("sets", name), label=f"set '{name}'")
    rules = []
    seen: set[str] = set()
    for index, rule in enumerate(model.rules):
        where: Where = ("rules", index)
        label = f"emergency '{rule.id}'"
        if rule.id in seen:
            problems.add(document, (*where, "id"), f"{label}: this id was already used")
        seen.add(rule.id)
        rules.append(checker.rule(rule, where=where, label=label))
    return tuple(rules)


class _Checker:
    """Turns models into rules and notes what is wrong with them."""

    def __init__(self, document: Document, model: EmergencyFileModel, problems: Problems) -> None:
        self.document = document
        self.model = model
        self.problems = problems

    def rule(self, rule: EmergencyModel, *, where: Where, label: str) -> EmergencyRule:
        at = (*where, "text")
        if len(rule.text) > MAX_TEXT:
            self.problems.add(
                self.document,
                at,
                f"{label}: the text has {len(rule.text)} characters (expected at most {MAX_TEXT})",
            )
        if rule.number not in rule.text.splitlines()[0]:
            self.problems.add(
                self.document,
                at,
                f"{label}: the first line must name the number to call, {rule.number}",
            )
        none_of = list(self.expressions(rule.none, where=(*where, "none"), label=label))
        for name in rule.none_sets:
            if name not in self.model.sets:
                known = ", ".join(self.model.sets)
                self.problems.add(
                    self.document,
                    (*where, "none_sets"),
                    f"{label}: there is no set '{name}' (expected one of: {known})",
                )
            else:
                none_of.extend(map(self._fill, self.model.sets[name]))
        patterns = tuple(
            EmergencyPattern(
                self.expressions(
                    pattern.all, where=(*where, "patterns", number, "all"), label=label
                ),
                self.expressions(
                    pattern.none, where=(*where, "patterns", number, "none"), label=label
                ),
            )
            for number, pattern in enumerate(rule.patterns)
        )
        return EmergencyRule(
            id=rule.id,
            category=rule.category,
            number=rule.number,
            text=rule.text,
            patterns=patterns,
            none_of=tuple(none_of),
            by_rule_alone=rule.by_rule_alone,
        )

    def expressions(self, given: Words, *, where: Where, label: str) -> Words:
        filled = []
        for index, expression in enumerate(given):
            for name in _WORD.findall(expression):
                if name not in self.model.words:
                    known = ", ".join(self.model.words) or "none"
                    self.problems.add(
                        self.document,
                        (*where, index),
                        f"{label}: there is no word <{name}> (expected one of: {known})",
                    )
            whole = self._fill(expression)
            try:
                fits_everything = re.compile(whole).search("") is not None
            except re.error as error:
                self.problems.add(
                    self.document,
                    (*where, index),
                    f"{label}: '{expression}' is not a regular expression: {error}",
                )
                continue
            if fits_everything:
                self.problems.add(
                    self.document,
                    (*where, index),
                    f"{label}: '{expression}' fits an empty text, so it fits everything",
                )
            filled.append(whole)
        return tuple(filled)

    def _fill(self, expression: str) -> str:
        return _WORD.sub(lambda found: self.model.words.get(found[1], found[0]), expression)
