"""Argon2 behind the port that ``core.officers`` declares. Must not know officers or the database."""

from __future__ import annotations

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Hasher:
    """Argon2id with the library's parameters (RFC 9106, low-memory profile: 64 MiB, 3 passes)."""

    def __init__(self, argon2: Argon2 | None = None) -> None:
        self._argon2 = argon2 or Argon2()

    def hash(self, password: str) -> str:
        """A PHC string that carries salt and parameters."""
        return self._argon2.hash(password)

    def verify(self, *, stored: str, password: str) -> bool:
        """Whether ``password`` made ``stored``; a damaged hash fits no password."""
        try:
            return self._argon2.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def needs_rehash(self, stored: str) -> bool:
        """Whether ``stored`` was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(stored)
