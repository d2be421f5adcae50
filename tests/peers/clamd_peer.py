"""A stand-in of ClamAV's clamd: the protocol of clamd(8), one signature (EICAR's test file), on loopback."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# https://www.eicar.org: 68 bytes that every scanner reports and that do nothing; in two halves, so that
# no scanner takes this very file away.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class ClamdPeer:
    """What it was asked and how it behaves."""

    address: str
    scanned: list[bytes] = field(default_factory=list)
    # Above this many bytes it stops listening, as StreamMaxLength says.
    most: int = 30 * 1024 * 1024
    # Set: it takes a file and hangs up without a word.
    silent: bool = False


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        peer: ClamdPeer = self.server.peer  # type: ignore[attr-defined]
        command = b""
        while not command.endswith(b"\0"):
            byte = self.rfile.read(1)
            if not byte:
                return
            command += byte
        if command == b"zVERSION\0":
            self.wfile.write(b"ClamAV 1.4.3/27700/Wed Nov 25 08:00:00 2026\0")
            return
        if command != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        data = b""
        while True:
            head = self.rfile.read(4)
            if len(head) < 4:
                return
            (size,) = struct.unpack(">I", head)
            if size == 0:
                break
            data += self.rfile.read(size)
            if len(data) > peer.most:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        peer.scanned.append(data)
        if peer.silent:
            return
        found = EICAR in data
        self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0" if found else b"stream: OK\0")


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    peer: ClamdPeer


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    peer: ClamdPeer


@contextmanager
def running_clamd(path: Path | None = None) -> Iterator[ClamdPeer]:
    """A daemon on a free port of 127.0.0.1, or at the path of a socket."""
    server: _Tcp | _Unix = (
        _Tcp(("127.0.0.1", 0), _Handler) if path is None else _Unix(str(path), _Handler)
    )
    where = str(path) if path is not None else f"127.0.0.1:{server.socket.getsockname()[1]}"
    server.peer = ClamdPeer(where)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield server.peer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def closed_port() -> str:
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"
