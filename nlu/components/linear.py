"""A linear text classifier over character, jamo and morpheme n-grams; stored as JSON and plain arrays.

Knows nothing of Rasa, so that evaluation and the Rasa component share exactly this model. No
pickle: loading a model must not be able to run code.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import KFold
from sklearn.svm import LinearSVC

from korean.noise import with_typos
from nlu.components.features import jamo, jamo_run_together, morpheme_terms, plain

VOCABULARY = "vocabulary.json"
WEIGHTS = "weights.npz"


# Where the inverse temperature of the softmax is looked for.
SHARPNESS = np.geomspace(0.5, 30.0, 60)
CALIBRATION_FOLDS = 4
# One number is fitted; so many examples held out are enough for it, and each fold is another training.
CALIBRATED_ON = 2000
# Looser than scikit-learn's own: the same labels in two thirds of the time.
TOLERANCE = 0.01
LOOSE_LETTERS = 0.5


@dataclass(frozen=True)
class Settings:
    """What can be tuned: longest n-grams, whether Kiwi is asked, the inverse of the regularisation, typos.

    With `typos` each example is learnt a second time with a wrong letter in that share of its syllables.
    With `run_together` the letters are read as if there were no spaces, and weigh half.
    `balance`: the power of the weight of rare labels; 0 weighs each example the same, 1 each label, more
    leans towards the rare ones.
    """

    syllables: int = 3
    letters: int = 4
    morphemes: bool = False
    inverse_regularisation: float = 1.0
    typos: float = 0.0
    run_together: bool = False
    balance: float = 1.0


def log_likelihood(scores: np.ndarray, wanted: np.ndarray) -> float:
    """Mean log-probability of the right column when the scores go through a softmax."""
    return float(log_softmax(scores, axis=1)[np.arange(len(wanted)), wanted].mean())


class LinearTextClassifier:
    """TF-IDF of syllable and letter n-grams, a linear SVM, and a calibrated softmax.

    The margins of the SVM become probabilities by one number, the sharpness, that fits margins of
    examples which the SVM did not see. Logistic regression is as good and ten times slower.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._views = _make_views(self.settings)
        self._weights = np.zeros((0, 0))
        self._bias = np.zeros(0)
        self._turned: np.ndarray | None = None
        self._sharpness = 1.0
        self.labels: list[str] = []

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> LinearTextClassifier:
        """Learn from at least two different labels."""
        folds = min(CALIBRATION_FOLDS, len(texts))
        split = KFold(folds, shuffle=True, random_state=0).split(np.arange(len(texts)))
        needed = math.ceil(CALIBRATED_ON * folds / len(texts))
        unseen, margins = self.fit_and_hold_out(
            texts, labels, list(itertools.islice(split, needed))
        )
        wanted = np.searchsorted(self.labels, list(labels))[unseen]
        self._sharpness = max(SHARPNESS, key=lambda by: log_likelihood(by * margins, wanted))
        return self

    def fit_and_hold_out(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        split: Sequence[tuple[np.ndarray, np.ndarray]],
    ) -> tuple[np.ndarray, np.ndarray]:
        """Learn from all; and for each split from its first part, to judge the second.

        Returns:
            The numbers of all texts of the second parts, and their margins under the model that did
            not see them.
        """
        self.labels = sorted(set(labels))
        matrix = self._side_by_side([view.fit_transform(texts) for view in self._views])
        wanted = np.searchsorted(self.labels, list(labels))
        # Which n-grams there are, only clean text says; what is left of them after a typo, both.
        spoilt = (
            self._matrix(_mistyped(texts, self.settings.typos)) if self.settings.typos else None
        )

        def learn(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            if spoilt is None:
                return self._fit_margins(matrix[rows], wanted[rows])
            both = vstack([matrix[rows], spoilt[rows]]).tocsr()
            return self._fit_margins(both, np.concatenate([wanted[rows], wanted[rows]]))

        self._weights, self._bias = learn(np.arange(len(texts)))
        self._turned = None
        margins = []
        for seen, unseen in split:
            if len(set(wanted[seen])) > 1:
                weights, bias = learn(seen)
                margins.append(matrix[unseen] @ weights.T + bias)
            else:
                margins.append(np.zeros((len(unseen), len(self.labels))))
        return np.concatenate([unseen for _, unseen in split]), np.concatenate(margins)

    def margins(self, texts: Sequence[str]) -> np.ndarray:
        """One row per text, one column per label; the largest margin wins."""
        return np.asarray(self._matrix(texts) @ self._columns() + self._bias)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """One row per text, one column per label; each row sums to 1."""
        return np.asarray(softmax(self._sharpness * self.margins(texts), axis=1))

    def _fit_margins(self, matrix: csr_matrix, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights and bias with a row for every label; one that is not wanted scores lowest."""
        names, counts = np.unique(wanted, return_counts=True)
        weights_of = (len(wanted) / (len(names) * counts)) ** self.settings.balance
        svm = LinearSVC(
            C=self.settings.inverse_regularisation,
            class_weight=dict(zip(names.tolist(), weights_of.tolist(), strict=True)),
            random_state=0,
            tol=TOLERANCE,
        ).fit(matrix, wanted)
        coefficients, intercept = svm.coef_, svm.intercept_
        if len(svm.classes_) == 2:
            # One row in scikit-learn's two-class case.
            coefficients = np.vstack([-coefficients, coefficients]) / 2
            intercept = np.hstack([-intercept, intercept]) / 2
        weights = np.zeros((len(self.labels), matrix.shape[1]))
        bias = np.full(len(self.labels), -1.0)
        weights[svm.classes_], bias[svm.classes_] = coefficients, intercept
        return weights, bias

    def _columns(self) -> np.ndarray:
        """The weights with a row for every n-gram, laid out so: else scipy copies all of them each time."""
        if self._turned is None:
            self._turned = np.ascontiguousarray(self._weights.T)
            self._weights = self._turned.T
        return self._turned

    def term_weights(self, terms: Sequence[str]) -> np.ndarray:
        """What each morpheme term says for each label, one row per term; zeros for a term not learnt."""
        before = sum(len(view.vocabulary_) for view in self._views[:-1])
        view = self._views[-1]
        weights = np.zeros((len(terms), len(self.labels)))
        for row, term in enumerate(terms):
            number = view.vocabulary_.get(term)
            if number is not None:
                weights[row] = self._columns()[before + number] * view.idf_[number]
        return weights

    def knows(self, text: str) -> bool:
        """Whether any character of the text was seen in training."""
        vocabulary = self._views[0].vocabulary_
        return any(letter in vocabulary for letter in plain(text) if not letter.isspace())

    def save(self, folder: Path) -> None:
        """Write the model into an existing folder."""
        vocabulary = [
            {term: int(index) for term, index in view.vocabulary_.items()} for view in self._views
        ]
        head: dict[str, Any] = {
            "labels": self.labels,
            "settings": asdict(self.settings),
            "sharpness": self._sharpness,
            "vocabulary": vocabulary,
        }
        (folder / VOCABULARY).write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
        np.savez_compressed(
            folder / WEIGHTS,
            weights=self._weights.astype(np.float32),
            bias=self._bias,
            **{f"idf{number}": view.idf_ for number, view in enumerate(self._views)},
        )

    @classmethod
    def load(cls, folder: Path) -> LinearTextClassifier:
        """Read a model that `save` wrote."""
        head = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        model = cls(Settings(**head["settings"]))
        with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
            model._weights = arrays["weights"].astype(np.float64)
            model._bias = arrays["bias"]
            for number, view in enumerate(model._views):
                view.vocabulary = head["vocabulary"][number]
                view._validate_vocabulary()
                view.idf_ = arrays[f"idf{number}"]
        model.labels = head["labels"]
        model._sharpness = float(head["sharpness"])
        return model

    def _matrix(self, texts: Sequence[str]) -> csr_matrix:
        return self._side_by_side([view.transform(texts) for view in self._views])

    def _side_by_side(self, parts: Sequence[csr_matrix]) -> csr_matrix:
        loose = LOOSE_LETTERS if self.settings.run_together else 1.0
        parts = [part * (loose if number == 1 else 1.0) for number, part in enumerate(parts)]
        return hstack(parts).tocsr()


def _mistyped(texts: Sequence[str], share: float) -> list[str]:
    return [with_typos(text, share=share, seed=1).text for text in texts]


def _make_views(settings: Settings) -> list[TfidfVectorizer]:
    letters = ("char", jamo_run_together) if settings.run_together else ("char_wb", jamo)
    views = [
        TfidfVectorizer(
            preprocessor=prepare,
            analyzer=analyzer,
            ngram_range=(1, longest),
            sublinear_tf=True,
            lowercase=False,
        )
        for (analyzer, prepare), longest in (
            (("char_wb", plain), settings.syllables),
            (letters, settings.letters),
        )
    ]
    if settings.morphemes:
        views.append(TfidfVectorizer(analyzer=morpheme_terms, sublinear_tf=True))
    return views
