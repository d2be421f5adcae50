"""What the report form holds, as one frozen value. Must not decide what comes next (report_planner).

Rasa's slots are its other form; ``from_slots`` and ``to_slots`` are the only places that know both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actions.report_near import NearReports
from actions.service_choice import Heard

# In photo, contact and where: the citizen was asked and chose not to give it.
SKIPPED = "skipped"
GIVEN = "given"
# In photo: the citizen wants to send another one although it was settled before.
WANTED = "wanted"
YES = "yes"
# In confirm: the citizen said no to the summary and is choosing what to change.
FIXING = "fixing"
# In split: the two complaints of one message stay two cases; of another matter told later is asked later;
# the second one begins by itself because the citizen agreed to two.
TWO, LATER, NEXT = "two", "later", "next"
# How the form ends (slot report_outcome).
SUBMIT = "submit"
CANCELLED = "cancelled"
# Instead of a report of its own, another one is followed.
FOLLOWED = "followed"

SLOTS = (
    "what",
    "service_code",
    "service_why",
    "where",
    "near",
    "extra",
    "photo",
    "contact",
    "consent",
    "confirm",
    "answers",
    "guesses",
    "misses",
    "lat",
    "long",
    "gu",
    "dong",
    "attachment_ids",
    "pending_complaint",
    "split",
)


@dataclass(frozen=True)
class ReportState:
    """The report so far. None means: not asked or not answered yet."""

    what: str | None = None
    service_code: str | None = None
    where: str | None = None
    photo: str | None = None
    contact: str | None = None
    consent: str | None = None
    confirm: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    # Service codes that were offered because the complaint fits several.
    guesses: tuple[str, ...] = ()
    # How sure the classifier was of the service, and by which words; None where it had no say.
    service_why: Heard | None = None
    misses: int = 0
    lat: float | None = None
    long: float | None = None
    gu: str | None = None
    dong: str | None = None
    attachment_ids: tuple[int, ...] = ()
    pending_complaint: str | None = None
    near: NearReports | None = None
    split: str | None = None

    @property
    def has_place(self) -> bool:
        """Whether words or a point say where it is."""
        return (self.where is not None and self.where != SKIPPED) or self.lat is not None

    @staticmethod
    def from_slots(slots: Mapping[str, Any]) -> ReportState:
        """Read Rasa's slots; a slot that is not there counts as empty."""

        def text(name: str) -> str | None:
            value = slots.get(name)
            return str(value) if value is not None else None

        def number(name: str) -> float | None:
            value = slots.get(name)
            return float(value) if value is not None else None

        return ReportState(
            what=text("what"),
            service_code=text("service_code"),
            where=text("where"),
            photo=text("photo"),
            contact=text("contact"),
            consent=text("consent"),
            confirm=text("confirm"),
            answers={str(k): str(v) for k, v in (slots.get("answers") or {}).items()},
            guesses=tuple(str(code) for code in slots.get("guesses") or ()),
            service_why=next(iter(Heard.parse([slots.get("service_why")])), None),
            misses=int(slots.get("misses") or 0),
            lat=number("lat"),
            long=number("long"),
            gu=text("gu"),
            dong=text("dong"),
            attachment_ids=tuple(int(i) for i in slots.get("attachment_ids") or ()),
            pending_complaint=text("pending_complaint"),
            near=NearReports.from_slot(slots.get("near")),
            split=text("split"),
        )

    def to_slots(self) -> dict[str, Any]:
        """All slots of the form, JSON-ready. ``misses`` is always a number, so that Rasa sees that
        the validator took the message (a validator that sets no slot lets the rules answer)."""
        return {
            "what": self.what,
            "service_code": self.service_code,
            "where": self.where,
            "near": self.near.to_slot() if self.near is not None else None,
            "extra": None,
            "photo": self.photo,
            "contact": self.contact,
            "consent": self.consent,
            "confirm": self.confirm,
            "answers": dict(self.answers),
            "guesses": list(self.guesses),
            "service_why": self.service_why.to_slot() if self.service_why is not None else None,
            "misses": self.misses,
            "lat": self.lat,
            "long": self.long,
            "gu": self.gu,
            "dong": self.dong,
            "attachment_ids": list(self.attachment_ids),
            "pending_complaint": self.pending_complaint,
            "split": self.split,
        }


def empty_slots(
    *, pending_complaint: str | None = None, split: str | None = None, contact: str | None = None
) -> dict[str, Any]:
    """Every slot of the form emptied, after a report was filed or dropped, but for what comes next."""
    slots: dict[str, Any] = dict.fromkeys(SLOTS)
    slots |= {"pending_complaint": pending_complaint, "split": split, "contact": contact}
    slots["report_outcome"] = None
    return slots
