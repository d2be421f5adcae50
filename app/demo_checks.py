"""What must be true before anything starts: one demo at a time, free ports, disk. Starts nothing."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from app.settings_parts import variable

NEEDED_BYTES = 1_000_000_000


class DemoError(Exception):
    """The demo cannot start or go on; the message is one sentence that names the fix."""


@dataclass(frozen=True)
class Port:
    """One address that the demo needs; `field` is the setting that changes the port."""

    title: str
    host: str
    number: int
    field: str


def ports_of(settings: Settings) -> tuple[Port, ...]:
    """Every port that the demo listens on."""
    return (
        Port("Rasa", "127.0.0.1", settings.rasa_port, "rasa_port"),
        Port("the actions app", "127.0.0.1", settings.actions_port, "actions_port"),
        Port("the public app", settings.public_host, settings.public_port, "public_port"),
        Port("the internal app", settings.internal_host, settings.internal_port, "internal_port"),
    )


@contextlib.contextmanager
def only_demo(settings: Settings) -> Iterator[None]:
    """Hold this folder's demo lock; the kernel frees it however the process ends."""
    try:
        settings.run_dir.mkdir(parents=True, exist_ok=True)
        lock = (settings.run_dir / "demo.lock").open("w")
    except OSError as error:
        raise DemoError(
            f"{settings.run_dir} cannot be written ({error.strerror}): make it writable or set "
            f"{variable('var_dir')} to a folder that is."
        ) from None
    pid_file = settings.run_dir / "demo.pid"
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = pid_file.read_text().strip() if pid_file.exists() else "?"
            raise DemoError(
                f"A demo already runs here (process {pid}): open {settings.public_url} and "
                f"{settings.internal_url}, or stop it with Ctrl-C in its terminal "
                f"(or `kill {pid}`) first."
            ) from None
        pid_file.write_text(f"{os.getpid()}\n")
        try:
            yield
        finally:
            pid_file.unlink(missing_ok=True)


def check_disk(settings: Settings) -> None:
    """Raise DemoError when less than 1 GB is free where the demo writes."""
    free = shutil.disk_usage(settings.run_dir).free
    if free < NEEDED_BYTES:
        raise DemoError(
            f"Only {free // 1_000_000} MB are free under {settings.var_dir} and 1 GB is needed: "
            f"free some space or set {variable('var_dir')} to a folder on a larger disk."
        )


def check_ports(settings: Settings) -> None:
    """Raise DemoError for a port that is taken, not allowed, or given twice."""
    seen: dict[int, Port] = {}
    for port in ports_of(settings):
        if port.number in seen:
            raise DemoError(
                f"{seen[port.number].title} and {port.title} both have port {port.number}: give "
                f"{variable(port.field)} another number."
            )
        seen[port.number] = port
        problem = port_problem(port)
        if problem:
            raise DemoError(problem)


def port_problem(port: Port) -> str | None:
    """One sentence why this port cannot be used, or None."""
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.host, port.number))
            probe.listen(1)
        except OSError as error:
            return _why(port, error)
    return None


def _why(port: Port, error: OSError) -> str:
    free = f"{variable(port.field)}={free_port_near(port.number)} make demo"
    if error.errno == errno.EADDRINUSE:
        holder = holder_of(port.number)
        who = f"by {holder}" if holder else "by another program"
        return (
            f"Port {port.number}, which {port.title} needs, is in use {who}: stop that program, "
            f"or start with `{free}`."
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {port.number}, which {port.title} needs, is reserved for the administrator: "
            f"start with `{free}`."
        )
    name = variable(port.field.replace("_port", "_host"))
    return (
        f"{port.title} cannot listen on {port.host}:{port.number} ({error.strerror}): correct "
        f"{name} or {variable(port.field)}."
    )


def free_port_near(number: int) -> int:
    """A port that is free now, ten thousand above the given one where possible."""
    start = number + 10_000 if number + 10_050 < 65_536 else 18_000
    for candidate in range(start, start + 50):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return candidate
    return start


def holder_of(number: int) -> str | None:
    """Name and pid of the program that listens on this port, where Linux lets us see it."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for row in Path(table).read_text().splitlines()[1:]:
                fields = row.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == number:
                    inodes.add(f"socket:[{fields[9]}]")
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(_link(file) in inodes for file in (process / "fd").iterdir()):
                name = (process / "comm").read_text().strip()
                return f"{name} (process {process.name})"
    return None


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
