"""Runs the real supervisor over small programs; started by test_demo.py as a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from app.demo import run_demo
from app.demo_checks import DemoError
from app.demo_children import Program
from app.demo_programs import answers
from app.settings import Settings

SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *_): pass
print("serving", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
BROKEN = "print('cannot read the colour of the sky'); raise SystemExit(7)"


def make_programs(settings: Settings) -> list[Program]:
    def program(name: str, port: int, code: str) -> Program:
        return Program(
            name=name,
            title=f"the {name}",
            command=[sys.executable, "-c", code, str(port)],
            environment=dict(os.environ),
            folder=Path.cwd(),
            log=settings.log_dir / f"{name}.log",
            ready=lambda: answers(f"http://127.0.0.1:{port}/healthz"),
            patience=30.0,
        )

    made = [
        program("first", settings.rasa_port, SERVER),
        program("second", settings.public_port, SERVER),
    ]
    if "--broken" in sys.argv:
        made.append(program("third", settings.internal_port, BROKEN))
    return made


def no_training(
    settings: Settings, *, tick: Callable[[float], None], stopping: Callable[[], bool]
) -> None:
    """The model is no part of these tests."""


if __name__ == "__main__":
    try:
        code = run_demo(
            Settings.load(),
            ready_file=Path(sys.argv[1]),
            make_programs=make_programs,
            train=no_training,
        )
    except DemoError as error:
        print(error)
        code = 2
    sys.exit(code)
