"""One step of a measurement in a process of its own: train, parse or serve. Writes only what it is told.

A process for each step, so that its memory is that step's alone. Called by nlu.evaluation.run.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from nlu.light import without_tensorflow
from nlu.process import configure_logging, end_with_parent
from nlu.train import rasa_says

WARM_UP = 20


def main() -> None:
    """`child.py train CONFIG DATA.json FOLDER | parse MODEL TEXTS.json OUT | serve MODEL PORT`."""
    step, *arguments = sys.argv[1:]
    end_with_parent()
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    without_tensorflow()
    configure_logging()
    if step == "train":
        _train(*arguments)
    elif step == "parse":
        _parse(*arguments)
    else:
        _serve(*arguments)


def _train(config: str, data: str, folder: str) -> None:
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    os.environ["RASA_CACHE_DIRECTORY"] = str(Path(folder) / "cache")
    from rasa.model_training import train_nlu

    started, spent = time.monotonic(), _processor_seconds()
    try:
        model = train_nlu(config, data, folder, fixed_model_name="model")
    except Exception as error:
        _write(folder, {"error": rasa_says(error)})
        return
    seconds = time.monotonic() - started
    if model is None:
        _write(folder, {"error": "Rasa gave no model; its own message stands above."})
        return
    _write(
        folder,
        {
            "seconds": round(seconds, 1),
            "processor_seconds": round(_processor_seconds() - spent, 1),
            "megabytes": _peak_megabytes(),
        },
    )


def _parse(model: str, texts: str, out: str) -> None:
    from rasa.core.agent import Agent

    started = time.monotonic()
    agent = Agent.load(model)
    loaded = time.monotonic() - started
    said, times = asyncio.run(_parse_all(agent, json.loads(Path(texts).read_text("utf-8"))))
    Path(out).write_text(
        json.dumps(
            {
                "said": said,
                "milliseconds": times,
                "load_seconds": round(loaded, 1),
                "megabytes": _peak_megabytes(),
            },
            ensure_ascii=False,
        ),
        encoding="utf-8",
    )


async def _parse_all(agent: Any, texts: list[str]) -> tuple[list[dict[str, Any]], list[float]]:
    for text in texts[:WARM_UP]:
        await agent.parse_message(text)
    gc.collect()
    said, times = [], []
    for text in texts:
        started = time.perf_counter()
        parsed = await agent.parse_message(text)
        times.append((time.perf_counter() - started) * 1000)
        said.append(
            {
                "ranking": [
                    [row["name"], float(row["confidence"])] for row in parsed["intent_ranking"]
                ],
                "entities": [
                    [found["start"], found["end"], found["entity"]] for found in parsed["entities"]
                ],
            }
        )
    return said, times


def _serve(model: str, port: str) -> None:
    from rasa.core.run import serve_application

    # Rasa's own API, only on loopback and only while a measurement runs.
    serve_application(
        model_path=model, interface="127.0.0.1", port=int(port), enable_api=True, cors=None
    )


def _write(folder: str, result: dict[str, Any]) -> None:
    (Path(folder) / "result.json").write_text(json.dumps(result), encoding="utf-8")


def _processor_seconds() -> float:
    """Of this process with all its threads and of its children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
