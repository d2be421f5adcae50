"""Names the texts of the public pages (website/). Must not hold wording: that is in city/texts."""

from __future__ import annotations

from collections.abc import Mapping

# Each one's placeholders, separated by blanks.
_KEYS: Mapping[str, str] = {
    "website_nav": "",
    "website_list_title": "city",
    "website_list_help": "",
    "website_search_label": "",
    "website_search_hint": "",
    "website_department_label": "",
    "website_department_all": "",
    "website_search_button": "",
    "website_search_clear": "",
    "website_count": "count",
    "website_count_found": "query count",
    "website_nothing": "",
    "website_nothing_found": "number",
    "website_pages": "",
    "website_previous": "",
    "website_next": "",
    "website_sample": "",
    "website_ended": "date",
    "website_ended_text": "number",
    "website_later": "date",
    "website_later_text": "number",
    "website_facts": "",
    "website_department": "",
    "website_source": "",
    "website_verified": "",
    "website_verified_never": "",
    "website_valid": "",
    "website_valid_from": "date",
    "website_valid_to": "date",
    "website_valid_both": "from to",
    "website_audience": "",
    "website_keywords": "",
    "website_related": "",
    "website_ask": "",
    "website_ask_help": "",
    "website_back": "",
    "website_missing_title": "",
    "website_missing_text": "number",
    "website_busy_title": "",
    "website_busy_text": "number",
}

WEBSITE_TEXTS: Mapping[str, frozenset[str]] = {
    key: frozenset(names.split()) for key, names in _KEYS.items()
}
