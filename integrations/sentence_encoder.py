"""Makes vectors with sentence-transformers, where an operator installed it. Must download nothing.

The model is a folder on this machine; the package itself is not one of ours (it brings two gigabytes).
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import PermanentFailure, TemporaryFailure


class SentenceEncoder:
    """A model below a folder, loaded at the first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model: Any = None

    @property
    def name(self) -> str:
        """The folder of the model."""
        return f"sentence-transformers {self._folder}"

    def encode(self, texts: Sequence[str]) -> Any:
        """A vector for each text. Raises PermanentFailure(encoder_missing | encoder_model)."""
        if self._model is None:
            self._model = self._load()
        try:
            return self._model.encode(list(texts), show_progress_bar=False)
        except (RuntimeError, ValueError, MemoryError) as error:
            raise TemporaryFailure(f"the encoder: {type(error).__name__}") from error

    def _load(self) -> Any:
        try:
            package = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise PermanentFailure(
                "encoder_missing", "sentence-transformers is not installed"
            ) from error
        try:
            return package.SentenceTransformer(str(self._folder), local_files_only=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise PermanentFailure("encoder_model", "the model cannot be loaded") from error
