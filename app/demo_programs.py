"""The five programs of the demo: how each is started and how each says that it is ready."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx

from app.demo_children import Program
from app.settings import Settings, project_root
from app.settings_parts import ENV_PREFIX

NLU_PYTHON = Path("nlu") / ".venv" / "bin" / "python"
PROBE_SECONDS = 2.0
HEARTBEAT_FRESH_SECONDS = 20.0
RASA_PATIENCE = 300.0
APP_PATIENCE = 120.0


def programs(settings: Settings) -> tuple[Program, ...]:
    """Rasa first, because it is the slow one."""
    root = project_root()
    started_at = time.time()

    def program(
        name: str,
        title: str,
        *,
        command: list[str],
        ready: Callable[[], bool],
        patience: float = APP_PATIENCE,
        environment: dict[str, str] | None = None,
    ) -> Program:
        return Program(
            name=name,
            title=title,
            command=command,
            environment=environment or child_environment(settings),
            folder=root,
            log=settings.log_dir / f"{name}.log",
            ready=ready,
            patience=patience,
        )

    def web(name: str, title: str, *, factory: str, host: str, port: int, url: str) -> Program:
        return program(
            name,
            title,
            command=[
                sys.executable,
                *("-m", "uvicorn", "--factory", factory, "--host", host, "--port", str(port)),
                # The access log would keep addresses and query strings; live replies (SSE) never
                # end by themselves, so a stop must not wait for them.
                *("--no-access-log", "--timeout-graceful-shutdown", "3"),
                *("--log-level", settings.log_level),
                # h11 bounds the size of a request's head (413 beyond it); httptools does not.
                *("--http", "h11", "--h11-max-incomplete-event-size", "32768"),
            ],
            ready=lambda: answers(f"{url}/healthz"),
        )

    rasa = program(
        "rasa",
        "Rasa",
        command=[
            str(root / NLU_PYTHON),
            *("-m", "nlu.serve", "--var-dir", str(settings.var_dir)),
            *("--port", str(settings.rasa_port)),
        ],
        ready=lambda: answers(f"{settings.rasa_url}/webhooks/turns/health"),
        patience=RASA_PATIENCE,
        environment=rasa_environment(settings),
    )
    return (
        rasa,
        web(
            "actions",
            "actions app",
            factory="app.serve:actions",
            host="127.0.0.1",
            port=settings.actions_port,
            url=settings.actions_url,
        ),
        web(
            "public",
            "public app",
            factory="app.serve:public",
            host=settings.public_host,
            port=settings.public_port,
            url=settings.public_url,
        ),
        web(
            "internal",
            "internal app",
            factory="app.serve:internal",
            host=settings.internal_host,
            port=settings.internal_port,
            url=settings.internal_url,
        ),
        program(
            "worker",
            "worker",
            command=[sys.executable, "-m", "app.cli.main", "worker"],
            ready=lambda: heartbeat_age(settings, since=started_at) is not None,
        ),
    )


def child_environment(settings: Settings) -> dict[str, str]:
    """This process's variables with our settings made explicit, for every child alike."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ENV_PREFIX)
        and name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    return {
        **kept,
        **settings.child_environment(),
        "PYTHONUNBUFFERED": "1",
    }


def rasa_environment(settings: Settings) -> dict[str, str]:
    """What Rasa reads beside that: nlu knows three addresses and secrets, and nothing of ours."""
    return {
        **child_environment(settings),
        "SOTONG_ACTIONS_URL": f"{settings.actions_url}/rasa/actions",
        "SOTONG_RASA_TRACKER": str(settings.rasa_tracker),
        "RASA_TELEMETRY_ENABLED": "false",
    }


def answers(url: str) -> bool:
    """Whether a GET of this address gives 200 within two seconds."""
    try:
        # trust_env off: a proxy set for the machine must not be asked about 127.0.0.1.
        with httpx.Client(trust_env=False, timeout=PROBE_SECONDS) as client:
            return client.get(url).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def heartbeat_age(settings: Settings, *, since: float = 0.0) -> float | None:
    """Seconds since the worker's last beat; None without a fresh one (or one before `since`)."""
    try:
        beat = json.loads(settings.heartbeat_file.read_text(encoding="utf-8"))
        at = datetime.fromisoformat(beat["at"]).astimezone(UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    age = (datetime.now(UTC) - at).total_seconds()
    return age if at.timestamp() >= since - 1 and age < HEARTBEAT_FRESH_SECONDS else None
