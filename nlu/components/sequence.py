"""Rasa's extractor of entities that are annotated in the training data. Invents no entity of its own.

Without annotations it does nothing. What it learnt it knows better than rules: entities of the same
name that extractors before it found are replaced, all others stay.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu import language
from nlu.components import clusters, features, guesses, tagging, vectors
from nlu.components.guesses import guessed_labels
from nlu.components.rasa_parts import hash_of, refuse_unknown
from nlu.components.tagging import Tagged, Tagger, TaggerSettings, without_particles


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class SequenceExtractor(GraphComponent, EntityExtractorMixin):
    """A CRF over words and morphemes (see nlu.components.tagging). Comes last among the extractors."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        tagger: Tagger | None = None,
    ) -> None:
        refuse_unknown(config, self.get_default_config(), component="SequenceExtractor")
        self._settings = TaggerSettings(
            iterations=int(config["iterations"]),
            c1=float(config["c1"]),
            c2=float(config["c2"]),
            intents=bool(config["intents"]),
        )
        self._strip = bool(config["strip_particles"])
        self._storage = model_storage
        self._resource = resource
        self._tagger = tagger

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`TaggerSettings`, and whether particles (조사) at the end of an entity are left off.

        With `intents` an intent classifier must stand before this component.
        """
        return {**asdict(TaggerSettings()), "strip_particles": False}

    @staticmethod
    def required_packages() -> list[str]:
        """Packages that Rasa checks before it trains."""
        # Rasa takes the same name for module and distribution; sklearn_crfsuite brings python-crfsuite.
        return ["sklearn_crfsuite", "kiwipiepy", "sklearn"]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SequenceExtractor:
        """An extractor that is still to be trained."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SequenceExtractor:
        """An extractor from Rasa's storage.

        Raises:
            Unusable: it was trained with another version of Kiwi.
        """
        with model_storage.read_from(resource) as folder:
            trained = (Path(folder) / tagging.HEAD).exists()
            tagger = Tagger.load(Path(folder)) if trained else None
        return cls(config, model_storage, resource, tagger)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa's cache sees this class only; the features and the model live in other files."""
        return hash_of((tagging, clusters, features, guesses, vectors, language))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the annotated examples; with none, an empty model is kept."""
        examples = [e for e in training_data.training_examples if e.get(TEXT)]
        with self._storage.write_to(self._resource) as folder:
            if any(e.get(ENTITIES) for e in examples):
                with tempfile.TemporaryDirectory() as work:
                    self._tagger = Tagger.fit(
                        [e.get(TEXT) for e in examples],
                        [_annotations(e) for e in examples],
                        folder=Path(work),
                        settings=self._settings,
                        intents=self._guesses(examples),
                    )
                self._tagger.save(Path(folder))
            else:
                (Path(folder) / "no_annotations").touch()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Put what is found beside the entities that other extractors found."""
        if self._tagger is None:
            return messages
        for message in messages:
            text = message.get(TEXT) or ""
            intent = (message.get(INTENT) or {}).get("name") or ""
            tagged = self._tagger.tag(text, intent if self._settings.intents else "")
            found = [self._entity(text, one) for one in tagged]
            others = [
                entity
                for entity in message.get(ENTITIES) or []
                if entity["entity"] not in self._tagger.labels
            ]
            entities = sorted(
                others + self.add_extractor_name(found), key=lambda entity: entity["start"]
            )
            message.set(ENTITIES, entities, add_to_output=True)
        return messages

    def _guesses(self, examples: list[Message]) -> list[str]:
        if not self._settings.intents:
            return []
        return guessed_labels(
            [e.get(TEXT) for e in examples], [e.get(INTENT) or "" for e in examples]
        )

    def _entity(self, text: str, tagged: Tagged) -> dict[str, Any]:
        if self._strip:
            tagged = without_particles(text, tagged)
        return {
            "entity": tagged.label,
            "value": text[tagged.start : tagged.end],
            "start": tagged.start,
            "end": tagged.end,
        }


def _annotations(message: Message) -> list[Tagged]:
    return [Tagged(e["start"], e["end"], e["entity"]) for e in message.get(ENTITIES) or []]
