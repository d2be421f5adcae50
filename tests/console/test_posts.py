"""The pages of posts: two people, what was read is what is approved, everything can be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from core.models.post import Post
from core.models.vault import AuditEntry
from core.publishing import standing_stop
from tests.console.house import Browser, House, open_house

WORDS = "5월 7일 10시부터 수도를 점검해요"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as made:
        made.add("hana")
        made.add("duri")
        yield made


def write(browser: Browser, text: str = WORDS, **values: str) -> str:
    answer = browser.submit("/posts/new", "/posts/new", kind="policy_notice", text=text, **values)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def post_of(house: House) -> Post:
    with house.database.reading() as session:
        return session.scalars(select(Post)).one()


def test_one_writes_and_another_approves_what_the_page_shows(house: House) -> None:
    page = write(house.sign_in("hana"), legal_basis="지방재정법 60조")
    reader = house.sign_in("duri")
    shown = reader.get(page).text
    assert WORDS in shown
    assert f"{len(WORDS)}/4096자" in shown
    assert reader.submit(page, f"{page}/approve").status_code == 303
    assert (post_of(house).state, post_of(house).legal_basis) == ("approved", "지방재정법 60조")


def test_who_wrote_it_has_no_button_and_no_way_to_approve(house: House) -> None:
    writer = house.sign_in("hana")
    page = write(writer)
    assert f'action="{page}/approve"' not in writer.get(page).text
    form = writer.form(page, f"{page}/withdraw") | {"content_hash": post_of(house).content_hash}
    answer = writer.send(f"{page}/approve", form)
    assert (answer.status_code, post_of(house).state) == (400, "draft")
    assert "쓴 사람은 승인할 수 없어요" in answer.text


def test_an_edit_after_reading_needs_reading_again(house: House) -> None:
    writer, reader = house.sign_in("hana"), house.sign_in("duri")
    page = write(writer)
    read = reader.form(page, f"{page}/approve")
    writer.submit(f"{page}/edit", f"{page}/edit", text="다른 말")
    answer = reader.send(f"{page}/approve", read)
    assert (answer.status_code, post_of(house).state) == (400, "draft")
    history = reader.get(page).text
    assert WORDS in history
    assert "2번째" in history


def test_saving_twice_by_a_double_click_is_one_post(house: House) -> None:
    writer = house.sign_in("hana")
    form = writer.form("/posts/new", "/posts/new") | {"kind": "policy_notice", "text": WORDS}
    for _ in range(2):
        assert writer.send("/posts/new", form).status_code == 303
    post_of(house)


def test_a_time_is_kept_as_seoul_means_it(house: House) -> None:
    writer = house.sign_in("hana")
    page = write(writer, at="2026-05-07T10:00")
    assert post_of(house).scheduled_at == datetime(2026, 5, 7, 1, tzinfo=UTC)
    assert 'value="2026-05-07T10:00"' in writer.get(f"{page}/edit").text


def test_what_was_typed_comes_back_with_the_reason(house: House) -> None:
    answer = house.sign_in("hana").submit(
        "/posts/new", "/posts/new", kind="policy_notice", text=WORDS, at="내일"
    )
    assert answer.status_code == 400
    assert WORDS in answer.text
    assert "날짜와 시각" in answer.text


def test_a_withdrawn_draft_never_goes(house: House) -> None:
    writer = house.sign_in("hana")
    page = write(writer)
    assert writer.submit(page, f"{page}/withdraw").status_code == 303
    assert post_of(house).state == "withdrawn"


def test_everything_can_be_stopped_and_the_log_says_who_and_why(house: House) -> None:
    hana = house.sign_in("hana")
    hana.submit("/posts", "/posts/stop", reason="틀린 숫자가 나갔어요")
    assert "게시를 모두 멈췄어요" in hana.get("/posts").text
    with house.database.reading() as session:
        assert standing_stop(session) is not None
        lines = session.scalars(
            select(AuditEntry.purpose).where(AuditEntry.action == "publishing.stop")
        ).all()
    assert lines == ["틀린 숫자가 나갔어요"]
    hana.submit("/posts", "/posts/resume")
    with house.database.reading() as session:
        assert standing_stop(session) is None


def test_a_post_that_is_not_there_is_not_found(house: House) -> None:
    hana = house.sign_in("hana")
    assert [hana.get(f"/posts/{each}").status_code for each in ("99", "99/edit")] == [404, 404]
