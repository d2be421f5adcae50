"""When posts go out: quiet hours, blackouts, the stop; one bulletin per period; every wording is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from core.clock import KST
from core.models.post import Post
from core.post_queries import versions_of
from core.posts import draft_post
from core.publishing import list_stops, resume_publishing, stop_publishing
from core.publishing_rules import Blackout, PublishingRules
from tests.core.post_desk import WORDS, Desk, open_desk, refusal

NIGHT = PublishingRules(quiet_from=time(21), quiet_until=time(8))
# The desk's clock begins on Monday, 2026-05-04, at ten.
ELECTION = PublishingRules(
    blackouts=(Blackout("지방선거", date(2025, 12, 5), date(2026, 6, 3), "공직선거법 86조"),)
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as made:
        yield made


def stop(desk: Desk) -> None:
    with desk.database.transaction() as session:
        stop_publishing(session, officer_id=desk.a, reason="잘못된 숫자", now=desk.clock())


def resume(desk: Desk) -> None:
    with desk.database.transaction() as session:
        resume_publishing(session, officer_id=desk.b, now=desk.clock())


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(20, 59, False), (21, 0, True), (23, 59, True), (0, 0, True), (7, 59, True), (8, 0, False)],
)
def test_quiet_hours_run_over_midnight(hour: int, minute: int, quiet: bool) -> None:
    assert NIGHT.is_quiet(datetime(2026, 5, 4, hour, minute, tzinfo=KST)) is quiet


def test_what_is_approved_at_night_goes_out_in_the_morning(desk: Desk) -> None:
    desk.rules = NIGHT
    desk.clock.forward(seconds=12 * 3600)
    post = desk.approved()
    assert (desk.now(post).state, desk.deliveries()) == ("approved", [])
    desk.clock.forward(seconds=10 * 3600)
    desk.now(post)
    assert len(desk.deliveries()) == 1


def test_an_approval_without_the_rules_waits_for_the_worker(desk: Desk) -> None:
    desk.rules = None
    desk.approved()
    assert desk.deliveries() == []


@pytest.mark.parametrize(("basis", "count"), [(None, 0), ("지방재정법 60조", 1)])
def test_before_an_election_only_what_a_law_requires_goes_out(
    desk: Desk, basis: str | None, count: int
) -> None:
    desk.rules = ELECTION
    post = desk.approved(replace(WORDS, legal_basis=basis))
    desk.now(post)
    assert len(desk.deliveries()) == count


def test_what_waited_through_a_blackout_needs_a_new_look(desk: Desk) -> None:
    desk.rules = ELECTION
    post = desk.approved()
    desk.clock.forward(seconds=40 * 86400)
    post = desk.now(post)
    assert (post.state, post.failure, desk.deliveries()) == ("failed", "too_late", [])


def test_the_days_of_a_blackout_are_days_in_seoul() -> None:
    first = datetime(2025, 12, 5, tzinfo=KST)
    assert ELECTION.blackout_at(first) is not None
    assert ELECTION.blackout_at(first - timedelta(seconds=1)) is None
    assert ELECTION.blackout_at(datetime(2026, 6, 3, 23, 59, tzinfo=KST)) is not None
    assert ELECTION.blackout_at(datetime(2026, 6, 4, tzinfo=KST)) is None


def test_nothing_joins_the_queue_while_publishing_is_stopped(desk: Desk) -> None:
    stop(desk)
    post = desk.approved()
    assert desk.deliveries() == []
    resume(desk)
    desk.now(post)
    assert len(desk.deliveries()) == 1


def test_stopping_and_resuming_twice_is_once(desk: Desk) -> None:
    for _ in range(2):
        stop(desk)
    for _ in range(2):
        resume(desk)
    with desk.database.reading() as session:
        (only,) = list_stops(session)
    assert (only.stopped_by_officer_id, only.resumed_by_officer_id) == (desk.a, desk.b)


def test_a_stop_says_why(desk: Desk) -> None:
    with desk.database.transaction() as session:
        assert (
            refusal(stop_publishing, session, officer_id=desk.a, reason=" ", now=desk.clock())
            == "reason_missing"
        )


def test_an_approval_binds_to_the_legal_basis(desk: Desk) -> None:
    post = desk.draft()
    edited = desk.edit(post, WORDS.text, legal_basis="지방재정법 60조")
    assert refusal(desk.approve, edited, content_hash=post.content_hash) == "stale"


def test_every_wording_is_kept_with_its_writer(desk: Desk) -> None:
    post = desk.draft()
    desk.edit(post, "다른 말", by=desk.b)
    with desk.database.reading() as session:
        found = [(v.number, v.text, v.officer_id) for v in versions_of(session, post.id)]
    assert found == [(1, WORDS.text, desk.a), (2, "다른 말", desk.b)]


def bulletin(desk: Desk, period: str) -> int:
    with desk.database.transaction() as session:
        return draft_post(
            session,
            channel="telegram",
            address="@city_news",
            content=WORDS,
            author_id=desk.a,
            now=desk.clock(),
            kind="budget_bulletin",
            template="monthly",
            period=period,
        ).id


def test_a_bulletin_is_drafted_once_for_a_period(desk: Desk) -> None:
    first = bulletin(desk, "2026-04")
    assert bulletin(desk, "2026-05") != first
    assert refusal(bulletin, desk, "2026-04") == "already_drafted"


def test_a_withdrawn_bulletin_makes_room_for_another(desk: Desk) -> None:
    first = bulletin(desk, "2026-04")
    with desk.database.reading() as session:
        post = session.get_one(Post, first)
    desk.withdraw(post)
    assert bulletin(desk, "2026-04") != first
