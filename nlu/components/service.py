"""Rasa component: which kind of service (city/services.yml) a complaint is about, how sure, by which words.

Learns from the training lines that carry `metadata: {service_code: …}`. Sets the message's `services`
only; never an intent, and never the service of a case: the form decides (actions/service_choice.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sklearn
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu import language
from nlu.components import features, kinds, linear, vectors
from nlu.components.kinds import KindClassifier
from nlu.components.rasa_parts import hash_of, refuse_unknown

SERVICES = "services"
SERVICE_CODE = "service_code"
# A message names few kinds; the form looks at the best of them only.
TOLD = 8


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ServiceClassifier(GraphComponent):
    """Adds `services` to a message: [{code, confidence, words}], the surest first.

    Without a labelled line it does nothing, so that a bot without kinds of service may keep it.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: KindClassifier | None = None,
    ) -> None:
        refuse_unknown(config, self.get_default_config(), component="ServiceClassifier")
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What config.yml may set: how many words tell why."""
        return {"words": 3}

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
    ) -> ServiceClassifier:
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
    ) -> ServiceClassifier:
        """A classifier from Rasa's storage.

        Raises:
            Unusable: it was trained with another version of Kiwi.
        """
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, KindClassifier.load(Path(folder)))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa's cache sees this class only; the features and the model live in other files."""
        return hash_of((features, kinds, linear, vectors, language), version=sklearn.__version__)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the labelled lines and keep the model in Rasa's storage."""
        labelled = [
            (str(e.get(TEXT)), code)
            for e in training_data.intent_examples
            if e.get(TEXT) and (code := _code_of(e)) is not None
        ]
        self._model = None
        if len({code for _, code in labelled}) > 1:
            texts, codes = zip(*labelled, strict=True)
            self._model = KindClassifier.fit(texts, codes)
        with self._storage.write_to(self._resource) as folder:
            KindClassifier.save(self._model, Path(folder))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the kinds of each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            if self._model is None or not text.strip():
                continue
            found = self._model.kinds(text, most=TOLD, words=int(self._config["words"]))
            services = [
                {"code": kind.code, "confidence": kind.confidence, "words": list(kind.words)}
                for kind in found
            ]
            message.set(SERVICES, services, add_to_output=True)
        return messages


def _code_of(message: Message) -> str | None:
    # Rasa keeps the metadata of a block of examples under the key of its intent.
    found = (message.get(METADATA) or {}).get(METADATA_INTENT) or {}
    code = found.get(SERVICE_CODE) if isinstance(found, dict) else None
    return None if code is None else str(code)
