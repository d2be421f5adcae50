"""Writes (or with --check compares) THIRD_PARTY_NOTICES.md from both lock files. Knows no network.

Names and versions come from the lock files, so the list is the same on every platform; the licence
comes from the metadata of the package as installed here, or from the list as it stands for a package
that only another platform installs.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "THIRD_PARTY_NOTICES.md"
ENVIRONMENTS = (
    ("Modern environment (uv.lock)", ROOT / "uv.lock", ROOT / ".venv"),
    ("Rasa's environment (nlu/uv.lock)", ROOT / "nlu" / "uv.lock", ROOT / "nlu" / ".venv"),
)
OURS = {"sotong", "sotong-nlu"}
UNKNOWN = "not installed here"
# What Linux does not install or whose metadata is silent, read in the packages' own licence files.
KNOWN = {
    "axe-playwright-python": "MIT; carries axe-core, MPL-2.0",
    "colorama": "BSD-3-Clause",
    "pyreadline3": "BSD-3-Clause",
    "pywin32": "PSF-2.0",
    "tensorflow-cpu-aws": "Apache-2.0",
    "tensorflow-intel": "Apache-2.0",
    "tensorflow-io-gcs-filesystem": "Apache-2.0",
    "tensorflow-macos": "Apache-2.0",
    "tzdata": "Apache-2.0",
}
LIST_INSTALLED = """
import importlib.metadata as m, json
print(json.dumps([
    [d.metadata["Name"], d.version, d.metadata.get("License-Expression"), d.metadata.get("License"),
     d.metadata.get_all("Classifier") or []]
    for d in m.distributions() if d.metadata["Name"]]))
"""
HEAD = """# Third-party notices

Made by `make notices` from both lock files and the installed packages' own metadata; `make lint`
compares. Nothing below is part of this repository: each package is installed from its registry under
its own licence. "dev" marks what only tests and checks need.
"""


@dataclass(frozen=True)
class Row:
    """One package of one lock file."""

    name: str
    version: str
    licence: str
    dev: bool


def main(arguments: list[str]) -> int:
    """Write the file, or compare; returns the exit code."""
    before = OUT.read_text(encoding="utf-8") if OUT.exists() else ""
    remembered = _licences_of(before)
    parts = [HEAD]
    unknown: list[str] = []
    for title, lock, folder in ENVIRONMENTS:
        rows = _rows(lock, installed=_installed(folder), remembered=remembered)
        unknown += [f"{row.name} {row.version}" for row in rows if row.licence == "unknown"]
        parts.append(_table(title, rows))
    text = "\n".join(parts)
    if unknown:
        print(f"notices: no licence in the metadata of {', '.join(unknown)}: add it to KNOWN.")
        return 1
    if "--check" in arguments:
        if text != before:
            print("notices: THIRD_PARTY_NOTICES.md is not current: run `make notices`.")
            return 1
        return 0
    OUT.write_text(text, encoding="utf-8")
    print(f"notices: wrote {OUT.name}")
    return 0


def _rows(
    lock: Path, *, installed: dict[tuple[str, str], str], remembered: dict[tuple[str, str], str]
) -> list[Row]:
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    needed = _closure(packages)
    rows = []
    for package in packages:
        name, version = package["name"], package.get("version", "")
        if name in OURS:
            continue
        key = (name, version)
        licence = installed.get(key) or remembered.get(key) or UNKNOWN
        rows.append(Row(name, version, KNOWN.get(name, licence), name not in needed))
    return sorted(rows, key=lambda row: (row.name, row.version))


def _closure(packages: list[dict[str, Any]]) -> set[str]:
    """Names that run time needs: everything reachable without the dev groups."""
    wants: dict[str, set[str]] = {}
    for package in packages:
        found = wants.setdefault(package["name"], set())
        found |= {item["name"] for item in package.get("dependencies", ())}
        for extra in package.get("optional-dependencies", {}).values():
            found |= {item["name"] for item in extra}
    seen: set[str] = set()
    queue = [name for name in wants if name in OURS]
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            queue += wants.get(name, ())
    return seen


def _installed(folder: Path) -> dict[tuple[str, str], str]:
    done = subprocess.run(
        [str(folder / "bin" / "python"), "-c", LIST_INSTALLED],
        check=True,
        capture_output=True,
        text=True,
    )
    return {
        (re.sub(r"[-_.]+", "-", name).lower(), version): _licence(expression, field, classifiers)
        for name, version, expression, field, classifiers in json.loads(done.stdout)
    }


def _licence(expression: str | None, field: str | None, classifiers: list[str]) -> str:
    if expression:
        return expression.strip()
    named = [
        item.rpartition(" :: ")[2]
        for item in classifiers
        if item.startswith("License :: ") and item != "License :: OSI Approved"
    ]
    if named:
        return "; ".join(sorted(named))
    first = (field or "").strip().splitlines()[:1]
    text = first[0].strip() if first else ""
    return text if text and text.upper() != "UNKNOWN" else "unknown"


def _table(title: str, rows: list[Row]) -> str:
    lines = [f"## {title}", "", "| Package | Version | Licence | |", "|---|---|---|---|"]
    lines += [
        f"| {row.name} | {row.version} | {row.licence.replace('|', '/')} "
        f"| {'dev' if row.dev else ''} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def _licences_of(text: str) -> dict[tuple[str, str], str]:
    found = re.findall(r"^\| (\S+) \| (\S+) \| (.+?) \|\s+(?:dev )?\|$", text, re.MULTILINE)
    return {(name, version): licence for name, version, licence in found if licence != UNKNOWN}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
