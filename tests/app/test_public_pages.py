"""What the public app serves beside the chat: a kind page for wrong addresses, docs without outside help."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest

from app.internal import make_app as make_internal_app
from app.policy_seed import seed_articles
from app.public import make_app
from app.settings import Settings
from core.database import Database
from core.models import Base
from tests.builders import MONDAY_TEN, ROOT, sample_city


def ask(app, path: str, **headers: str) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(get())


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    return Settings.load(environment="test", var_dir=tmp_path_factory.mktemp("public"))


@pytest.fixture(scope="module")
def public(settings: Settings):
    return make_app(settings)


def test_a_wrong_address_gets_a_kind_page_in_a_browser_and_json_elsewhere(public) -> None:
    page = ask(public, "/no/such/<b>page</b>", accept="text/html,*/*")
    assert page.status_code == 404
    assert "찾으시는 페이지가 없어요" in page.text
    assert "such" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    data = ask(public, "/no/such")
    assert data.status_code == 404
    assert data.json()["error"] == "not_found"


def test_the_api_docs_load_nothing_from_elsewhere(public) -> None:
    page = ask(public, "/docs")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert addresses
    for address in addresses:
        assert address.startswith("/")
        assert ask(public, address).status_code == 200
    assert "/api/messages" in ask(public, "/openapi.json").json()["paths"]


def test_the_articles_are_served_where_citizens_are(settings: Settings, public) -> None:
    database = Database(settings.database_url)
    Base.metadata.create_all(database.engine)
    seed_articles(database, city=sample_city(), city_dir=ROOT / "city", now=MONDAY_TEN)
    database.dispose()
    page = ask(public, "/articles/passport", accept="text/html")
    assert page.status_code == 200
    assert "여권" in page.text
    for address in re.findall(r'(?:src|href)="(/[^"#?]*)', page.text):
        assert ask(public, address).status_code == 200, address


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/nothing"])
def test_the_internal_app_tells_a_stranger_nothing(settings: Settings, path: str) -> None:
    answer = ask(make_internal_app(settings), path)
    assert answer.status_code == 404
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
