"""What core needs of a way to a department, as protocols; ``app`` fills them. Must hold no implementation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.attachments import StoredFile
from core.city import Department
from core.errors import ProviderAway

# event of the queue → the type of its CloudEvent
TYPES = {
    "opened": "kr.sotong.case.opened.v1",
    "status": "kr.sotong.case.status_changed.v1",
    "note": "kr.sotong.case.note_added.v1",
    "photos": "kr.sotong.case.photos_added.v1",
    "moved": "kr.sotong.case.moved_away.v1",
    "ping": "kr.sotong.ping.v1",
}


class DepartmentAway(ProviderAway):
    """The department's system does not take anything just now; ``code`` is ours and says why."""

    def __init__(self, code: str, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code, retry_after)
        self.code = code


@dataclass(frozen=True)
class DepartmentEvent:
    """One message for a department, read from the case when it is sent.

    ``what``, ``answers``, ``place`` and ``note`` hold words such as "(전화번호)" in the place of personal
    data, but for what the city says that the department needs; ``contact`` too is there only then.
    """

    uid: str
    kind: str
    number: str
    service_code: str
    service_name: str
    case_kind: str
    what: str
    answers: tuple[tuple[str, str], ...]
    place: str
    lat: float | None
    long: float | None
    gu: str | None
    dong: str | None
    arrived_at: datetime
    received_at: datetime
    due_at: datetime
    at: datetime
    status: str
    note: str = ""
    contact: str | None = None
    files: tuple[StoredFile, ...] = ()
    # The first message about this case to this department: the beginning of a thread.
    thread_uid: str = ""

    @property
    def type(self) -> str:
        """The name of this kind of event outside, with its version."""
        return TYPES[self.kind]


class DepartmentSender(Protocol):
    """One way out to departments."""

    @property
    def kind(self) -> str:
        """As in ``core.city.Way.kind``."""
        ...

    @property
    def batch(self) -> int:
        """How many may be under way before their results are recorded.

        One where sending twice does harm.
        """
        ...

    @property
    def answers_within(self) -> timedelta:
        """The longest that ``send`` takes."""
        ...

    def may_repeat(self, department: Department) -> bool:
        """Whether sending it again does no harm when nobody knows whether it arrived."""
        ...

    def send(self, event: DepartmentEvent, *, department: Department) -> None:
        """Send one event.

        Raises DepartmentAway, RateLimited, AnswerLost or another TemporaryFailure, PermanentFailure.
        """
        ...

    def check(self, department: Department) -> str:
        """Try the way without any case; returns what was seen. Raises as ``send`` does."""
        ...
