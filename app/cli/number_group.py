"""Lets `sotong cases 2026-000123` and `sotong cases --overdue` stand for their commands. Must do no work."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperGroup

_NUMBER = re.compile(r"20\d{2}-\d{1,7}")


class NumberGroup(TyperGroup):
    """Without a command's name: options alone mean `list`, anything else is what `show` shows."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name in where it is missing."""
        if "--help" not in args and (not args or args[0] not in self.commands):
            # Options may stand before the number.
            named = any(_NUMBER.fullmatch(each) for each in args) or (
                bool(args) and not args[0].startswith("-")
            )
            args = ["show" if named else "list", *args]
        return super().parse_args(ctx, args)
