"""What the person at the terminal sees: live on a terminal, plain lines elsewhere. Knows no work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.status import Status


class Screen:
    """Progress lines; a terminal that has gone away is no reason to fail."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._status: Status | None = None

    def line(self, text: str = "") -> None:
        """One plain line."""
        self._print(escape(text))

    def done(self, text: str) -> None:
        """Something is ready."""
        self._print(f"  [green]✓[/] {escape(text)}")

    def trouble(self, text: str) -> None:
        """Something a person should know about."""
        self._print(f"  [yellow]![/] {escape(text)}")

    def heading(self, text: str) -> None:
        """A new part."""
        self._print(f"[bold]{escape(text)}[/]")

    def pairs(self, rows: Sequence[tuple[str, str]]) -> None:
        """Two aligned columns."""
        width = max(len(name) for name, _ in rows)
        for name, value in rows:
            self._print(f"  {escape(name):<{width}}  [cyan]{escape(value)}[/]")

    @contextlib.contextmanager
    def working(self, text: str) -> Iterator[None]:
        """A spinner on a terminal, one line elsewhere, while the block runs."""
        if not self._console.is_terminal:
            self.line(f"  … {text}")
            yield
            return
        with self._console.status(escape(text)) as status:
            self._status = status
            try:
                yield
            finally:
                self._status = None

    def update(self, text: str) -> None:
        """Change the spinner's text; nothing where there is none."""
        if self._status is not None:
            self._status.update(escape(text))

    def _print(self, markup: str) -> None:
        with contextlib.suppress(OSError):
            self._console.print(markup)
