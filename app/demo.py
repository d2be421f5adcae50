"""The demo's supervisor: prepares, starts every process, keeps them up, stops all. Serves nothing."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from app.demo_checks import DemoError, check_disk, check_ports, only_demo
from app.demo_children import Child, Program, rotate, stop_all, tail
from app.demo_prepare import FirstOfficer, prepare_city, prepare_database, train_if_changed
from app.demo_programs import programs
from app.demo_screen import Screen
from app.demo_telegram import ask_for_bot
from app.settings import Settings

LOOK_EVERY = 0.25
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Train(Protocol):
    """Brings the model up to date; see `app.demo_prepare.train_if_changed`."""

    def __call__(
        self,
        settings: Settings,
        *,
        tick: Callable[[float], None],
        stopping: Callable[[], bool],
    ) -> None:
        """Train when the sources changed."""


def run_demo(
    settings: Settings,
    *,
    exit_when_ready: bool = False,
    ready_file: Path | None = None,
    make_programs: Callable[[Settings], Sequence[Program]] = programs,
    train: Train = train_if_changed,
) -> int:
    """Run until Ctrl-C, SIGTERM or the terminal's end; returns 0.

    Raises DemoError or CityError, one sentence each, when it cannot start or go on; nothing is
    left running then either.
    """
    demo = Demo(
        settings,
        exit_when_ready=exit_when_ready,
        ready_file=ready_file,
        make_programs=make_programs,
        train=train,
    )
    before = {number: signal.signal(number, demo.on_signal) for number in STOP_SIGNALS}
    try:
        return demo.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Demo:
    """One run of the demo."""

    def __init__(
        self,
        settings: Settings,
        *,
        exit_when_ready: bool,
        ready_file: Path | None,
        make_programs: Callable[[Settings], Sequence[Program]],
        train: Train,
    ) -> None:
        self._settings = settings
        self._make_programs = make_programs
        self._train = train
        self._exit_when_ready = exit_when_ready
        self._ready_file = ready_file
        self._screen = Screen()
        self._stop = threading.Event()
        self._hurry = False
        self._children: list[Child] = []
        self._announced = False
        self._began = time.monotonic()

    def on_signal(self, _number: int, _frame: object) -> None:
        """The first signal asks for a stop, a second one does not wait any longer."""
        self._hurry = self._stop.is_set()
        self._stop.set()

    def run(self) -> int:
        """Prepare, start, watch; whatever happens, nothing is left running."""
        settings, screen = self._settings, self._screen
        with only_demo(settings):
            try:
                screen.heading("Sotong demo")
                check_ports(settings)
                check_disk(settings)
                first = self._prepare()
                if not self._stop.is_set():
                    self._watch(first)
                return 0
            finally:
                if self._children:
                    screen.line("Stopping …")
                    stop_all(self._children, hurry=lambda: self._hurry)
                    screen.line("Everything is stopped.")
                settings.heartbeat_file.unlink(missing_ok=True)
                if self._ready_file is not None:
                    self._ready_file.unlink(missing_ok=True)

    def _prepare(self) -> FirstOfficer | None:
        settings, screen = self._settings, self._screen
        prepare_city(settings)
        screen.done(f"city files are sound ({settings.city_dir})")
        with screen.working("comparing the Rasa model with its sources"):
            self._train(
                settings,
                tick=lambda seconds: screen.update(
                    f"Rasa model: comparing, training if its sources changed … {seconds:.0f} s"
                ),
                stopping=self._stop.is_set,
            )
        if self._stop.is_set():
            return None
        screen.done("Rasa model is current")
        self._children = [Child(program) for program in self._make_programs(settings)]
        # Rasa needs half a minute and no database: it starts while the schema is brought up to date.
        self._start(self._children[:1])
        first = prepare_database(settings)
        screen.done("database is migrated")
        if first is not None:
            self._show_password(first)
        self._start(self._children[1:])
        return first

    def _start(self, children: Sequence[Child]) -> None:
        for child in children:
            rotate(child.program.log)
            child.start()

    def _watch(self, first: FirstOfficer | None) -> None:
        telegram = ask_for_bot(self._settings)
        with self._screen.working("waiting until everything answers"):
            self._look()
            while not self._stop.is_set() and not all(child.ready for child in self._children):
                self._screen.update(self._waiting_for())
                self._stop.wait(LOOK_EVERY)
                self._look()
        if self._stop.is_set():
            return
        self._announce(first, telegram=telegram())
        if self._exit_when_ready:
            return
        while not self._stop.wait(LOOK_EVERY):
            self._look()

    def _waiting_for(self) -> str:
        return "waiting for " + ", ".join(
            f"{child.program.title} ({child.seconds:.0f} s)"
            for child in self._children
            if not child.ready
        )

    def _look(self) -> None:
        """One look at each child: dead ones are planned again, due ones started, ready ones told."""
        for child in self._children:
            program = child.program
            if child.retry_at is not None:
                if child.now() >= child.retry_at:
                    child.start()
            elif child.exit_code is not None:
                self._died(child)
            elif not child.ready and program.ready():
                child.mark_ready()
                self._screen.done(f"{program.title} answers ({child.seconds:.1f} s)")
            elif child.overdue:
                raise DemoError(
                    f"{program.title} did not answer within {program.patience:.0f} s; the end of "
                    f"{program.log} says why:\n{tail(program.log)}"
                )

    def _died(self, child: Child) -> None:
        program, code = child.program, child.exit_code
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        delay = child.plan_restart()
        if delay is None:
            raise DemoError(
                f"{program.title} ended again ({how}) after {child.restarts} restarts, so everything is "
                f"stopped; correct what the end of {program.log} says:\n{tail(program.log)}"
            )
        self._screen.trouble(
            f"{program.title} ended ({how}); starting it again in {delay:.0f} s "
            f"(restart {child.restarts}; log: {program.log})"
        )

    def _announce(self, first: FirstOfficer | None, *, telegram: str) -> None:
        settings, screen = self._settings, self._screen
        screen.line()
        screen.heading(f"Ready after {time.monotonic() - self._began:.0f} s")
        screen.pairs(
            [
                ("Citizens: web chat", f"{settings.public_url}/"),
                ("Citizens: Telegram", telegram),
                ("Officers: sign in", f"{settings.internal_url}/"),
                ("API docs", f"{settings.public_url}/docs"),
                ("Logs", str(settings.log_dir)),
            ]
        )
        if first is not None:
            self._show_password(first)
        screen.line("  Ctrl-C stops everything.")
        if self._ready_file is not None:
            data = {"public_url": settings.public_url, "internal_url": settings.internal_url}
            self._ready_file.write_text(json.dumps(data), encoding="utf-8")

    def _show_password(self, first: FirstOfficer) -> None:
        screen = self._screen
        screen.heading("First officer (shown only now; kept only as a hash)")
        screen.pairs([("login", first.login), ("password", first.password)])
        screen.line(f"  Forgotten? `sotong officer reset-password {first.login}` sets a new one.")
