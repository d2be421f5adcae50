"""Rasa's intent classifier of this project. Decides the intent only; never rejects a message.

Always sets an intent, a confidence and the whole ranking, as FallbackClassifier and the form
validator expect.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sklearn
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components import features, linear
from nlu.components.linear import LinearTextClassifier, Settings

INTENT_RANKING = "intent_ranking"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent, RasaIntentClassifier):
    """Linear classifier over syllable and jamo n-grams (see nlu.components.linear)."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: LinearTextClassifier | None = None,
    ) -> None:
        self._settings = Settings(
            syllables=int(config["syllables"]),
            letters=int(config["letters"]),
            inverse_regularisation=float(config["inverse_regularisation"]),
        )
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What config.yml may set: the fields of `nlu.components.linear.Settings`."""
        return asdict(Settings())

    @staticmethod
    def required_packages() -> list[str]:
        """Packages that Rasa checks before it trains."""
        return ["sklearn"]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentClassifier:
        """A classifier that is still to be trained."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentClassifier:
        """A classifier from Rasa's storage."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, LinearTextClassifier.load(Path(folder)))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa's cache sees this class only; the features and the model live in other files."""
        digest = hashlib.sha256(sklearn.__version__.encode())
        for module in (features, linear):
            digest.update(Path(str(module.__file__)).read_bytes())
        return digest.hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples in data/nlu and keep the model in Rasa's storage.

        Raises:
            InvalidConfigException: fewer than two intents have examples.
        """
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        intents = [e.get(INTENT) for e in examples]
        if len(set(intents)) < 2:
            raise InvalidConfigException("data/nlu must hold examples of at least two intents.")
        self._model = LinearTextClassifier(self._settings).fit(
            [e.get(TEXT) for e in examples], intents
        )
        with self._storage.write_to(self._resource) as folder:
            self._model.save(Path(folder))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking of each message."""
        for message in messages:
            ranking = self._rank(message.get(TEXT) or "")
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING, ranking, add_to_output=True)
        return messages

    def _rank(self, text: str) -> list[dict[str, Any]]:
        if self._model is None:
            raise InvalidConfigException("IntentClassifier was used before it was trained.")
        labels = self._model.labels
        if not self._model.knows(text):
            # Only emoji, only foreign letters: every intent is equally likely, none is meant.
            even = 1.0 / len(labels)
            return [{"name": label, "confidence": even} for label in labels]
        row = self._model.probabilities([text])[0]
        return [
            {"name": labels[index], "confidence": float(row[index])}
            for index in row.argsort()[::-1]
        ]
