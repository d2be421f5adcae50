"""Measures what the door finds: recall on emergencies and false alarms on look-alikes, by rule, score, both.

Reads lines of `emergency<TAB>text` or `none<TAB>text`. To judge lines of data/emergency/dev.tsv that were
not learnt: `nlu/.venv/bin/python -m scripts.text_weights --without-held-out W.bin`, then
`.venv/bin/python -m scripts.measure_emergency data/emergency/dev.tsv --held-out --weights W.bin`. With
`--model FILE` of scripts/intent_probabilities.py also door and model together, as a message meets them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.city_files import load_city
from core.city import EmergencyRule
from dialogue.emergency import recognise
from korean.text_scores import Weights, unpack, weights
from scripts.held_out import is_held_out

ROOT = Path(__file__).resolve().parent.parent


# As FallbackClassifier in config.yml: a less sure intent is asked again.
THRESHOLD, AMBIGUITY = 0.4, 0.1


@dataclass(frozen=True)
class Judged:
    """One line: whether it is an emergency, its score and the rule that fits."""

    text: str
    wanted: bool
    score: float
    rule: EmergencyRule | None


def judge(
    lines: Sequence[tuple[str, str]], scorer: Weights, rules: Sequence[EmergencyRule]
) -> list[Judged]:
    """Every line with its score and rule."""
    return [
        Judged(text, label == "emergency", scorer.score(text), recognise(text, rules))
        for label, text in lines
    ]


def tell(name: str, judged: Sequence[Judged], alarm: Callable[[Judged], bool]) -> None:
    """Print recall and false alarms of one way to decide."""
    wanted = [one for one in judged if one.wanted]
    others = [one for one in judged if not one.wanted]
    recall = sum(map(alarm, wanted)) / max(1, len(wanted))
    false = sum(map(alarm, others)) / max(1, len(others))
    print(f"{name}: recall {recall:.3f}, false alarms {false:.2%}")


def tell_with_model(judged: Sequence[Judged], said: Path, door: Callable[[Judged], bool]) -> None:
    """Print what the model adds: it is asked only where the door raises no alarm."""
    rows = [json.loads(line) for line in said.read_text(encoding="utf-8").splitlines()]
    of_text = {row["text"]: row for row in rows}

    def by_model(one: Judged) -> bool:
        row = of_text[one.text]
        sure = row["confidence"] >= THRESHOLD and row["confidence"] - row["second"] >= AMBIGUITY
        return bool(row["intent"] == "emergency" and sure)

    tell("model alone", judged, by_model)
    tell("door and model", judged, lambda one: door(one) or by_model(one))
    for bar in (0.1, 0.2, 0.3, 0.5, 0.7):
        likely = {text for text, row in of_text.items() if row["emergency"] >= bar}
        tell(
            f"door, or emergency likelier than {bar}",
            judged,
            lambda one, likely=likely: door(one) or one.text in likely,  # type: ignore[misc]
        )


def main() -> None:
    """Print the figures and, if asked, the faults."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("test", type=Path)
    options.add_argument("--weights", type=Path, help="default: the shipped ones")
    options.add_argument("--model", type=Path, help="what scripts/intent_probabilities.py wrote")
    options.add_argument("--held-out", action="store_true")
    options.add_argument("--faults", action="store_true")
    given = options.parse_args()
    city = load_city(ROOT / "city")
    scoring = city.emergency_scoring
    assert scoring is not None
    scorer = unpack(given.weights.read_bytes()) if given.weights else weights("emergency")
    rows = [line.split("\t", 1) for line in given.test.read_text(encoding="utf-8").splitlines()]
    lines = [(label, text) for label, text in rows if is_held_out(text) or not given.held_out]
    begun = time.process_time()
    judged = judge(lines, scorer, city.emergency)
    spent = (time.process_time() - begun) / max(1, len(judged))
    wanted = sum(one.wanted for one in judged)
    print(f"{wanted} emergencies, {len(judged) - wanted} look-alikes, {spent * 1000:.1f} ms each")

    def both(one: Judged) -> bool:
        if one.rule is not None and one.rule.by_rule_alone:
            return True
        return one.score > (scoring.alone if one.rule is None else scoring.with_rule)

    tell("rules alone", judged, lambda one: one.rule is not None)
    tell(f"score alone above {scoring.alone}", judged, lambda one: one.score > scoring.alone)
    tell("both, as at the door", judged, both)
    if given.model:
        tell_with_model(judged, given.model, both)
    others = sorted((one.score for one in judged if not one.wanted), reverse=True)
    for share in (0.005, 0.01, 0.02, 0.05) if others else ():
        bar = others[int(share * len(others))]
        tell(f"score alone above {bar:.2f}", judged, lambda one, bar=bar: one.score > bar)  # type: ignore[misc]
    for one in judged if given.faults else ():
        if both(one) != one.wanted:
            print(f"{'missed' if one.wanted else 'false alarm'} {one.score:.2f} {one.text}")


if __name__ == "__main__":
    main()
