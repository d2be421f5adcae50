"""`sotong doctor`: prints what app.doctor found; exit code 1 when something failed."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check configuration, secrets, Pythons, model, city, database, disk, clock and processes."""
    from app.doctor import Verdict, examine

    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            advice = f"\n        → {finding.advice}" if finding.advice else ""
            typer.echo(f"{finding.verdict.value:<5} {finding.name}: {finding.text}{advice}")
    failed = sum(finding.verdict is Verdict.FAIL for finding in findings)
    if as_json:
        data = {"ok": failed == 0, "findings": [finding.to_data() for finding in findings]}
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        warned = sum(finding.verdict is Verdict.WARN for finding in findings)
        typer.echo(f"{len(findings)} checks: {failed} failed, {warned} to look at.")
    raise typer.Exit(1 if failed else 0)
