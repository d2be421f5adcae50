"""Rasa's intent classifier of this project. Decides the intent only; never rejects a message.

Always sets an intent, a confidence and the whole ranking, as FallbackClassifier and the form
validator expect.
"""

from __future__ import annotations

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
from threadpoolctl import threadpool_limits

from korean import noise
from nlu import language
from nlu.components import combined, features, linear, net, vectors
from nlu.components.combined import (
    Classifier,
    CombinedClassifier,
    default_config,
    make_classifier,
)
from nlu.components.linear import LinearTextClassifier
from nlu.components.rasa_parts import hash_of, refuse_unknown

INTENT_RANKING = "intent_ranking"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent, RasaIntentClassifier):
    """Linear classifier over syllable, jamo and morpheme n-grams, and with `nets` some nets beside it.

    See nlu.components.linear and nlu.components.combined. Without `morphemes` and `nets` Kiwi is
    not loaded.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Classifier | None = None,
    ) -> None:
        refuse_unknown(config, self.get_default_config(), component="IntentClassifier")
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What config.yml may set: see `nlu.components.combined.default_config`."""
        return default_config()

    @staticmethod
    def required_packages() -> list[str]:
        """Packages that Rasa checks before it trains."""
        return ["sklearn", "kiwipiepy"]

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
        """A classifier from Rasa's storage.

        Raises:
            Unusable: it was trained with another version of Kiwi.
        """
        # One message is read at a time, and its matrices are small: a second thread of the linear algebra
        # would only wait for the first, and on a busy machine for its turn.
        threadpool_limits(1, user_api="blas")
        kind = CombinedClassifier if int(config["nets"]) else LinearTextClassifier
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, kind.load(Path(folder)))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa's cache sees this class only; the features and the model live in other files."""
        return hash_of(
            (features, linear, combined, net, vectors, language, noise), version=sklearn.__version__
        )

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples in data/nlu and keep the model in Rasa's storage.

        Raises:
            InvalidConfigException: fewer than two intents have examples.
        """
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        intents = [e.get(INTENT) for e in examples]
        if len(set(intents)) < 2:
            raise InvalidConfigException("data/nlu must hold examples of at least two intents.")
        self._model = make_classifier(self._config)
        self._model.fit([e.get(TEXT) for e in examples], intents)
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
