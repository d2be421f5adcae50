"""Reads the secrets shared with departments from their file. Must never show one."""

from __future__ import annotations

import base64
import binascii
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from app.settings import Settings, SettingsError
from app.settings_parts import variable
from core.city import City
from integrations.department_signing import DepartmentSecrets

PREFIX = "whsec_"
FIELDS = ("out", "back", "retired")
# Standard Webhooks: 24 to 64 bytes.
SHORTEST, LONGEST = 24, 64
MAKE = (
    "python3 -c 'import base64, secrets; "
    'print("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())\''
)
_NAME = variable("department_secrets")


def load_department_secrets(settings: Settings, city: City) -> dict[str, DepartmentSecrets]:
    """The secrets by department. Raises SettingsError with one sentence that names the fix.

    In production every department with a webhook needs one secret each way.
    """
    path = settings.department_secrets
    found = {} if path is None else _read(path, known={each.id for each in city.departments})
    if settings.environment == "production":
        for department in city.departments:
            mine = found.get(department.id, DepartmentSecrets())
            if department.way.kind == "webhook" and not (mine.out and mine.back):
                raise SettingsError(
                    f"The department '{department.id}' has the way webhook in departments.yml but no "
                    f"secrets 'out' and 'back' in {_NAME} ({path or 'not set'}): make each with "
                    f"`{MAKE}`, add them there and give them to the department."
                )
    return found


def _read(path: Path, *, known: set[str]) -> dict[str, DepartmentSecrets]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{_NAME}: {path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{_NAME}: {path} is no text file.") from None
    if mode & 0o077:
        raise SettingsError(
            f"{_NAME}: others on this machine can read {path} (mode {mode:04o}): run `chmod 600` on it."
        )
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError:
        # The parser's own words quote the file.
        raise SettingsError(f"{_NAME}: {path} is neither YAML nor JSON.") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise SettingsError(f"{_NAME}: {path}: expected department id → out, back, retired.")
    return {str(name): _department(str(name), entry, path, known) for name, entry in data.items()}


def _department(name: str, entry: Any, path: Path, known: set[str]) -> DepartmentSecrets:
    where = f"{_NAME}: {path}, department '{name}'"
    if name not in known:
        raise SettingsError(f"{where}: there is no such department in the city's departments.yml.")
    if not isinstance(entry, Mapping) or not set(entry) <= set(FIELDS):
        raise SettingsError(f"{where}: expected the lists out, back and retired.")
    lists: dict[str, tuple[str, ...]] = {}
    for field in FIELDS:
        given = entry.get(field) or []
        if not isinstance(given, list) or not all(_is_secret(each) for each in given):
            raise SettingsError(
                f"{where}, {field}: expected a list of whsec_ and the base64 of {SHORTEST} to "
                f"{LONGEST} bytes (`{MAKE}`)."
            )
        lists[field] = tuple(given)
    if set(lists["retired"]) & set(lists["back"]):
        raise SettingsError(f"{where}: a secret is both in back and in retired; keep one of them.")
    return DepartmentSecrets(**lists)


def _is_secret(value: object) -> bool:
    if not isinstance(value, str) or not value.startswith(PREFIX):
        return False
    try:
        size = len(base64.b64decode(value.removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        return False
    return SHORTEST <= size <= LONGEST
