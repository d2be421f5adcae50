"""Programs a stand-in consists of: started on loopback, their files in one temporary folder, all ended together.

It must not know what a program does. Nothing of the caller's environment reaches a program.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from app.demo_children import Child, Program, stop_all, tail
from tests.stack import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
BUILT = ROOT / ".tools" / "peers"
PATIENCE = 30.0


class Processes:
    """Use as a context manager; at its end no process and no file is left, whatever happened."""

    def __enter__(self) -> Self:
        self._children: list[Child] = []
        self._folder = tempfile.TemporaryDirectory(prefix="sotong-peer-")
        self.folder = Path(self._folder.name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        stop_all(reversed(self._children))
        self._folder.cleanup()

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> Child:
        """Start a program (full path first) without waiting for it."""
        clean = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            **(environment or {}),
        }
        child = Child(
            Program(
                name=name,
                title=name,
                command=list(command),
                environment=clean,
                folder=self.folder,  # a ".env" of the caller's folder must not be found
                log=self.folder / f"{name}.log",
                ready=ready,
                patience=PATIENCE,
            )
        )
        self._children.append(child)
        child.start()
        return child

    def wait(self, child: Child) -> None:
        """Until it answers; its own words where it ended instead."""
        log = child.program.log

        def answers() -> bool:
            code = child.exit_code
            assert code is None, f"{child.program.name} ended with {code}:\n{tail(log, lines=40)}"
            return child.program.ready()

        try:
            wait_until(answers, seconds=PATIENCE, what=f"{child.program.name} answering")
        except AssertionError as error:
            error.add_note(tail(log, lines=40))
            raise


def answers_http(url: str, headers: Mapping[str, str] | None = None) -> bool:
    """Whether something there answers with success."""
    try:
        response = httpx.get(url, headers=dict(headers or {}), timeout=2.0, trust_env=False)
    except httpx.TransportError:
        return False
    return response.is_success
