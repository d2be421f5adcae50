"""What a search for policy articles returns and what can be asked of it. Must hold no implementation.

Questions that come here are redacted: tokens stand for personal data.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True)
class FoundArticle:
    """One article for a question; a higher score is a better one."""

    key: str
    title: str
    score: float


@dataclass(frozen=True)
class Cited:
    """What one article says to a question.

    Attributes:
        version: of the article, as it was read.
        sentences: whole ones of the article, in its order; never made, never changed.
        source: what it is cited from.
        department: an id of the city, or "" where the article names none.
        verified_on: when a person last compared it with its source; None: never.
        sample: written to try the service out, not official.
    """

    key: str
    version: int
    title: str
    sentences: tuple[str, ...]
    source: str
    department: str = ""
    verified_on: date | None = None
    sample: bool = False


@dataclass(frozen=True)
class PolicyFound:
    """What a question found, the best first.

    Attributes:
        sureness: estimated chance that the first article answers it, 0 to 1.
        abstained: whether that is too little to answer.
        close: whether the first two compete, so that one had better ask which is meant.
        cited: what the first one says; None where ``abstained``.
    """

    articles: tuple[FoundArticle, ...] = ()
    sureness: float = 0.0
    abstained: bool = True
    close: bool = False
    cited: Cited | None = None

    def to_data(self) -> dict[str, Any]:
        """As JSON between processes."""
        data = asdict(self)
        if self.cited is not None and self.cited.verified_on is not None:
            data["cited"]["verified_on"] = self.cited.verified_on.isoformat()
        return data

    @staticmethod
    def from_data(data: dict[str, Any]) -> PolicyFound:
        """Back from JSON. Raises KeyError, TypeError or ValueError for what is not of this form."""
        cited = data["cited"]
        if cited is not None:
            day = cited["verified_on"]
            cited = Cited(
                **cited
                | {
                    "sentences": tuple(str(each) for each in cited["sentences"]),
                    "verified_on": date.fromisoformat(day) if day else None,
                }
            )
        return PolicyFound(
            articles=tuple(FoundArticle(**each) for each in data["articles"]),
            sureness=float(data["sureness"]),
            abstained=bool(data["abstained"]),
            close=bool(data["close"]),
            cited=cited,
        )


class PolicySearch(Protocol):
    """Finds the articles for a question."""

    def search(self, question: str, *, most: int = 5) -> PolicyFound:
        """At most ``most`` articles that may answer today. Raises TemporaryFailure: ask again later."""
        ...


class PolicyArticles(PolicySearch, Protocol):
    """The same where the articles themselves are at hand."""

    def read(self, key: str, question: str, *, aspect: str | None = None) -> Cited | None:
        """What this article says to a question; None: it is gone, or may not answer today.

        ``aspect`` (korean.follow_ups): only sentences that tell this of it; none is no sentence.
        """
        ...
