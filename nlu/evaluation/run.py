"""Trains a pipeline on given examples and lets it read others, in child processes. Scores nothing."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.evaluation.data import Example, Span, as_rasa_json
from nlu.evaluation.scores import Said
from nlu.light import KEEP_VARIABLE
from nlu.model import ROOT, Unusable

HTTP_MESSAGES = 300
START_SECONDS = 300.0


@dataclass(frozen=True)
class Training:
    """How a training went: seconds by the clock and of the processors inside Rasa, peak memory in MB.

    On a machine that others use only the processor's seconds can be compared.
    """

    model: Path
    seconds: float
    processor_seconds: float
    megabytes: int


@dataclass(frozen=True)
class Reading:
    """What a model made of the test messages, and how long each took in the process, in ms."""

    said: tuple[Said, ...]
    p50: float
    p95: float
    load_seconds: float
    megabytes: int


@dataclass(frozen=True)
class Serving:
    """Rasa's own `/model/parse` over loopback, in ms; seconds until it answered; peak memory in MB."""

    p50: float
    p95: float
    start_seconds: float
    megabytes: int


def train(examples: Sequence[Example], *, config: Path, folder: Path, tensorflow: bool) -> Training:
    """Train the pipeline of `config`; its archive lies in `folder`.

    Raises:
        Unusable: Rasa refused the configuration or the data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "nlu.json"
    data.write_text(json.dumps(as_rasa_json(examples), ensure_ascii=False), encoding="utf-8")
    _run("train", config, data, folder, tensorflow=tensorflow)
    result = _result(folder / "result.json")
    if "error" in result:
        raise Unusable(f"training with {config} failed: {result['error']}")
    return Training(
        folder / "model.tar.gz",
        result["seconds"],
        result["processor_seconds"],
        result["megabytes"],
    )


def read(model: Path, texts: Sequence[str], *, folder: Path, tensorflow: bool) -> Reading:
    """Let a trained model parse all `texts` in one process.

    Raises:
        Unusable: the model cannot be loaded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked, out = folder / "texts.json", folder / "said.json"
    asked.write_text(json.dumps(list(texts), ensure_ascii=False), encoding="utf-8")
    _run("parse", model, asked, out, tensorflow=tensorflow)
    result = _result(out)
    times = result["milliseconds"]
    return Reading(
        said=tuple(
            Said(
                ranking=tuple((name, confidence) for name, confidence in row["ranking"]),
                entities=tuple(Span(*found) for found in row["entities"]),
            )
            for row in result["said"]
        ),
        p50=round(statistics.median(times), 2),
        p95=round(_percentile(times, 0.95), 2),
        load_seconds=result["load_seconds"],
        megabytes=result["megabytes"],
    )


def serve(model: Path, texts: Sequence[str], *, folder: Path, tensorflow: bool) -> Serving:
    """Ask Rasa's own HTTP API for up to 300 of `texts`, one after the other.

    Raises:
        Unusable: the server did not start within five minutes, or refused a message.
    """
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with _server(model, folder, tensorflow=tensorflow) as (process, port):
        _await(process, port, folder)
        ready = time.monotonic() - started
        chosen = texts[:: max(1, len(texts) // HTTP_MESSAGES)][:HTTP_MESSAGES]
        for text in chosen[:10]:
            _ask(port, text)
        times = []
        for text in chosen:
            began = time.perf_counter()
            _ask(port, text)
            times.append((time.perf_counter() - began) * 1000)
        return Serving(
            p50=round(statistics.median(times), 2),
            p95=round(_percentile(times, 0.95), 2),
            start_seconds=round(ready, 1),
            megabytes=_peak_of(process.pid),
        )


def _environment(tensorflow: bool) -> dict[str, str]:
    environment = dict(os.environ)
    if tensorflow:
        environment[KEEP_VARIABLE] = "1"
    return environment


def _run(step: str, *arguments: object, tensorflow: bool) -> None:
    command = [sys.executable, "-m", "nlu.evaluation.child", step, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=_environment(tensorflow), capture_output=True, check=False
    )
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise Unusable(f"{step} of {arguments[0]} failed: {' '.join(last)}")


@contextmanager
def _server(
    model: Path, folder: Path, *, tensorflow: bool
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "nlu.evaluation.child", "serve", str(model), str(port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(tensorflow), stdout=log, stderr=log
        )
        try:
            yield process, port
        finally:
            process.terminate()
            process.wait(timeout=30)


def _await(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            _ask(port, "안녕하세요")
            return
        except (OSError, urllib.error.HTTPError):
            time.sleep(0.2)
    raise Unusable(f"Rasa did not start with this model; see {folder / 'server.log'}.")


def _ask(port: int, text: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/model/parse", data=json.dumps({"text": text}).encode()
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 (loopback)
        answer.read()


def _peak_of(pid: int) -> int:
    """Peak resident memory of a live process in MB; 0 where /proc does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next(
        (int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")),
        0,
    )


def _result(path: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
