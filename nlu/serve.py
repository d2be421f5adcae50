# ruff: noqa: T201 (a command speaks on its output)
"""Starts Rasa with the current model on loopback: `python -m nlu.serve --var-dir var`.

The same server as `rasa run --credentials credentials.yml --endpoints endpoints.yml`, only faster
to start, quieter, and gone when its parent is gone. Never opens Rasa's own HTTP API.
Exit codes: 0 stopped, 2 something is missing (one sentence says what).
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from nlu.light import without_tensorflow
from nlu.model import ROOT, Project, Unusable, checked_model
from nlu.process import configure_logging, end_with_parent

MISSING = 2
NEEDED_VARIABLES = ("SOTONG_TURN_SECRET", "SOTONG_ACTIONS_SECRET", "SOTONG_ACTIONS_URL")
TRACKER_VARIABLE = "SOTONG_RASA_TRACKER"
LOCKS_VARIABLE = "SOTONG_RASA_LOCKS"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until it is stopped; returns the exit code."""
    options = _parse(arguments)
    _read_secret_files()
    project = Project(root=ROOT, var_dir=options.var_dir.resolve())
    try:
        model = options.model.resolve() if options.model else checked_model(project)
        _check(model=model, host=options.host, port=options.port)
    except Unusable as error:
        print(f"nlu.serve: {error}", file=sys.stderr)
        return MISSING
    if not options.detached:
        end_with_parent(options.parent_pid)
    os.environ.setdefault(TRACKER_VARIABLE, str(project.var_dir / "rasa" / "tracker.db"))
    os.environ.setdefault(LOCKS_VARIABLE, "memory")
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    serve(model, host=options.host, port=options.port)
    return 0


def serve(model: Path, *, host: str, port: int) -> None:
    """Serve `model` until SIGINT or SIGTERM. Health: GET /webhooks/turns/health."""
    without_tensorflow()
    configure_logging()

    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints

    from nlu.answer_schema import check_quickly

    check_quickly()
    serve_application(
        model_path=str(model),
        interface=host,
        port=port,
        credentials=str(ROOT / "credentials.yml"),
        endpoints=AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml")),
        enable_api=False,
        cors=None,
    )


def _read_secret_files() -> None:
    """Take each variable that is not set from a file of its name, as containers and systemd give secrets."""
    folder = os.environ.get("SOTONG_SECRETS_DIR") or os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return
    for name in (*NEEDED_VARIABLES, TRACKER_VARIABLE, LOCKS_VARIABLE):
        file = Path(folder) / name.lower()
        if not os.environ.get(name) and file.is_file():
            os.environ[name] = file.read_text(encoding="utf-8").strip()


def _check(*, model: Path, host: str, port: int) -> None:
    if not model.is_file():
        raise Unusable(f"the model {model} does not exist: run `python -m nlu.train` first.")
    missing = [name for name in NEEDED_VARIABLES if not os.environ.get(name)]
    if missing:
        raise Unusable(f"set the environment variable {missing[0]}; see nlu/README.md.")
    with socket.socket() as probe:
        # As Sanic binds: a port that only waits out its last connection is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unusable(
                f"port {port} on {host} cannot be used ({error.strerror}): "
                "stop what uses it or give another --port."
            ) from None


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nlu.serve", description="Run Rasa with our channel.")
    parser.add_argument("--var-dir", type=Path, default=ROOT / "var", help="default: var")
    parser.add_argument("--host", default="127.0.0.1", help="Rasa must never be public")
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--model", type=Path, help="a model archive instead of the current one")
    parser.add_argument(
        "--parent-pid", type=int, help="stop when this process is no longer our parent"
    )
    parser.add_argument(
        "--detached", action="store_true", help="keep running when the parent process ends"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
