"""Who sits at the command line, for the audit log. Must not decide what they may do."""

from __future__ import annotations

import getpass


def cli_actor() -> str:
    """``cli:<account>``: whoever runs this has the machine; the account's name is all we can know."""
    try:
        return f"cli:{getpass.getuser()}"[:80]
    except (KeyError, OSError):
        return "cli"
