"""Puts measured figures into lines that a person reads. Computes nothing but ratios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Figures = Mapping[str, Any]


def measured_as_text(measured: Figures) -> str:
    """One pipeline's figures; what was not measured has no line."""
    lines = ["", f"== {measured['name']}"]
    lines += _intent_lines(measured["intents"])
    for title, key in (("by word (BIO)", "slots"), ("exact span", "exact")):
        lines += _entity_lines(title, measured[key])
    if training := measured["training"]:
        lines.append(
            f"training            {training['seconds']} s by the clock, "
            f"{training['processor_seconds']} s of the processors, {training['megabytes']} MB"
        )
    lines.append(
        f"parse in process    p50 {measured['parse_p50']} ms, p95 {measured['parse_p95']} ms "
        f"(loaded in {measured['load_seconds']} s, {measured['megabytes']} MB)"
    )
    if http := measured["http"]:
        lines.append(
            f"parse over HTTP     p50 {http['p50']} ms, p95 {http['p95']} ms "
            f"(up after {http['start_seconds']} s, {http['megabytes']} MB)"
        )
    return "\n".join(lines)


def ratios_as_text(ours: Figures, stock: Figures) -> str:
    """Ours beside the default pipeline of the same run."""
    lines = ["", "== ours / default"]
    for title, path in (
        ("intent errors", ("intents", "accuracy")),
        ("slot errors", ("slots", "f1")),
        ("training seconds", ("training", "processor_seconds")),
        ("HTTP p50", ("http", "p50")),
        ("server memory", ("http", "megabytes")),
    ):
        mine, theirs = _at(ours, path), _at(stock, path)
        if mine is None or theirs is None:
            continue
        if title.endswith("errors"):
            mine, theirs = 1 - mine, 1 - theirs
        lines.append(f"{title:<20}{mine / theirs:.2f}" if theirs else f"{title:<20}–")
    return "\n".join(lines)


def _intent_lines(scores: Figures | None) -> list[str]:
    if not scores:
        return []
    lines = [
        f"messages            {scores['messages']}",
        f"intent accuracy     {scores['accuracy']:.4f}   (macro F1 {scores['macro_f1']:.4f})",
        f"calibration error   {scores['calibration_error']:.4f}",
        f"refused             {scores['refused']:.4f}   "
        f"(accuracy of the rest {scores['accuracy_of_kept']:.4f})",
    ]
    if scores["out_of_scope_auroc"] is not None:
        lines.append(
            f"out of scope        AUROC {scores['out_of_scope_auroc']:.4f}, accepted "
            f"{scores['out_of_scope_accepted']:.4f} at 95 % of the others"
        )
    lines += ["most often confused (right → given)"]
    lines += [f"{number:5d}  {wanted} → {given}" for wanted, given, number in scores["confused"]]
    return lines


def _entity_lines(title: str, scores: Figures | None) -> list[str]:
    if not scores:
        return []
    lines = [
        f"entities {title}: F1 {scores['f1']:.4f} (precision {scores['precision']:.4f}, "
        f"recall {scores['recall']:.4f}, overlap recall {scores['overlap_recall']:.4f}, "
        f"{scores['entities']} in the text)"
    ]
    weakest = sorted(scores["by_kind"].items(), key=lambda item: item[1][1], reverse=True)[:12]
    lines += [f"{number:5d}  {kind} {f1:.3f}" for kind, (f1, number) in weakest]
    return lines


def _at(figures: Figures, path: tuple[str, str]) -> float | None:
    inner = figures[path[0]]
    return None if inner is None else float(inner[path[1]])
