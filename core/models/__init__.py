"""All tables, so that one import knows the whole schema (migrations, tests). Must hold no rules."""

from core.models.alert import AlertState
from core.models.article import Article, ArticleVersion
from core.models.base import Base, UTCDateTime
from core.models.case import (
    Case,
    CaseClock,
    CaseDuty,
    CaseEvent,
    CaseFlag,
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
from core.models.figure import (
    Figure,
    FigureFinding,
    FigureImport,
    FigureRow,
    FigureSeries,
    FigureSource,
)
from core.models.nearby import CaseFollow, CaseMerge
from core.models.officers import Officer, OfficerSession, Role
from core.models.policy import PolicyQuestion
from core.models.post import Post
from core.models.privacy import CaseLink, Consent, DataLink, RetentionRun
from core.models.publishing import PostVersion, PublishingStop
from core.models.vault import AuditEntry, AuditHead, VaultItem, VaultKey

__all__ = [
    "AlertState",
    "Article",
    "ArticleVersion",
    "Attachment",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Case",
    "CaseClock",
    "CaseDuty",
    "CaseEvent",
    "CaseFlag",
    "CaseFollow",
    "CaseLink",
    "CaseMerge",
    "CaseNumber",
    "CaseRating",
    "ChannelPace",
    "Consent",
    "Conversation",
    "DataLink",
    "Delivery",
    "DepartmentCallback",
    "DepartmentMessage",
    "DepartmentStandby",
    "Draft",
    "Erasure",
    "Figure",
    "FigureFinding",
    "FigureImport",
    "FigureRow",
    "FigureSeries",
    "FigureSource",
    "Handover",
    "LookupAttempt",
    "NamedLease",
    "Officer",
    "OfficerSession",
    "PolicyQuestion",
    "Post",
    "PostVersion",
    "PublishingStop",
    "RetentionRun",
    "Role",
    "Turn",
    "UTCDateTime",
    "VaultItem",
    "VaultKey",
]
