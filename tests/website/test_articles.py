"""What everybody may read of policy articles: found by word, with source and days, and nothing that is over."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from bots.web_pages import Pages
from core.database import Database
from core.errors import TemporaryFailure
from knowledge.articles import Article
from knowledge.markdown import sanitise
from knowledge.records import save_article
from tests.builders import Clock, make_database, sample_city
from tests.knowledge.articles import make_article
from website.articles import make_router
from website.ports import TEMPLATES, WebsiteDeps


@dataclass
class House:
    """The public pages over a real database."""

    database: Database
    clock: Clock
    app: FastAPI

    def save(self, *articles: Article) -> None:
        with self.database.transaction() as session:
            for article in articles:
                save_article(
                    session,
                    article,
                    origin="city",
                    external_id=article.key,
                    author="cli:test",
                    now=self.clock(),
                )

    def get(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as it:
                return await it.request(method, path, headers=names)

        return asyncio.run(ask())

    def words(self, path: str) -> str:
        """What a reader sees, tags gone."""
        page = self.get(path)
        assert page.status_code == 200, page.text
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database, clock, app = make_database(tmp_path), Clock(), FastAPI()
    city = sample_city()
    app.include_router(
        make_router(
            WebsiteDeps(
                database=database,
                city=city,
                pages=Pages(city, beside=TEMPLATES),
                now=clock,
            )
        )
    )
    yield House(database, clock, app)
    database.dispose()


def test_an_article_tells_its_words_source_department_phone_and_days(house: House) -> None:
    house.save(
        make_article(valid_to=date(2026, 12, 31), related=("passport", "over", "none")),
        make_article("passport", title="여권 만들기", body="여권은 구청에서 만들어요."),
        make_article("over", title="끝난 글", body="끝났어요.", valid_to=date(2026, 5, 3)),
    )
    text = house.words("/articles/birth-support")
    for told in (
        "출산하면 받을 수 있는 지원",
        "첫째는 200만 원이에요.",
        "https://www.example.go.kr/policy/birth-support",
        "복지정책과 02-120",
        "마지막 확인 2026년 4월 1일",
        "2026년 1월 1일부터 2026년 12월 31일까지",
        "함께 보면 좋은 글 여권 만들기",
        "챗봇에게 물어보기",
    ):
        assert told in text
    assert "끝난 글" not in text


def test_an_article_that_ended_says_so_and_tells_nothing_of_what_held_before(house: House) -> None:
    house.save(make_article(valid_to=date(2026, 5, 4)))
    assert "200만 원" in house.words("/articles/birth-support")
    house.clock.forward(hours=14)  # the next day in Seoul, the same one in London
    text = house.words("/articles/birth-support")
    assert "2026년 5월 4일에 끝난 안내예요" in text
    assert "200만 원" not in house.get("/articles/birth-support").text
    assert "복지정책과 02-120" in text
    assert "noindex" in house.get("/articles/birth-support").text
    assert "받을 수 있는 지원" not in house.words("/articles")


def test_an_article_of_the_future_is_not_told_before_its_day(house: House) -> None:
    house.save(make_article(valid_from=date(2026, 6, 1)))
    assert "2026년 6월 1일부터 시작하는" in house.words("/articles/birth-support")
    assert "200만 원" not in house.get("/articles/birth-support").text
    assert "아직 안내 글이 없어요" in house.words("/articles")


@pytest.mark.parametrize("key", ["nothing", "A", "..", "%00", "가", "a" * 500, "<b>x", "birth"])
def test_an_unknown_article_is_a_page_in_korean_that_does_not_repeat_the_address(
    house: House, key: str
) -> None:
    house.save(make_article())
    page = house.get(f"/articles/{key}")
    assert page.status_code == 404
    if key != "..":
        assert "찾으시는 안내 글이 없어요" in page.text
    assert "<b>x" not in page.text


def test_nothing_of_an_article_can_run_or_lead_elsewhere_than_the_web(house: House) -> None:
    evil = (
        "<script>alert(1)</script>글 <img src=x onerror=alert(1)> [여기](javascript:alert(1))\n\n"
        "&lt;script&gt; https://a.example/?a=1&b=<i> 전화 02-120 메일은 <mailto:a@b.example>\n\n"
        '[누리집](https://b.example/길?q="x)'
    )
    house.save(
        make_article(
            title='<img src=x> "제목"',
            body=sanitise(evil),
            source="javascript:alert(2) https://ok.example/a",
            keywords=("<b>말</b>",),
        )
    )
    page = house.get("/articles/birth-support").text
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>말" not in page
    links = re.findall(r'href="([^"]*)"', page)
    assert not [link for link in links if not re.match(r"/|#|https?://|tel:|mailto:", link)]
    assert "tel:02-120" in links
    assert "https://ok.example/a" in links


def test_the_pages_run_no_script_and_set_no_cookie(house: House) -> None:
    house.save(make_article())
    for path in ("/articles", "/articles/birth-support", "/articles/none", "/articles?q=출산"):
        page = house.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert "set-cookie" not in page.headers
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert page.headers["x-content-type-options"] == "nosniff"


def test_a_browser_that_has_the_page_gets_it_again_only_when_it_changed(house: House) -> None:
    house.save(make_article())
    first = house.get("/articles/birth-support")
    assert first.headers["cache-control"] == "public, max-age=60"
    tag = first.headers["etag"]
    for known in (tag, f'"other", W/{tag}'):
        again = house.get("/articles/birth-support", if_none_match=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert house.get("/articles/birth-support", "HEAD").headers["etag"] == tag
    house.save(make_article(verified_on=date(2026, 5, 4)))
    changed = house.get("/articles/birth-support", if_none_match=tag)
    assert changed.status_code == 200
    assert "2026년 5월 4일" in changed.text


def test_no_cache_keeps_what_somebody_looked_for(house: House) -> None:
    house.save(make_article())
    assert house.get("/articles?q=출산").headers["cache-control"] == "no-store"
    assert house.get("/articles/").headers["cache-control"] == "public, max-age=60"


@pytest.fixture
def many(house: House) -> House:
    house.save(
        make_article(),
        make_article(
            "passport",
            title="여권 만들기",
            body="여권은 구청에서 만들어요.",
            department="civil_affairs",
            keywords=("여권 발급", "수수료"),
        ),
        make_article(
            "parking",
            title="거주자 우선 주차",
            body="구청에 신청해요.",
            department="parking",
            keywords=("주차", "주차 수수료"),
        ),
    )
    return house


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("여권", ["여권 만들기"]),
        ("여권을 잃어버렸어요", ["여권 만들기"]),
        ("여권발급받고싶은데어떻게해요", ["여권 만들기"]),
        ("주차 수수료", ["거주자 우선 주차"]),
        ("ＡＢＣ", []),
        ("!!!", ["거주자 우선 주차", "여권 만들기", "출산하면 받을 수 있는 지원"]),
        ("아기", ["출산하면 받을 수 있는 지원"]),
    ],
)
def test_articles_are_found_by_words_of_title_and_keywords(
    many: House, query: str, found: list[str]
) -> None:
    page = many.get("/articles?" + str(httpx.QueryParams({"q": query})))
    titles = [
        unescape(each) for each in re.findall(r'<a href="/articles/[^"?]+">([^<]+)', page.text)
    ]
    assert titles == found


def test_the_list_can_be_narrowed_to_a_department_and_an_unknown_one_narrows_nothing(
    many: House,
) -> None:
    assert "거주자 우선 주차" in many.words("/articles?department=parking")
    assert "여권 만들기" not in many.words("/articles?department=parking")
    assert "여권 만들기" in many.words("/articles?department=nobody")


def test_a_search_without_a_find_says_where_else_to_ask(many: House) -> None:
    assert "맞는 글을 찾지 못했어요" in many.words("/articles?q=우주선")


def test_a_long_list_has_pages(house: House) -> None:
    house.save(*(make_article(f"a{n}", title=f"글 {n:02d}", body=f"내용 {n}") for n in range(45)))
    first = house.get("/articles").text
    assert first.count('href="/articles/a') == 20
    assert 'href="/articles?page=2"' in first
    last = house.get("/articles?page=3").text
    assert last.count('href="/articles/a') == 5
    assert "page=4" not in last
    for odd in ("0", "x", "9" * 5000, "-1", "²"):
        assert house.get(f"/articles?page={odd}").text == first
    assert house.get("/articles?page=99999").status_code == 200


def test_a_change_by_another_process_is_seen_at_once(house: House) -> None:
    assert "아직 안내 글이 없어요" in house.words("/articles")
    house.save(make_article())
    assert "받을 수 있는 지원" in house.words("/articles")
    house.save(make_article(title="이름이 바뀐 글"))
    assert "이름이 바뀐 글" in house.words("/articles")
    assert "받을 수 있는" not in house.words("/articles")


def test_a_busy_database_is_a_page_that_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> None:
        raise TemporaryFailure("locked", 2)

    monkeypatch.setattr(house.database, "reading", busy)
    page = house.get("/articles/birth-support")
    assert page.status_code == 503
    assert page.headers["retry-after"] == "2"
    assert "잠시 뒤에 다시" in page.text
