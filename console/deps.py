"""What the officers' pages need from outside, filled by ``app``. Must not build any of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.city import City
from core.database import Database
from core.files import FileStore
from core.models.post import Post
from core.officers import PasswordHasher
from core.vault import Vault


@dataclass(frozen=True)
class ConsoleDeps:
    """Ports of the console.

    ``kick`` is called with a conversation's id after a commit that decided something to send, so
    that it goes out at once; the worker takes what is left. ``cookie_key`` signs the login form and the
    addresses of files.
    ``now`` returns aware UTC. ``preview`` is a post as its channel will show it (``app.cli.post_view``).
    """

    database: Database
    city: City
    vault: Vault
    store: FileStore
    hasher: PasswordHasher
    cookie_key: bytes
    now: Callable[[], datetime]
    kick: Callable[[int], None]
    preview: Callable[[Post], Mapping[str, Any]]
    # The channel that a new post is for; None: there is none.
    channel_address: str | None = None
