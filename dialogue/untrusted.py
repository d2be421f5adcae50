"""Has a PDF or HEIF file cleaned by a process of its own (cleaning_child). Must not open such a file here."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from core.errors import Refused

SECONDS = 30.0
_CHILD = Path(__file__).with_name("cleaning_child.py")
# One at a time in each process: a child may take a gigabyte of address space.
_ONE = threading.Lock()


def clean_in_child(kind: str, data: bytes, *arguments: int, refusal: str) -> bytes:
    """What the child makes of ``data``. Raises Refused(``refusal``) for whatever goes wrong with it."""
    with _ONE:
        try:
            done = subprocess.run(
                # Isolated: no folder of the caller's and no variable says what is imported.
                [sys.executable, "-I", str(_CHILD), kind, *map(str, arguments)],
                input=data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                check=False,
                env={},
            )
        except subprocess.TimeoutExpired:
            raise Refused(refusal) from None
    if done.returncode != 0 or not done.stdout:
        raise Refused(refusal)
    return done.stdout
