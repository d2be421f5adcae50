# ruff: noqa: T201 (a command speaks on its output)
"""Measures understanding: `python -m nlu.evaluate`. Changes nothing outside a temporary folder.

Without --train or --model: cross-validates the intents of data/nlu (with --services: the kinds of
service). With --train FILE --test FILE: trains a pipeline (--config) on the one and reads the other.
With --model FILE --test FILE: reads
with a model that is there. Exit codes: 0 measured, 2 something is missing or wrong (one sentence says what).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from nlu.components.combined import default_config
from nlu.evaluation import cross
from nlu.evaluation.data import FORMATS, Example, load_examples, spoil
from nlu.evaluation.report import measured_as_text, ratios_as_text
from nlu.evaluation.run import Serving, Training, read, serve, train
from nlu.evaluation.scores import EntityScores, IntentScores, score_entities, score_intents
from nlu.evaluation.services import cross_validate_services, load_services, services_as_text
from nlu.model import ROOT, Unusable

MISSING = 2
STOCK = Path(__file__).parent / "evaluation" / "default_pipeline.yml"
# Entities that the data annotate are learnt; our own data annotate none, so config.yml learns none.
LEARNING = Path(__file__).parent / "evaluation" / "learning_pipeline.yml"
CONFIG = ROOT / "config.yml"


@dataclass(frozen=True)
class Measured:
    """All figures of one pipeline or model. Times in ms unless named otherwise, memory in MB."""

    name: str
    intents: IntentScores | None
    slots: EntityScores | None
    exact: EntityScores | None
    training: Training | None
    parse_p50: float
    parse_p95: float
    load_seconds: float
    megabytes: int
    http: Serving | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    options = _parse(arguments)
    try:
        if options.train is None and options.model is None:
            return _cross_validate(options)
        results = _measure(options)
    except Unusable as error:
        print(f"nlu.evaluate: {error}", file=sys.stderr)
        return MISSING
    for measured in results:
        print(measured_as_text(asdict(measured)))
    if len(results) == 2:
        print(ratios_as_text(asdict(results[0]), asdict(results[1])))
    if isinstance(options.json, Path):
        report = {measured.name: asdict(measured) for measured in results}
        options.json.write_text(
            json.dumps(report, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8"
        )
    return 0


def _measure(options: argparse.Namespace) -> list[Measured]:
    if options.test is None and options.entities is None:
        raise Unusable("--test FILE (or --entities FILE) is needed with --train and --model.")
    tests = load_examples(options.test, options.format) if options.test else []
    if options.entities:
        tests += [replace(e, intent=None) for e in load_examples(options.entities, "jsonl")]
    for noise in options.noise:
        tests = spoil(tests, noise)
    with tempfile.TemporaryDirectory(prefix="nlu-evaluate-") as name:
        folder = Path(name)
        if options.model is not None:
            if not options.model.is_file():
                raise Unusable(f"the model {options.model} does not exist.")
            return [_of_model(options.model, None, tests, options, folder)]
        examples = load_examples(options.train, options.format)
        learns = any(example.entities for example in examples)
        config = options.config or (LEARNING if learns else CONFIG)
        results = [_of_config(config, examples, tests, options, folder / "ours")]
        if options.baseline:
            stock = folder / "stock.yml"
            stock.write_text(_stock_config(options.baseline_epochs), encoding="utf-8")
            results.append(_of_config(stock, examples, tests, options, folder / "default"))
    return results


def _of_config(
    config: Path,
    examples: Sequence[Example],
    tests: Sequence[Example],
    options: argparse.Namespace,
    folder: Path,
) -> Measured:
    if not config.is_file():
        raise Unusable(f"the configuration {config} does not exist.")
    print(f"Training {folder.name} ({config.name}) on {len(examples)} messages …", file=sys.stderr)
    trained = train(examples, config=config, folder=folder, tensorflow=_needs_tensorflow(config))
    kinds = {span.entity for example in examples for span in example.entities or ()}
    return replace(
        _of_model(trained.model, kinds, tests, options, folder, config=config),
        name=folder.name,
        training=trained,
    )


def _of_model(
    model: Path,
    kinds: set[str] | None,
    tests: Sequence[Example],
    options: argparse.Namespace,
    folder: Path,
    *,
    config: Path | None = None,
) -> Measured:
    texts = [example.text for example in tests]
    tensorflow = _needs_tensorflow(config) if config else False
    reading = read(model, texts, folder=folder, tensorflow=tensorflow)
    http = None if options.no_http else serve(model, texts, folder=folder, tensorflow=tensorflow)
    # What the training data name is what the pipeline was asked to find; other rules may find more.
    wanted = kinds or {span.entity for example in tests for span in example.entities or ()}
    return Measured(
        name="model",
        intents=score_intents(tests, reading.said),
        slots=score_entities(tests, reading.said, kinds=wanted, by_word=True),
        exact=score_entities(tests, reading.said, kinds=wanted, by_word=False),
        training=None,
        parse_p50=reading.p50,
        parse_p95=reading.p95,
        load_seconds=reading.load_seconds,
        megabytes=reading.megabytes,
        http=http,
    )


def _cross_validate(options: argparse.Namespace) -> int:
    if options.services:
        return _cross_validate_services(options)
    texts, intents = cross.load_examples(options.data)
    common = [intent for intent, number in Counter(intents).items() if number >= options.folds]
    if len(common) < 2:
        raise Unusable(f"{options.data} needs two intents with {options.folds} examples each.")
    report = cross.cross_validate(
        texts,
        intents,
        folds=options.folds,
        config=classifier_config(options.config or CONFIG),
        noises=options.noise,
    )
    as_json = json.dumps(asdict(report), ensure_ascii=False)
    if isinstance(options.json, Path):
        options.json.write_text(as_json + "\n", encoding="utf-8")
    print(as_json if options.json is True else cross.as_text(report))
    return 0


def _cross_validate_services(options: argparse.Namespace) -> int:
    found = cross_validate_services(*load_services(options.data), folds=options.folds)
    as_json = json.dumps(asdict(found), ensure_ascii=False)
    if isinstance(options.json, Path):
        options.json.write_text(as_json + "\n", encoding="utf-8")
    print(as_json if options.json is True else services_as_text(found))
    return 0


def classifier_config(config: Path) -> dict[str, Any]:
    """The settings of IntentClassifier in a configuration, over its defaults."""
    if not config.is_file():
        raise Unusable(f"the configuration {config} does not exist.")
    for part in yaml.safe_load(config.read_text(encoding="utf-8")).get("pipeline") or []:
        if str(part.get("name", "")).endswith("IntentClassifier"):
            return {**default_config(), **{k: v for k, v in part.items() if k != "name"}}
    raise Unusable(f"{config} has no IntentClassifier to cross-validate.")


def _needs_tensorflow(config: Path) -> bool:
    pipeline = (yaml.safe_load(config.read_text(encoding="utf-8")) or {}).get("pipeline") or []
    neural = ("DIETClassifier", "ResponseSelector", "ConveRTFeaturizer", "LanguageModelFeaturizer")
    return any(str(part.get("name", "")).endswith(neural) for part in pipeline)


def _stock_config(epochs: int) -> str:
    config = yaml.safe_load(STOCK.read_text(encoding="utf-8"))
    for part in config["pipeline"]:
        if "epochs" in part:
            part["epochs"] = epochs
    return yaml.safe_dump(config, allow_unicode=True, sort_keys=False)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nlu.evaluate", description="Measure understanding.")
    parser.add_argument("--train", type=Path, help="examples to train on")
    parser.add_argument("--test", type=Path, help="examples to read")
    parser.add_argument("--model", type=Path, help="a trained model instead of --train")
    parser.add_argument("--format", choices=FORMATS, default="jsonl", help="of both; default jsonl")
    parser.add_argument("--entities", type=Path, help="more test messages with entities (jsonl)")
    parser.add_argument(
        "--config",
        type=Path,
        help="the pipeline; config.yml, or learning_pipeline.yml where entities are annotated",
    )
    parser.add_argument(
        "--noise", action="append", default=[], help="nospace or typo:0.1, on what is read"
    )
    parser.add_argument(
        "--baseline", action="store_true", help="measure Rasa's default pipeline too"
    )
    parser.add_argument("--baseline-epochs", type=int, default=100, help="of DIET; default 100")
    parser.add_argument("--no-http", action="store_true", help="do not start a server")
    parser.add_argument(
        "--data", type=Path, default=ROOT / "data" / "nlu", help="for cross-validation"
    )
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument(
        "--services", action="store_true", help="cross-validate the kinds of service instead"
    )
    parser.add_argument(
        "--json",
        type=Path,
        nargs="?",
        const=True,
        help="write the report there; without a name (cross-validation) print it",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
