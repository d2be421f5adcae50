"""Officers, their roles and their sign-in. Must not know HTTP, cookies or a hash library.

Passwords arrive through ``PasswordHasher`` (argon2 is bound in ``console.passwords``). A sign-in is
counted before the password is looked at, so many guesses at once cannot slip under the lock.
Sessions are in ``core.officer_sessions``.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.database import Database
from core.errors import Refused
from core.locking import Chain, insert_missing, lock_chain, lock_row
from core.models.officers import Officer, OfficerSession, Role

FAILURES_BEFORE_LOCK = 5
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=8)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
FEWEST_LETTERS = 5
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")
# Without 0/O, 1/l/I: a first password is often read from a screen and typed.
PASSWORD_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105

PERMISSIONS = {
    "conversation.read": "대화 보기",
    "conversation.answer": "대화 맡기·답하기",
    "conversation.take_from": "다른 담당자의 대화 넘겨받기",
    "case.read": "민원 보기",
    "case.change": "민원 처리하기",
    "attachment.read": "사진 보기",
    "personal.reveal": "개인정보 열람",
    "post.write": "게시글과 안내 글 쓰기",
    "post.approve": "다른 사람의 게시글 승인",
    "officer.manage": "담당자 관리",
    "audit.read": "접속기록 보기",
}
_READING = ("conversation.read", "case.read", "attachment.read")
_WORKING = (
    *_READING,
    "conversation.answer",
    "case.change",
    "personal.reveal",
    "post.write",
    "post.approve",
)
ROLES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("admin", "관리자", (*_WORKING, "conversation.take_from", "officer.manage", "audit.read")),
    ("officer", "담당관", _WORKING),
    ("viewer", "열람자", _READING),
)


class PasswordHasher(Protocol):
    """What this module needs from a password hash; ``hash`` and ``verify`` should cost the same."""

    def hash(self, password: str) -> str:
        """A salted hash that carries its own parameters."""

    def verify(self, *, stored: str, password: str) -> bool:
        """Whether ``password`` made ``stored``."""

    def needs_rehash(self, stored: str) -> bool:
        """Whether ``stored`` was made with weaker parameters than today's."""


@dataclass(frozen=True)
class RoleView:
    """One role with its Korean title."""

    name: str
    title: str
    permissions: frozenset[str]


@dataclass(frozen=True)
class OfficerView:
    """An officer as others may see one: without any secret."""

    id: int
    login: str
    name: str
    role: RoleView
    department_id: str | None
    must_change_password: bool
    created_at: datetime
    disabled_at: datetime | None
    locked_until: datetime | None

    @property
    def actor(self) -> str:
        """How the audit log and deliveries name this officer."""
        return f"officer:{self.id}"


def allows(officer: OfficerView, permission: str) -> bool:
    """Whether this officer may do ``permission``; a disabled officer may do nothing."""
    return officer.disabled_at is None and permission in officer.role.permissions


def seed_roles(session: Session) -> None:
    """Put the three roles in where they are missing; a role that exists is left as the city set it."""
    for name, title, permissions in ROLES:
        insert_missing(session, Role, name=name, title=title, permissions=list(permissions))


def list_roles(session: Session) -> list[RoleView]:
    """All roles, those with the most permissions first."""
    roles = [_role_view(role) for role in session.scalars(select(Role))]
    return sorted(roles, key=lambda role: (-len(role.permissions), role.name))


def make_password() -> str:
    """A strong password that a person can type: 20 letters in four groups (about 115 bits)."""
    groups = ("".join(secrets.choice(PASSWORD_LETTERS) for _ in range(5)) for _ in range(4))
    return "-".join(groups)


def create_officer(
    session: Session,
    *,
    login: str,
    name: str,
    role: str,
    department_id: str | None,
    password: str,
    hasher: PasswordHasher,
    actor: str,
    now: datetime,
    must_change_password: bool = True,
) -> OfficerView:
    """Add an officer.

    Raises Refused: ``login_malformed``, ``login_taken``, ``officer_name_empty``, ``role_unknown``,
    ``password_weak``.
    """
    login, name = login.strip().lower(), " ".join(name.split())
    if not LOGIN.fullmatch(login):
        raise Refused("login_malformed")
    if not name or len(name) > 60:
        raise Refused("officer_name_empty")
    if session.get(Role, role) is None:
        raise Refused("role_unknown")
    lock_chain(session, Chain.OFFICERS)
    if _by_login(session, login) is not None:
        raise Refused("login_taken", login=login)
    _check_password(login=login, password=password)
    officer = Officer(
        login=login,
        name=name,
        password_hash=hasher.hash(password),
        must_change_password=must_change_password,
        role=role,
        department_id=department_id or None,
        created_at=now,
    )
    session.add(officer)
    session.flush()
    record_audit(
        session,
        actor=actor,
        action="officer.create",
        subject=f"officer:{officer.id}",
        purpose=f"role={role}",
        now=now,
    )
    return _view(session, officer)


def list_officers(session: Session) -> list[OfficerView]:
    """All officers, those at work first, then by login."""
    rows = session.scalars(
        select(Officer).order_by(Officer.disabled_at.is_not(None), Officer.login)
    )
    return [_view(session, officer) for officer in rows]


def find_officer(session: Session, *, login: str) -> OfficerView | None:
    """The officer with this login, or None."""
    officer = _by_login(session, login.strip().lower())
    return None if officer is None else _view(session, officer)


def view_of(session: Session, *, officer_id: int) -> OfficerView:
    """The officer with this id. Raises Refused ``officer_unknown``."""
    return _view(session, _existing(session, officer_id))


def names_of(session: Session) -> dict[int, str]:
    """Every officer's name by id, for pages that show who did what."""
    return {row.id: row.name for row in session.execute(select(Officer.id, Officer.name))}


def set_password(
    session: Session,
    *,
    officer_id: int,
    password: str,
    hasher: PasswordHasher,
    actor: str,
    now: datetime,
    must_change_password: bool,
    keep_session: str | None = None,
) -> None:
    """Set a new password, lift a lock, and sign out everywhere but in ``keep_session`` (a token's hash).

    Raises Refused: ``officer_unknown``, ``password_weak``, ``password_same``.
    """
    officer = _locked(session, officer_id)
    _check_password(login=officer.login, password=password)
    if hasher.verify(stored=officer.password_hash, password=password):
        raise Refused("password_same")
    officer.password_hash = hasher.hash(password)
    officer.must_change_password = must_change_password
    officer.failed_count, officer.locked_until = 0, None
    _close_sessions(session, officer_id=officer.id, keep=keep_session)
    record_audit(
        session,
        actor=actor,
        action="officer.password",
        subject=f"officer:{officer.id}",
        now=now,
    )


def disable_officer(session: Session, *, officer_id: int, actor: str, now: datetime) -> None:
    """Close an officer's account and all of their sessions; doing it twice changes nothing.

    Raises Refused: ``officer_unknown``, ``officer_self`` (nobody closes their own account),
    ``last_admin`` (someone must be able to manage officers).
    """
    # Of two managers who close each other's account at once, one stays.
    lock_chain(session, Chain.OFFICERS)
    officer = _locked(session, officer_id)
    if actor == f"officer:{officer.id}":
        raise Refused("officer_self")
    if officer.disabled_at is not None:
        return
    if _is_last_manager(session, officer):
        raise Refused("last_admin")
    officer.disabled_at = now
    _close_sessions(session, officer_id=officer.id, keep=None)
    record_audit(
        session, actor=actor, action="officer.disable", subject=f"officer:{officer.id}", now=now
    )


def authenticate(
    database: Database,
    *,
    login: str,
    password: str,
    hasher: PasswordHasher,
    place: str,
    now: datetime,
) -> OfficerView:
    """Check a login and password; ``place`` is where from (안전성 확보조치 기준 8조 wants it).

    One refusal for every cause, and the same hashing work for a login that does not exist, so
    that nobody learns which logins do. No transaction is open while the hash is computed.
    Raises Refused ``sign_in_refused``.
    """
    login = login.strip().lower()
    with database.transaction() as session:
        officer = _by_login(session, login)
        officer = officer and lock_row(session, Officer, officer.id)
        open_now = officer is not None and _claim_attempt(officer, now=now)
        officer_id, stored = (officer.id, officer.password_hash) if officer else (None, None)
    if len(password) > LONGEST_PASSWORD:
        password, open_now = "", False
    if stored is None:
        hasher.hash(password)
        right = False
    else:
        right = hasher.verify(stored=stored, password=password)
    subject = "login:unknown" if officer_id is None else f"officer:{officer_id}"
    with database.transaction() as session:
        officer = None if officer_id is None else lock_row(session, Officer, officer_id)
        # The account may have been closed or given a new password while the hash was computed.
        unchanged = officer is not None and officer.password_hash == stored
        if officer is not None and right and open_now and unchanged and not officer.disabled_at:
            officer.failed_count, officer.locked_until = 0, None
            if hasher.needs_rehash(officer.password_hash):
                officer.password_hash = hasher.hash(password)
            _audit_sign_in(session, action="officer.sign_in", subject=subject, place=place, now=now)
            return _view(session, officer)
        locked_now = officer is not None and open_now and officer.locked_until is not None
        action = "officer.locked" if locked_now else "officer.sign_in_refused"
        _audit_sign_in(session, action=action, subject=subject, place=place, now=now)
    raise Refused("sign_in_refused")


def lock_for(failed_count: int) -> timedelta | None:
    """How long this many failures lock: 15 minutes after 5, doubled at 10, 15, … up to 8 hours."""
    rounds, rest = divmod(failed_count, FAILURES_BEFORE_LOCK)
    if rounds == 0 or rest:
        return None
    return min(FIRST_LOCK * (1 << min(rounds - 1, 10)), LONGEST_LOCK)


def _claim_attempt(officer: Officer, *, now: datetime) -> bool:
    """Count one attempt; False when the account is locked or closed."""
    if officer.disabled_at is not None:
        return False
    if officer.locked_until is not None and officer.locked_until > now:
        return False
    officer.failed_count += 1
    lock = lock_for(officer.failed_count)
    officer.locked_until = None if lock is None else now + lock
    return True


def _audit_sign_in(
    session: Session, *, action: str, subject: str, place: str, now: datetime
) -> None:
    actor = subject if action == "officer.sign_in" else "anonymous"
    record_audit(
        session, actor=actor, action=action, subject=subject, purpose=f"place={place[:60]}", now=now
    )


def _check_password(*, login: str, password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused("password_weak")
    if len(set(password)) < FEWEST_LETTERS or login in password.lower():
        raise Refused("password_weak")


def _is_last_manager(session: Session, officer: Officer) -> bool:
    managing = [r.name for r in session.scalars(select(Role)) if "officer.manage" in r.permissions]
    if officer.role not in managing:
        return False
    others = session.scalar(
        select(func.count())
        .select_from(Officer)
        .where(Officer.role.in_(managing), Officer.disabled_at.is_(None), Officer.id != officer.id)
    )
    return not others


def _close_sessions(session: Session, *, officer_id: int, keep: str | None) -> None:
    statement = delete(OfficerSession).where(OfficerSession.officer_id == officer_id)
    if keep is not None:
        statement = statement.where(OfficerSession.token_hash != keep)
    session.execute(statement)


def _existing(session: Session, officer_id: int) -> Officer:
    officer = session.get(Officer, officer_id)
    if officer is None:
        raise Refused("officer_unknown")
    return officer


def _locked(session: Session, officer_id: int) -> Officer:
    officer = lock_row(session, Officer, officer_id)
    if officer is None:
        raise Refused("officer_unknown")
    return officer


def _by_login(session: Session, login: str) -> Officer | None:
    return session.scalar(select(Officer).where(Officer.login == login))


def _role_view(role: Role) -> RoleView:
    return RoleView(
        name=role.name,
        title=role.title,
        permissions=frozenset(p for p in role.permissions if p in PERMISSIONS),
    )


def _view(session: Session, officer: Officer) -> OfficerView:
    role = session.get_one(Role, officer.role)
    return OfficerView(
        id=officer.id,
        login=officer.login,
        name=officer.name,
        role=_role_view(role),
        department_id=officer.department_id,
        must_change_password=officer.must_change_password,
        created_at=officer.created_at,
        disabled_at=officer.disabled_at,
        locked_until=officer.locked_until,
    )
