"""Sends events to departments as signed webhooks. Must follow no redirect and trust no 200 by itself.

The webhook-id of a message is the same in every try, so sending again does no harm.
"""

from __future__ import annotations

import json
import secrets as random
import ssl
import time
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from core.city import Department
from core.department_ports import DepartmentAway, DepartmentEvent
from core.errors import PermanentFailure, RateLimited, TemporaryFailure
from core.ports import Now
from integrations.cloud_events import CONTENT_TYPE, Envelope, render_event, render_ping
from integrations.department_files import WEBHOOK_LASTS, DepartmentLinks
from integrations.department_signing import DepartmentSecrets, sign

SECONDS = 10.0
MOST_ANSWER = 64 * 1024


class WebhookSender:
    """The way ``webhook``. One for all departments of a process; threads share it."""

    kind = "webhook"
    batch = 40
    answers_within = timedelta(seconds=15)

    def __init__(
        self,
        *,
        secrets: Mapping[str, DepartmentSecrets],
        source: str,
        links: DepartmentLinks,
        now: Now,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._secrets, self._source, self._links, self._now = secrets, source, links, now
        self._client = httpx.Client(
            timeout=SECONDS,
            follow_redirects=False,
            # A proxy of the machine would see what goes to departments.
            trust_env=False,
            verify=tls if tls is not None else ssl.create_default_context(),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=32),
            headers={"User-Agent": "Sotong"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def may_repeat(self, department: Department) -> bool:
        """Always: the department knows a message by its webhook-id."""
        return True

    def send(self, event: DepartmentEvent, *, department: Department) -> None:
        """POST the event. Raises DepartmentAway, RateLimited, TemporaryFailure or PermanentFailure."""
        envelope = self._envelope(department)
        self._post(render_event(event, envelope=envelope), event.uid, department)

    def check(self, department: Department) -> str:
        """POST an event without a case."""
        uid = f"ping_{random.token_hex(8)}"
        body = render_ping(uid=uid, at=self._now(), envelope=self._envelope(department))
        status = self._post(body, uid, department)
        return f"{urlsplit(department.way.address).hostname} answered {status}"

    def _envelope(self, department: Department) -> Envelope:
        return Envelope(
            source=self._source,
            link=lambda file_id: self._links.link(
                file_id, department_id=department.id, lasts=WEBHOOK_LASTS
            ),
        )

    def _post(self, body: bytes, uid: str, department: Department) -> int:
        known = self._secrets.get(department.id)
        if known is None or not known.out:
            raise DepartmentAway("no_secret", department.id)
        headers = sign(body, uid=uid, at=self._now(), secrets=known.out)
        headers["Content-Type"] = CONTENT_TYPE
        began = time.monotonic()
        try:
            with self._client.stream(
                "POST", department.way.address, content=body, headers=headers
            ) as answer:
                text = b""
                for piece in answer.iter_bytes():
                    text += piece
                    if len(text) > MOST_ANSWER:
                        break
                    if time.monotonic() - began > SECONDS:
                        raise DepartmentAway("timeout", "the answer did not end")
        except httpx.HTTPError as error:
            raise _explain(error) from error
        _judge(answer, text, self._now)
        return answer.status_code


def _judge(answer: httpx.Response, body: bytes, now: Now) -> None:
    status = answer.status_code
    if 200 <= status < 300:
        _check_body(answer, body)
        return
    wish = _retry_after(answer, now)
    if status in (429,):
        raise RateLimited(f"rate_limited: {status}", wish)
    if 300 <= status < 400:
        host = urlsplit(answer.headers.get("location", "")).hostname or "elsewhere"
        raise DepartmentAway("redirect", f"{status} to {host}"[:120])
    if status in (401, 403):
        raise DepartmentAway("signature_refused", str(status))
    if status in (404, 405):
        raise DepartmentAway("not_found", str(status))
    if status == 410:
        raise PermanentFailure("gone", "gone: 410")
    if status in (502, 503, 504):
        raise DepartmentAway("department_error", str(status), retry_after=wish)
    if status >= 500 or status in (408, 425):
        raise TemporaryFailure(f"department_error: {status}", wish)
    raise PermanentFailure("refused", f"refused: {status}")


def _check_body(answer: httpx.Response, body: bytes) -> None:
    """A page in the place of an answer comes from a proxy or a log-in, not from the department."""
    text = body.strip()
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not text:
        return
    if kind in ("text/html", "application/xhtml+xml") or text.startswith(b"<"):
        raise DepartmentAway("html_answer", f"{answer.status_code} {kind}"[:80])
    if kind.endswith("json"):
        try:
            json.loads(text)
        except ValueError:
            raise DepartmentAway("no_json", str(answer.status_code)) from None


def _retry_after(answer: httpx.Response, now: Now) -> float | None:
    value = answer.headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:6])
    try:
        return max(0.0, (parsedate_to_datetime(value) - now()).total_seconds())
    except (TypeError, ValueError):
        return None


def _explain(error: httpx.HTTPError) -> DepartmentAway:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return DepartmentAway("tls_certificate", cause.verify_message[:150])
        if isinstance(cause, ssl.SSLError):
            return DepartmentAway("tls_failed", (cause.reason or "")[:80])
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return DepartmentAway("timeout", type(error).__name__)
    if isinstance(error, httpx.ConnectError):
        return DepartmentAway("unreachable", str(error)[:120])
    return DepartmentAway("connection_lost", type(error).__name__)
