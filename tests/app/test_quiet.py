"""An unexpected error says where it broke and nothing of what it was given."""

from __future__ import annotations

import logging

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import StreamingResponse

from app.public import make_app
from app.quiet import QuietErrors
from core.database import Database
from tests.builders import make_database
from tests.stack import make_settings

SECRET = "비밀스러운홍당무 900101-1234567"


def broken_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(QuietErrors)

    @app.get("/broken/{name}")
    def broken(name: str) -> None:
        raise KeyError(name)

    @app.get("/half")
    def half() -> StreamingResponse:
        def parts():
            yield b"first"
            raise ValueError(SECRET)

        return StreamingResponse(parts())

    return app


async def get(app: FastAPI, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


@pytest.mark.anyio
async def test_an_unexpected_error_is_a_plain_500_and_its_words_are_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await get(broken_app(), f"/broken/{SECRET}")
    assert answer.status_code == 500
    assert answer.json() == {"error": "internal"}
    ours = "".join(r.getMessage() for r in caplog.records if r.name == "app.quiet")
    assert "GET /broken/{name} failed with KeyError" in ours
    assert "test_quiet.py" in ours
    assert "홍당무" not in ours
    assert "1234567" not in ours


@pytest.mark.anyio
async def test_an_answer_that_breaks_off_has_no_words_either() -> None:
    with pytest.raises(RuntimeError) as raised:
        await get(broken_app(), "/half")
    assert "홍당무" not in str(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.anyio
async def test_the_public_app_keeps_an_error_quiet(tmp_path, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("bots.web.read_after", fail)
    app = make_app(make_settings(tmp_path))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get("/")
        answer = await client.get("/api/messages")
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_database_error_shows_no_parameters(tmp_path) -> None:
    database: Database = make_database(tmp_path)
    with pytest.raises(Exception) as raised, database.transaction() as session:  # noqa: PT011
        session.connection().exec_driver_sql(
            "SELECT no_such_column FROM turn WHERE text = ?", (SECRET,)
        )
    assert "홍당무" not in str(raised.value)
    assert "홍당무" not in repr(raised.value)
    database.dispose()
