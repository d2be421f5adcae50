"""Lets Rasa start without loading TensorFlow, which our pipeline never uses. Nothing else.

Rasa 3.6 imports TensorFlow at start although only DIET, TED and a few others need it: 12 of 18
seconds and a third of the memory. `without_tensorflow()` puts empty modules in its place; who
uses one of their classes is told what to do. `rasa run` and `rasa train` are not touched by this.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ABSENT = frozenset(
    {"jax", "keras", "tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text"}
)
KEEP_VARIABLE = "SOTONG_NLU_TENSORFLOW"


class _AbsentType(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent


class Absent(metaclass=_AbsentType):
    """Stands for any TensorFlow class: may be named and derived from, not used."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError(
            "A component of config.yml needs TensorFlow, which was left out for a fast start: "
            f"set {KEEP_VARIABLE}=1."
        )


class _AbsentModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent


class _AbsentFinder(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in ABSENT:
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        return None


def without_tensorflow() -> bool:
    """Leave TensorFlow out of this process; call before Rasa is imported.

    Returns:
        False when SOTONG_NLU_TENSORFLOW is set or TensorFlow is loaded already.
    """
    if os.environ.get(KEEP_VARIABLE) or "tensorflow" in sys.modules:
        return False
    sys.meta_path.insert(0, _AbsentFinder())
    return True
