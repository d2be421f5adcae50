"""What the officers' pages need from outside, filled by ``app``. Must not build any of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.city import City
from core.database import Database
from core.errors import TemporaryFailure
from core.files import FileStore
from core.models.post import Post
from core.officers import PasswordHasher
from core.policy_port import PolicyFound, PolicySearch
from core.vault import Vault


class NoSearch:
    """The null twin of the search for policy articles: always asks to come again later."""

    def search(self, question: str, *, most: int = 5) -> PolicyFound:
        """Raises TemporaryFailure."""
        raise TemporaryFailure("there is no search in this process")


@dataclass(frozen=True)
class ConsoleDeps:
    """Ports of the console.

    ``kick`` is called with a conversation's id after a commit that decided something to send, so
    that it goes out at once; the worker takes what is left. ``cookie_key`` signs the login form and the
    addresses of files.
    ``now`` returns aware UTC. ``preview`` is a post as its channel will show it (``app.cli.post_view``).
    ``policy`` finds articles as a citizen's question would.
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
    policy: PolicySearch = field(default_factory=NoSearch)
