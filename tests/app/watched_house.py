"""A whole process in one: door, runner and dispatcher as `app.wiring` builds them, watched, over ScriptedRasa."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.channels import make_channels
from app.operations import Operations, make_operations
from app.settings import Settings
from app.wiring import Talk, build_talk
from core.models.base import Base
from core.models.conversation import Delivery
from tests.builders import make_message
from tests.dialogue.runner_house import ScriptedRasa


@dataclass
class Watched:
    operations: Operations
    talk: Talk
    rasa: ScriptedRasa

    def hear(self, text: str = "가로등이 나갔어요", **message: Any) -> int:
        received = self.talk.door.receive(make_message(text=text, **message))
        self.talk.runner.run(received.conversation_id)
        return received.turn_id

    def said(self) -> list[str]:
        with self.operations.parts.database.reading() as session:
            rows = session.scalars(select(Delivery).order_by(Delivery.id))
            return [row.payload["text"] for row in rows if row.state == "sent"]

    def figure(self, name: str, **labels: str) -> float | None:
        return self.operations.telemetry.metrics.registry.get_sample_value(name, labels)


@contextmanager
def watched(folder: Path, rasa: ScriptedRasa, **settings: Any) -> Iterator[Watched]:
    made = Settings.load(environment="test", var_dir=folder, rasa_url=rasa.url, **settings)
    operations = make_operations(made, process="worker")
    Base.metadata.create_all(operations.parts.database.engine)
    channels = make_channels(operations.parts)
    talk = build_talk(operations.parts, channels=channels.all)
    try:
        yield Watched(operations, talk, rasa)
    finally:
        talk.close()
        channels.close()
        operations.close()
        operations.parts.close()
