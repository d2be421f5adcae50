"""Who sits at the command line and where, for the audit log. Must not decide what they may do."""

from __future__ import annotations

import getpass
import os


def cli_actor() -> str:
    """``cli:<account>``: whoever runs this has the machine; the account's name is all we can know."""
    try:
        return f"cli:{getpass.getuser()}"[:80]
    except (KeyError, OSError):
        return "cli"


def cli_place() -> str:
    """``cli``, with the address of whoever came over SSH."""
    address = os.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    return f"cli:{address}" if address else "cli"
