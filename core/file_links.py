"""Signs addresses of stored files and checks them. Must not say who may see a file: the caller does.

A signature binds the file, for whom the address was made (``audience``) and until when. The key comes from
the cookie secret, so changing that ends every address at once.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Literal

Verdict = Literal["good", "over", "bad"]
_SECOND = timedelta(seconds=1)


class FileLinks:
    """Makes and checks the signed part of addresses."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.new(key, b"sotong file link 2", hashlib.sha256).digest()

    def query(
        self,
        file_id: int,
        *,
        audience: str,
        now: datetime,
        lasts: timedelta,
        step: timedelta = _SECOND,
    ) -> str:
        """``until=…&mac=…``, good for ``lasts`` and up to the next full ``step``.

        A page drawn again within a step names the same address, and the browser shows its own copy.
        """
        size = int(step.total_seconds())
        until = -int(-(now + lasts).timestamp() // size) * size
        return f"until={until}&mac={self._mac(file_id, audience, until)}"

    def check(self, file_id: int, *, audience: str, until: str, mac: str, now: datetime) -> Verdict:
        """Whether we made it for this audience, and whether its time is over."""
        if not (until.isascii() and until.isdigit() and len(until) <= 12):
            return "bad"
        expected = self._mac(file_id, audience, int(until)).encode()
        if not hmac.compare_digest(mac.encode("utf-8", "replace"), expected):
            return "bad"
        return "over" if now.timestamp() > int(until) else "good"

    def _mac(self, file_id: int, audience: str, until: int) -> str:
        text = f"{audience}\n{file_id}\n{until}"
        return hmac.new(self._key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
