"""Names the texts about near reports, following and merging. Must not hold wording (city/texts/)."""

from __future__ import annotations

from collections.abc import Mapping

# Each one's placeholders, separated by blanks.
_KEYS: Mapping[str, str] = {
    # what is shown before a report is filed
    "near_one": "",
    "near_several": "count",
    "near_line": "index service where when status",
    "near_line_own": "index service number status",
    "near_question": "",
    "near_away": "metres",
    "near_very": "",
    "near_same_words": "",
    "near_today": "",
    "near_yesterday": "",
    "near_days": "days",
    "choice_near_same": "",
    "choice_near_same_of": "index",
    "choice_near_file": "",
    "near_which": "",
    "near_goes_on": "",
    "near_closed": "",
    # following
    "near_followed": "number service status",
    "near_followed_done": "number status",
    "near_own": "number status",
    "near_add": "number",
    "follow_list": "lines",
    "follow_line": "number service status",
    "follow_ended": "numbers",
    "follow_none": "",
    "choice_unfollow": "",
    "my_data_followed": "number status",
    # what followers hear
    "follow_status": "number service status department words",
    "follow_working": "",
    "follow_longer": "",
    "follow_elsewhere": "",
    "follow_done": "",
    "follow_not_done": "",
    "follow_merged": "",
    # merging
    "merge_note": "number",
    "merged_status": "number leading status words officer phone",
    "merged_hidden": "",
    "unmerge_note": "",
    "case_unmerged": "number due",
}

NEARBY_TEXTS: Mapping[str, frozenset[str]] = {
    key: frozenset(names.split()) for key, names in _KEYS.items()
}
