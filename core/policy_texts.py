"""Names the texts about policy questions and their answers. Must not hold wording (city/texts/)."""

from __future__ import annotations

from collections.abc import Mapping

# Each one's placeholders, separated by blanks.
_KEYS: Mapping[str, str] = {
    # an answer and where it is from
    "policy_source": "source",
    "policy_department": "department phone",
    "policy_verified": "date",
    "policy_never_verified": "",
    "policy_sample": "",
    "policy_more": "",
    # a follow-up
    "policy_phone": "",
    "policy_not_told": "title",
    # whether it helped
    "policy_helped": "",
    "choice_policy_helped": "",
    "choice_policy_not_helped": "",
    "policy_thanks": "",
    "policy_sorry": "",
    "policy_sorry_in_form": "",
    "policy_rate_over": "",
    # asking back
    "policy_which": "",
    "choice_policy_neither": "",
    "policy_maybe": "",
    "choice_policy_none": "",
    "policy_gone": "",
    # no answer
    "policy_unknown": "call_centre_name call_centre_number",
    "policy_unknown_in_form": "call_centre_name call_centre_number",
    "policy_away": "call_centre_name call_centre_number",
    "policy_ask": "",
}

POLICY_TEXTS: Mapping[str, frozenset[str]] = {
    key: frozenset(names.split()) for key, names in _KEYS.items()
}
