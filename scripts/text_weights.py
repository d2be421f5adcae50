"""Makes korean/weights/*.bin: learns from this repository's labelled lines what means danger, what abuse.

Needs scikit-learn, so it runs in Rasa's environment: `nlu/.venv/bin/python -m scripts.text_weights`.
The same lines give the same file. `--without-held-out OUT` leaves out a fifth of the strangers' lines
twice over (two of five, by hash), for scripts/measure_emergency.py; `--folds` leaves out kinds of
situations in turn and prints how many of them are still recognised.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.sparse import csr_matrix, vstack
from sklearn.svm import LinearSVC

from korean.abuse import spell_out
from korean.noise import with_typos, without_spaces
from korean.normalise import normalise
from korean.text_scores import BUCKETS, Concepts, buckets, pack, read_concepts
from scripts.held_out import is_held_out

ROOT = Path(__file__).resolve().parent.parent
EMERGENCY = ROOT / "data" / "emergency"
ABUSE = ROOT / "data" / "abuse"
TARGET = ROOT / "korean" / "weights"
_ANNOTATION = re.compile(r"\[([^\]]*)\](?:\{[^}]*\}|\([^)]*\))")
# How sharply the line is fitted; measured on kinds left out.
SHARPNESS = 0.5
# A line written for this weighs more than a line of some other intent.
WRITTEN_FOR_IT = 2.0
TYPOS = 0.08


@dataclass(frozen=True)
class Line:
    """A text, whether it is of the kind sought, and the kind of situation it belongs to."""

    text: str
    wanted: bool
    kind: str
    weight: float = WRITTEN_FOR_IT
    held_out: bool = False


def sections(path: Path, *, wanted: bool) -> list[Line]:
    """Lines below headings such as `## fire`."""
    found, kind = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("##"):
            kind = line[2:].strip()
        elif line.strip():
            found.append(Line(line.strip(), wanted, f"{path.stem}:{kind}"))
    return found


def intents() -> list[Line]:
    """All examples of data/nlu; of these only the intent `emergency` is wanted."""
    found = []
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for example in entry["examples"].splitlines() if "intent" in entry else ():
                text = _ANNOTATION.sub(r"\1", example.removeprefix("- ")).strip()
                if text:
                    wanted = entry["intent"] == "emergency"
                    found.append(Line(text, wanted, f"nlu:{entry['intent']}", weight=1.0))
    return found


def door_corpora() -> list[Line]:
    """The lines that the rules at the door are tested with; a power cut alone endangers nobody."""
    tests = ROOT / "tests" / "dialogue"
    found = []
    for line in (tests / "emergency_yes.txt").read_text(encoding="utf-8").splitlines():
        kind, _, text = line.partition("\t")
        if text and not line.startswith("#") and kind != "blackout":
            found.append(Line(text, True, f"door:{kind}"))
    for line in (tests / "emergency_no.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            found.append(Line(line, False, "door:look-alike"))
    return found


def strangers(path: Path) -> list[Line]:
    """Lines of `emergency<TAB>text` or `none<TAB>text`."""
    found: list[Line] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        label, _, text = line.partition("\t")
        if text:
            held = is_held_out(text)
            found.append(Line(text, label == "emergency", f"dev:{len(found) // 95}", 2.0, held))
    return found


def all_strangers() -> list[Line]:
    """The lines of both people who knew nothing of the rules."""
    return [line for name in ("dev.tsv", "second.tsv") for line in strangers(EMERGENCY / name)]


def emergency_lines() -> list[Line]:
    """Everything in the repository that says what an emergency is and what only looks like one."""
    own = [
        *sections(EMERGENCY / "own_yes.txt", wanted=True),
        *sections(EMERGENCY / "own_no.txt", wanted=False),
    ]
    return [*own, *all_strangers(), *door_corpora(), *intents()]


def abuse_lines() -> list[Line]:
    """Insults, threats and swearing, angry words without them, and everything that people usually write."""
    usual = [*sections(EMERGENCY / "own_no.txt", wanted=False), *intents()]
    dev = [line for line in all_strangers() if not line.wanted]
    lines = [
        *sections(ABUSE / "own_yes.txt", wanted=True),
        *sections(ABUSE / "own_no.txt", wanted=False),
        *(replace(line, wanted=False, weight=1.0) for line in (*usual, *dev)),
    ]
    return [replace(line, text=spell_out(line.text)) for line in lines]


def matrix(texts: Iterable[str], concepts: Concepts) -> Any:
    """One row a text, of length 1."""
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for text in texts:
        found = sorted(buckets(normalise(text).text.lower(), concepts))
        columns += found
        values += [max(1, len(found)) ** -0.5] * len(found)
        ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(ends) - 1, BUCKETS))


def learn(lines: Sequence[Line], concepts: Concepts) -> Any:
    """A linear model; each line is learnt as written, without blanks and with typing errors."""
    texts = [line.text for line in lines]
    rows = vstack(
        [
            matrix(texts, concepts),
            matrix((without_spaces(text).text for text in texts), concepts),
            matrix((with_typos(text, share=TYPOS, seed=1).text for text in texts), concepts),
        ]
    )
    wanted = np.tile([line.wanted for line in lines], 3)
    weights = np.tile([line.weight for line in lines], 3)
    model = LinearSVC(C=SHARPNESS, class_weight="balanced", random_state=0, max_iter=5000)
    return model.fit(rows, wanted, sample_weight=weights)


def packed(model: Any, concepts: Concepts) -> bytes:
    """The model as a file of weights: one byte a bucket."""
    found = model.coef_[0]
    scale = float(np.abs(found).max()) / 127
    whole = [round(value) for value in (found / scale).tolist()]
    return pack(scale=scale, bias=float(model.intercept_[0]), weights=whole, concepts=concepts)


def recall_at(scores: Any, wanted: Any, share: float) -> float:
    """Part of the wanted ones above the score that `share` of the others reach."""
    others = np.sort(scores[~wanted])[::-1]
    return float((scores[wanted] > others[int(share * len(others))]).mean())


def folds(lines: Sequence[Line], concepts: Concepts, count: int) -> None:
    """Print the recall on kinds of situations that were left out of the learning, a fold at a time."""
    judged = [line for line in lines if line.kind.startswith(("own_", "dev:"))]
    kinds = sorted({line.kind for line in judged})
    scores, wanted = [], []
    for fold in range(count):
        out = set(kinds[fold::count])
        model = learn([line for line in lines if line.kind not in out], concepts)
        tested = [line for line in judged if line.kind in out]
        scores.append(model.decision_function(matrix([line.text for line in tested], concepts)))
        wanted += [line.wanted for line in tested]
    together = np.concatenate(scores)
    for share in (0.005, 0.01, 0.02, 0.05):
        recall = recall_at(together, np.array(wanted), share)
        print(f"kinds left out: recall {recall:.3f} at {share:.1%} false alarms")


def main() -> None:
    """Write the weights, or measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("task", choices=("emergency", "abuse"), nargs="?", default="emergency")
    options.add_argument("--folds", type=int, default=0)
    options.add_argument("--without-held-out", type=Path)
    given = options.parse_args()
    words, lines = EMERGENCY / "concepts.txt", emergency_lines
    if given.task == "abuse":
        words, lines = ABUSE / "words.txt", abuse_lines
    concepts = read_concepts(words.read_text(encoding="utf-8").splitlines())
    learnt = lines()
    print(sum(line.wanted for line in learnt), "wanted,", len(learnt), "lines")
    if given.folds:
        folds(learnt, concepts, given.folds)
    elif given.without_held_out:
        known = [line for line in learnt if not line.held_out]
        given.without_held_out.write_bytes(packed(learn(known, concepts), concepts))
    else:
        TARGET.mkdir(exist_ok=True)
        (TARGET / f"{given.task}.bin").write_bytes(packed(learn(learnt, concepts), concepts))


if __name__ == "__main__":
    main()
