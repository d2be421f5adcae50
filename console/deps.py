"""What the officers' pages need from outside, filled by ``app``. Must not build any of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.city import City
from core.database import Database
from core.files import FileStore
from core.officers import PasswordHasher
from core.vault import Vault


@dataclass(frozen=True)
class ConsoleDeps:
    """Ports of the console.

    ``kick`` is called with a conversation's id after a commit that decided something to send, so
    that it goes out at once; the worker takes what is left. ``cookie_key`` signs the login form and the
    addresses of files.
    ``now`` returns aware UTC.
    """

    database: Database
    city: City
    vault: Vault
    store: FileStore
    hasher: PasswordHasher
    cookie_key: bytes
    now: Callable[[], datetime]
    kick: Callable[[int], None]
