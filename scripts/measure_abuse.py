"""Measures how well abuse is told on korean_hate_speech: learnt from its train file, and as shipped.

Reads only the folder named (train.tsv, dev.tsv); nothing of it goes into the shipped weights. Runs in
Rasa's environment: `nlu/.venv/bin/python -m scripts.measure_abuse FOLDER`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import f1_score
from sklearn.svm import LinearSVC

from korean.abuse import THRESHOLD, spell_out
from korean.text_scores import read_concepts, weights
from scripts.text_weights import ABUSE, matrix

SHARPNESS = 0.3


def read(path: Path) -> tuple[list[str], Any]:
    """The comments and their labels: none, offensive or hate."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [spell_out(row[0]) for row in rows], np.array([row[-1] for row in rows])


def main() -> None:
    """Print the F1 of three and of two classes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    folder = options.parse_args().folder
    concepts = read_concepts((ABUSE / "words.txt").read_text(encoding="utf-8").splitlines())
    texts, labels = read(folder / "train.tsv")
    tested, right = read(folder / "dev.tsv")
    rows, asked = matrix(texts, concepts), matrix(tested, concepts)
    learnt = LinearSVC(C=SHARPNESS, class_weight="balanced", random_state=0).fit(rows, labels)
    said = learnt.predict(asked)
    print(
        f"learnt from train: macro F1 {f1_score(right, said, average='macro'):.3f} of three classes"
    )
    two = LinearSVC(C=SHARPNESS, class_weight="balanced", random_state=0).fit(
        rows, labels != "none"
    )
    print(f"learnt from train: F1 {f1_score(right != 'none', two.predict(asked)):.3f} of abuse")
    shipped = np.array([weights("abuse").score(text) for text in tested]) > THRESHOLD
    wanted = right != "none"
    print(f"as shipped: F1 {f1_score(wanted, shipped):.3f} of abuse,", end=" ")
    print(
        f"{(wanted & shipped).sum() / max(1, shipped.sum()):.3f} of what it marks is abuse,",
        end=" ",
    )
    print(f"{(wanted & shipped).sum() / wanted.sum():.3f} of abuse is marked")
    print(f"as shipped: {shipped[right == 'hate'].mean():.3f} of hate is marked")
    print(f"all marked: F1 {f1_score(wanted, np.ones(len(wanted), dtype=bool)):.3f} of abuse")


if __name__ == "__main__":
    main()
