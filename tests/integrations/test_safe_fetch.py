"""Photos from addresses that others chose: nothing inside is reached, whatever a name or a redirect says."""

from __future__ import annotations

import ssl
import threading
import time

import pytest
import trustme

from core.errors import PermanentFailure, TemporaryFailure
from integrations.safe_fetch import Rules, SafeFetcher, may_reach
from tests.integrations.department_house import Peer, picture, say, serving

INNER = Rules(inner_networks=("127.0.0.0/8",), http_hosts=("127.0.0.1", "files.city.example"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1",
        "169.254.169.254", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_an_address_inside_is_never_reached_by_default(address: str) -> None:
    assert not may_reach(address, Rules())


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_an_address_of_everyone_is_reached(address: str) -> None:
    assert may_reach(address, Rules())


def test_a_named_network_is_reached_but_never_a_clouds_secrets() -> None:
    rules = Rules(inner_networks=("10.0.0.0/8", "169.254.0.0/16", "fd00::/8"))
    assert may_reach("10.1.2.3", rules)
    assert may_reach("fd00::1", rules)
    assert not may_reach("169.254.169.254", rules)
    assert not may_reach("fd00:ec2::254", rules)
    assert not may_reach("192.168.0.1", rules)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1/x", "forbidden"),
        ("https://[::ffff:7f00:1]/x", "forbidden"),
        ("https://2130706433/x", "forbidden"),
        ("http://8.8.8.8/x", "plain"),
        ("file:///etc/passwd", "forbidden"),
        ("gopher://8.8.8.8/", "forbidden"),
        ("https://user@8.8.8.8/", "forbidden"),
        ("https://8.8.8.8:99999/", "forbidden"),
        ("https://8.8.8.8/\r\nHost: x", "forbidden"),
        ("https://", "forbidden"),
        ("", "forbidden"),
    ],
)
def test_an_address_that_may_not_be_is_refused_without_a_connection(url: str, code: str) -> None:
    fetcher = SafeFetcher(resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(PermanentFailure) as refused:
        fetcher.fetch(url, rules=Rules())
    assert refused.value.code == code


def test_a_name_with_one_address_inside_is_refused_whole() -> None:
    fetcher = SafeFetcher(resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(PermanentFailure, match="may not be reached"):
        fetcher.fetch("https://files.city.example/x", rules=Rules())


def test_a_name_that_changes_its_address_gains_nothing() -> None:
    """The second answer is never asked for: the connection goes to the address that was checked."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    with serving(peer := Peer(say(200, picture()))) as url:
        port = url.rpartition(":")[2]
        data = SafeFetcher(resolve=rebinding).fetch(
            f"http://files.city.example:{port}/x", rules=INNER
        )
    assert data == picture()
    assert asked == ["files.city.example"]
    assert peer.seen[0]["host"] == f"files.city.example:{port}"


@pytest.mark.parametrize(
    "target",
    ["https://127.0.0.1/x", "https://169.254.169.254/latest", "https://inside.city.example/"],
)
def test_each_hop_of_a_redirect_is_checked(target: str) -> None:
    rules = Rules(inner_networks=("127.0.0.2/32",), http_hosts=("files.city.example",))
    names = {"files.city.example": ["127.0.0.2"], "inside.city.example": ["10.0.0.1"]}
    peer = Peer(say(302, Location=target))
    peer.server_close()
    import socket

    peer.socket = socket.create_server(("127.0.0.2", 0))
    peer.server_address = peer.socket.getsockname()
    with serving(peer):
        port = peer.server_address[1]
        with pytest.raises(PermanentFailure) as refused:
            SafeFetcher(resolve=lambda host, _: names[host]).fetch(
                f"http://files.city.example:{port}/x", rules=rules
            )
    assert refused.value.code == "forbidden"
    assert len(peer.seen) == 1


def test_tls_is_checked_against_the_name_and_not_the_address() -> None:
    authority = trustme.CA()
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("files.city.example").configure_cert(served)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    peer = Peer(say(200, picture()))
    peer.socket = served.wrap_socket(peer.socket, server_side=True)
    fetcher = SafeFetcher(tls=trusting, resolve=lambda host, port: ["127.0.0.1"])
    with serving(peer):
        port = peer.server_address[1]
        assert fetcher.fetch(f"https://files.city.example:{port}/x", rules=INNER) == picture()
        with pytest.raises(PermanentFailure) as refused:
            fetcher.fetch(f"https://other.city.example:{port}/x", rules=INNER)
    assert refused.value.code == "certificate"


def test_a_peer_that_drips_ends_in_time() -> None:
    def drip(handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(100):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    began = time.monotonic()
    with serving(Peer(drip)) as url, pytest.raises(TemporaryFailure):
        SafeFetcher(seconds=0.3).fetch(f"{url}/x", rules=INNER)
    assert time.monotonic() - began < 3


def test_a_file_that_ends_early_is_not_taken() -> None:
    def short(handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"x" * 10)
        handler.close_connection = True

    with serving(Peer(short)) as url, pytest.raises(TemporaryFailure):
        SafeFetcher().fetch(f"{url}/x", rules=INNER)


def test_a_name_server_that_never_answers_holds_nobody_longer_than_a_photo_may_take() -> None:
    answered = threading.Event()

    def never(host: str, port: int) -> list[str]:
        answered.wait(30)
        return ["8.8.8.8"]

    began = time.monotonic()
    try:
        with pytest.raises(TemporaryFailure, match="look-up"):
            SafeFetcher(resolve=never, seconds=0.2).fetch("https://photos.example/1", rules=Rules())
        assert time.monotonic() - began < 5
    finally:
        answered.set()
