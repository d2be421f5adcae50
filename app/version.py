"""Says which version and commit runs. Must not start a program: it is asked by every health check."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version

from app.settings import project_root
from app.settings_parts import variable

COMMIT_FILE = ".commit"
UNKNOWN = "unknown"


def read_version() -> str:
    """The version in pyproject.toml, as installed."""
    try:
        return version("sotong")
    except PackageNotFoundError:
        return UNKNOWN


def read_commit(setting: str = "") -> str:
    """``setting`` (or SOTONG_COMMIT), else the file that bootstrap or the build wrote, else "unknown"."""
    chosen = setting or os.environ.get(variable("commit"), "")
    if chosen:
        return chosen
    try:
        return (project_root() / COMMIT_FILE).read_text(encoding="ascii").strip()[:64] or UNKNOWN
    except (OSError, ValueError):
        return UNKNOWN
