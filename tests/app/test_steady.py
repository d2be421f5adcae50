"""A web app has put the garbage of its start aside before it answers."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import asyncio, gc, uvicorn
from app.serve import SteadyServer
from tests.ports import free_port

async def app(scope, receive, send):
    raise AssertionError("nobody asks")

async def frozen():
    config = uvicorn.Config(app, port=free_port(), lifespan="off", log_config=None)
    config.load()
    server = SteadyServer(config)
    server.lifespan = config.lifespan_class(config)
    before = gc.get_freeze_count()
    await server.startup()
    print(gc.get_freeze_count() - before)
    await server.shutdown()

asyncio.run(frozen())
"""


def test_what_the_start_made_is_left_out_of_later_collections() -> None:
    # In a process of its own: what is frozen stays so.
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) > 10_000
