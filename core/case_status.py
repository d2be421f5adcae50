"""The states of a case and the changes that are allowed, as one table. Must not touch the database."""

from __future__ import annotations

from enum import StrEnum

from core.errors import Refused


class CaseStatus(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    EXTENDED = "extended"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    REJECTED = "rejected"


_S = CaseStatus

TITLES: dict[CaseStatus, str] = {
    _S.RECEIVED: "접수",
    _S.ASSIGNED: "담당자 배정",
    _S.IN_PROGRESS: "처리 중",
    _S.ANSWERED: "답변 완료",
    _S.CLOSED: "종결",
    _S.TRANSFERRED: "이송",
    _S.SUPPLEMENT_REQUESTED: "보완 요청",
    _S.EXTENDED: "기간 연장",
    _S.MERGED: "병합",
    _S.WITHDRAWN: "취하",
    _S.REOPENED: "다시 처리",
    _S.REJECTED: "처리 불가",
}

_WORKING = frozenset(
    {
        _S.IN_PROGRESS,
        _S.ANSWERED,
        _S.TRANSFERRED,
        _S.SUPPLEMENT_REQUESTED,
        _S.EXTENDED,
        _S.MERGED,
        _S.WITHDRAWN,
        _S.REJECTED,
    }
)

ALLOWED: dict[CaseStatus, frozenset[CaseStatus]] = {
    _S.RECEIVED: _WORKING | {_S.ASSIGNED},
    _S.ASSIGNED: _WORKING,
    _S.IN_PROGRESS: _WORKING - {_S.IN_PROGRESS},
    # A second request and a second extension are the law's own (시행령 24조, 21조).
    _S.SUPPLEMENT_REQUESTED: _WORKING,
    _S.EXTENDED: _WORKING,
    _S.REOPENED: _WORKING | {_S.ASSIGNED},
    _S.TRANSFERRED: frozenset({_S.ASSIGNED, _S.IN_PROGRESS, _S.ANSWERED, _S.CLOSED, _S.REJECTED}),
    _S.ANSWERED: frozenset({_S.CLOSED, _S.REOPENED}),
    _S.REJECTED: frozenset({_S.CLOSED, _S.REOPENED}),
    _S.CLOSED: frozenset({_S.REOPENED}),
    _S.MERGED: frozenset({_S.REOPENED}),
    _S.WITHDRAWN: frozenset({_S.REOPENED}),
}

# In these states somebody of ours works on it, so its period can be extended or paused.
WORKED_ON = frozenset(
    {
        _S.RECEIVED,
        _S.ASSIGNED,
        _S.IN_PROGRESS,
        _S.SUPPLEMENT_REQUESTED,
        _S.EXTENDED,
        _S.REOPENED,
    }
)

# Nothing more is owed to the citizen in these states, so no due time is overdue.
DONE = frozenset({_S.ANSWERED, _S.CLOSED, _S.MERGED, _S.WITHDRAWN, _S.REJECTED})

# The citizen must hear something in words when a case goes here.
NOTE_REQUIRED = frozenset({_S.ANSWERED, _S.SUPPLEMENT_REQUESTED, _S.REJECTED, _S.EXTENDED})


def check_change(current: CaseStatus, to: CaseStatus, *, note: str) -> None:
    """Raise Refused("illegal_change" | "note_required") unless the change is allowed.

    An illegal change tells which changes are possible instead.
    """
    if to not in ALLOWED[current]:
        raise Refused(
            "illegal_change",
            current=TITLES[current],
            to=TITLES[to],
            allowed=", ".join(TITLES[state] for state in CaseStatus if state in ALLOWED[current]),
        )
    if to in NOTE_REQUIRED and not note.strip():
        raise Refused("note_required", to=TITLES[to])
