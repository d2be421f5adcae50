"""Signs and checks messages by Standard Webhooks, with several secrets at once. Must not read settings.

A signature covers webhook-id, webhook-timestamp and the raw body. While secrets change, what goes out
carries one signature of each active secret; what comes back may bear any active one.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from standardwebhooks import Webhook

WINDOW = timedelta(minutes=5)
MOST_SIGNATURES = 10
_ID = re.compile(r"[!-~]{1,120}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class DepartmentSecrets:
    """The secrets shared with one department, each ``whsec_…``; never shown.

    ``out`` sign what we send, ``back`` what it sends; ``retired`` are known and no longer taken.
    """

    out: tuple[str, ...] = field(default=(), repr=False)
    back: tuple[str, ...] = field(default=(), repr=False)
    retired: tuple[str, ...] = field(default=(), repr=False)


class Verdict(StrEnum):
    """What the check of a signature found; anything but OK is answered with 401."""

    OK = "ok"
    MISSING = "signature_missing"
    WRONG = "signature_wrong"
    RETIRED = "signature_retired"
    OLD = "timestamp_outside_window"


def sign(body: bytes, *, uid: str, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """The three headers of one message. Raises ValueError without a secret."""
    if not secrets:
        raise ValueError("nothing to sign with")
    text = body.decode()
    return {
        "webhook-id": uid,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(msg_id=uid, timestamp=at.astimezone(UTC), data=text)
            for secret in secrets
        ),
    }


def verify(
    body: bytes, headers: Mapping[str, str], *, secrets: DepartmentSecrets, now: datetime
) -> Verdict:
    """Check who sent it and when; every secret is compared in constant time.

    OLD is said only of what is signed well: a stranger learns nothing of our clock.
    """
    uid = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split(" ")[:MOST_SIGNATURES]
    if not _ID.fullmatch(uid) or not _TIMESTAMP.fullmatch(stamp) or not any(given):
        return Verdict.MISSING
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return Verdict.WRONG
    at = datetime.fromtimestamp(int(stamp), tz=UTC)
    if _fits(text, given, uid=uid, at=at, secrets=secrets.back):
        return Verdict.OK if abs(now - at) <= WINDOW else Verdict.OLD
    retired = _fits(text, given, uid=uid, at=at, secrets=secrets.retired)
    return Verdict.RETIRED if retired else Verdict.WRONG


def _fits(
    text: str, given: Sequence[str], *, uid: str, at: datetime, secrets: Sequence[str]
) -> bool:
    found = False
    for secret in secrets:
        expected = Webhook(secret).sign(msg_id=uid, timestamp=at, data=text).encode()
        for each in given:
            # No early end: the time says nothing about which one fitted.
            found |= hmac.compare_digest(expected, each.encode("utf-8", "replace"))
    return found
