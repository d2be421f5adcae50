"""A linear classifier and some small nets that vote; one calibrated probability. Knows nothing of Rasa.

The linear part knows letters and words, the nets know which words mean about the same. Each net
leaves an eighth of the examples out; on these the weights of the two parts are fitted.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from nlu.components.features import morphemes
from nlu.components.linear import (
    SHARPNESS,
    LinearTextClassifier,
    Settings,
    log_likelihood,
)
from nlu.components.net import PARAMETERS, MorphemeNet, NetSettings, known_forms
from nlu.components.vectors import Vectors
from nlu.model import Unusable

HEAD = "nets.json"
ARRAYS = "nets.npz"
LEFT_OUT = 8
NET_WEIGHTS = np.geomspace(0.1, 3.0, 24)


class CombinedClassifier:
    """The same face as `LinearTextClassifier`; `nets` is how many nets vote (1 to 8)."""

    def __init__(
        self, settings: Settings, nets: int, net_settings: NetSettings | None = None
    ) -> None:
        if not 1 <= nets <= LEFT_OUT:
            raise Unusable(f"nets must lie between 1 and {LEFT_OUT}, not {nets}.")
        self.linear = LinearTextClassifier(settings)
        self._wanted_nets = nets
        self._net_settings = net_settings or NetSettings()
        self._nets: list[MorphemeNet] = []
        self._weights = (1.0, 1.0)

    @property
    def labels(self) -> list[str]:
        """The labels in the order of the columns."""
        return self.linear.labels

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> CombinedClassifier:
        """Learn from at least two different labels."""
        folds = KFold(min(LEFT_OUT, len(texts)), shuffle=True, random_state=1).split(
            np.arange(len(texts))
        )
        split = list(itertools.islice(folds, self._wanted_nets))
        names = sorted(set(labels))
        wanted = np.searchsorted(names, list(labels))
        messages = [morphemes(text) for text in texts]
        vectors = Vectors.make(self._net_settings.vector_size)
        # Asked for before the threads start: then only one of them, the linear part's, talks to Kiwi.
        for number in {found.number for message in messages for found in message}:
            vectors.of(number)
        forms = known_forms(messages)

        def fit_net(seed: int) -> MorphemeNet:
            seen = split[seed][0]
            return MorphemeNet.fit(
                [messages[index] for index in seen],
                wanted[seen],
                classes=len(names),
                vectors=vectors,
                forms=forms,
                seed=seed,
                settings=self._net_settings,
            )

        # liblinear and numpy's products leave the interpreter free, so each core has one part to learn.
        cores = len(os.sched_getaffinity(0))
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(cores) as pool:
            linear = pool.submit(self.linear.fit_and_hold_out, texts, labels, split)
            self._nets = list(pool.map(fit_net, range(len(split))))
            held_out, margins = linear.result()
        scores = [
            net.scores([messages[index] for index in unseen])
            for net, (_, unseen) in zip(self._nets, split, strict=True)
        ]
        self._weights = _best_weights(margins, np.concatenate(scores), wanted[held_out])
        return self

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """One row per text, one column per label; each row sums to 1."""
        messages = [morphemes(text) for text in texts]
        scores = np.mean([net.scores(messages) for net in self._nets], axis=0)
        sharpness, weight = self._weights
        return np.asarray(softmax(sharpness * self.linear.margins(texts) + weight * scores, axis=1))

    def knows(self, text: str) -> bool:
        """Whether any character of the text was seen in training."""
        return self.linear.knows(text)

    def save(self, folder: Path) -> None:
        """Write the model into an existing folder, as JSON and plain arrays."""
        self.linear.save(folder)
        first = self._nets[0]
        head = {
            "settings": asdict(self._net_settings),
            "forms": first.forms,
            "weights": list(self._weights),
            "nets": len(self._nets),
            "kiwipiepy": first.vectors.version,
        }
        (folder / HEAD).write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
        arrays = {
            f"{name}{number}": net.weights[name]
            for number, net in enumerate(self._nets)
            for name in PARAMETERS
        }
        np.savez_compressed(
            folder / ARRAYS,
            projection=first.vectors.projection,
            shift=first.vectors.shift,
            **arrays,
        )

    @classmethod
    def load(cls, folder: Path) -> CombinedClassifier:
        """Read a model that `save` wrote.

        Raises:
            Unusable: it was made with another version of Kiwi, whose vectors differ.
        """
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        linear = LinearTextClassifier.load(folder)
        model = cls(linear.settings, int(head["nets"]), NetSettings(**head["settings"]))
        model.linear = linear
        model._weights = (float(head["weights"][0]), float(head["weights"][1]))
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            vectors = Vectors(arrays["projection"], arrays["shift"], head["kiwipiepy"])
            model._nets = [
                MorphemeNet(
                    vectors,
                    head["forms"],
                    {name: arrays[f"{name}{number}"] for name in PARAMETERS},
                    model._net_settings,
                )
                for number in range(int(head["nets"]))
            ]
        return model


Classifier = LinearTextClassifier | CombinedClassifier


def make_classifier(config: Mapping[str, Any]) -> Classifier:
    """The classifier that the settings of IntentClassifier in config.yml ask for, untrained."""
    settings = Settings(
        syllables=int(config["syllables"]),
        letters=int(config["letters"]),
        morphemes=bool(config["morphemes"]),
        inverse_regularisation=float(config["inverse_regularisation"]),
        typos=float(config["typos"]),
        run_together=bool(config["run_together"]),
        balance=float(config["balance"]),
    )
    nets = int(config["nets"])
    if not nets:
        return LinearTextClassifier(settings)
    net = NetSettings(hidden=int(config["net_hidden"]), epochs=int(config["net_epochs"]))
    return CombinedClassifier(settings, nets, net)


def default_config() -> dict[str, Any]:
    """What config.yml may set, with what holds where it does not: the fields of `Settings`, and the nets'."""
    net = NetSettings()
    return {**asdict(Settings()), "nets": 0, "net_hidden": net.hidden, "net_epochs": net.epochs}


def _best_weights(
    margins: np.ndarray, scores: np.ndarray, wanted: np.ndarray
) -> tuple[float, float]:
    """What to multiply margins and scores by, so that examples not seen become most likely."""
    pairs = itertools.product(SHARPNESS[::2], NET_WEIGHTS)
    best = max(pairs, key=lambda pair: log_likelihood(pair[0] * margins + pair[1] * scores, wanted))
    return float(best[0]), float(best[1])
