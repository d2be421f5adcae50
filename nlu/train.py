# ruff: noqa: T201 (a command speaks on its output)
"""Trains the Rasa model when its sources changed: `python -m nlu.train --var-dir var`.

Writes only below the var folder. Never runs inside the live server.
Exit codes: 0 the model is current, 1 training failed, 2 something is missing, 3 stale (--check).
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from nlu.cities import VARIABLE as CITY_VARIABLE
from nlu.light import without_tensorflow
from nlu.model import (
    ROOT,
    Manifest,
    Project,
    Unusable,
    content_hash,
    current_model,
    promote,
    sha256_of,
)

DONE, FAILED, MISSING, STALE = 0, 1, 2, 3
NEEDED_BYTES = 300 * 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    options = _parse(arguments)
    project = Project(root=options.root.resolve(), var_dir=options.var_dir.resolve())
    try:
        wanted = content_hash(project)
        current = current_model(project)
        is_current = current is not None and current[0].content_hash == wanted
        if options.check:
            print(f"The model is {'current' if is_current else 'stale'} ({wanted}).")
            return DONE if is_current else STALE
        if is_current and not options.force:
            print(f"The model {wanted} is current; nothing to train.")
            return DONE
        train(project)
        return DONE
    except Unusable as error:
        print(f"nlu.train: {error}", file=sys.stderr)
        return MISSING
    except TrainingFailed as error:
        print(f"nlu.train: training failed: {error}", file=sys.stderr)
        return FAILED


class TrainingFailed(Exception):
    """Rasa refused the data; the message is its reason."""


def train(project: Project) -> Path:
    """Train and promote a model; returns its archive.

    Raises:
        Unusable: a file is missing, the disk is full, or another training runs.
        TrainingFailed: Rasa refused the data.
    """
    _prepare_folder(project.models)
    with _only_one(project.models / ".lock"):
        wanted = content_hash(project)
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=".training-", dir=project.models) as folder:
            print(f"[1/3] Loading Rasa to train model {wanted} …", flush=True)
            _prepare_process(Path(folder), project)
            print(f"[2/3] Training ({time.monotonic() - started:.0f} s so far) …", flush=True)
            archive = _train_with_rasa(project, Path(folder))
            if content_hash(project) != wanted:
                raise TrainingFailed("a source file changed during training; start it again.")
            seconds = round(time.monotonic() - started, 1)
            manifest = Manifest(
                content_hash=wanted,
                file=f"{wanted}.tar.gz",
                sha256=sha256_of(archive),
                trained_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
                seconds=seconds,
            )
            model = promote(project, archive, manifest)
        print(f"[3/3] Model {model} is ready after {seconds:.0f} s.", flush=True)
        return model


def _train_with_rasa(project: Project, folder: Path) -> Path:
    # Imported here because Rasa takes seconds to load, which `--check` must not wait for.
    from rasa.model_training import train as rasa_train

    try:
        result = rasa_train(
            domain=str(project.domain),
            config=str(project.config),
            training_files=[str(project.data)],
            output=str(folder),
            force_training=True,
            fixed_model_name="model",
        )
    except Exception as error:
        raise TrainingFailed(rasa_says(error)) from error
    if result.code != 0 or result.model is None:
        raise TrainingFailed("Rasa gave no model; its own message stands above.")
    return Path(result.model)


def rasa_says(error: BaseException) -> str:
    """One line: Rasa reports wrong data by exceptions of every kind, often wrapped in its own."""
    reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return f"{reason} {rasa_says(error.__cause__)}" if error.__cause__ else reason


def _prepare_process(folder: Path, project: Project) -> None:
    # The model's name stands for this city's file, so no other one may be read.
    os.environ.pop(CITY_VARIABLE, None)
    if project.city_file.is_file():
        os.environ[CITY_VARIABLE] = str(project.city_file.resolve())
    # The content hash has decided already; Rasa's own cache could only go stale.
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    os.environ["RASA_CACHE_DIRECTORY"] = str(folder / "cache")
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    without_tensorflow()
    from nlu.process import configure_logging

    configure_logging()


def _prepare_folder(models: Path) -> None:
    try:
        models.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(models).free
    except OSError as error:
        raise Unusable(f"{models} cannot be written: {error.strerror}.") from error
    if free < NEEDED_BYTES:
        raise Unusable(f"{models} has only {free // 2**20} MB left; training needs 300 MB.")


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unusable("another training is running; wait until it has finished.") from None
        yield


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nlu.train", description="Train the Rasa model.")
    parser.add_argument("--var-dir", type=Path, default=ROOT / "var", help="default: var")
    parser.add_argument(
        "--root", type=Path, default=ROOT, help="folder of config.yml, domain.yml and data/"
    )
    parser.add_argument("--force", action="store_true", help="train even when nothing changed")
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
