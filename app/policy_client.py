"""Asks the running actions app for policy articles: no other process loads Kiwi. Must not search itself."""

from __future__ import annotations

import httpx

from actions.inner_doors import SEARCH_PATH, SECRET_HEADER
from app.settings import Settings
from core.errors import PermanentFailure, TemporaryFailure
from core.policy_port import PolicyFound
from core.policy_questions import LONGEST_QUESTION

# The first question may find the index still being loaded.
TIMEOUT = 15.0
CONNECT_TIMEOUT = 1.0


class ActionsAway(TemporaryFailure):
    """Nobody listens at the address of the actions app."""


class PolicyClient:
    """``core.policy_port.PolicySearch`` over HTTP. Thread-safe; close it at the end."""

    def __init__(self, *, url: str, secret: str, timeout: float = TIMEOUT) -> None:
        self._url = url + SEARCH_PATH
        self._client = httpx.Client(
            headers={SECRET_HEADER: secret},
            timeout=httpx.Timeout(timeout, connect=CONNECT_TIMEOUT),
            trust_env=False,
        )

    def search(self, question: str, *, most: int = 5) -> PolicyFound:
        """What the actions app found. The question must be redacted.

        Raises ActionsAway, TemporaryFailure (ask again later) or PermanentFailure ``policy_search_<status>``
        (another secret, another version).
        """
        try:
            response = self._client.post(
                self._url, json={"question": question[:LONGEST_QUESTION], "most": most}
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise ActionsAway(f"actions away: {type(error).__name__}") from None
        except httpx.HTTPError as error:
            # The type alone: the words may repeat what was asked.
            raise TemporaryFailure(f"policy search: {type(error).__name__}") from None
        if response.status_code == httpx.codes.OK:
            try:
                return PolicyFound.from_data(response.json())
            except (KeyError, TypeError, ValueError):
                raise PermanentFailure("policy_search_unreadable") from None
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise TemporaryFailure(f"policy search: {response.status_code}")
        raise PermanentFailure(f"policy_search_{response.status_code}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def make_policy_client(settings: Settings) -> PolicyClient:
    """The client of this configuration's actions app."""
    return PolicyClient(url=settings.actions_url, secret=settings.actions_secret)
