"""The codes on receipts, with which a case is found again without a cookie. Must not look anything up."""

from __future__ import annotations

import base64
import hashlib
import hmac


class LookupCodes:
    """The codes printed on receipts: derived from a secret, so a repeated receipt shows the same code."""

    # No 0/O, 1/I/L: the code is read aloud and typed by hand.
    ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, *, turn_id: int, number: str) -> str:
        """The code of a case, such as ``K7QM-3XW9``."""
        digest = hmac.new(self._key, f"lookup:{turn_id}:{number}".encode(), hashlib.sha256).digest()
        letters = "".join(self.ALPHABET[byte % len(self.ALPHABET)] for byte in digest[:8])
        return f"{letters[:4]}-{letters[4:]}"

    def hash(self, *, number: str, code: str) -> str:
        """What is kept of a code."""
        plain = "".join(c for c in code.upper() if c.isalnum())
        digest = hmac.new(self._key, f"{number}:{plain}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest).decode()[:52]
