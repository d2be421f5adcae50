"""Every door through which words come in, as functions that carry a text through it. Must judge nothing.

A new door is one function and one line of DOORS. ``words`` doors take every writing of a kind at once,
``line`` doors one sentence, ``value`` doors a bare value where no sentence fits.
"""

from __future__ import annotations

import io
import itertools
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import select

from core.models.conversation import Conversation, Turn
from tests.integrations.department_house import BACK, example
from tests.journeys.chat import Chat
from tests.journeys.officers import hidden_fields
from tests.journeys.planted import KINDS, REFUSED, Planter
from tests.journeys.talk import Talk
from tests.peers.telegram_people import User
from tests.stack import Stack

_users = itertools.count(8_800_001)
_addresses = itertools.count(1)
# The city's Telegram people are numbers; a name and a user name are words of theirs too.
SETTINGS_DEPARTMENT = "lighting"
# Not a door of its own: the contact that a citizen leaves in a report.
CONTACT_DOOR = "contact"


def picture(note: str = "") -> bytes:
    """A JPEG whose EXIF, comment and tail hold ``note``."""
    exif = Image.Exif()
    for tag in (0x010E, 0x013B, 0x8298, 0x9286, 0x010F, 0x0131):  # description, artist, copyright …
        exif[tag] = note
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 33.0, 1.5), 3: "E", 4: (126.0, 58.0, 2.5)})
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "orange").save(
        out, "JPEG", exif=exif if note else b"", comment=note.encode()
    )
    return out.getvalue() + note.encode()


def png(note: str) -> bytes:
    """A PNG with text chunks."""
    info = PngInfo()
    info.add_text("Author", note)
    info.add_itxt("Comment", note)
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "green").save(out, "PNG", pnginfo=info)
    return out.getvalue()


@dataclass
class Browser:
    """One citizen's web chat by plain HTTP."""

    http: httpx.Client
    cookie: str = ""
    address: str = field(default_factory=lambda: f"10.77.0.{next(_addresses) % 250 + 1}")

    def __post_init__(self) -> None:
        answer = self.http.get("/", headers=self.headers)
        self.cookie = answer.cookies["sotong_web"]
        self.http.cookies.clear()

    @property
    def headers(self) -> dict[str, str]:
        known = {"Cookie": f"sotong_web={self.cookie}"} if self.cookie else {}
        return {"X-Sotong": "cli", "X-Forwarded-For": self.address} | known

    def post(self, path: str, **more: Any) -> httpx.Response:
        headers = self.headers | more.pop("headers", {})
        answer = self.http.post(path, headers=headers, **more)
        self.http.cookies.clear()
        return answer

    def send(self, **body: Any) -> httpx.Response:
        return self.post("/api/messages", json={"external_id": uuid.uuid4().hex} | body)

    def say(self, text: str) -> httpx.Response:
        answer = self.send(kind="text", text=text)
        assert answer.status_code == 202, answer.text
        return answer

    def photo(self, data: bytes, *, name: str = "1.jpg", alt: str = "사진") -> httpx.Response:
        return self.post(
            "/api/photos",
            data={"external_id": uuid.uuid4().hex, "alt": alt},
            files={"file": (name, data)},
        )


@dataclass
class World:
    """What the doors open into."""

    stack: Stack
    http: httpx.Client
    console: httpx.Client
    # Where a department's photo lies.
    photos: str
    # Cases that officers and departments may write about.
    cases: list[tuple[int, int, str]] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    _next: int = 0

    def browser(self) -> Browser:
        return Browser(self.http)

    def user(self, **named: Any) -> User:
        return self.stack.telegram.user(next(_users), **named)

    def case(self) -> tuple[int, int, str]:
        """Id, conversation and number of the next case."""
        self._next += 1
        return self.cases[self._next % len(self.cases)]

    def submit(
        self, page: str, action: str, *, files: list[Any] | None = None, **values: str
    ) -> httpx.Response:
        """An officer fills a form of a page."""
        shown = self.console.get(page)
        assert shown.status_code == 200, shown.text[:300]
        sent = hidden_fields(shown.text, action) | values
        return self.console.post(action, data=sent, files=files)

    def call_back(self, event: Mapping[str, Any], *, secret: str = BACK) -> int:
        """A department's callback."""
        body, headers = example().sign_callback(dict(event), secret=secret)
        address = f"{self.stack.settings.internal_url}/departments/{SETTINGS_DEPARTMENT}/callback"
        return self.http.post(address, content=body, headers=headers).status_code


# Kinds that are looked for when they come in two messages; others are words like any when broken.
BROKEN = ("resident", "foreigner", "phone")
# Which kinds stand together in one line, so that it is short enough for every field.
LINES = (
    ("resident", "licence", "foreigner", "passport"),
    # A name is signed at the end.
    ("phone", "account", "unit", "name"),
    ("card", "plate", "email", "business"),
)
Plant = Callable[[World, str], object]


@dataclass(frozen=True)
class Door:
    """A door. ``told``: what goes through is an officer's or a department's word to one citizen."""

    name: str
    takes: str
    plant: Plant
    told: bool = False


def _middle(text: str) -> int:
    """Where a number is broken over two messages: after its first half."""
    signs = [found.start() for found in re.finditer(r"(?<=[0-9])[- .](?=[0-9])", text)]
    if signs:
        return signs[-1]
    digits = [i for i, letter in enumerate(text) if letter.isdigit()]
    return digits[len(digits) // 2] if digits else len(text) // 2


# ---- the web chat ---------------------------------------------------------------------------------


def web_text(world: World, text: str) -> None:
    world.browser().say(f"가로등이 꺼졌어요\n{text}")


def web_form(world: World, text: str) -> None:
    """In the middle of a report, where each answer is kept for a question."""
    browser = world.browser()
    for words in ("시청역 앞 가로등이 나갔어요", text, text):
        browser.say(words)


def web_two_messages(world: World, text: str) -> None:
    middle = _middle(text)
    browser = world.browser()
    browser.say(text[:middle])
    browser.say(text[middle:].lstrip("- ."))


def web_odd_bodies(world: World, value: str) -> None:
    browser = world.browser()
    browser.send(kind="choice", choice=value)
    browser.send(kind="start", text=value)
    browser.send(kind="text", text="네", external_id=value)
    browser.send(kind="text", text="네", location=None, extra=value, **{value: 1})
    browser.send(kind=value)
    browser.post("/api/messages", content=f'{{"kind": "{value}", "text'.encode())


def web_point(world: World, value: str) -> None:
    digits = re.sub(r"\D", "", value) or "1"
    point = {"lat": float(f"37.5{digits}"), "long": float(f"126.9{digits}"), "accuracy_m": 5.0}
    world.browser().send(kind="location", location=point)


def web_headers(world: World, value: str) -> None:
    browser = world.browser()
    quoted = value.encode()
    names = ("User-Agent", "Referer", "Accept-Language", "X-Request-Id", "traceparent", "X-Odd")
    for name in names:
        browser.post(
            "/api/messages",
            json={"external_id": uuid.uuid4().hex, "kind": "start"},
            headers={name: quoted},
        )
    for name in ("X-Forwarded-For", "Last-Event-ID", "Cookie", "Origin", "Authorization"):
        browser.http.get("/api/messages", headers=browser.headers | {name: quoted})


def web_addresses(world: World, value: str) -> None:
    browser = world.browser()
    for path in ("/api/messages", f"/files/{value}", f"/{value}", "/lookup", "/static/x"):
        browser.http.get(path, params={"after": value, value: "1"}, headers=browser.headers)
    for path in ("/articles", f"/articles/{value}"):
        browser.http.get(path, params={"q": value, "department": value, "page": value})
    odd = re.sub(r"[^0-9A-Za-z]", "", value)
    browser.http.request(odd or "ODD", "/", headers=browser.headers)


def web_lookup(world: World, value: str) -> None:
    origin = {"Origin": world.stack.settings.public_url, "X-Forwarded-For": "10.78.0.1"}
    world.http.post("/lookup", data={"number": value, "code": value}, headers=origin)


def web_my_data(world: World, value: str) -> None:
    browser = world.browser()
    browser.http.get("/my-data/get", params={"t": value}, headers=browser.headers)
    for path in ("/my-data/file", "/my-data/withdraw", "/my-data/export"):
        browser.post(path, data={"t": value, "kind": value, "token": value})


def web_photo_notes(world: World, value: str) -> None:
    browser = world.browser()
    browser.photo(picture(value))
    browser.photo(png(value), name="1.png")


def web_photo_words(world: World, text: str) -> None:
    browser = world.browser()
    browser.photo(picture(), name=f"{text}.jpg", alt=text)
    browser.photo(text.encode() * 20, name="broken.jpg", alt=text)


# ---- Telegram -------------------------------------------------------------------------------------


def telegram_text(world: World, text: str) -> None:
    world.user().send_text(f"가로등이 꺼졌어요\n{text}")


def telegram_two_messages(world: World, text: str) -> None:
    middle = _middle(text)
    user = world.user()
    user.send_text(text[:middle])
    user.send_text(text[middle:].lstrip("- ."))


def telegram_caption(world: World, text: str) -> None:
    world.user().send_photo(picture(text), text)


def telegram_album(world: World, text: str) -> None:
    world.user().send_album([picture(text), picture()], text)


def telegram_edits(world: World, text: str) -> None:
    user = world.user()
    user.edit_text(user.send_text("가로등이 꺼졌어요"), text)
    user.edit_text(user.send_text(text), "가로등이 꺼졌어요")


def telegram_edited_caption(world: World, text: str) -> None:
    user = world.user()
    user.edit_caption(user.send_photo(picture(), "가로등"), text)


def telegram_file(world: World, text: str) -> None:
    user = world.user()
    user.send_document(text.encode() * 5, f"{text}.pdf", "application/pdf", caption=text)
    user.send_document(picture(text), f"{text}.jpg", "image/jpeg", caption=text)


def telegram_venue(world: World, text: str) -> None:
    world.user().send_venue(37.56, 126.97, text.partition(" ")[0], text)


def telegram_start(world: World, text: str) -> None:
    user = world.user()
    user.start(text)
    user.send_text(f"/{text}")


def telegram_answer_to(world: World, text: str) -> None:
    user = world.user()
    first = user.send_text(text)
    user.send_text("이거 어떻게 됐어요?", reply_to=first)


def telegram_group(world: World, text: str) -> None:
    group = world.stack.telegram.group(-1_009_900_000_000 - next(_users))
    world.user().send_text_in(group, text, mention=True)


def telegram_person(world: World, value: str) -> None:
    """A person's own name at Telegram, a poll, a press of a forged button."""
    user = world.user(first_name=value, username=value)
    user.send_text("안녕하세요")
    user.send_poll(value, (value, "네"))
    user.press_data(1, value[:60])
    user.send(
        {"text": "전달", "forward_origin": {"type": "hidden_user", "sender_user_name": value}}
    )


def telegram_contact(world: World, value: str) -> None:
    """A card: whatever is written in it is a contact, and lies in the vault."""
    user = world.user(first_name=value)
    user.send_contact(value)
    world.user(first_name=value).send_contact(value, own=False)


# ---- officers -------------------------------------------------------------------------------------


def console_answer(world: World, text: str) -> None:
    _, talk, _ = world.case()
    page = f"/conversations/{talk}"
    if f"{page}/answer" not in world.console.get(page).text:
        world.submit(page, f"{page}/take")
    world.submit(page, f"{page}/answer", text=text)


def console_answer_photo(world: World, text: str) -> None:
    _, talk, _ = world.case()
    page = f"/conversations/{talk}"
    if f"{page}/answer" not in world.console.get(page).text:
        world.submit(page, f"{page}/take")
    photo = ("photo", (f"{text}.jpg", picture(text), "image/jpeg"))
    world.submit(page, f"{page}/answer", files=[photo], text="사진입니다", alt=text)


def console_status(world: World, text: str) -> None:
    """Back and forth between two states, so that each change is allowed."""
    case, _, _ = world.case()
    page = f"/cases/{case}"
    shown = world.console.get(page).text
    to = "in_progress" if 'value="in_progress"' in shown else "extended"
    if to == "in_progress":
        world.submit(page, f"{page}/status", to=to, reason=text, note=text, alt="")
    else:
        world.submit(page, f"{page}/status", to="supplement_requested", reason=text, note=text)


def console_status_photo(world: World, text: str) -> None:
    case, _, _ = world.case()
    page = f"/cases/{case}"
    photo = ("photo", (f"{text}.jpg", picture(text), "image/jpeg"))
    world.submit(
        page,
        f"{page}/status",
        files=[photo],
        to="in_progress",
        reason="확인",
        note="확인",
        alt=text,
    )


def console_clock(world: World, text: str) -> None:
    case, _, _ = world.case()
    page = f"/cases/{case}"
    action = f"{page}/clock/supplement"
    if action in world.console.get(page).text:
        world.submit(page, action, words=text, number="5")


def console_department(world: World, text: str) -> None:
    """To another department and back."""
    case, _, _ = world.case()
    page = f"/cases/{case}"
    for department in ("parks", SETTINGS_DEPARTMENT):
        world.submit(page, f"{page}/department", department=department, why=text)


def console_flag(world: World, text: str) -> None:
    """What an officer found out about cases that belong together, of a case with such a flag or without."""
    case, _, _ = world.case()
    page = f"/cases/{case}"
    form = hidden_fields(world.console.get(page).text)
    world.console.post(f"{page}/flag", data=form | {"flag": "1", "found": text})


def console_merge(world: World, text: str) -> None:
    """Merge the case into another one of the same citizen's and take it back."""
    case, _, _ = world.case()
    _, _, other = world.case()
    page = f"/cases/{case}"
    for act in ("merge", "unmerge"):
        form = hidden_fields(world.console.get(page).text)
        form |= {"into": other, "merge_reason": text}
        world.console.post(f"{page}/{act}", data=form)


def console_ledger(world: World, text: str) -> None:
    page = world.console.get("/ledger").text
    world.console.post(
        "/ledger", data=hidden_fields(page) | {"month": "2026-11", "purpose": text[:100]}
    )


def console_article(world: World, text: str) -> None:
    """A new article and one that exists, in every field of theirs; said to be open to all; as a preview."""
    plain = {"title": "글", "body": "내용", "source": "출처"}
    fields = ("title", "body", "source", "keywords", "audience", "related", "key")
    for page, action in (("/articles/new", "/articles"), ("/articles/1/edit", "/articles/1")):
        for more in ({}, {"open_to_all": "1"}, {"do": "preview"}):
            for name in fields if not more else ("body",):
                world.submit(page, action, **(plain | {name: text} | more))
    world.submit("/articles/1", "/articles/1/end", last_day=text[:10])


def console_ask(world: World, text: str) -> None:
    """The search as a citizen would ask it."""
    world.submit("/articles/ask", "/articles/ask", question=text)


def console_reveal(world: World, text: str) -> None:
    _, talk, _ = world.case()
    page = f"/conversations/{talk}/reveal"
    values = {"token": "⟦전화1⟧", "purpose": "기타", "detail": text}
    world.submit(f"{page}?token=⟦전화1⟧", page, **values)
    world.submit(f"{page}?token={text[:20]}", page, **(values | {"token": text}))


def console_searches(world: World, value: str) -> None:
    console = world.console
    for path in (
        *("/conversations", "/audit", "/departments", "/articles", "/cases/1", "/"),
        f"/{value}",
    ):
        console.get(path, params={"q": value, "channel": value, "done": value, "page": value})
    console.get("/conversations", headers={"User-Agent": value.encode()})


def console_login(world: World, value: str) -> None:
    """Somebody types a number where a name or a password belongs."""
    with httpx.Client(base_url=world.stack.settings.internal_url, trust_env=False) as stranger:
        page = stranger.get("/login", params={"next": f"/{value}"})
        fields = hidden_fields(page.text) | {"login": value, "password": value}
        stranger.post("/login", data=fields)
        stranger.post("/cases/1/status", data={"reason": value, "note": value})


# ---- departments ----------------------------------------------------------------------------------


def callback_note(world: World, text: str) -> None:
    _, _, number = world.case()
    for visibility in ("public", "internal"):
        event = example().make_callback(number, status=None, note=text)
        event["data"]["visibility"] = visibility
        assert world.call_back(event) == 202


def callback_status(world: World, text: str) -> None:
    _, _, number = world.case()
    event = example().make_callback(number, status="in_progress", note=text)
    assert world.call_back(event) == 202


def callback_photo_words(world: World, text: str) -> None:
    _, _, number = world.case()
    photos = [{"url": world.photos, "alt": text}]
    event = example().make_callback(number, status="in_progress", note="확인", photos=photos)
    assert world.call_back(event) == 202


def callback_unknown_case(world: World, text: str) -> None:
    event = example().make_callback("2026-999999", status="in_progress", note=text)
    assert world.call_back(event) == 202


def callback_odd(world: World, value: str) -> None:
    _, _, number = world.case()
    plain = example().make_callback(number, status="in_progress", note="확인")
    changes: tuple[dict[str, Any], ...] = (
        {"subject": value},
        {"type": value},
        {"source": value, value: value},
        {"time": value},
        {"data": {"status": value}},
        {"data": {"status": "in_progress", "note": "확인", "odd": value, value: [value]}},
    )
    for change in changes:
        event = plain | {"id": uuid.uuid4().hex} | change
        world.call_back(event)
    world.call_back(plain | {"id": uuid.uuid4().hex, "data": {"note": value}}, secret=_STRANGE)
    if value.isascii() and " " not in value and any(sign in value for sign in "-@"):
        # A bare row of digits is a name like any for a department's event.
        world.call_back(plain | {"id": value})


_STRANGE = "whsec_" + "c3RyYW5nZXIgc3RyYW5nZXIgc3RyYW5nZXIgc3RyYW5nZXI="

# ---- the inner doors ------------------------------------------------------------------------------


def inner_apps(world: World, value: str) -> None:
    """Rasa, the actions app and the worker, without their secrets."""
    settings = world.stack.settings
    worker = f"http://127.0.0.1:{settings.worker_port}"
    for address in (settings.rasa_url, settings.actions_url, worker):
        for path in (f"/{value}", "/webhooks/turns/webhook", "/rasa/actions", "/model/parse"):
            world.http.post(f"{address}{path}", json={"text": value, "sender": value})


DOORS = (
    Door("web_text", "words", web_text),
    Door("web_form", "words", web_form),
    Door("web_two_messages", "halves", web_two_messages),
    Door("web_odd_bodies", "value", web_odd_bodies),
    Door("web_point", "value", web_point),
    Door("web_headers", "value", web_headers),
    Door("web_addresses", "value", web_addresses),
    Door("web_lookup", "value", web_lookup),
    Door("web_my_data", "value", web_my_data),
    Door("web_photo_notes", "value", web_photo_notes),
    Door("web_photo_words", "line", web_photo_words),
    Door("telegram_text", "words", telegram_text),
    Door("telegram_two_messages", "halves", telegram_two_messages),
    Door("telegram_caption", "words", telegram_caption),
    Door("telegram_album", "line", telegram_album),
    Door("telegram_edits", "words", telegram_edits),
    Door("telegram_edited_caption", "line", telegram_edited_caption),
    Door("telegram_file", "line", telegram_file),
    Door("telegram_venue", "line", telegram_venue),
    Door("telegram_start", "line", telegram_start),
    Door("telegram_answer_to", "line", telegram_answer_to),
    Door("telegram_group", "line", telegram_group),
    Door("telegram_person", "value", telegram_person),
    Door("telegram_contact", "value", telegram_contact),
    Door("console_answer", "words", console_answer, told=True),
    Door("console_answer_photo", "line", console_answer_photo, told=True),
    Door("console_status", "words", console_status, told=True),
    Door("console_status_photo", "line", console_status_photo, told=True),
    Door("console_clock", "words", console_clock, told=True),
    Door("console_department", "words", console_department),
    Door("console_flag", "words", console_flag),
    Door("console_merge", "words", console_merge),
    Door("console_ledger", "line", console_ledger),
    Door("console_article", "words", console_article),
    Door("console_ask", "words", console_ask),
    Door("console_reveal", "line", console_reveal),
    Door("console_searches", "value", console_searches),
    Door("console_login", "value", console_login),
    Door("callback_note", "words", callback_note, told=True),
    Door("callback_status", "words", callback_status, told=True),
    Door("callback_photo_words", "line", callback_photo_words, told=True),
    Door("callback_unknown_case", "line", callback_unknown_case),
    Door("callback_odd", "value", callback_odd),
    Door("inner_apps", "value", inner_apps),
)


# The forms of the console by their route: which door carries words through each.
CONSOLE_FORMS = {
    "/conversations/{conversation_id}/answer": "console_answer",
    "/conversations/{conversation_id}/reveal": "console_reveal",
    "/cases/{case_id}/status": "console_status",
    "/cases/{case_id}/department": "console_department",
    "/cases/{case_id}/clock/{act}": "console_clock",
    "/cases/{case_id}/flag": "console_flag",
    "/cases/{case_id}/merge": "console_merge",
    "/cases/{case_id}/unmerge": "console_merge",
    "/articles": "console_article",
    "/articles/ask": "console_ask",
    "/articles/{article_id}": "console_article",
    "/articles/{article_id}/end": "console_article",
    "/ledger": "console_ledger",
    "/login": "console_login",
}
# Forms in which no words about a citizen are kept.
FORMS_WITHOUT_WORDS = (
    "/logout",
    "/officers",
    "/officers/{officer_id}/password",
    "/officers/{officer_id}/disable",
    "/account",
    "/articles/{article_id}/confirm",
    "/conversations/{conversation_id}/take",
    "/conversations/{conversation_id}/hand-back",
    # Public words of officers, kept on purpose.
    "/posts/new",
    "/posts/stop",
    "/posts/resume",
    "/posts/{post_id}/edit",
    "/posts/{post_id}/approve",
    "/posts/{post_id}/withdraw",
    "/departments/{department_id}/probe",
    "/departments/messages/{message_id}/{decision}",
    "/departments/callbacks/{callback_id}/{decision}",
)


def loads(planter: Planter, door: Door, turn: int) -> Iterator[str]:
    """What to carry through a door, text by text; ``turn`` chooses other writings for each door.

    What is refused comes by itself: one such number would keep the rest of an officer's words out.
    """
    if door.takes == "words":
        for kinds in (REFUSED, tuple(kind for kind in KINDS if kind not in REFUSED)):
            planted = [each for kind in kinds for each in planter.of_kind(kind, door.name)]
            yield "\n".join(each.text for each in planted)
    elif door.takes == "line":
        for kinds in LINES:
            yield " ".join(planter.one_of(kind, door.name, turn).text for kind in kinds)
    elif door.takes == "halves":
        for kind in BROKEN:
            yield planter.one_of(kind, door.name, turn).text
    else:
        # Three of the kinds, by turns: where no sentence stands one number is like the other.
        for place in range(3):
            kind = KINDS[(turn + place * 3) % len(KINDS)]
            yield planter.one_of(kind, door.name, turn + place).written


def file_cases(world: World, planter: Planter) -> None:
    """Reports for officers and departments to write about, filed in the chat: two on the web, one on Telegram.

    The first leaves a number, which its department needs.
    """
    database = world.stack.database()
    contact = planter.one_of("phone", CONTACT_DOOR, 0).written
    for answer in (contact, "건너뛰기"):
        talk = Talk(world.stack.citizen(uuid.uuid4().hex), database)
        talk.say("시청역 앞 가로등이 나갔어요")
        talk.fill_until(None, answers={"contact": answer})
        world.cases += [(case.id, case.conversation_id, case.number) for case in talk.cases()]
        world.talks.append(talk)
    database.dispose()
    chat = Chat(world.stack)
    chat.say("시청역 앞 가로등이 나갔어요")
    chat.fill(None)
    world.cases += [(case.id, case.conversation_id, case.number) for case in chat.cases()]
    chat.database.dispose()
    for number, _, _ in world.cases:
        action = f"/cases/{number}/department"
        world.submit(f"/cases/{number}", action, department=SETTINGS_DEPARTMENT, why="확인")


def at_rest(stack: Stack) -> bool:
    """Whether every turn is answered and everything that was decided is out."""
    from core.models.department import DepartmentCallback, DepartmentMessage

    database = stack.database()
    try:
        with database.reading() as session:
            waiting = (
                select(Turn.id).where(Turn.state.in_(("received", "in work"))),
                select(DepartmentCallback.id).where(
                    DepartmentCallback.state == "waiting",
                    DepartmentCallback.case_number != "2026-999999",
                    DepartmentCallback.failure.is_(None),
                ),
                select(DepartmentMessage.id).where(
                    DepartmentMessage.state.in_(("pending", "sending"))
                ),
                select(Conversation.id).where(Conversation.forget_in_rasa.is_(True)),
            )
            return all(session.scalar(each.limit(1)) is None for each in waiting)
    finally:
        database.dispose()
