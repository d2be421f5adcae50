"""Who may open what: sign-in, tokens, roles, the end of a session."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from sqlalchemy import select

from console.access import access_of, needs
from console.login import safe_next
from core.models.officers import OfficerSession
from core.models.vault import AuditEntry
from tests.builders import make_conversation
from tests.console.house import PASSWORD, hidden_fields

OPEN = {("GET", "/login"), ("POST", "/login"), ("GET", "/static/{name}")}


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Every (method, path) of the console, however the framework keeps an included router."""
    found: list[tuple[str, str]] = []

    def walk(items) -> None:
        for item in items:
            if isinstance(item, APIRoute):
                found.extend((method, item.path) for method in sorted(item.methods or ()))
            for inner in ("original_router", "router"):
                if hasattr(item, inner):
                    walk(getattr(item, inner).routes)

    walk(app.router.routes)
    return found


def address(path: str) -> str:
    for name in (
        "conversation_id",
        "case_id",
        "attachment_id",
        "officer_id",
        "message_id",
        "callback_id",
        "article_id",
        "number",
    ):
        path = path.replace(f"{{{name}}}", "1")
    path = path.replace("{decision}", "dismiss").replace("{department_id}", "road")
    return path.replace("{name}", "console.css")


def test_the_walk_sees_the_whole_console(house):
    paths = routes(house.app)
    assert len(paths) >= 20
    assert ("POST", "/cases/{case_id}/status") in paths


def test_a_stranger_gets_nowhere(house):
    visitor = house.visitor()
    for method, path in routes(house.app):
        if (method, path) in OPEN:
            continue
        answer = visitor.client.request(method, address(path))
        assert answer.status_code in (303, 401), (method, path, answer.status_code)
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/login")


def test_a_viewer_can_send_no_form_but_log_out_and_the_own_password(house):
    house.add("vera", role="viewer")
    with house.database.transaction() as session:
        make_conversation(session)
    viewer = house.sign_in("vera")
    csrf = viewer.form("/account", "/account")["csrf"]
    tried = 0
    for method, path in routes(house.app):
        if method != "POST" or path in ("/login", "/logout", "/account"):
            continue
        answer = viewer.send(address(path), {"csrf": csrf, "form_token": "f" * 32})
        assert answer.status_code == 403, path
        tried += 1
    assert tried >= 8


def test_a_viewer_sees_no_button_that_would_be_refused(house):
    house.add("vera", role="viewer")
    with house.database.transaction() as session:
        make_conversation(session)
    page = house.sign_in("vera").get("/conversations/1").text
    assert "대화 맡기" not in page
    assert 'href="/officers"' not in page


def test_only_an_administrator_manages_officers(house):
    house.add("chief", role="admin")
    assert house.sign_in("hana").get("/officers").status_code == 403
    assert house.sign_in("chief").get("/officers").status_code == 200


def test_a_page_that_does_not_say_who_may_call_it_cannot_be_registered():
    def page(request: Request) -> None:
        """A handler that forgot its permission."""

    with pytest.raises(LookupError):
        access_of(page)
    with pytest.raises(ValueError, match="no permission"):
        needs("no.such.permission")


@pytest.mark.parametrize("value", [None, "", "x" * 43, "한글"])
def test_a_form_without_its_token_is_refused(house, value):
    browser = house.sign_in()
    values = {"current": PASSWORD, "new": "another-horse-8", "again": "another-horse-8"}
    answer = browser.send("/account", values if value is None else values | {"csrf": value})
    assert answer.status_code == 403
    assert house.sign_in("hana").get("/").status_code == 200


def test_a_log_in_form_from_another_browser_is_refused(house):
    theirs, mine = house.visitor(), house.visitor()
    mine.get("/login")
    fields = theirs.form("/login", "/login")
    for visitor, values in ((mine, fields), (house.visitor(), fields), (mine, {})):
        answer = visitor.send("/login", {**values, "login": "hana", "password": PASSWORD})
        assert answer.status_code == 403


def test_a_wrong_password_says_the_same_as_an_unknown_login(house):
    texts = []
    for login in ("hana", "nobody"):
        answer = house.visitor().submit("/login", "/login", login=login, password="wrong-one-1")
        assert answer.status_code == 401
        texts.append(answer.text.split('role="alert">')[1].split("</div>")[0])
    assert texts[0] == texts[1]


def test_five_wrong_passwords_lock_the_door(house):
    for _ in range(5):
        house.visitor().submit("/login", "/login", login="hana", password="wrong-one-1")
    right = {"login": "hana", "password": PASSWORD}
    assert house.visitor().submit("/login", "/login", **right).status_code == 401
    house.clock.forward(minutes=16)
    assert house.visitor().submit("/login", "/login", **right).status_code == 303


def test_cookies_are_kept_from_scripts_and_from_other_sites(house):
    browser = house.visitor()
    answer = browser.submit("/login", "/login", login="hana", password=PASSWORD)
    cookie = answer.headers.get_list("set-cookie")[0].lower()
    assert "sotong-officer=" in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie


def test_with_https_the_cookie_is_secure_and_bound_to_the_host(house):
    browser = house.visitor(scheme="https")
    answer = browser.submit("/login", "/login", login="hana", password=PASSWORD)
    cookie = answer.headers.get_list("set-cookie")[0]
    assert cookie.startswith("__Host-sotong-officer=")
    assert "Secure" in cookie
    assert "max-age" in answer.headers["strict-transport-security"]
    assert browser.get("/").status_code == 200


def test_an_idle_session_ends_and_leads_back_to_the_same_page(house):
    browser = house.sign_in()
    house.clock.forward(minutes=29)
    assert browser.get("/conversations").status_code == 200
    house.clock.forward(minutes=31)
    answer = browser.get("/conversations?q=2026-1")
    assert answer.headers["location"] == "/login?next=%2Fconversations%3Fq%3D2026-1"
    page = browser.get(answer.headers["location"])
    fields = hidden_fields(page.text, "/login")
    answer = browser.send("/login", {**fields, "login": "hana", "password": PASSWORD})
    assert answer.headers["location"] == "/conversations?q=2026-1"


def test_a_page_that_asks_by_itself_does_not_keep_the_session_alive(house):
    with house.database.transaction() as session:
        make_conversation(session)
    browser = house.sign_in()
    for _ in range(6):
        house.clock.forward(minutes=5)
        answer = browser.get("/conversations/1/lines")
    assert answer.status_code == 401
    assert browser.get("/").status_code == 303


def test_words_written_after_the_session_ended_are_given_back(house):
    with house.database.transaction() as session:
        make_conversation(session)
    browser = house.sign_in()
    house.clock.forward(hours=1)
    answer = browser.send("/conversations/1/answer", {"text": "긴 답 <b>입니다</b>"})
    assert answer.status_code == 401
    assert "긴 답 &lt;b&gt;입니다&lt;/b&gt;" in answer.text


def test_logging_out_ends_the_session_on_the_server(house):
    browser = house.sign_in()
    stolen = dict(browser.client.cookies)
    assert browser.submit("/", "/logout").status_code == 303
    browser.client.cookies.update(stolen)
    assert browser.get("/").status_code == 303
    with house.database.reading() as session:
        assert session.scalars(select(OfficerSession)).all() == []
        assert "officer.sign_out" in session.scalars(select(AuditEntry.action)).all()


def test_a_first_password_must_be_changed_before_any_work(house):
    house.add("neu", must_change_password=True)
    browser = house.sign_in("neu")
    assert browser.get("/").headers["location"] == "/account"
    assert browser.get("/cases/1").headers["location"] == "/account"
    values = {"current": PASSWORD, "new": "another-horse-8", "again": "another-horse-8"}
    assert browser.submit("/account", "/account", **values).status_code == 303
    assert browser.get("/").status_code == 200
    assert house.sign_in("neu", "another-horse-8").get("/").status_code == 200


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"current": "wrong-one-1"}, "지금 비밀번호가 맞지 않아요"),
        ({"again": "another-horse-9"}, "서로 달라요"),
        ({"new": "short", "again": "short"}, "10자 이상"),
        ({"new": PASSWORD, "again": PASSWORD}, "지금과 다른"),
    ],
)
def test_a_password_that_breaks_a_rule_is_not_taken(house, values, told):
    good = {"current": PASSWORD, "new": "another-horse-8", "again": "another-horse-8"}
    answer = house.sign_in().submit("/account", "/account", **(good | values))
    assert answer.status_code == 400
    assert told in answer.text
    house.sign_in("hana", PASSWORD)


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/logout", ""]
)
def test_the_log_in_leads_nowhere_else(target):
    assert safe_next(target) == "/"


def test_every_answer_carries_the_security_headers(house):
    browser = house.sign_in()
    for path in ("/", "/login", "/account", "/cases/99", "/officers", "/static/console.js"):
        headers = browser.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert browser.get("/").headers["cache-control"] == "no-store"


def test_pages_hold_no_inline_script_or_style_and_nothing_from_outside(house):
    browser = house.sign_in()
    for path in ("/", "/conversations", "/account"):
        page = browser.get(path).text
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page
        assert 'src="http' not in page
        assert 'href="http' not in page


@pytest.mark.parametrize(
    "path", ["/cases/0", "/cases/x", "/cases/99999999999999999999", "/cases/7"]
)
def test_a_case_that_does_not_exist_is_a_page_and_not_a_crash(house, path):
    answer = house.sign_in().get(path)
    assert answer.status_code == 404
    assert "찾는 화면이 없어요" in answer.text


def test_a_huge_body_is_refused_before_it_is_read(house):
    browser = house.sign_in()
    long = {"content-length": "99999999"}
    answer = browser.client.request("POST", "/account", content=b"x", headers=long)
    assert answer.status_code == 413
    answer = house.visitor().send("/conversations/1/answer", {"text": "x" * 70_000})
    assert answer.status_code == 413


def test_no_file_outside_the_list_is_served(house):
    visitor = house.visitor()
    for name in ("../router.py", "%2e%2e%2frouter.py", "other.css"):
        assert visitor.get(f"/static/{name}").status_code == 404
