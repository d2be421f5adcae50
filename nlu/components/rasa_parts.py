"""What our Rasa components share: settings that do not exist, and a hash of the code that Rasa does not see.

Must not know any one component.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from rasa.shared.exceptions import InvalidConfigException


def refuse_unknown(config: dict[str, Any], known: Collection[str], *, component: str) -> None:
    """Raises InvalidConfigException for settings of config.yml that the component does not have."""
    if unknown := sorted(set(config) - set(known)):
        raise InvalidConfigException(
            f"{', '.join(unknown)} is no setting of {component} in config.yml; it has {', '.join(known)}."
        )


def hash_of(modules: Iterable[ModuleType], *, version: str = "") -> str:
    """SHA-256 of the modules' files, after the version of what they rest on.

    Rasa's training cache sees the file of the component only; features and models live in others.
    """
    digest = hashlib.sha256(version.encode())
    for module in modules:
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()
