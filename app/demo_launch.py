"""Becomes another program that the kernel ends when the demo ends. Must stay a plain stdlib script.

`python demo_launch.py <pid of the parent> <program> <arguments…>`: a supervisor killed with SIGKILL
cannot stop its children, so each child asks the kernel (Linux: PR_SET_PDEATHSIG, which survives
exec) to be killed with it. The queue is crash-safe, so SIGKILL loses nothing.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for the signal, make sure that the parent is still there, then become the program."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was asked
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606  (no shell is wanted)


if __name__ == "__main__":
    main()
