"""Free loopback ports for servers that start a moment later; nothing else can take them by chance."""

from __future__ import annotations

import random
import socket

# Below the range from which the system takes ports for outgoing connections (Linux: from 32768):
# a port from there may be given to any connection between our look and the server's start.
LOWEST, HIGHEST = 20_000, 32_000


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    numbers = random.SystemRandom().sample(range(LOWEST, HIGHEST), 200)
    for number in numbers:
        with socket.socket() as probe:
            # As servers bind: a port that only waits out its last connection is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                continue
            return number
    raise AssertionError("no free port found")
