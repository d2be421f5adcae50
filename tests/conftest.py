"""What holds for every test: loopback only, nobody's own settings. It must start nothing unasked."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.postgres import Cluster
    from tests.stack import Stack

pytest_plugins = ["tests.needs"]

# An example may take long where the machine is busy: no test judges speed. Under CI it keeps Hypothesis's own
# profile otherwise (the same examples each time).
settings.register_profile(
    "house", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


class NetworkForbidden(AssertionError):
    """A test tried to leave this machine."""


def _loopback_only(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook sees every connection of the process, whichever library opens it."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in ("", "localhost"):
        return  # a unix socket, a wildcard, or this machine
    try:
        inside = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        raise NetworkForbidden(f"a test asked for the address of {host}") from None
    if not (inside.is_loopback or inside.is_unspecified):
        raise NetworkForbidden(f"a test connected to {host}")


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith("SOTONG_")]:
        if name not in ("SOTONG_REQUIRE_ALL", "SOTONG_NOT_RUN_FILE"):
            del os.environ[name]
    sys.addaudithook(_loopback_only)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole service, once per run for all who ask. A test that stops a process starts it again.

    Here and nowhere else: a fixture that two folders import runs once for each, with a Rasa of its own.
    """
    from tests.stack import running_stack  # not before it is needed: most tests want nothing of it

    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One private PostgreSQL for the whole run; whoever asks needs `require("postgresql")`."""
    from tests.postgres import running_cluster

    with running_cluster() as cluster:
        yield cluster
