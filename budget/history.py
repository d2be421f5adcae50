"""What was imported, when, and what was found wrong; reads only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.models.figure import FigureFinding, FigureImport, FigureSource

MOST = 200


def list_imports(session: Session, *, most: int = MOST) -> list[dict[str, Any]]:
    """The newest imports first, with their counts and how many findings each has."""
    found = (
        select(func.count())
        .where(FigureFinding.import_id == FigureImport.id)
        .scalar_subquery()
        .label("findings")
    )
    rows = session.execute(
        select(FigureImport, FigureSource.key, found)
        .join(FigureSource, FigureSource.id == FigureImport.source_id)
        .order_by(FigureImport.id.desc())
        .limit(most)
    )
    return [
        {
            "number": each.id,
            "dataset": key,
            "file": each.file,
            "actor": each.actor,
            "fetched_at": each.fetched_at.isoformat(timespec="seconds"),
            "finished": each.finished_at is not None,
            "reached": each.reached,
            "added": each.added,
            "changed": each.changed,
            "same": each.same,
            "refused": each.refused,
            "figures": each.figures,
            "findings": findings,
        }
        for each, key, findings in rows
    ]


def findings_of(session: Session, import_id: int) -> list[dict[str, Any]]:
    """Refused rows and numbers that do not follow, in the order of the file."""
    rows = session.scalars(
        select(FigureFinding)
        .where(FigureFinding.import_id == import_id)
        .order_by(FigureFinding.line, FigureFinding.id)
    )
    names = ("kind", "line", "key", "column", "stated", "computed", "note")
    return [{name: getattr(each, name) for name in names} for each in rows]
