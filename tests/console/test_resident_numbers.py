"""A resident number is kept nowhere, also when an officer writes it."""

from __future__ import annotations

from typing import Any

import pytest

from console import words
from core.errors import Refused
from tests.builders import make_case, make_conversation
from tests.console.house import House, picture

NUMBER = "900101-1234567"
SENTENCE = words.sentence(Refused("resident_number"))


def open_talk(house: House, browser: Any) -> str:
    with house.database.transaction() as session:
        number = make_conversation(session).id
        make_case(session)
    page = f"/conversations/{number}"
    assert browser.submit(page, f"{page}/take").status_code == 303
    return page


def kept(house: House) -> bytes:
    house.database.dispose()
    folder = house.store._folder.parent
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("field", ["text", "alt"])
def test_an_answer_with_one_is_refused_with_a_sentence(house: House, field: str) -> None:
    browser = house.sign_in()
    page = open_talk(house, browser)
    values = {"text": "안녕하세요", "alt": "사진"} | {field: f"번호는 {NUMBER}예요"}
    answer = browser.submit(page, f"{page}/answer", files=[picture()], **values)
    assert answer.status_code == 400
    assert SENTENCE in answer.text
    assert b"1234567" not in kept(house)


@pytest.mark.parametrize("field", ["reason", "note"])
def test_a_change_of_state_with_one_is_refused(house: House, field: str) -> None:
    browser = house.sign_in()
    open_talk(house, browser)
    values = {"to": "assigned", "reason": "확인", "note": ""} | {field: NUMBER}
    answer = browser.submit("/cases/1", "/cases/1/status", **values)
    assert answer.status_code == 400
    assert SENTENCE in answer.text
    assert b"1234567" not in kept(house)
