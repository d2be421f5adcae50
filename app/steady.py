"""Keeps a long-running process from pausing over what it made at its start. Must not change what it does.

Python's full garbage collection walks every object and holds up all threads: 100 to 250 ms in one of ours
on a quiet machine, every few minutes and most often just when many write at once. What stands after the start
(modules, mappings, the city) lives as long as the process, so it need not be walked.
"""

from __future__ import annotations

import gc


def settle() -> None:
    """Take what is there now out of every later collection; called once, when the process is ready."""
    gc.collect()
    gc.freeze()
