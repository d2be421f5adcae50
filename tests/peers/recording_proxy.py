"""A loopback proxy before a stand-in of the Bot API: it records each call; it must not decide what an answer means.

What a stand-in does wrong is mended by that stand-in's own `exchange` and `mend_update`, never here.
Two things no stand-in does are done here for all: webhooks carry the secret of setWebhook (Telegram's
header), and a method that a stand-in does not know is refused in the Bot API's own form.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import HTTP
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LONGEST_POLL = 60.0
_METHOD = re.compile(r"/bot(?P<token>[^/]+)/(?P<method>[A-Za-z]+)")
_HOOK = "/webhook-relay/"


@dataclass(frozen=True)
class SentFile:
    """A file inside a multipart request."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True)
class Call:
    """One request of the bot. `params` are as sent: strings from a form or a query, any JSON from JSON."""

    method: str
    params: Mapping[str, Any]
    files: Mapping[str, SentFile]
    at: datetime


@dataclass(frozen=True)
class Delivery:
    """One update handed to the bot's webhook; `status` is its HTTP answer, 0 where nobody answered."""

    update: Mapping[str, Any]
    status: int


@dataclass(frozen=True)
class Answer:
    """What goes back to the bot."""

    status: int
    body: dict[str, Any]

    @classmethod
    def done(cls, result: object) -> Answer:
        """The Bot API's form of success."""
        return cls(HTTPStatus.OK, {"ok": True, "result": result})

    @classmethod
    def refused(cls, description: str, status: int = HTTPStatus.BAD_REQUEST) -> Answer:
        """The Bot API's form of refusal."""
        return cls(status, {"ok": False, "error_code": int(status), "description": description})


Forward = Callable[[], Answer]
Exchange = Callable[[Call, Forward], Answer]
Update = dict[str, Any]


def _as_it_is(call: Call, forward: Forward) -> Answer:
    return forward()


@dataclass
class RecordingProxy:
    """Use as a context manager; `calls` and `deliveries` grow while it runs.

    `exchange(call, forward)` makes the answer to a call, usually from `forward()`; `mend_update`
    changes an update on its way to the webhook. `acknowledged` names methods that are answered
    `true` without asking the stand-in: for those it does not know and a service needs to start.
    """

    upstream_port: int
    port: int
    exchange: Exchange = _as_it_is
    mend_update: Callable[[Update], Update] = lambda update: update
    acknowledged: Collection[str] = ()
    calls: list[Call] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._webhook: dict[str, str] = {}

    def __enter__(self) -> Self:
        # The environment's proxies are for the world outside, and nothing here leaves the machine.
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.upstream_port}", trust_env=False, timeout=LONGEST_POLL
        )
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()  # waits for the requests under way
        self._client.close()
        if self.faults and error is None:
            raise AssertionError("the recording proxy failed") from self.faults[0]

    @property
    def base(self) -> str:
        """Address without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def called(self, method: str) -> list[Call]:
        """The calls of one method so far."""
        return [call for call in list(self.calls) if call.method == method]

    def answer(self, token: str, call: Call, request: _Request) -> Answer:
        """Record a call and answer it."""
        self.calls.append(call)
        if call.method in self.acknowledged:
            return Answer.done(True)
        if call.method == "setWebhook":
            return self._set_webhook(token, call)
        answer = self.exchange(call, lambda: self._forward(call.method, request))
        if call.method == "getWebhookInfo" and answer.body.get("ok"):
            result = {**answer.body["result"], "url": self._webhook.get("url", "")}
            return Answer(answer.status, {**answer.body, "result": result})
        return answer

    def download(self, request: _Request) -> httpx.Response:
        """Anything that is not a method, such as a file: passed on as it is, not recorded."""
        return self._send(request)

    def deliver(self, update: Update) -> None:
        """Hand an update to the bot's webhook as Telegram does: JSON, with the secret in its header."""
        update = self.mend_update(update)
        secret = self._webhook.get("secret_token")
        try:
            status = self._client.post(
                self._webhook["url"], json=update, headers={SECRET_HEADER: secret} if secret else {}
            ).status_code
        except httpx.TransportError:
            status = 0
        self.deliveries.append(Delivery(update, status))

    def _set_webhook(self, token: str, call: Call) -> Answer:
        ours = {**call.params, "url": f"{self.base}{_HOOK}{token}"}
        request = _Request("POST", f"/bot{token}/setWebhook", form=ours)
        answer = self.exchange(call, lambda: self._forward(call.method, request))
        if answer.body.get("ok"):
            self._webhook = {name: str(value) for name, value in call.params.items()}
        return answer

    def _forward(self, method: str, request: _Request) -> Answer:
        response = self._send(request)
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict) or "ok" not in body:
            return Answer.refused(f"Bad Request: the stand-in cannot do {method}")
        status = response.status_code if body["ok"] else int(body.get("error_code") or 400)
        return Answer(status, {name: value for name, value in body.items() if value is not None})

    def _send(self, request: _Request) -> httpx.Response:
        if request.form is not None:
            return self._client.request(request.verb, request.path, data=request.form)
        headers = {"Content-Type": request.content_type} if request.content_type else {}
        return self._client.request(
            request.verb, request.path, content=request.body, headers=headers
        )


@dataclass(frozen=True)
class _Request:
    verb: str
    path: str
    content_type: str = ""
    body: bytes = b""
    form: Mapping[str, Any] | None = None

    def contents(self) -> tuple[dict[str, Any], dict[str, SentFile]]:
        params: dict[str, Any] = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        files: dict[str, SentFile] = {}
        kind = self.content_type.partition(";")[0].strip().lower()
        if kind == "application/x-www-form-urlencoded":
            params.update(parse_qsl(self.body.decode("utf-8"), keep_blank_values=True))
        elif kind == "application/json" and self.body:
            params.update(json.loads(self.body))
        elif kind == "multipart/form-data":
            head = f"Content-Type: {self.content_type}\r\n\r\n".encode()
            for part in message_from_bytes(head + self.body, policy=HTTP).iter_parts():
                name = str(part.get_param("name", "", "content-disposition"))
                data = part.get_payload(decode=True)
                assert isinstance(data, bytes)
                if part.get_filename() is None:
                    params[name] = data.decode("utf-8")
                else:
                    filename, content_type = str(part.get_filename()), part.get_content_type()
                    files[name] = SentFile(filename, content_type, data)
        return params, files


class _Handler(BaseHTTPRequestHandler):
    """One request; HTTP/1.0, so that no connection outlives it and stopping waits for nobody."""

    owner: RecordingProxy

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        try:
            self._reply(*self._outcome())
        except ConnectionError:
            pass  # the bot no longer waits for its answer
        except Exception as error:
            self.owner.faults.append(error)
            refused = Answer.refused("Bad Gateway", HTTPStatus.BAD_GATEWAY)
            self._reply(refused.status, "application/json", json.dumps(refused.body).encode())

    def _outcome(self) -> tuple[int, str, bytes]:
        length = int(self.headers.get("Content-Length") or 0)
        kind = self.headers.get("Content-Type") or ""
        request = _Request(self.command, self.path, kind, self.rfile.read(length))
        if self.path.startswith(_HOOK):
            # Always 200: a stand-in may die of a refusal. `deliveries` keeps the truth.
            self.owner.deliver(json.loads(request.body))
            return HTTPStatus.OK, "application/json", b"{}"
        named = _METHOD.fullmatch(urlsplit(self.path).path)
        if named is None:
            response = self.owner.download(request)
            kind = response.headers.get("Content-Type", "application/octet-stream")
            return response.status_code, kind, response.content
        params, files = request.contents()
        call = Call(named["method"], params, files, datetime.now(UTC))
        answer = self.owner.answer(named["token"], call, request)
        return answer.status, "application/json", json.dumps(answer.body).encode()

    def _reply(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: an address holds the bot's token."""
