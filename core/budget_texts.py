"""Names the texts of answers about budget figures. Must not hold wording."""

from __future__ import annotations

from collections.abc import Mapping

_CHANGE = "who what before_year before year after difference"
# Each one's placeholders, separated by blanks.
_KEYS: Mapping[str, str] = {
    "budget_value": "year who what value",
    "budget_latest": "year",
    "budget_level": "name",
    "budget_parts": "parts",
    "budget_nation": "",
    "budget_nation_of": "count kind",
    "budget_kind_regions": "",
    "budget_kind_wholes": "",
    "budget_kind_all": "",
    "budget_grew": f"{_CHANGE} rate",
    "budget_shrank": f"{_CHANGE} rate",
    "budget_rose": _CHANGE,
    "budget_fell": _CHANGE,
    "budget_stayed": "who what before_year year value",
    "budget_rank": "year group count what order who value",
    "budget_rank_line": "place who value",
    "budget_rank_some": "missing",
    "budget_place": "year group count who what place order value",
    "budget_group_regions": "",
    "budget_group_locals": "",
    "budget_group_within": "region",
    "budget_group_suffix": "where suffix",
    "budget_many": "",
    "budget_few": "",
    "budget_high": "",
    "budget_low": "",
    "budget_compare": "year what",
    "budget_compare_line": "who value",
    "budget_compare_more": "who difference",
    "budget_compare_higher": "who difference",
    "budget_compare_same": "",
    "budget_per_head": "year who what value people",
    "budget_trend": "who what",
    "budget_trend_line": "year value",
    "budget_source": "publisher title day rows link",
    "budget_read_as": "given read",
    "budget_no_year": "who what year near",
    "budget_no_body": "who what offers",
    "budget_nothing": "what offers",
    "budget_no_population": "year who",
    "budget_not_added": "what",
    "budget_not_whole": "year what missing",
    "budget_conflict": "year who what values",
    "budget_ask_body": "offers",
    "budget_ask_measure": "offers",
    "budget_unknown": "words offers",
    "budget_unsupported": "words",
    "budget_empty": "",
}
BUDGET_TEXTS: Mapping[str, frozenset[str]] = {
    key: frozenset(names.split()) for key, names in _KEYS.items()
}
