"""The officers' pages over a real database, for tests: sign in, press a form's button, look at rows."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from PIL import Image

from app.cli.post_view import as_data
from console.deps import ConsoleDeps, NoSearch
from console.pages import FILE_LIFE
from console.passwords import Argon2Hasher
from console.router import make_router
from core.attachments import AttachmentStore
from core.database import Database
from core.file_links import FileLinks
from core.officers import OfficerView, create_officer, seed_roles
from core.policy_port import PolicySearch
from core.vault import Vault
from tests.builders import Clock, make_database, make_vault, sample_city

PASSWORD = "correct-horse-7"
# The real algorithm with the smallest parameters: tests check rules, not the cost.
HASHER = Argon2Hasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class Client:
    """A blocking client straight into the app; keeps cookies, follows nothing."""

    def __init__(self, app: FastAPI, portal: BlockingPortal, *, scheme: str = "http") -> None:
        self._portal = portal
        self._client = AsyncClient(
            transport=ASGITransport(app), base_url=f"{scheme}://testserver", timeout=30
        )

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            return await self._client.request(method, path, **options)

        return self._portal.call(ask)


COOKIE_KEY = b"cookie key for tests only"


@dataclass
class House:
    """Everything a test may look at."""

    app: FastAPI
    portal: BlockingPortal
    database: Database
    vault: Vault
    store: AttachmentStore
    clock: Clock
    kicked: list[int] = field(default_factory=list)

    def add(self, login: str, *, role: str = "officer", **overrides: Any) -> OfficerView:
        """An officer whose first password is already changed."""
        values: dict[str, Any] = {
            "login": login,
            "name": f"담당 {login}",
            "role": role,
            "department_id": sample_city().departments[0].id,
            "password": PASSWORD,
            "hasher": HASHER,
            "actor": "test",
            "now": self.clock(),
            "must_change_password": False,
        }
        with self.database.transaction() as session:
            return create_officer(session, **(values | overrides))

    def file_query(self, number: int, *, officer_id: int) -> str:
        """The signature that the pages of this officer put behind a file's address."""
        return FileLinks(COOKIE_KEY).query(
            number,
            audience=f"officer {officer_id}",
            now=self.clock(),
            lasts=FILE_LIFE,
            step=FILE_LIFE,
        )

    def visitor(self, *, scheme: str = "http") -> Browser:
        """A browser that nobody has signed in on."""
        return Browser(Client(self.app, self.portal, scheme=scheme))

    def sign_in(self, login: str = "hana", password: str = PASSWORD) -> Browser:
        """A browser on which this officer has just signed in."""
        browser = self.visitor()
        answer = browser.submit("/login", "/login", login=login, password=password)
        assert answer.status_code == 303, answer.text
        return browser


@dataclass
class Browser:
    """Presses buttons as a browser does: with the hidden fields of the form on the page."""

    client: Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.request("GET", path, headers=headers)

    def file(self, number: int, *, house: House, **headers: str) -> httpx.Response:
        """Ask for a file by the address that the pages of the first officer give."""
        query = house.file_query(number, officer_id=1)
        return self.get(f"/attachments/{number}?{query}", **headers)

    def form(self, page: str, action: str) -> dict[str, str]:
        """The hidden fields of the form on ``page`` that leads to ``action``."""
        return hidden_fields(self.get(page).text, action)

    def submit(
        self,
        page: str,
        action: str,
        *,
        files: list[tuple[str, tuple[str, bytes, str]]] | None = None,
        **values: Any,
    ) -> httpx.Response:
        """Fill the form on ``page`` and send it."""
        return self.send(action, self.form(page, action) | values, files=files)

    def send(
        self,
        action: str,
        values: Mapping[str, Any],
        *,
        files: list[tuple[str, tuple[str, bytes, str]]] | None = None,
    ) -> httpx.Response:
        return self.client.request("POST", action, data=dict(values), files=files)


def hidden_fields(html: str, action: str) -> dict[str, str]:
    found = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', html, re.DOTALL)
    assert found, f"no form for {action}"
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found[0])
    return {name: unescape(value) for name, value in inputs}


def picture(colour: str = "green") -> tuple[str, tuple[str, bytes, str]]:
    """A real JPEG as the form's field."""
    out = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(out, "JPEG")
    return "photo", (f"{colour}.jpg", out.getvalue(), "image/jpeg")


@contextmanager
def open_house(folder: Path, *, policy: PolicySearch | None = None) -> Iterator[House]:
    """The console over a fresh database in ``folder``."""
    clock, database, vault = Clock(), make_database(folder), make_vault()
    store, kicked = AttachmentStore(folder / "attachments"), list[int]()
    with database.transaction() as session:
        seed_roles(session)
    app = FastAPI()
    app.include_router(
        make_router(
            ConsoleDeps(
                database=database,
                city=sample_city(),
                vault=vault,
                store=store,
                hasher=HASHER,
                cookie_key=COOKIE_KEY,
                now=clock,
                kick=kicked.append,
                policy=policy or NoSearch(),
                preview=lambda post: as_data(post, sample_city().texts),
                channel_address="@city_news",
            )
        )
    )
    with start_blocking_portal() as portal:
        yield House(app, portal, database, vault, store, clock, kicked)
    database.dispose()
