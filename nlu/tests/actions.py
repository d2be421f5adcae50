"""A small action server on loopback that can be down, slow, broken or refusing."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "actions-secret"
LOOPBACK = "127.0.0.1"


class FakeActions:
    """Answers the test bot's actions; `mode` is ok, slow, error, garbage or reject (once)."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.calls: list[dict[str, Any]] = []
        self.wrong_secrets = 0
        self._release = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/rasa/actions"

    def start(self) -> None:
        """Listen; after `stop`, on the same port."""
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                owner._answer(self)

            def log_message(self, *_arguments: Any) -> None:
                return None

        self._release.clear()
        self._server = ThreadingHTTPServer((LOOPBACK, self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        self._release.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def ran(self, action: str, conversation: str) -> list[dict[str, Any]]:
        """The calls of one action in one conversation."""
        return [
            call
            for call in self.calls
            if call["next_action"] == action and call["sender_id"] == conversation
        ]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        call = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.wrong_secrets += handler.headers.get("X-Sotong-Secret") != SECRET
        self.calls.append(call)
        status, body = 200, json.dumps(_run(call))
        if self.mode == "slow":
            self._release.wait(30)
        elif self.mode == "error":
            status, body = 500, json.dumps({"error": call["tracker"]["latest_message"]["text"]})
        elif self.mode == "reject":
            status, body = 400, json.dumps({"action_name": call["next_action"], "error": "no"})
            self.mode = "ok"
        elif self.mode == "garbage":
            body = json.dumps({"events": call["tracker"]["latest_message"]["text"]})
        try:
            handler.send_response(status)
            handler.send_header("Content-Type", "application/json")
            handler.end_headers()
            handler.wfile.write(body.encode())
        except BrokenPipeError:
            pass


def _run(call: dict[str, Any]) -> dict[str, Any]:
    if call["next_action"] == "validate_report_form":
        return {"events": _validate(call["tracker"]), "responses": []}
    if call["next_action"] == "action_submit_report":
        return {"events": [], "responses": [{"text": "접수했어요."}]}
    if call["next_action"] == "action_picture":
        return {
            "events": [],
            "responses": [
                {
                    "text": "그림이에요.\n\n보세요.",
                    "custom": {
                        "image_attachment_id": 7,
                        "alt": "지도",
                        "link": {"title": "자세히", "url": "/help"},
                        "location": {"lat": 37.5, "long": 127.0},
                    },
                }
            ],
        }
    slots = call["tracker"]["slots"]
    return {"events": [], "responses": [{"text": f"{slots['what']}|{slots['where']}"}]}


def _validate(tracker: dict[str, Any]) -> list[dict[str, Any]]:
    message = tracker["latest_message"]
    intent, text = message["intent"]["name"], message["text"]
    requested = tracker["slots"].get("requested_slot")
    if requested is None:
        return [_slot("what", text), _slot("requested_slot", "where")]
    if intent == "ask_policy":
        return []
    if requested == "where":
        return [_slot("where", text), _slot("requested_slot", "confirm")]
    if intent == "affirm":
        return [_slot("confirm", True), _slot("requested_slot", None)]
    return [_slot("where", None), _slot("requested_slot", "where")]


def _slot(name: str, value: Any) -> dict[str, Any]:
    return {"event": "slot", "name": name, "value": value}
