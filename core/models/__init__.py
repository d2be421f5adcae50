"""All tables, so that one import knows the whole schema (migrations, tests). Must hold no rules."""

from core.models.alert import AlertState
from core.models.base import Base, UTCDateTime
from core.models.case import (
    Case,
    CaseClock,
    CaseDuty,
    CaseEvent,
    CaseNumber,
    CaseRating,
    LookupAttempt,
)
from core.models.conversation import (
    Attachment,
    ChannelPace,
    Conversation,
    Delivery,
    Draft,
    Handover,
    NamedLease,
    Turn,
)
from core.models.department import DepartmentCallback, DepartmentMessage, DepartmentStandby
from core.models.erasure import Erasure
from core.models.officers import Officer, OfficerSession, Role
from core.models.post import Post
from core.models.vault import AuditEntry, VaultItem

__all__ = [
    "AlertState",
    "Attachment",
    "AuditEntry",
    "Base",
    "Case",
    "CaseClock",
    "CaseDuty",
    "CaseEvent",
    "CaseNumber",
    "CaseRating",
    "ChannelPace",
    "Conversation",
    "Delivery",
    "DepartmentCallback",
    "DepartmentMessage",
    "DepartmentStandby",
    "Draft",
    "Erasure",
    "Handover",
    "LookupAttempt",
    "NamedLease",
    "Officer",
    "OfficerSession",
    "Post",
    "Role",
    "Turn",
    "UTCDateTime",
    "VaultItem",
]
