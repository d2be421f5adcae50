"""Officers for journeys: real rows, a real password hash. Must not be used by the service."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx

from console.passwords import Argon2Hasher
from core.officers import create_officer, seed_roles
from tests.builders import sample_city
from tests.stack import Stack

PASSWORD = "a long enough pass phrase"


def make_officer(stack: Stack) -> str:
    """The log-in name of a new officer who may answer; the password is PASSWORD."""
    login = f"officer-{uuid.uuid4().hex[:8]}"
    database = stack.database()
    with database.transaction() as session:
        seed_roles(session)
        create_officer(
            session,
            login=login,
            name="가로등 담당",
            password=PASSWORD,
            role="officer",
            department_id=sample_city().departments[0].id,
            hasher=Argon2Hasher(),
            actor="system",
            now=datetime.now(UTC),
            must_change_password=False,
        )
    database.dispose()
    return login


class PressedAgain(httpx.HTTPTransport):
    """Sends what was not answered once more, the same form with it, as an officer presses again.

    For ``patience`` seconds; then the error is theirs.
    """

    def __init__(self, *, patience: float) -> None:
        super().__init__()
        self._patience = patience

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        end = time.monotonic() + self._patience
        while True:
            try:
                response = super().handle_request(request)
                # Here, where a connection that ends in the middle of a page is still ours to mend.
                response.read()
                return response
            except httpx.TransportError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)


@contextmanager
def signed_in(stack: Stack, *, patience: float = 0.0) -> Iterator[httpx.Client]:
    """A signed-in officer's browser, which outlasts ``patience`` seconds without the internal app."""
    login = make_officer(stack)
    with httpx.Client(
        base_url=stack.settings.internal_url,
        trust_env=False,
        timeout=max(5.0, patience),
        transport=PressedAgain(patience=patience),
    ) as browser:
        page = browser.get("/login")
        answer = browser.post(
            "/login", data=hidden_fields(page.text) | {"login": login, "password": PASSWORD}
        )
        assert answer.status_code == 303, answer.text
        yield browser


def hidden_fields(html: str, action: str = "") -> dict[str, str]:
    """The hidden fields of the form with this action (or of the first form)."""
    forms = re.findall(r"<form[^>]*>.*?</form>", html, flags=re.DOTALL)
    form = next(f for f in forms if f'action="{action}"' in f) if action else forms[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def change_case(
    browser: httpx.Client, case_id: int, *, to: str, note: str, photos: Sequence[tuple[bytes, str]]
) -> None:
    """Change a case's state on its page, as an officer does."""
    page = browser.get(f"/cases/{case_id}")
    assert page.status_code == 200
    done = browser.post(
        f"/cases/{case_id}/status",
        data=hidden_fields(page.text, f"/cases/{case_id}/status")
        | {"to": to, "reason": "현장 확인", "note": note, "alt": [alt for _, alt in photos]},
        files=[("photo", (f"{n}.jpg", data, "image/jpeg")) for n, (data, _) in enumerate(photos)],
    )
    assert done.status_code == 303, done.text


def clock_act(browser: httpx.Client, case_id: int, act: str, **fields: str) -> None:
    """Fill one of the forms that move a case's clock, as an officer does."""
    page = browser.get(f"/cases/{case_id}")
    action = f"/cases/{case_id}/clock/{act}"
    done = browser.post(action, data=hidden_fields(page.text, action) | fields)
    assert done.status_code == 303, done.text
