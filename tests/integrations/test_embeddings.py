"""The embeddings endpoint: one fixed address, time limits, every kind of bad answer has its error."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.knowledge_encoder import make_encoder
from app.settings import Settings, SettingsError
from core.errors import PermanentFailure, RateLimited, TemporaryFailure
from integrations.embeddings import EmbeddingsEndpoint, checked_address
from integrations.sentence_encoder import SentenceEncoder

Answer = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]


class Peer:
    """An endpoint on loopback; ``answer`` is what it says next, ``seen`` what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = good
        self.seen: list[tuple[str, str | None, dict[str, Any]]] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                peer.seen.append((self.path, self.headers.get("Authorization"), body))
                status, headers, data = peer.answer(body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                # Who asked may have gone by now.
                with suppress(OSError):
                    self.end_headers()
                    self.wfile.write(data)

            def log_message(self, *_arguments: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/v1"


def good(body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    # The order of the rows is theirs; `index` says which is which.
    rows = [
        {"index": at, "embedding": [float(at), 1.0]} for at in reversed(range(len(body["input"])))
    ]
    return 200, {}, json.dumps({"data": rows}).encode()


def says(status: int, data: bytes = b"{}", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _body: (status, named, data)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def endpoint(peer: Peer) -> Iterator[EmbeddingsEndpoint]:
    made = EmbeddingsEndpoint(peer.address, model="small", key="secret", seconds=60)
    yield made
    made.close()


def test_vectors_come_in_the_order_of_the_texts(peer: Peer, endpoint: EmbeddingsEndpoint):
    assert endpoint.encode(["가", "나"]) == [[0.0, 1.0], [1.0, 1.0]]
    assert peer.seen == [
        (
            "/v1/embeddings",
            "Bearer secret",
            {"model": "small", "input": ["가", "나"], "encoding_format": "float"},
        )
    ]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says(401), PermanentFailure),
        (says(400), PermanentFailure),
        (says(500), TemporaryFailure),
        (says(429, retry_after="7"), RateLimited),
        (says(200, b"<html>"), TemporaryFailure),
        (says(200, b'{"data": []}'), TemporaryFailure),
        (says(200, b'{"data": [{"index": 0, "embedding": ["x"]}]}'), TemporaryFailure),
        (says(200, b'{"data": [{"index": 0, "embedding": []}]}'), TemporaryFailure),
    ],
)
def test_a_bad_answer_is_one_of_our_errors(
    peer: Peer, endpoint: EmbeddingsEndpoint, answer: Answer, error: type[Exception]
):
    peer.answer = answer
    with pytest.raises(error) as raised:
        endpoint.encode(["질문"])
    assert "질문" not in str(raised.value)
    if isinstance(raised.value, RateLimited):
        assert raised.value.retry_after == 7


def test_a_redirect_is_not_followed(peer: Peer, endpoint: EmbeddingsEndpoint):
    peer.answer = says(307, location="http://169.254.169.254/latest")
    with pytest.raises(PermanentFailure):
        endpoint.encode(["질문"])
    assert len(peer.seen) == 1


def test_a_slow_endpoint_is_given_up(peer: Peer):
    endpoint = EmbeddingsEndpoint(peer.address, model="small", seconds=0.05)
    release = threading.Event()

    def slow(body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        release.wait(30)
        return good(body)

    peer.answer = slow
    with pytest.raises(TemporaryFailure):
        endpoint.encode(["질문"])
    release.set()
    endpoint.close()


def test_nobody_there_is_a_temporary_failure():
    endpoint = EmbeddingsEndpoint("http://127.0.0.1:1/v1", model="small")
    with pytest.raises(TemporaryFailure):
        endpoint.encode(["질문"])
    endpoint.close()


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/v1",
        "https://user:word@example.com",
        "ftp://example.com",
        "https://169.254.169.254/v1",
        "https://example.com/v1?x=1",
        "https://",
    ],
)
def test_an_address_that_may_not_be_used_is_refused(address: str):
    with pytest.raises(ValueError, match="expected"):
        checked_address(address)


def test_the_settings_make_the_encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Any):
    monkeypatch.setenv("SOTONG_ENVIRONMENT", "test")
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    assert make_encoder(Settings.load()) is None
    monkeypatch.setenv("SOTONG_KNOWLEDGE_ENCODER", "endpoint")
    with pytest.raises(SettingsError, match="SOTONG_KNOWLEDGE_ENCODER_URL"):
        Settings.load()
    monkeypatch.setenv("SOTONG_KNOWLEDGE_ENCODER_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("SOTONG_KNOWLEDGE_ENCODER_MODEL", "small")
    made = make_encoder(Settings.load())
    assert isinstance(made, EmbeddingsEndpoint)
    made.close()
    monkeypatch.setenv("SOTONG_KNOWLEDGE_ENCODER", "folder")
    monkeypatch.setenv("SOTONG_KNOWLEDGE_ENCODER_FOLDER", str(tmp_path / "model"))
    assert isinstance(make_encoder(Settings.load()), SentenceEncoder)


def test_a_model_that_cannot_be_loaded_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Any):
    with pytest.raises(PermanentFailure, match="not installed"):
        SentenceEncoder(tmp_path).encode(["가"])

    class Package:
        @staticmethod
        def SentenceTransformer(folder: str, *, local_files_only: bool) -> Any:
            assert local_files_only
            raise OSError(folder)

    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", Package)
    with pytest.raises(PermanentFailure, match="cannot be loaded"):
        SentenceEncoder(tmp_path).encode(["가"])
