"""What the settings of all parts share: names of variables, addresses. Must read nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

ENV_PREFIX = "SOTONG_"


def variable(field: str) -> str:
    """The environment variable of a field: `var_dir` → `SOTONG_VAR_DIR`."""
    return ENV_PREFIX + field.upper()


def http_address(value: str) -> str:
    """The address without a slash at its end. Raises ValueError for what is no http(s) address."""
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("expected an address such as http://127.0.0.1:5005")
    return value.rstrip("/")
