"""The HTTP door for Rasa's calls."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from rasa_sdk.interfaces import ActionExecutionRejection
from sqlalchemy import text

from actions.app import make_router
from tests.actions.conftest import Rasa
from tests.actions.rasa_call import call, user

SECRET = "a secret for tests only"
HEADERS = {"X-Sotong-Secret": SECRET}


class Client:
    """Calls the app in this process."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def post(self, path: str, **request: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://actions") as http:
                return await http.post(path, **request)

        return asyncio.run(send())


@pytest.fixture
def client(rasa: Rasa) -> Client:
    app = FastAPI()
    app.include_router(make_router(rasa.executor, SECRET))
    return Client(app)


def body(rasa: Rasa, action: str = "action_check_case", words: str = "내 민원") -> dict:
    message = user(words, turn_id=rasa.turn(), conversation_id=rasa.conversation_id)
    return call(action, message)


def test_a_call_with_the_secret_is_answered(client: Client, rasa: Rasa) -> None:
    response = client.post("/rasa/actions", json=body(rasa), headers=HEADERS)
    assert response.status_code == 200
    assert response.json()["responses"][0]["text"]


@pytest.mark.parametrize("headers", [{}, {"X-Sotong-Secret": "wrong"}])
def test_without_the_secret_nothing_runs(client: Client, rasa: Rasa, headers: dict) -> None:
    assert client.post("/rasa/actions", json=body(rasa), headers=headers).status_code == 401


def test_an_empty_secret_is_refused_at_start(rasa: Rasa) -> None:
    with pytest.raises(ValueError, match="empty"):
        make_router(rasa.executor, "")


@pytest.mark.parametrize("content", [b"", b"no json", b"[]", b'{"next_action": "x"}'])
def test_a_malformed_call_is_422(client: Client, content: bytes) -> None:
    assert client.post("/rasa/actions", content=content, headers=HEADERS).status_code == 422


def test_an_unknown_action_is_404(client: Client, rasa: Rasa) -> None:
    response = client.post("/rasa/actions", json=body(rasa, "action_nobody"), headers=HEADERS)
    assert response.status_code == 404


def test_a_rejected_execution_is_400_as_rasa_expects(client: Client, rasa: Rasa) -> None:
    def reject(dispatcher: object, tracker: object, domain: object) -> None:
        raise ActionExecutionRejection("action_shy")

    rasa.executor.register_function("action_shy", reject)
    response = client.post("/rasa/actions", json=body(rasa, "action_shy"), headers=HEADERS)
    assert response.status_code == 400
    assert response.json()["action_name"] == "action_shy"


def test_a_failure_is_500_and_its_log_holds_no_words_of_the_citizen(
    client: Client, rasa: Rasa, caplog: pytest.LogCaptureFixture
) -> None:
    with rasa.database.transaction() as session:
        session.execute(text("DROP TABLE draft"))
    words = "비밀스러운 가로등이 나갔어요"
    with caplog.at_level(logging.DEBUG):
        response = client.post(
            "/rasa/actions", json=body(rasa, "validate_report_form", words), headers=HEADERS
        )
    assert response.status_code == 500
    assert "validate_report_form failed" in caplog.text
    assert "비밀스러운" not in caplog.text
    assert "비밀스러운" not in response.text
