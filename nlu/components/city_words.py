"""Keeps words of the city inside a model: what trains with them, and how they are written. Reads no message.

They come from the compiled city that SOTONG_CITY_FILE names while training, or from none.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage

from nlu.cities import city_file
from nlu.components.values import hash_of_rules


def hash_of_rules_and_city() -> str:
    """Changes with `korean` and with the city: both lie in files that Rasa's training cache does not see."""
    path = city_file()
    city = path.read_bytes() if path is not None and path.is_file() else b""
    return hash_of_rules() + hashlib.sha256(city).hexdigest()


def keep_words(words: Any, *, storage: ModelStorage, resource: Resource, name: str) -> None:
    """Write them into the model."""
    with storage.write_to(resource) as folder:
        text = json.dumps(words, ensure_ascii=False, indent=0)
        (Path(folder) / name).write_text(text + "\n", encoding="utf-8")


def kept_words(*, storage: ModelStorage, resource: Resource, name: str) -> Any:
    """What `keep_words` wrote."""
    with storage.read_from(resource) as folder:
        return json.loads((Path(folder) / name).read_text(encoding="utf-8"))
