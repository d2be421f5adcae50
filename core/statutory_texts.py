"""Names the texts of the statutory clock with their placeholders. Must not hold wording (city/texts/)."""

from __future__ import annotations

from collections.abc import Mapping

STATUTORY_TEXTS: Mapping[str, frozenset[str]] = {
    # what the citizen hears of the clock
    "case_other_agency": frozenset(),
    "case_progress": frozenset({"number", "status", "due", "officer", "phone"}),
    "case_inspection": frozenset({"number", "note", "until", "due", "officer", "phone"}),
    "case_supplement_arrived": frozenset(),
    # what can be done against a result, by the kind of matter
    "remedy_legal_refused": frozenset(),
    "remedy_legal": frozenset(),
    "remedy_grievance": frozenset(),
    "remedy_civil": frozenset(),
    "remedy_talk": frozenset(),
    # what the clock writes into the history
    "duty_remind": frozenset({"due"}),
    "duty_demand": frozenset({"due"}),
    "duty_progress": frozenset({"days"}),
    "duty_arrived": frozenset(),
    # rules that say no to an officer, each with what is possible instead
    "refused_stale": frozenset({"expected", "current"}),
    "refused_illegal_change": frozenset({"current", "to", "allowed"}),
    "refused_note_required": frozenset({"to"}),
    "refused_extension_late": frozenset(),
    "refused_extension_third": frozenset(),
    "refused_extension_consent": frozenset(),
    "refused_extension_unit": frozenset({"period", "extension"}),
    "refused_extension_too_long": frozenset({"most", "period"}),
    "refused_supplement_too_long": frozenset({"most"}),
    "refused_inspection_kind": frozenset({"kind"}),
    "refused_inspection_state": frozenset({"current"}),
    "refused_inspection_again": frozenset(),
    "refused_inspection_missing": frozenset(),
    "refused_inspection_extended": frozenset(),
    "refused_inspection_too_long": frozenset({"most"}),
    "refused_inspection_more_too_long": frozenset({"most"}),
    "refused_calendar_year_missing": frozenset({"year"}),
}
