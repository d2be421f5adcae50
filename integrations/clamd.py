"""Asks ClamAV's daemon about one file at a time (clamd(8), INSTREAM). Must not decide what follows.

A client of our own: the protocol is three lines, and the one on PyPI has not changed since 2014.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable

from core.errors import TemporaryFailure

CONNECT_SECONDS = 5.0
# A large video takes the daemon some seconds.
ANSWER_SECONDS = 60.0
_MOST_ANSWER = 4096


class Clamd:
    """One daemon, at ``host:port`` or at the path of its socket. Each file has a connection of its own."""

    def __init__(self, address: str, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._address, self._seconds = address, answer_seconds

    def scan(self, pieces: Iterable[bytes]) -> str | None:
        """The name of what was found, or None for a clean file. Raises TemporaryFailure: no verdict."""
        answer = self._ask(b"zINSTREAM\0", pieces)
        if answer == "stream: OK":
            return None
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            return answer.removeprefix("stream: ").removesuffix(" FOUND").strip()[:80] or "unnamed"
        # "INSTREAM size limit exceeded", "ERROR", or nothing at all: no verdict is not a clean one.
        raise TemporaryFailure(f"the virus scanner gave no verdict: {_plain(answer)}")

    def version(self) -> str:
        """What it says of itself and of its signatures. Raises TemporaryFailure."""
        return _plain(self._ask(b"zVERSION\0", ()))

    def _ask(self, command: bytes, pieces: Iterable[bytes]) -> str:
        try:
            with self._connect() as connection:
                connection.sendall(command)
                try:
                    if command.startswith(b"zINSTREAM"):
                        for piece in pieces:
                            if piece:
                                connection.sendall(struct.pack(">I", len(piece)) + piece)
                        connection.sendall(struct.pack(">I", 0))
                except (BrokenPipeError, ConnectionResetError):
                    # It says why it stopped listening, such as a file above its limit.
                    pass
                connection.settimeout(self._seconds)
                answer = b""
                while not answer.endswith(b"\0") and len(answer) < _MOST_ANSWER:
                    more = connection.recv(1024)
                    if not more:
                        break
                    answer += more
        except OSError as error:
            raise TemporaryFailure(
                f"the virus scanner does not answer: {type(error).__name__}"
            ) from None
        return answer.rstrip(b"\0\n").decode("utf-8", "replace").strip()

    def _connect(self) -> socket.socket:
        if self._address.startswith("/"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(CONNECT_SECONDS)
            try:
                connection.connect(self._address)
            except BaseException:
                connection.close()
                raise
            return connection
        host, _, port = self._address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS)


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:120]
