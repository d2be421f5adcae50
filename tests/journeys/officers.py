"""Officers for journeys: real rows, a real password hash. Must not be used by the service."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from console.passwords import Argon2Hasher
from core.officers import create_officer, seed_roles
from tests.builders import sample_city
from tests.stack import Stack

PASSWORD = "a long enough pass phrase"


def make_officer(stack: Stack) -> str:
    """The log-in name of a new officer who may answer; the password is PASSWORD."""
    login = f"officer-{uuid.uuid4().hex[:8]}"
    database = stack.database()
    with database.transaction() as session:
        seed_roles(session)
        create_officer(
            session,
            login=login,
            name="가로등 담당",
            password=PASSWORD,
            role="officer",
            department_id=sample_city().departments[0].id,
            hasher=Argon2Hasher(),
            actor="system",
            now=datetime.now(UTC),
            must_change_password=False,
        )
    database.dispose()
    return login
