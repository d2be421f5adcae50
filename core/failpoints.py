"""Named places where a test may kill the process. Must do nothing unless SOTONG_FAILPOINT names the place.

SIGKILL, not an exception: the proof is about a process that gets no chance to tidy up.
"""

from __future__ import annotations

import os
import signal

NAMES = frozenset(
    {
        "turn_committed",
        "rasa_answered",
        "case_opened",
        "before_send",
        "after_send",
    }
)


def failpoint(name: str) -> None:
    """Die here when the environment asks for it (``SOTONG_FAILPOINT=name``)."""
    if name not in NAMES:
        raise ValueError(f"unknown failpoint {name!r}")
    if os.environ.get("SOTONG_FAILPOINT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
