"""A department's side of Sotong, an example to start from: takes signed events, keeps them, answers.

    pip install standardwebhooks
    python department_receiver.py --port 9000 --secret whsec_… --store events.jsonl

It needs the standard library and ``standardwebhooks`` only. Put it behind TLS: Sotong sends to https.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import urllib.request
import uuid
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

BIGGEST = 1024 * 1024


class Receiver(ThreadingHTTPServer):
    """Verifies with any of ``secrets``, keeps each event once, by its webhook-id."""

    daemon_threads = True

    def __init__(self, *, port: int = 0, secrets: list[str], store: Path | None = None) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.secrets = secrets
        self.store = store
        self.events: dict[str, dict[str, Any]] = {}
        self.repeated = 0
        self.lock = threading.Lock()

    def keep(self, uid: str, event: dict[str, Any]) -> bool:
        """Store an event before it is acknowledged; False when it is known already."""
        with self.lock:
            if uid in self.events:
                self.repeated += 1
                return False
            if self.store is not None:
                with self.store.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(event, ensure_ascii=False) + "\n")
            self.events[uid] = event
            return True


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one piece.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer 401 for a wrong signature, 200 with JSON for everything that is kept."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > BIGGEST:
            self.answer(413, {"error": "too large"})
            return
        body = self.rfile.read(length)
        if not self.is_signed(body):
            self.answer(401, {"error": "the signature does not fit"})
            return
        event = json.loads(body)
        new = self.server.keep(self.headers["webhook-id"], event)
        self.answer(200, {"status": "stored" if new else "known"})

    def is_signed(self, body: bytes) -> bool:
        """Whether one of our secrets signed this very body in the last five minutes."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        for secret in self.server.secrets:
            try:
                Webhook(secret).verify(body, headers, json_parse=False)
            except WebhookVerificationError:
                continue
            return True
        return False

    def answer(self, status: int, data: dict[str, str]) -> None:
        """A short JSON answer: an empty body would do as well, a page would not."""
        text = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: an event holds what a citizen wrote."""


def make_callback(
    number: str, *, status: str | None, note: str, photos: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """A CloudEvent that tells Sotong what became of a case."""
    kind = "status" if status else "note"
    data: dict[str, Any] = {"note": note, "photos": photos or []}
    if status:
        data["status"] = status
    return {
        "specversion": "1.0",
        "id": uuid.uuid4().hex,
        "source": "urn:example:department",
        "type": f"kr.sotong.callback.{kind}.v1",
        "subject": number,
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }


def sign_callback(event: dict[str, Any], *, secret: str) -> tuple[bytes, dict[str, str]]:
    """Body and headers. For another try of the same event sign again and keep the id."""
    body = json.dumps(event, ensure_ascii=False).encode()
    now = datetime.now(UTC)
    signature = Webhook(secret).sign(msg_id=event["id"], timestamp=now, data=body.decode())
    return body, {
        "Content-Type": "application/cloudevents+json",
        "webhook-id": event["id"],
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


def call_back(url: str, event: dict[str, Any], *, secret: str) -> int:
    """POST a callback to ``…/departments/<id>/callback``; returns the status, 202 when it is kept."""
    body, headers = sign_callback(event, secret=secret)
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return int(answer.status)


def main() -> int:
    """Receive until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--secret", action="append", required=True, help="whsec_…; may be repeated")
    parser.add_argument("--store", type=Path, default=Path("events.jsonl"))
    asked = parser.parse_args()
    with Receiver(port=asked.port, secrets=asked.secret, store=asked.store) as receiver:
        sys.stdout.write(f"events on 127.0.0.1:{receiver.server_address[1]} → {asked.store}\n")
        sys.stdout.flush()
        try:
            receiver.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
