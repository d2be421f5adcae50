"""An S3-compatible service of others (moto, from telemelya's environment) on loopback. It must not know our store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.peers.processes import BUILT, Processes, answers_http
from tests.ports import free_port

BUCKET = "sotong-files"


@contextmanager
def running_s3() -> Iterator[str]:
    """Its address; one empty bucket is there."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = str(BUILT / "telemelya" / "bin" / "moto_server")
    with Processes() as processes:
        processes.wait(
            processes.start(
                "s3",
                [server, "-H", "127.0.0.1", "-p", str(port)],
                ready=lambda: answers_http(f"{url}/moto-api/"),
            )
        )
        httpx.put(f"{url}/{BUCKET}", trust_env=False).raise_for_status()
        yield url
