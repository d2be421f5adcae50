"""Fetches a file from an address that somebody else chose. Must never reach what is not open to everyone.

Each hop is resolved once, every address of it is checked, and the connection goes to exactly a checked
address, with the host's own name in TLS and in Host: a name that changes its address meanwhile gains
nothing.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

from core.errors import PermanentFailure, TemporaryFailure

MOST_BYTES = 10 * 1024 * 1024
MOST_REDIRECTS = 3
SECONDS = 20.0
_PIECE = 64 * 1024
_REDIRECTS = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Where clouds keep their machines' secrets, whatever a city allows.
_NEVER = frozenset(
    map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200"))
)
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Rules:
    """What may be reached beside public https addresses: networks of the city's own, hosts without TLS."""

    inner_networks: tuple[str, ...] = ()
    http_hosts: tuple[str, ...] = ()


def resolve_name(host: str, port: int) -> Sequence[str]:
    """Every address of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True)
class SafeFetcher:
    """Fetches photos. ``resolve`` is the machine's own; ``tls`` may know a city's own authority."""

    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    resolve: Resolve = resolve_name
    most_bytes: int = MOST_BYTES
    seconds: float = SECONDS

    def fetch(self, url: str, *, rules: Rules) -> bytes:
        """The file's bytes.

        Raises PermanentFailure("forbidden" | "plain" | "redirects" | "too_large" | "gone") and
        TemporaryFailure where another try may help.
        """
        deadline = time.monotonic() + self.seconds
        for _ in range(MOST_REDIRECTS + 1):
            parts = _checked(url, rules)
            found = self._hop(parts, rules, deadline)
            if isinstance(found, bytes):
                return found
            url = urljoin(url, found)
        raise PermanentFailure("redirects", "too many redirects")

    def _hop(self, parts: SplitResult, rules: Rules, deadline: float) -> bytes | str:
        """The content, or where it says that it is."""
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._address(host, port, rules, deadline)
        left = deadline - time.monotonic()
        if left <= 0:
            raise TemporaryFailure("the photo took too long")
        connection = _Connection(
            host,
            port,
            address=address,
            timeout=left,
            tls=self.tls if parts.scheme == "https" else None,
        )
        # A peer that sends a byte now and then never times out by itself.
        alarm = threading.Timer(left, connection.break_off)
        alarm.daemon = True
        alarm.start()
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(
                "GET",
                target,
                headers={
                    "Accept": "image/*",
                    "Accept-Encoding": "identity",
                    "User-Agent": "Sotong",
                },
            )
            with connection.getresponse() as answer:
                found = self._read(answer)
            if connection.is_broken_off:
                # What looks like the end of the file is our own doing.
                raise TemporaryFailure("the photo took too long")
            return found
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, ssl.SSLCertVerificationError):
                raise PermanentFailure("certificate", "the certificate does not fit") from error
            raise TemporaryFailure(f"the photo's server: {type(error).__name__}") from error
        finally:
            alarm.cancel()
            connection.close()

    def _read(self, answer: http.client.HTTPResponse) -> bytes | str:
        if answer.status in _REDIRECTS:
            return answer.headers.get("Location", "")
        if answer.status != 200:
            if answer.status >= 500 or answer.status in (408, 429):
                raise TemporaryFailure(f"the photo's server answered {answer.status}")
            raise PermanentFailure("gone", f"the photo's server answered {answer.status}")
        length = answer.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > self.most_bytes:
            raise PermanentFailure("too_large", f"{length} bytes")
        data = bytearray()
        while piece := answer.read(_PIECE):
            data += piece
            if len(data) > self.most_bytes:
                raise PermanentFailure("too_large", f"more than {self.most_bytes} bytes")
        if length.isdigit() and len(data) < int(length):
            raise TemporaryFailure("the photo ended early")
        return bytes(data)

    def _address(self, host: str, port: int, rules: Rules, deadline: float) -> str:
        try:
            addresses = [str(ipaddress.ip_address(host))]
        except ValueError:
            addresses = self._look_up(host, port, deadline)
        if not addresses or not all(may_reach(each, rules) for each in addresses):
            # One bad address among good ones is a trick, so all are refused.
            raise PermanentFailure("forbidden", "an address that may not be reached")
        return addresses[0]

    def _look_up(self, host: str, port: int, deadline: float) -> list[str]:
        """Every address of a name, by the deadline: the system's look-up knows no time limit of its own."""
        found: list[str] = []
        failed: list[OSError] = []

        def look_up() -> None:
            try:
                found.extend(self.resolve(host, port))
            except OSError as error:
                failed.append(error)

        # Left to itself when it hangs; it ends with the resolver's own patience, or with the process.
        looking = threading.Thread(target=look_up, name="look-up", daemon=True)
        looking.start()
        looking.join(max(deadline - time.monotonic(), 0.0))
        if looking.is_alive():
            raise TemporaryFailure("the look-up of the photo's server took too long")
        if failed:
            raise TemporaryFailure("the photo's server has no address now") from failed[0]
        return found


def may_reach(address: str, rules: Rules) -> bool:
    """Whether this address is open to everyone, or in a network that the city has named."""
    ip = _plain(ipaddress.ip_address(address.partition("%")[0]))
    if ip in _NEVER or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    inner = any(ip in ipaddress.ip_network(each) for each in rules.inner_networks)
    return inner or (ip.is_global and not ip.is_reserved)


def _plain(ip: IPAddress) -> IPAddress:
    """The IPv4 address that hides in an IPv6 one."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip.sixtofour is not None:
            return ip.sixtofour
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if ip.teredo is not None:
            return ip.teredo[1]
    return ip


def _checked(url: str, rules: Rules) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise PermanentFailure("forbidden", "not an address") from None
    if not host or parts.username is not None or parts.scheme not in ("http", "https"):
        raise PermanentFailure("forbidden", "not an http address")
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url) or not url.isascii():
        raise PermanentFailure("forbidden", "not an address")
    if parts.scheme == "http" and host not in rules.http_hosts:
        raise PermanentFailure("plain", "without TLS")
    return parts


class _Connection(http.client.HTTPConnection):
    """Goes to one address, whatever its host's name means by then."""

    def __init__(
        self, host: str, port: int, *, address: str, timeout: float, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(host, port, timeout=timeout)
        self.default_port = 443 if tls is not None else 80
        self._address, self._tls = address, tls
        # http.client forgets its socket once an answer without an end of its own has begun.
        self._open: socket.socket | None = None
        self.is_broken_off = False

    def connect(self) -> None:
        """Connect, and with TLS prove that it is the host that was meant."""
        plain = socket.create_connection((self._address, self.port), timeout=self.timeout)
        self.sock = self._open = plain
        if self._tls is not None:
            try:
                self.sock = self._open = self._tls.wrap_socket(plain, server_hostname=self.host)
            except BaseException:
                plain.close()
                raise

    def break_off(self) -> None:
        """End what is under way, from another thread."""
        self.is_broken_off = True
        sock = self._open
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return
