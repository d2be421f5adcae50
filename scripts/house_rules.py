"""Checks what no common tool checks: size and heading of modules, and what the lower layers import.

Reads the sources only. Exit code 1 names every breach with its file.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "korean",
    "core",
    "dialogue",
    "knowledge",
    "budget",
    "publishing",
    "bots",
    "actions",
    "console",
    "website",
    "integrations",
    "app",
    "nlu",
)
MOST_LINES = 400
# The lower layers name what they may import, because a list of forbidden things is never complete.
MAY_IMPORT = {
    "korean": {"korean"},
    "core": {"core", "korean", "sqlalchemy", "cryptography"},
    "knowledge": {
        *("knowledge", "core", "korean", "sqlalchemy"),
        *("markdown_it", "numpy", "kiwipiepy"),
    },
    "budget": {"budget", "core", "korean", "sqlalchemy", "openpyxl"},
    "publishing": {"publishing", "core", "korean", "emoji"},
}


def main() -> int:
    """Print every breach; returns the exit code."""
    breaches = [breach for file in _files() for breach in _breaches(file)]
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


def _files() -> Iterator[Path]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            if ".venv" not in file.parts:
                yield file


def _breaches(file: Path) -> Iterator[str]:
    name = file.relative_to(ROOT)
    source = file.read_text(encoding="utf-8")
    tree = ast.parse(source, filename=str(name))
    lines = source.count("\n")
    if lines > MOST_LINES:
        yield f"{name}: {lines} lines; split it ({MOST_LINES} at most)."
    if "tests" in name.parts:
        return
    if source.strip() and ast.get_docstring(tree) is None:
        yield f"{name}: the first line must say what the module does and must not do."
    allowed = MAY_IMPORT.get(name.parts[0])
    if allowed is not None:
        for line, module in _imports(tree):
            if module not in allowed and module not in sys.stdlib_module_names:
                yield f"{name}:{line}: {name.parts[0]} may not import {module}."


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.partition(".")[0]


if __name__ == "__main__":
    sys.exit(main())
