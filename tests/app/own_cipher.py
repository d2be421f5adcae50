"""A small cipher of a city's own, as SOTONG_VAULT_CIPHER may name one. For tests only."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


class OwnCipher:
    """Fernet under the given key, with the context inside what is sealed."""

    def __init__(self, key: bytes) -> None:
        import base64

        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._mac = hmac.new(key, b"own", hashlib.sha256).digest()
        self.key_id = f"own-{self._mac.hex()[:6]}"

    def encrypt(self, plain: bytes, context: bytes) -> bytes:
        return self._fernet.encrypt(hashlib.sha256(context).digest() + plain)

    def decrypt(self, sealed: bytes, context: bytes) -> bytes:
        try:
            opened = self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise ValueError("not sealed with this key") from error
        if opened[:32] != hashlib.sha256(context).digest():
            raise ValueError("sealed for another place")
        return opened[32:]

    def fingerprint(self, value: bytes) -> str:
        return hmac.new(self._mac, value, hashlib.sha256).hexdigest()


def make_half(_key: bytes) -> object:
    """What is no cipher."""
    return object()
