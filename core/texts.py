"""Names every text a city must bring, with its placeholders, and fills them in.

Must not hold wording: the Korean sentences live in city/texts/*.yml. To add a text, add one line
there and one line to REQUIRED here; the loader refuses a city where the two differ.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass

from core.act_texts import ACT_TEXTS
from core.budget_texts import BUDGET_TEXTS
from core.nearby_texts import NEARBY_TEXTS
from core.policy_texts import POLICY_TEXTS
from core.rights_texts import RIGHTS_TEXTS
from core.statutory_texts import STATUTORY_TEXTS
from core.web_texts import WEB_TEXTS
from core.website_texts import WEBSITE_TEXTS


def _p(*names: str) -> frozenset[str]:
    return frozenset(names)


# key → the placeholders its sentence may use. The sentence must use each of them, so that a
# translator cannot drop a case number by accident.
REQUIRED: Mapping[str, frozenset[str]] = {
    # who we are, what we can do
    "start_web": _p("city"),
    "start_telegram": _p("city"),
    "start_goes_on": _p("what"),
    "help": _p(),
    "privacy_detail": _p("city"),
    # erasing what was said
    "erase_question": _p(),
    "erase_question_with_cases": _p("receipts"),
    "erase_receipt": _p("number", "code"),
    "erase_choose": _p(),
    "erase_requested": _p(),
    "erase_kept": _p(),
    "choice_erase_yes": _p(),
    "choice_erase_no": _p(),
    # bad input
    "resident_number_removed": _p(),
    "paper_number_removed": _p(),
    "too_long_kept": _p("limit"),
    "unsupported_kind": _p(),
    "form_goes_on": _p(),
    "file_too_large": _p("limit_mb"),
    "file_kind": _p(),
    "video_unreadable": _p(),
    "pdf_unreadable": _p(),
    "photo_place_offer": _p("area"),
    "choice_photo_place_yes": _p(),
    "choice_photo_place_no": _p(),
    "photo_place_dropped": _p(),
    "file_waiting": _p(),
    "file_infected": _p(),
    "file_infected_told": _p(),
    "file_link_over": _p(),
    "file_lost": _p(),
    "files_no_room": _p(),
    "files_today": _p(),
    "too_fast": _p(),
    "only_abuse": _p(),
    "unreadable_photo": _p(),
    "photo_too_large": _p("limit_mb"),
    "empty_message": _p(),
    "only_emoji": _p(),
    "stale_choice": _p(),
    "wrong_choice": _p(),
    # Rasa
    "rasa_down": _p(),
    "rasa_back": _p(),
    "turn_failed": _p(),
    # a person
    "handover_offered": _p(),
    "waiting_for_officer_open": _p(),
    "waiting_for_officer_closed": _p("opens", "hotlines"),
    "officer_joined": _p("name"),
    "officer_left": _p(),
    # the case
    "case_receipt": _p("number", "code", "service", "place", "department", "due", "phone"),
    "case_event_opened": _p(),
    "report_second": _p("second"),
    "case_receipt_out_of_hours": _p("opens"),
    "case_status_received": _p("number", "note"),
    "case_status_assigned": _p("number", "note", "department"),
    "case_status_in_progress": _p("number", "note", "department"),
    "case_status_answered": _p("number", "note", "officer", "phone", "remedy"),
    "case_status_closed": _p("number", "note"),
    "case_status_transferred": _p("number", "note", "agency", "officer", "phone"),
    "case_status_supplement_requested": _p("number", "note", "until", "officer", "phone"),
    "case_status_extended": _p("number", "note", "due", "officer", "phone"),
    "case_status_merged": _p("number", "note"),
    "case_status_withdrawn": _p("number", "note"),
    "case_status_reopened": _p("number", "note"),
    "case_status_rejected": _p("number", "note", "officer", "phone", "remedy"),
    **STATUTORY_TEXTS,
    **ACT_TEXTS,
    "case_note": _p("number", "department", "note"),
    # mails to departments, and what their callbacks lack
    "department_mail_subject": _p("number", "service", "event"),
    "department_mail_event_opened": _p(),
    "department_mail_event_status": _p(),
    "department_mail_event_note": _p(),
    "department_mail_event_photos": _p(),
    "department_mail_event_moved": _p(),
    "department_mail_hello": _p("department", "event"),
    "department_mail_facts": _p(
        "number", "service", "what", "place", "arrived", "received", "due", "status"
    ),
    "department_mail_map": _p("lat", "long"),
    "department_mail_answer": _p("question", "answer"),
    "department_mail_note": _p("note"),
    "department_mail_contact": _p("contact"),
    "department_mail_attached": _p("count"),
    "department_mail_link": _p("url"),
    "department_mail_end": _p("number"),
    "department_mail_check": _p("department"),
    "department_photo_alt": _p(),
    "department_photo_missing": _p("reason"),
    "department_photo_forbidden": _p(),
    "department_photo_plain": _p(),
    "department_photo_redirects": _p(),
    "department_photo_too_large": _p(),
    "department_photo_gone": _p(),
    "department_photo_certificate": _p(),
    "department_photo_unreadable": _p(),
    "department_photo_away": _p(),
    "case_list_header": _p("count"),
    "case_list_line": _p("number", "service", "place", "status", "due"),
    "case_none": _p(),
    # why a case is where it is
    "routing_by_rule": _p("number", "department", "why", "seen"),
    "routing_planned": _p("department", "why", "seen"),
    "routing_general": _p("seen", "department", "why", "phone"),
    "routing_moved": _p("at", "department"),
    "routing_objection": _p(),
    "routing_of_another": _p(),
    "added_to_case": _p("number"),
    "case_not_yours": _p(),
    "lookup_found": _p("number", "service", "status", "department", "due"),
    "lookup_failed": _p(),
    # in public
    "public_report": _p(),
    "public_question": _p(),
    "public_case": _p(),
    "public_greet": _p(),
    "public_other": _p(),
    "public_link": _p(),
    # Telegram
    "telegram_description": _p("city"),
    "telegram_short_description": _p("city"),
    "telegram_command_start": _p(),
    "telegram_command_help": _p(),
    "telegram_command_cancel": _p(),
    "telegram_stale": _p(),
    # how a result was
    "rate_ask": _p("number"),
    "rate_score_1": _p(),
    "rate_score_2": _p(),
    "rate_score_3": _p(),
    "rate_score_4": _p(),
    "rate_score_5": _p(),
    "rate_thanks": _p("score"),
    "rate_sorry": _p("score"),
    "rate_person": _p(),
    "rate_comment_ask": _p(),
    "rate_comment_kept": _p("number"),
    "rate_without_comment": _p(),
    "rate_not_yet": _p("number"),
    "rate_none": _p(),
    "choice_without_comment": _p(),
    # place
    "outside_city": _p("city", "neighbour", "contact"),
    "outside_city_unknown": _p("city", "contact"),
    "place_unclear": _p(),
    # drafts and silence
    "draft_reminder": _p("what"),
    "draft_unnamed": _p(),
    "draft_lapsed": _p(),
    # what a press, a pin or a photo is called in the conversation
    "choice_report": _p(),
    "choice_case": _p(),
    "choice_question": _p(),
    "choice_officer": _p(),
    "location_as_text": _p("lat", "long"),
    "photo_as_text": _p(),
    "idle": _p(),
    **WEB_TEXTS,
    **WEBSITE_TEXTS,
    **RIGHTS_TEXTS,
    **NEARBY_TEXTS,
    **POLICY_TEXTS,
    **BUDGET_TEXTS,
}


class TextError(ValueError):
    """A text does not exist, or a value for one of its placeholders is missing or unknown."""


@dataclass(frozen=True)
class Texts:
    """The sentences of one city, checked against REQUIRED by the loader."""

    entries: Mapping[str, str]

    def placeholders(self, key: str) -> frozenset[str]:
        """The values that the text `key` needs."""
        return placeholders_of(self.entries.get(key, ""))

    def render(self, key: str, **values: object) -> str:
        """Fill the text `key`. Raises TextError for an unknown key or a wrong set of values."""
        try:
            template = self.entries[key]
        except KeyError:
            raise TextError(f"there is no text '{key}'") from None
        wanted = placeholders_of(template)
        if wanted != values.keys():
            raise TextError(f"text '{key}' needs {sorted(wanted)} and was given {sorted(values)}")
        return template.format_map({name: str(value) for name, value in values.items()})


def placeholders_of(template: str) -> frozenset[str]:
    """The names in {…} of a text.

    Raises ValueError for a stray brace and for anything but a plain name: formats and attribute
    access ({x.y}, {x:>9}, {x!r}) would let a text reach into our objects.
    """
    names = set()
    for _literal, name, spec, conversion in string.Formatter().parse(template):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError("a placeholder must be a plain name such as {number}")
        names.add(name)
    return frozenset(names)
