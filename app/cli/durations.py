"""Reads a length of time from the command line: 90s, 10m, 2h, 3d. Must not know what it is for."""

from __future__ import annotations

import re
from datetime import timedelta

import typer

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str, *, option: str) -> timedelta:
    """``10m`` → ten minutes. Raises typer.BadParameter for anything else."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None:
        raise typer.BadParameter("give a number and s, m, h or d, such as 10m", param_hint=option)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
