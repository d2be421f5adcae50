"""Named places where a test may kill the process. Must do nothing unless SOTONG_FAILPOINT asks for it.

SIGKILL, not an exception: the proof is about a process that gets no chance to tidy up. (Rasa's process has
its own places: nlu/failpoints.py.)
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

VARIABLE = "SOTONG_FAILPOINT"
PAUSE = "pause "
NAMES = frozenset(
    {
        # A citizen's message, on its way in and through.
        "turn_committed",
        "turn_leased",
        "file_fetched",
        "rasa_answered",
        "turn_answered",
        # The actions app.
        "case_opened",
        "actions_done",
        # A message on its way out.
        "before_send",
        "after_send",
        "sent_marked",
        # An erasure.
        "rasa_forgot",
        "rows_erased",
        # The retention, between two batches.
        "retention_batch",
        # An officer's change of a case.
        "status_changed",
        # A change of the vault's key.
        "vault_batch_sealed",
    }
)
_passed: dict[str, int] = {}
_lock = threading.Lock()


def failpoint(name: str) -> None:
    """Die here when the environment asks for it.

    ``SOTONG_FAILPOINT=name`` kills at the first passing, ``name:3`` at the third, ``pause name`` stops
    the process there (SIGSTOP) until somebody continues it; ``file:<path>`` reads one of these from a file
    at each passing, and takes the file away before it acts, so that the next process lives.
    """
    if name not in NAMES:
        raise ValueError(f"unknown failpoint {name!r}")
    asked = os.environ.get(VARIABLE)
    if asked is None:
        return
    file = Path(asked.removeprefix("file:")) if asked.startswith("file:") else None
    if file is not None:
        try:
            asked = file.read_text().strip()
        except FileNotFoundError:
            return
    number = signal.SIGSTOP if asked.startswith(PAUSE) else signal.SIGKILL
    wanted, _, count = asked.removeprefix(PAUSE).partition(":")
    if wanted != name:
        return
    with _lock:
        _passed[asked] = _passed.get(asked, 0) + 1
        if _passed[asked] < int(count or "1"):
            return
        if file is not None:
            file.unlink(missing_ok=True)
        elif number is signal.SIGSTOP:
            del os.environ[VARIABLE]  # once is enough
        # To this thread: sent to the process, another thread may take it while this one goes on.
        signal.pthread_kill(threading.get_ident(), number)
