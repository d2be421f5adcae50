"""The real Caddy with our files before a server that tells what reached it."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import trustme

from app.settings import project_root
from tests.ports import free_port
from tests.stack import wait_until

pytestmark = pytest.mark.require("caddy")
DEPLOY = project_root() / "deploy"


class Upstream(BaseHTTPRequestHandler):
    """Says what it was asked; `/stream` sends a line, waits for leave, and sends another."""

    protocol_version = "HTTP/1.1"
    go_on = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/stream":
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(b"data: first\n\n")
            self.wfile.flush()
            self.go_on.wait(10)
            self.wfile.write(b"data: second\n\n")
            self.close_connection = True
            return
        self.answer(200, {"path": self.path, "headers": dict(self.headers)})

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self.rfile.read(length)
        self.send_response(503)
        self.send_header("retry-after", "7")
        self.send_header("content-length", "0")
        self.end_headers()

    def answer(self, status: int, body: object) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(payload)))
        self.send_header("server", "secret-server/1.0")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Proxy:
    client: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def running(folder: Path, file: str, **variables: str) -> Iterator[Proxy]:
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost")
    chain, key = folder / "site.pem", folder / "site.key"
    chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    key.write_bytes(leaf.private_key_pem.bytes())
    port = free_port()
    source = (DEPLOY / file).read_text().replace("http_port 8080", f"http_port {free_port()}")
    config = folder / "Caddyfile"
    config.write_text(source)
    environment = {
        **os.environ,
        **variables,
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "SOTONG_HTTPS_PORT": str(port),
        "SOTONG_TLS": f"{chain} {key}",
    }
    command = ["caddy", "run", "--config", str(config), "--adapter", "caddyfile"]
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    def listens() -> bool:
        assert process.poll() is None, (folder / "caddy.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(listens, what="the proxy")
        with httpx.Client(
            base_url=f"https://localhost:{port}", verify=trust, timeout=10, trust_env=False
        ) as client:
            yield Proxy(client)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory, upstream: str) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    yield from running(
        folder, "Caddyfile", SOTONG_PUBLIC_NAME="localhost", SOTONG_UPSTREAM=upstream
    )


def test_citizens_pages_come_over_tls_with_strict_transport(proxy: Proxy):
    answer = proxy.get("/")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert "server" not in answer.headers
    # Outside it has another port than it knows of: none may be announced.
    assert "alt-svc" not in answer.headers


def test_a_visitor_cannot_choose_the_address_that_the_app_sees(proxy: Proxy):
    headers = proxy.get("/", **{"X-Forwarded-For": "10.1.2.3"}).json()["headers"]
    assert headers["X-Forwarded-For"] in ("127.0.0.1", "::1")
    assert headers["X-Forwarded-Proto"] == "https"


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_what_is_for_the_citys_monitoring_is_not_for_the_internet(proxy: Proxy, path: str):
    assert proxy.get(path).status_code == 404


def test_live_replies_pass_line_by_line(proxy: Proxy):
    Upstream.go_on.clear()
    with proxy.client.stream("GET", "/stream") as answer:
        lines = answer.iter_lines()
        began = time.monotonic()
        assert next(lines) == "data: first"
        assert time.monotonic() - began < 5
        Upstream.go_on.set()
        assert "data: second" in list(lines)


def test_the_status_and_the_delay_that_a_messenger_must_see_arrive_unchanged(proxy: Proxy):
    answer = proxy.client.post("/telegram/webhook", content=b"{}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


def test_a_body_that_is_too_large_never_reaches_the_app(proxy: Proxy):
    assert proxy.client.post("/api/photos", content=b"x" * 27_000_000).status_code == 413


def test_the_officers_gate_opens_for_the_citys_network_only(tmp_path: Path, upstream: str):
    def gate(networks: str) -> Iterator[Proxy]:
        folder = tmp_path / networks.replace("/", "_")
        folder.mkdir()
        return running(
            folder,
            "Caddyfile.inner",
            SOTONG_INTERNAL_NAME="localhost",
            SOTONG_UPSTREAM=upstream,
            SOTONG_INNER_NETWORKS=networks,
        )

    for inside in gate("127.0.0.0/8"):
        assert inside.get("/").status_code == 200
    for outside in gate("10.0.0.0/8"):
        with pytest.raises(httpx.HTTPError):
            outside.get("/")
