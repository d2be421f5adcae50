"""Writes what the intent classifier says of labelled lines: the likeliest intent, and of an emergency.

Trains as config.yml asks on data/nlu without the lines that are asked. Runs in Rasa's environment:
`nlu/.venv/bin/python -m scripts.intent_probabilities data/emergency/dev.tsv OUT.jsonl`; read by
scripts/measure_emergency.py. Changes nothing else.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from nlu.components.combined import make_classifier
from nlu.evaluate import CONFIG, classifier_config
from nlu.evaluation.cross import load_examples

ROOT = Path(__file__).resolve().parent.parent
EMERGENCY = "emergency"


def main() -> None:
    """Train, then write a line of JSON for each line of the file."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("test", type=Path, nargs="+", help="lines of label<TAB>text")
    options.add_argument("out", type=Path)
    given = options.parse_args()
    lines = [
        line.split("\t", 1)[1]
        for path in given.test
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    known = set(lines)
    pairs = [
        pair
        for pair in zip(*load_examples(ROOT / "data" / "nlu"), strict=True)
        if pair[0] not in known
    ]
    model = make_classifier(classifier_config(CONFIG))
    model.fit(*(list(column) for column in zip(*pairs, strict=True)))
    danger = model.labels.index(EMERGENCY)
    with given.out.open("w", encoding="utf-8") as file:
        for text, row in zip(lines, model.probabilities(lines), strict=True):
            order = row.argsort()[::-1]
            said = {
                "text": text,
                "intent": model.labels[order[0]],
                "confidence": round(float(row[order[0]]), 4),
                "second": round(float(row[order[1]]), 4),
                "emergency": round(float(row[danger]), 4),
            }
            file.write(json.dumps(said, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
