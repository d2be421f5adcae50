"""Says which labelled lines no figure is learnt from. Imports nothing that only one environment has."""

from __future__ import annotations

import hashlib


def is_held_out(text: str) -> bool:
    """Two of five lines, by their hash."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 5 < 2
