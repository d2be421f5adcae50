"""The HTTP side of the simulated Telegram: reads requests, writes answers; it decides nothing."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 500: "Error"}


class Upload(bytes):
    """The bytes of a form's part, and the name that its sender gave it."""

    file_name: str = "file"


class Hang(Exception):
    """Close the connection without an answer."""


# Path parts and form fields in, status and body out. A body may come in pieces, slowly.
Answer = Callable[[str, dict[str, Any], dict[str, bytes]], tuple[int, bytes]]
Download = Callable[[str], tuple[int, list[bytes], float]]


class Server(ThreadingHTTPServer):
    """A server whose threads all end when it is closed."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(
        self,
        answer: Answer,
        download: Download,
        complain: Callable[[str], None],
        stopping: threading.Event,
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.download = download
        self.complain = complain  # of what cannot be read as a request at all
        self.stopping = stopping
        self.crashes: list[str] = []
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, name="telegram-sim"
        )

    def start(self) -> None:
        """Answers from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Closes every connection and waits for every thread."""
        self.shutdown()
        self._thread.join()
        with self._guard:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection, so that stop() can wake its thread."""
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """The end of a connection."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no fault; anything else is one of the simulator's."""
        import sys
        import traceback

        error = sys.exc_info()[1]
        if not isinstance(error, OSError | Hang):
            self.crashes.append("".join(traceback.format_exception(error)))


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def do_GET(self) -> None:
        """A method call with its parameters in the query, or a file."""
        url = urlsplit(self.path)
        if url.path.startswith("/file/"):
            self._file(unquote(url.path))
        else:
            self._call()

    def do_POST(self) -> None:
        """A method call."""
        self._call()

    def _call(self) -> None:
        url = urlsplit(self.path)
        params: dict[str, Any] = dict(parse_qsl(url.query, keep_blank_values=True))
        files: dict[str, bytes] = {}
        try:
            body = self._body()
        except (Hang, ValueError):
            self.close_connection = True
            return
        try:
            self._read(body, params, files)
        except UnicodeDecodeError:
            self._refuse("strings must be encoded in UTF-8")
            return
        except (ValueError, TypeError):
            self._refuse("can't parse JSON")
            return
        try:
            status, answer = self.server.answer(unquote(url.path), params, files)
        except Hang:
            self.close_connection = True
            return
        kind = "application/json" if answer.startswith(b"{") else "text/html"
        self._write(status, [answer], kind)

    def _refuse(self, what: str) -> None:
        self.server.complain(f"{urlsplit(self.path).path.rpartition('/')[2]}: {what}")
        error = {"ok": False, "error_code": 400, "description": f"Bad Request: {what}"}
        self._write(400, [json.dumps(error).encode()], "application/json")

    def _read(self, body: bytes, params: dict[str, Any], files: dict[str, bytes]) -> None:
        """Adds what the body holds to `params` and `files`."""
        kind = self.headers.get("Content-Type", "")
        if body and kind.startswith("application/json"):
            params |= json.loads(body)
        elif body and kind.startswith("multipart/form-data"):
            fields, parts = multipart(kind, body)
            params |= fields
            files |= parts
        elif body:
            text = body.decode("utf-8")
            params |= parse_qsl(text, keep_blank_values=True, errors="strict")

    def _file(self, path: str) -> None:
        try:
            status, pieces, pause = self.server.download(path)
        except Hang:
            self.close_connection = True
            return
        self._write(status, pieces, "application/octet-stream", pause)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            out = b""
            while size := int(self.rfile.readline().split(b";")[0] or b"!", 16):
                out += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return out
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        if len(body) < size:
            raise Hang  # whoever wrote it was killed in the middle of a word: no request at all
        return body

    def _write(self, status: int, pieces: list[bytes], kind: str, pause: float = 0) -> None:
        head = (
            f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\nServer: nginx\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {sum(map(len, pieces))}\r\n"
            f"Connection: {'close' if self.close_connection else 'keep-alive'}\r\n\r\n"
        ).encode()
        if not pause:
            self.wfile.write(head + b"".join(pieces))
            return
        self.wfile.write(head)
        for piece in pieces:
            if self.server.stopping.wait(pause):
                self.close_connection = True
                return
            self.wfile.write(piece)


def multipart(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """Fields and files of a form. Parts with a file name or a type of their own are files."""
    boundary = content_type.partition("boundary=")[2].partition(";")[0].strip().strip('"')
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in (b"\r\n" + body).split(f"\r\n--{boundary}".encode())[1:]:
        head, found, data = part.partition(b"\r\n\r\n")
        if not found:
            continue  # the end mark
        lines = head.decode("utf-8").split("\r\n")
        wanted = [line for line in lines if line.lower().startswith("content-disposition:")]
        options = {
            key.strip(): value.strip('"')
            for key, _, value in (item.strip().partition("=") for item in wanted[0].split(";")[1:])
        }
        if "filename" in options:
            upload = Upload(data)
            upload.file_name = options["filename"]
            files[options["name"]] = upload
        else:
            fields[options["name"]] = data.decode("utf-8")
    return fields, files
