"""Tells which of many kinds a text is about, and by which words, from few examples. Knows nothing of Rasa.

Two linear parts: letters and words (a sparse SVM), and what the words mean on average (a ridge regression
over Kiwi's vectors). One sharpness, fitted on examples that neither saw, makes probabilities of their sum.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import softmax
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import KFold

from nlu.components.features import morphemes
from nlu.components.linear import SHARPNESS, LinearTextClassifier, Settings, log_likelihood
from nlu.components.vectors import Vectors
from nlu.language import Morpheme

HEAD = "kinds.json"
ARRAYS = "kinds.npz"
SETTINGS = Settings(syllables=2, letters=3, morphemes=True, inverse_regularisation=0.5)
VECTOR_SIZE = 128
RIDGE = 100.0
FOLDS = 4


@dataclass(frozen=True)
class Kind:
    """A kind, its probability, and the words of the text that spoke for it, the strongest first."""

    code: str
    confidence: float
    words: tuple[str, ...]


class KindClassifier:
    """Learn with `fit`, ask with `kinds`."""

    def __init__(
        self,
        linear: LinearTextClassifier,
        vectors: Vectors,
        meaning: np.ndarray,
        sharpness: float,
    ) -> None:
        self.linear = linear
        self._vectors = vectors
        # The last row is the bias.
        self._meaning = meaning
        self._sharpness = sharpness

    @property
    def codes(self) -> list[str]:
        """The kinds in the order of the columns."""
        return self.linear.labels

    @classmethod
    def fit(cls, texts: Sequence[str], codes: Sequence[str]) -> KindClassifier:
        """Learn from at least two different kinds."""
        vectors = Vectors.make(VECTOR_SIZE)
        linear = LinearTextClassifier(SETTINGS)
        numbers = np.arange(len(texts))
        folds = min(FOLDS, len(texts))
        split = list(KFold(folds, shuffle=True, random_state=0).split(numbers))
        unseen, margins = linear.fit_and_hold_out(texts, codes, split)
        wanted = np.searchsorted(linear.labels, list(codes))
        means = _means(vectors, texts)
        size = len(linear.labels)
        held_out = np.concatenate(
            [means[rest] @ _ridge(means[seen], wanted[seen], size=size) for seen, rest in split]
        )
        sharpness = max(
            SHARPNESS, key=lambda by: log_likelihood(by * (margins + held_out), wanted[unseen])
        )
        return cls(linear, vectors, _ridge(means, wanted, size=size), float(sharpness))

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """One row per text, one column per kind; each row sums to 1."""
        scores = self.linear.margins(texts) + _means(self._vectors, texts) @ self._meaning
        return np.asarray(softmax(self._sharpness * scores, axis=1))

    def kinds(self, text: str, *, most: int, words: int) -> list[Kind]:
        """The `most` likely kinds, each with up to `words` words that decided."""
        row = self.probabilities([text])[0]
        order = row.argsort()[::-1][:most]
        return [
            Kind(self.codes[column], round(float(row[column]), 4), told)
            for column, told in zip(order, self._words(text, order, words), strict=True)
        ]

    def _words(self, text: str, columns: np.ndarray, most: int) -> list[tuple[str, ...]]:
        """Words whose morphemes speak for a column more than for the columns on average."""
        found = [m for m in morphemes(text) if m.has_meaning and m.end > m.start]
        weights = self.linear.term_weights([f"1{m.name}" for m in found])
        lifted = weights[:, columns] - weights.mean(axis=1, keepdims=True)
        told = []
        for scores in lifted.T:
            order = [at for at in np.argsort(-scores, kind="stable") if scores[at] > 0]
            told.append(tuple(dict.fromkeys(_word(found[at]) for at in order))[:most])
        return told

    @staticmethod
    def save(model: KindClassifier | None, folder: Path) -> None:
        """Write the model into an existing folder; None (nothing was labelled) too."""
        if model is None:
            (folder / HEAD).write_text("null", encoding="utf-8")
            return
        model.linear.save(folder)
        head = {"sharpness": model._sharpness, "kiwipiepy": model._vectors.version}
        (folder / HEAD).write_text(json.dumps(head), encoding="utf-8")
        np.savez_compressed(
            folder / ARRAYS,
            projection=model._vectors.projection,
            shift=model._vectors.shift,
            meaning=model._meaning.astype(np.float32),
        )

    @classmethod
    def load(cls, folder: Path) -> KindClassifier | None:
        """Read what `save` wrote.

        Raises:
            Unusable: it was made with another version of Kiwi, whose vectors differ.
        """
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        if head is None:
            return None
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            vectors = Vectors(arrays["projection"], arrays["shift"], head["kiwipiepy"])
            meaning = arrays["meaning"]
        return cls(LinearTextClassifier.load(folder), vectors, meaning, float(head["sharpness"]))


def _word(morpheme: Morpheme) -> str:
    """As a person reads it: nouns as they stand, verbs in the form of a dictionary."""
    return morpheme.lemma if morpheme.tag[0] == "V" and morpheme.lemma else morpheme.form


def _means(vectors: Vectors, texts: Sequence[str]) -> np.ndarray:
    rows = [_mean(vectors, morphemes(text)) for text in texts]
    return np.hstack([np.array(rows, dtype=np.float32), np.ones((len(rows), 1), dtype=np.float32)])


def _mean(vectors: Vectors, message: Sequence[Morpheme]) -> np.ndarray:
    """Mean and maximum of the vectors of the words that mean something."""
    known = [vectors.of(m.number) for m in message if m.has_meaning and m.number]
    if not known:
        return np.zeros(2 * vectors.size, dtype=np.float32)
    stacked = np.array(known)
    return np.concatenate([stacked.mean(axis=0), stacked.max(axis=0)])


def _ridge(means: np.ndarray, wanted: np.ndarray, *, size: int) -> np.ndarray:
    """Weights with a column for each of `size` kinds; one that is not wanted stays low."""
    scale = means[:, :-1].std(axis=0) + 1e-6
    model = RidgeClassifier(alpha=RIDGE, class_weight="balanced").fit(means[:, :-1] / scale, wanted)
    coefficients, intercept = model.coef_, np.atleast_1d(model.intercept_)
    if len(model.classes_) == 2:
        coefficients = np.vstack([-coefficients, coefficients])
        intercept = np.hstack([-intercept, intercept])
    weights = np.zeros((means.shape[1], size))
    weights[-1] = -1.0
    weights[:-1, model.classes_] = coefficients.T / scale[:, None]
    weights[-1, model.classes_] = intercept
    return weights
