"""What those hear of a case who did not file it: of merged cases, and followers. Must not change a case.

Whoever filed a case that was merged is owed its result (민원처리법 27조) and reads the officer's words about
the leading one, without anything that stands for personal data; its photos stay with the citizen who filed
it. A follower reads the city's own words only: service, state, department. Never a note or a photo.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.case_hearers import following_talks, merged_into
from core.case_notices import Signature, remedy, tell
from core.case_status import TITLES, CaseStatus
from core.city import City
from core.deliveries import enqueue
from core.models.case import Case
from core.replies import Choice, Reply
from core.vault import TOKEN_PATTERN

UNFOLLOW = "unfollow"
# What a follower hears beside the state. A supplement is between the city and one citizen.
_FOLLOWED = {
    CaseStatus.ASSIGNED: "follow_working",
    CaseStatus.IN_PROGRESS: "follow_working",
    CaseStatus.REOPENED: "follow_working",
    CaseStatus.EXTENDED: "follow_longer",
    CaseStatus.TRANSFERRED: "follow_elsewhere",
    CaseStatus.ANSWERED: "follow_done",
    CaseStatus.CLOSED: "follow_done",
    CaseStatus.REJECTED: "follow_not_done",
    CaseStatus.WITHDRAWN: "follow_not_done",
    CaseStatus.MERGED: "follow_merged",
}
# Between the city and the one who filed it: a supplement, and a withdrawal (the others get their own back).
_NOT_OF_OTHERS = frozenset({CaseStatus.SUPPLEMENT_REQUESTED, CaseStatus.WITHDRAWN})
_WITH_REMEDY = frozenset({CaseStatus.ANSWERED, CaseStatus.REJECTED})


def tell_others(
    session: Session, *, city: City, case: Case, note: str, signature: Signature, now: datetime
) -> None:
    """Enqueue the new state of a case for those of merged cases, and for followers; once per version."""
    tell_merged(session, city=city, case=case, note=note, signature=signature, now=now)
    key = _FOLLOWED.get(CaseStatus(case.status))
    if key is not None:
        _tell_followers(session, city=city, case=case, key=key, now=now)


def tell_merged(
    session: Session, *, city: City, case: Case, note: str, signature: Signature, now: datetime
) -> None:
    """Enqueue what is new about a leading case for those whose case was merged into it."""
    status = CaseStatus(case.status)
    if status in _NOT_OF_OTHERS:
        return
    words = TOKEN_PATTERN.sub(city.texts.render("merged_hidden"), note)
    for merged_id in merged_into(session, case_id=case.id):
        merged = session.get_one(Case, merged_id)
        ends = [words] if words else []
        if status in _WITH_REMEDY:
            ends.append(remedy(city, kind=merged.kind, refused=status is CaseStatus.REJECTED))
        tell(
            session,
            city=city,
            case=merged,
            key="merged_status",
            values={
                "number": merged.number,
                "leading": case.number,
                "status": TITLES[status],
                "words": "".join(f"\n{each}" for each in ends),
                "officer": signature.who,
                "phone": signature.phone,
            },
            dedupe=f"of:{case.id}:{case.version}",
            now=now,
        )


def _tell_followers(session: Session, *, city: City, case: Case, key: str, now: datetime) -> None:
    department = city.department(case.department_id)
    known = city.has_service(case.service_code)
    text = city.texts.render(
        "follow_status",
        number=case.number,
        service=city.service(case.service_code).name if known else case.service_code,
        status=TITLES[CaseStatus(case.status)],
        department=f"{department.name}({department.phone})",
        words=city.texts.render(key),
    )
    for talk in following_talks(session, [case.id, *merged_into(session, case_id=case.id)]):
        enqueue(
            session,
            conversation=talk,
            reply=Reply(text, choices=(stop_choice(city, case),)),
            kind="notice",
            dedupe_key=f"follow:{case.id}:{case.version}:c{talk.id}",
            case_id=case.id,
            now=now,
        )


def stop_choice(city: City, case: Case) -> Choice:
    """The choice to hear no more of a case; dialogue.rights answers it, with or without Rasa."""
    payload = f'/my_data{{"act": "{UNFOLLOW}", "number": "{case.number}"}}'
    return Choice(city.texts.render("choice_unfollow"), payload)
