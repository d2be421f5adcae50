"""The administrator's page: accounts are made, reset and closed; a password is shown once."""

from __future__ import annotations

import re

import pytest

from core.officers import list_officers
from tests.console.house import PASSWORD, House


@pytest.fixture
def chief(house: House):
    house.add("chief", role="admin", name="최으뜸")
    return house.sign_in("chief")


def shown_password(html: str) -> str:
    found = re.search(r'class="revealed">([^<]+)<', html)
    assert found
    return found[1]


def accounts(house: House) -> dict[str, bool]:
    with house.database.reading() as session:
        return {o.login: o.disabled_at is None for o in list_officers(session)}


NEW = {"login": "neu", "name": "새로이", "role": "officer", "department": ""}


def test_a_new_officer_gets_a_password_that_works_once_shown(house, chief):
    answer = chief.submit("/officers", "/officers", **NEW)
    password = shown_password(answer.text)
    assert password not in chief.get("/officers").text
    browser = house.sign_in("neu", password)
    assert browser.get("/").headers["location"] == "/account"


def test_pressing_twice_makes_one_officer(house, chief):
    fields = chief.form("/officers", "/officers")
    first = chief.send("/officers", fields | NEW)
    second = chief.send("/officers", fields | NEW)
    assert first.status_code == 200
    assert second.headers["location"] == "/officers?done=already"
    assert len(accounts(house)) == 3


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"login": "hana"}, "이미 있는 아이디"),
        ({"login": "!"}, "아이디는 영문 소문자"),
        ({"role": ""}, "역할을 골라"),
        ({"department": "nowhere"}, "부서를 다시"),
        ({"name": " "}, "이름을"),
    ],
)
def test_a_wrong_field_is_told_and_nothing_is_made(house, chief, values, told):
    answer = chief.submit("/officers", "/officers", **(NEW | values))
    assert answer.status_code == 400
    assert told in answer.text
    assert len(accounts(house)) == 2


def test_a_disabled_officer_is_out_at_once(house, chief):
    browser = house.sign_in("hana")
    answer = chief.submit("/officers", "/officers/1/disable")
    assert answer.status_code == 303
    assert browser.get("/").headers["location"].startswith("/login")
    assert accounts(house) == {"chief": True, "hana": False}


def test_the_administrator_has_no_button_against_themselves(house, chief):
    assert "/officers/2/disable" not in chief.get("/officers").text
    csrf = chief.form("/account", "/account")["csrf"]
    answer = chief.send("/officers/2/disable", {"csrf": csrf})
    assert answer.status_code == 400
    assert accounts(house)["chief"]


def test_a_reset_password_replaces_the_old_one(house, chief):
    answer = chief.submit("/officers", "/officers/1/password")
    password = shown_password(answer.text)
    assert house.sign_in("hana", password).get("/").headers["location"] == "/account"
    old = house.visitor().submit("/login", "/login", login="hana", password=PASSWORD)
    assert old.status_code == 401
