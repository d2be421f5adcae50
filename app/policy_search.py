"""The search for policy articles in one process, with its index and Kiwi. Must not decide what is said.

The actions app has it, and the command line where no actions app runs; others ask through
``app.policy_client``, for Kiwi costs 215 MB. Articles that changed are taken into the index in the
background; meanwhile the one that is there answers.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.knowledge_encoder import make_encoder
from app.knowledge_index import fresh_index
from app.wiring import Parts
from core.clock import KST
from core.database import Database
from core.errors import TemporaryFailure
from core.models.article import Article as ArticleRow
from core.policy_port import Cited, FoundArticle, PolicyFound
from core.policy_questions import LONGEST_QUESTION
from core.ports import Now
from core.vault import TOKEN_PATTERN
from knowledge.articles import Article
from knowledge.aspects import tells
from knowledge.dense import Encoder
from knowledge.index import Index
from knowledge.passage import passage
from knowledge.queries import article_of, state_of_articles
from knowledge.rivals import sure_but_for_a_rival
from knowledge.search import search
from knowledge.tokens import kiwi

log = logging.getLogger(__name__)

# How often the database is asked whether an article changed.
LOOK_EVERY = 2.0
# How long a question waits for the first index; Rasa gives an action ten seconds in all.
FIRST_WAIT = 4.0
RETRY_AFTER = 5.0
# After an index that could not be made.
TRY_AGAIN_AFTER = 30.0
# An index of many thousand articles must not hold up the end of the process.
CLOSE_WITHIN = 3.0
# Who has just started need not pay for Kiwi before there is a question: tests and short-lived processes.
WARM_UP_AFTER = 10.0


class LivePolicySearch:
    """``core.policy_port.PolicyArticles`` over the database and the index in ``folder``. Thread-safe."""

    def __init__(
        self,
        *,
        database: Database,
        folder: Path,
        now: Now,
        encoder: Encoder | None = None,
        look_every: float = LOOK_EVERY,
        first_wait: float = FIRST_WAIT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._folder = folder
        self._now = now
        self._encoder = encoder
        self._look_every = look_every
        self._first_wait = first_wait
        self._clock = clock
        self._index: Index | None = None
        self._there = threading.Event()
        # Of what is below: whether it is looked at, and by whom.
        self._lock = threading.Lock()
        self._look_at: float | None = None
        self._work: threading.Thread | None = None
        self._timer: threading.Timer | None = None

    @classmethod
    def of(cls, parts: Parts) -> LivePolicySearch:
        """As the settings say."""
        return cls(
            database=parts.database,
            folder=parts.settings.knowledge_dir,
            now=parts.now,
            encoder=make_encoder(parts.settings),
        )

    def start(self) -> None:
        """Load the index a little later, in the background, so that the first citizen need not wait."""
        self._timer = threading.Timer(WARM_UP_AFTER, self._look)
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        """Take nothing new. An index that is being made may end with the process: the next one makes it."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._look_at = float("inf")
            work = self._work
        if work is not None:
            work.join(CLOSE_WITHIN)

    def search(self, question: str, *, most: int = 5) -> PolicyFound:
        """The articles that may answer today. Raises TemporaryFailure while there is no index at all."""
        question = _bare(question)
        index = self._ready()
        today = self._today()
        found = search(index, question, today=today, most=most)
        with self._database.reading() as session:
            articles = {hit.key: _read(session, hit.key) for hit in found.hits}
            # The database is the truth: an article may have ended since it was indexed.
            hits = [hit for hit in found.hits if _answers(articles[hit.key], today)]
            listed = tuple(
                FoundArticle(hit.key, read[0].title, hit.score)
                for hit in hits
                if (read := articles[hit.key]) is not None
            )
        if not hits or hits[0] is not found.hits[0]:
            # What it was sure of has ended: nothing is known of the sureness of the others.
            return PolicyFound(listed)
        if found.abstained and not (
            hits[1:2] == list(found.hits[1:2])
            and sure_but_for_a_rival(index, question, found, today=today)
        ):
            return PolicyFound(listed, found.confidence)
        best = articles[hits[0].key]
        cited = _cite(best, lambda article: passage(article.body, question)) if best else None
        if cited is None or not cited.sentences:
            return PolicyFound(listed, found.confidence)
        return PolicyFound(
            listed,
            found.confidence,
            abstained=False,
            close=found.close and hits[1:2] == list(found.hits[1:2]),
            cited=cited,
        )

    def read(self, key: str, question: str, *, aspect: str | None = None) -> Cited | None:
        """What this article says to a question; see ``core.policy_port``."""
        question = _bare(question)
        self._warm()
        with self._database.reading() as session:
            found = _read(session, key)
        if found is None or not _answers(found, self._today()):
            return None

        def choose(article: Article) -> tuple[str, ...]:
            if aspect is None:
                return passage(article.body, question)
            return tells(article.body, question, aspect=aspect)

        return _cite(found, choose)

    def prepare(self) -> Index:
        """Bring the index up to date in this thread, however long that takes, and use it from now on."""
        self._warm()
        with _one_builder(self._folder):
            index = fresh_index(self._database, self._folder, encoder=self._encoder)
        self._index = index
        self._there.set()
        return index

    def _today(self) -> date:
        return self._now().astimezone(KST).date()

    def _ready(self) -> Index:
        self._look()
        if not self._there.wait(self._first_wait):
            raise TemporaryFailure("the index of articles is not there yet", RETRY_AFTER)
        index = self._index
        assert index is not None
        return index

    def _look(self) -> None:
        """See, not too often, whether articles changed; if so the index is made anew in the background."""
        with self._lock:
            now = self._clock()
            busy = self._work is not None and self._work.is_alive()
            if busy or (self._look_at is not None and now < self._look_at):
                return
            self._look_at = now + self._look_every
            if self._index is not None:
                with self._database.reading() as session:
                    if state_of_articles(session) == self._index.state:
                        return
            self._work = threading.Thread(target=self._refresh, name="policy-index", daemon=True)
            self._work.start()

    def _refresh(self) -> None:
        try:
            self.prepare()
        except Exception as error:
            # The one that is there goes on answering. Only the type: words may quote a row.
            log.error("the index of articles could not be made: %s", type(error).__name__)
            with self._lock:
                self._look_at = self._clock() + TRY_AGAIN_AFTER

    @staticmethod
    def _warm() -> None:
        # Two threads that ask for it at once would load it twice.
        with _loading:
            kiwi()


_loading = threading.Lock()


@contextmanager
def _one_builder(folder: Path) -> Iterator[None]:
    """One process at a time: whoever makes an index clears those of others away."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "building.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob("part-*"):
            # Of a process that ended while it made one.
            shutil.rmtree(left, ignore_errors=True)
        yield


def _bare(question: str) -> str:
    """As much as is looked at, without what stands in place of personal data."""
    return TOKEN_PATTERN.sub(" ", question[:LONGEST_QUESTION])


def _read(session: Session, key: str) -> tuple[Article, int] | None:
    """An article and the number of its version."""
    row = session.scalars(select(ArticleRow).where(ArticleRow.key == key)).first()
    return None if row is None else (article_of(session, row), row.version)


def _answers(found: tuple[Article, int] | None, today: date) -> bool:
    return found is not None and found[0].answers_on(today)


def _cite(found: tuple[Article, int], choose: Callable[[Article], tuple[str, ...]]) -> Cited:
    article, version = found
    return Cited(
        key=article.key,
        version=version,
        title=article.title,
        sentences=choose(article),
        source=article.source,
        department=article.department,
        verified_on=article.verified_on,
        sample=article.sample,
    )
