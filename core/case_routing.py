"""Why a case is where it is: each decision with its rule and place, or with the officer who overrode it.

Read from the case's history; a citizen may ask how an automatic decision was made (개인정보 보호법 37조의2).
It must not decide anything: core.routing and core.cases do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.models.case import Case, CaseEvent

_EXPLAINED = re.compile(r"규칙 [^:]{1,60}: (?P<why>.+?)(?: \(담당: [^()]*(?:\([^()]*\))?[^()]*\))?")


@dataclass(frozen=True)
class Decision:
    """One decision. By the program: ``rule_id``, ``source`` (city/rules.yml:12), what it looked at.

    By a person: ``officer`` and ``reason``, which is internal. ``why`` is the rule's own sentence.
    """

    at: datetime
    department_id: str
    before_id: str | None = None
    rule_id: str = ""
    source: str = ""
    service_code: str = ""
    gu: str | None = None
    why: str = ""
    officer: str = ""
    reason: str = ""
    # Where a classifier chose the service: how sure it was (0 to 1) and the words that decided.
    service_confidence: float | None = None
    service_words: tuple[str, ...] = ()

    @property
    def by_rule(self) -> bool:
        """Whether the program decided."""
        return bool(self.rule_id)


def decisions_of(case: Case, events: Sequence[CaseEvent]) -> list[Decision]:
    """The decisions on a case, oldest first; the first one is the program's."""
    moves = [event for event in events if event.kind == "department" and "to" in event.data]
    opened = next((event for event in events if event.kind == "opened"), None)
    facts = opened.data if opened is not None else {}
    gu = facts.get("gu", case.gu)
    first = Decision(
        at=opened.at if opened is not None else case.received_at,
        department_id=str(
            facts.get("department") or (moves[0].data["from"] if moves else case.department_id)
        ),
        rule_id=case.route_rule,
        source=str(facts.get("source") or ""),
        service_code=str(facts.get("service") or case.service_code),
        gu=None if gu is None else str(gu),
        why=why_of(case.route_explanation),
        service_confidence=facts.get("service_confidence"),
        service_words=tuple(str(word) for word in facts.get("service_words") or ()),
    )
    return [
        first,
        *(
            Decision(
                at=event.at,
                department_id=str(event.data["to"]),
                before_id=str(event.data["from"]),
                officer=event.actor_name or event.actor_kind,
                reason=event.reason,
            )
            for event in moves
        ),
    ]


def why_of(explanation: str) -> str:
    """The rule's sentence alone, without its id and the department that stands beside it anyway."""
    found = _EXPLAINED.fullmatch(explanation)
    return found["why"] if found else explanation
