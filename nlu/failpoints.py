"""Named places where a test may kill Rasa's process. Must do nothing unless SOTONG_FAILPOINT asks for it.

The same words as in core/failpoints.py, which this environment does not have: `name`, `name:3` (the third
passing), `file:<path>` (a file that holds one of these and goes before the process does).
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

VARIABLE = "SOTONG_FAILPOINT"
NAMES = frozenset({"turn_heard", "before_save", "after_save", "before_forget", "after_forget"})
_passed: dict[str, int] = {}


def failpoint(name: str) -> None:
    """Die here when the environment asks for it."""
    if name not in NAMES:
        raise ValueError(f"unknown failpoint {name!r}")
    asked = os.environ.get(VARIABLE)
    if asked is None:
        return
    file = Path(asked[len("file:") :]) if asked.startswith("file:") else None
    if file is not None:
        try:
            asked = file.read_text().strip()
        except FileNotFoundError:
            return
    wanted, _, count = asked.partition(":")
    if wanted != name:
        return
    _passed[asked] = _passed.get(asked, 0) + 1
    if _passed[asked] >= int(count or "1"):
        if file is not None:
            file.unlink(missing_ok=True)
        os.kill(os.getpid(), signal.SIGKILL)
