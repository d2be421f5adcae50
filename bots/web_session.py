"""The citizen's cookie and the same-origin rule. Must not store the cookie: only its hash leaves.

The cookie holds a random 128-bit id and a MAC over it. The id is the only key to a conversation, so
the database knows its SHA-256 alone: who reads the database cannot step into anybody's chat.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

COOKIE_NAME = "sotong_web"
COOKIE_SECONDS = 365 * 24 * 3600
ID_BYTES = 16
# A request header that another site cannot add without our consent (it would need CORS).
SCRIPT_HEADER = "x-sotong"


@dataclass(frozen=True)
class WebSession:
    """Who a request comes from. ``address`` is the SHA-256 of the cookie's id, in hex."""

    cookie: str
    address: str


class Cookies:
    """Makes, checks and sets the citizen's cookie."""

    def __init__(self, secret: bytes, *, always_secure: bool) -> None:
        # A key of its own: the same secret signs officers' cookies elsewhere.
        self._key = hmac.new(secret, b"sotong web cookie", hashlib.sha256).digest()
        self._always_secure = always_secure

    def make(self) -> WebSession:
        """A session that nobody had before."""
        identity = secrets.token_bytes(ID_BYTES)
        return WebSession(f"{_text(identity)}.{_text(self._mac(identity))}", _address(identity))

    def read(self, request: Request) -> WebSession | None:
        """The session of this request, or None when the cookie is missing or not ours."""
        cookie = request.cookies.get(COOKIE_NAME, "")
        identity_text, _, mac_text = cookie.partition(".")
        try:
            identity, mac = _bytes(identity_text), _bytes(mac_text)
        except (binascii.Error, ValueError):
            return None
        if len(identity) != ID_BYTES or not hmac.compare_digest(mac, self._mac(identity)):
            return None
        return WebSession(cookie, _address(identity))

    def set(self, response: Response, session: WebSession, request: Request) -> None:
        """Give the browser its cookie for another year."""
        response.set_cookie(
            COOKIE_NAME,
            session.cookie,
            max_age=COOKIE_SECONDS,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self._always_secure or request.url.scheme == "https",
        )

    def forget(self, response: Response) -> None:
        """Take the cookie away from this browser."""
        response.delete_cookie(COOKIE_NAME, path="/", httponly=True, samesite="lax")

    def _mac(self, identity: bytes) -> bytes:
        return hmac.new(self._key, identity, hashlib.sha256).digest()


def comes_from_our_page(request: Request, *, without_proof: bool = False) -> bool:
    """Whether a changing request was made by our own page (defence against forged requests).

    The first sign that the browser gives decides: Sec-Fetch-Site, then Origin, then our script's
    header, then Referer. ``without_proof`` answers for browsers that give none (old phones).
    """
    headers = request.headers
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is not None:
        return _is_own(origin, headers)
    if SCRIPT_HEADER in headers:
        return True
    referer = headers.get("referer")
    if referer is not None:
        return _is_own(referer, headers)
    return without_proof


def _is_own(url: str, headers: Headers) -> bool:
    # Only the host is compared: behind a proxy that ends TLS the scheme we see is not the browser's.
    try:
        return urlsplit(url).netloc.lower() == headers.get("host", "").lower() != ""
    except ValueError:
        return False


def _address(identity: bytes) -> str:
    return hashlib.sha256(identity).hexdigest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    if len(text) > 64:
        raise ValueError("too long for a cookie of ours")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
