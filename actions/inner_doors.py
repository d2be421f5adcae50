"""What a caller of this process's inner HTTP doors must know. Must import nothing: callers stay light."""

from __future__ import annotations

SECRET_HEADER = "x-sotong-secret"  # noqa: S105 - a header's name
SEARCH_PATH = "/knowledge/search"
