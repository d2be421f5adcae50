"""What `sotong doctor` asks of the running programs. Must not start or stop one."""

from __future__ import annotations

from collections.abc import Iterator

from app.demo_checks import Port, port_problem, ports_of
from app.demo_programs import answers, heartbeat_age
from app.doctor_findings import Finding
from app.doctor_findings import fail as _fail
from app.doctor_findings import ok as _ok
from app.doctor_findings import warn as _warn
from app.settings import Settings
from dialogue.rasa import HEALTH_PATH


def look_at_processes(settings: Settings) -> Iterator[Finding]:
    """One finding for each program of the service."""
    rasa, actions, public, internal = ports_of(settings)
    first, *others = settings.rasa_urls
    health = {
        rasa: f"{first}{HEALTH_PATH}",
        actions: f"{settings.actions_url}/healthz",
        public: f"{settings.public_url}/healthz",
        internal: f"{settings.internal_url}/healthz",
    }
    alive = {port: answers(url) for port, url in health.items()}
    beat = heartbeat_age(settings)
    something_runs = any(alive.values()) or beat is not None
    # Where the actions app has an address of its own, each app may have a host or a container of its own.
    spread = "//127.0.0.1:" not in settings.actions_url
    for port, url in health.items():
        if spread and not alive[port] and port in (public, internal):
            yield _warn(port.title, "does not run here", "ask `/healthz` where it does")
            continue
        yield _process(port, url, alive=alive[port], something_runs=something_runs)
    for number, url in enumerate(others, start=2):
        if answers(f"{url}{HEALTH_PATH}"):
            yield _ok(f"Rasa {number}", f"answers at {url}")
        else:
            yield _fail(f"Rasa {number}", f"{url} does not answer", "start it; its log names why")
    if beat is not None:
        yield _ok("the worker", f"last beat {beat:.0f} s ago")
    elif something_runs:
        yield _fail(
            "the worker",
            "no beat in the last 20 s: late answers and reminders wait",
            f"start it (`sotong worker`) and read {settings.log_dir / 'worker.log'}",
        )
    else:
        yield _warn("the worker", "not running", "`make demo` starts everything")


def _process(port: Port, url: str, *, alive: bool, something_runs: bool) -> Finding:
    if alive:
        return _ok(port.title, f"answers at {url}")
    problem = port_problem(port)
    if problem:
        return _fail(port.title, problem, "or look at its log if it is only starting")
    if something_runs:
        return _fail(port.title, f"{url} does not answer", "start it; its log names the cause")
    return _warn(port.title, f"not running; port {port.number} is free", "`make demo` starts it")
