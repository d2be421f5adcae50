"""A small convolution over morphemes, in plain numpy. Classifies only; knows neither Rasa nor storage.

Each morpheme is its frozen vector (nlu.components.vectors) beside a learned one of its form; three
neighbours make a feature, the strongest and the mean of each feature over the message make the
class. Some ten seconds of one core for ten thousand messages. The same data give the same net.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from nlu.components.vectors import Vectors
from nlu.language import Morpheme

Message = Sequence[Morpheme]
PARAMETERS = ("forms", "window", "window_bias", "out", "out_bias")


@dataclass(frozen=True)
class NetSettings:
    """Sizes and pace of learning; chosen by cross-validation on MASSIVE's train split."""

    hidden: int = 160
    form_size: int = 64
    vector_size: int = 128
    epochs: int = 9
    batch: int = 64
    rate: float = 3e-3
    dropout: float = 0.3
    smoothing: float = 0.05
    longest: int = 200


@dataclass(frozen=True)
class _Batch:
    vectors: np.ndarray  # (messages, length + 2, vector size)
    forms: np.ndarray  # (messages, length + 2); 0 is unknown or padding
    filled: np.ndarray  # (messages, length + 2); 1 where a morpheme stands


class MorphemeNet:
    """Learn with `fit`, ask with `scores`; everything it knows is `forms` and `weights`."""

    def __init__(
        self,
        vectors: Vectors,
        forms: Mapping[str, int],
        weights: Mapping[str, np.ndarray],
        settings: NetSettings,
    ) -> None:
        self.vectors = vectors
        self.forms = dict(forms)
        self.weights = {name: np.asarray(weights[name], dtype=np.float32) for name in PARAMETERS}
        self.settings = settings

    @classmethod
    def fit(
        cls,
        messages: Sequence[Message],
        wanted: np.ndarray,
        *,
        classes: int,
        vectors: Vectors,
        forms: Mapping[str, int],
        seed: int,
        settings: NetSettings,
    ) -> MorphemeNet:
        """Learn the class (0 to `classes` - 1) of each message."""
        chance = np.random.default_rng(seed)
        width = 3 * (settings.vector_size + settings.form_size)
        net = cls(
            vectors,
            forms,
            {
                "forms": chance.normal(0, 0.1, (len(forms) + 1, settings.form_size)),
                "window": chance.normal(0, np.sqrt(2 / width), (width, settings.hidden)),
                "window_bias": np.zeros(settings.hidden),
                "out": chance.normal(
                    0, np.sqrt(0.5 / settings.hidden), (2 * settings.hidden, classes)
                ),
                "out_bias": np.zeros(classes),
            },
            settings,
        )
        # The matrices are small; two threads of the linear algebra need more time than one.
        with threadpool_limits(1, user_api="blas"):
            _Learning(net, chance).run(messages, wanted)
        return net

    def scores(self, messages: Sequence[Message]) -> np.ndarray:
        """Unnormalised log-probabilities, one row a message."""
        rows = [
            self._forward(self._batch(messages[at : at + 256]))
            for at in range(0, len(messages), 256)
        ]
        return np.concatenate(rows) if rows else np.zeros((0, len(self.weights["out_bias"])))

    def _batch(self, messages: Sequence[Message]) -> _Batch:
        longest = self.settings.longest
        shape = (len(messages), min(longest, max(1, *map(len, messages), 1)) + 2)
        vectors = np.zeros((*shape, self.vectors.size), dtype=np.float32)
        forms = np.zeros(shape, dtype=np.int64)
        filled = np.zeros(shape, dtype=np.float32)
        for row, message in enumerate(messages):
            for place, morpheme in enumerate(message[:longest], 1):
                vectors[row, place] = self.vectors.of(morpheme.number)
                forms[row, place] = self.forms.get(morpheme.name, 0)
            filled[row, 1 : len(message[:longest]) + 1] = 1
        return _Batch(vectors, forms, filled)

    def _forward(self, batch: _Batch) -> np.ndarray:
        known = self.weights["forms"][batch.forms] * batch.filled[:, :, None]
        windows = _windows(np.concatenate([batch.vectors, known], axis=2))
        features = _relu(windows @ self.weights["window"] + self.weights["window_bias"])
        features *= batch.filled[:, 1:-1, None]
        pooled = np.concatenate([features.max(axis=1), features.sum(axis=1) / _root(batch)], axis=1)
        return np.asarray(pooled @ self.weights["out"] + self.weights["out_bias"])


def known_forms(messages: Sequence[Message], at_least: int = 2) -> dict[str, int]:
    """Numbers, from 1, of the morphemes that occur at least so often."""
    counts = Counter(morpheme.name for message in messages for morpheme in message)
    common = sorted(name for name, number in counts.items() if number >= at_least)
    return {name: number for number, name in enumerate(common, 1)}


class _Learning:
    """Adam with a warm-up and a linear end, dropout and unknown words, by hand-written gradients."""

    def __init__(self, net: MorphemeNet, chance: np.random.Generator) -> None:
        self._net, self._chance, self._settings = net, chance, net.settings
        self._mean = {name: np.zeros_like(value) for name, value in net.weights.items()}
        self._square = {name: np.zeros_like(value) for name, value in net.weights.items()}
        self._step = 0

    def run(self, messages: Sequence[Message], wanted: np.ndarray) -> None:
        settings = self._settings
        steps = settings.epochs * -(-len(messages) // settings.batch)
        for _ in range(settings.epochs):
            for chosen in self._batches(messages):
                done = self._step / steps
                rate = settings.rate * min(1.0, done * 10 + 0.05) * (1 - done)
                batch = self._net._batch([messages[index] for index in chosen])
                self._learn(batch, wanted[chosen], rate)

    def _batches(self, messages: Sequence[Message]) -> Iterator[np.ndarray]:
        # Messages of about equal length go together: less padding.
        lengths = np.array([len(message) for message in messages])
        order = np.argsort(lengths + self._chance.random(len(messages)) * 4, kind="stable")
        size = self._settings.batch
        batches = [order[at : at + size] for at in range(0, len(order), size)]
        for index in self._chance.permutation(len(batches)):
            yield batches[index]

    def _learn(self, batch: _Batch, wanted: np.ndarray, rate: float) -> None:
        net, settings, weights = self._net, self._settings, self._net.weights
        rows, places = batch.forms.shape
        hidden, vector = settings.hidden, net.vectors.size
        seen = np.where(self._chance.random(batch.forms.shape) < 0.1, 0, batch.forms)
        known = weights["forms"][seen] * batch.filled[:, :, None]
        whole = np.concatenate([batch.vectors, known], axis=2)
        kept = self._keep((rows, 1, whole.shape[2]), settings.dropout * 0.7)
        windows = _windows(whole * kept)
        filled = batch.filled[:, 1:-1, None]
        features = _relu(windows @ weights["window"] + weights["window_bias"]) * filled
        strongest = features.argmax(axis=1)[:, None]
        root = _root(batch)
        pooled = np.concatenate(
            [np.take_along_axis(features, strongest, 1)[:, 0], features.sum(axis=1) / root], axis=1
        )
        pooled_kept = self._keep(pooled.shape, settings.dropout)
        pooled = pooled * pooled_kept
        wrong = _softmax(pooled @ weights["out"] + weights["out_bias"])
        wrong -= settings.smoothing / wrong.shape[1]
        wrong[np.arange(rows), wanted] -= 1 - settings.smoothing
        wrong /= rows

        to_pooled = (wrong @ weights["out"].T) * pooled_kept
        to_features = np.repeat((to_pooled[:, hidden:] / root)[:, None], places - 2, axis=1)
        best = np.take_along_axis(to_features, strongest, 1) + to_pooled[:, None, :hidden]
        np.put_along_axis(to_features, strongest, best, 1)
        to_features *= (features > 0) * filled
        flat = to_features.reshape(-1, hidden)
        to_windows = (flat @ weights["window"].T).reshape(rows, places - 2, 3, -1)[..., vector:]
        to_known = np.zeros(known.shape, dtype=np.float32)
        for offset in range(3):
            to_known[:, offset : places - 2 + offset] += to_windows[:, :, offset]
        to_known *= kept[:, :, vector:] * batch.filled[:, :, None]
        self._update(
            {
                "forms": _rows_added(
                    seen.ravel(), to_known.reshape(seen.size, -1), len(weights["forms"])
                ),
                "window": windows.reshape(len(flat), -1).T @ flat,
                "window_bias": flat.sum(axis=0),
                "out": pooled.T @ wrong,
                "out_bias": wrong.sum(axis=0),
            },
            rate,
        )

    def _keep(self, shape: tuple[int, ...], share: float) -> np.ndarray:
        return (self._chance.random(shape) > share).astype(np.float32) / np.float32(1 - share)

    def _update(self, gradients: Mapping[str, np.ndarray], rate: float) -> None:
        self._step += 1
        for name, gradient in gradients.items():
            mean, square = self._mean[name], self._square[name]
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            size = np.sqrt(square / (1 - 0.999**self._step)) + 1e-8
            step = rate * mean / (1 - 0.9**self._step) / size
            self._net.weights[name] -= step.astype(np.float32)


def _rows_added(rows: np.ndarray, values: np.ndarray, height: int) -> np.ndarray:
    """Sum of the values of each row number; far faster than numpy's own `add.at`."""
    ones = np.ones(len(rows), dtype=np.float32)
    chosen = csr_matrix((ones, rows, np.arange(len(rows) + 1)), shape=(len(rows), height))
    return np.asarray(chosen.T @ values)


def _windows(whole: np.ndarray) -> np.ndarray:
    return np.concatenate([whole[:, :-2], whole[:, 1:-1], whole[:, 2:]], axis=2)


def _root(batch: _Batch) -> np.ndarray:
    return np.sqrt(np.maximum(batch.filled[:, 1:-1].sum(axis=1, keepdims=True), 1))


def _relu(values: np.ndarray) -> np.ndarray:
    return np.maximum(values, 0, out=values)


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
