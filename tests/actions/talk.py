"""A citizen and the report form without Rasa: says, presses, sends; must not decide anything."""

from __future__ import annotations

from dataclasses import dataclass, field

from actions.base import Say
from actions.report_advance import advance, begin
from actions.report_parse import read_message
from actions.report_planner import next_slot
from actions.report_state import ReportState
from actions.report_step import Step
from actions.turn import Entity, Message
from core.replies import Point
from tests.builders import sample_city


def typed(text: str, *, intent: str = "inform", confidence: float = 0.5, **rest: object) -> Message:
    """A typed message; by default the classifier is not sure."""
    return Message(text=text, intent=intent, confidence=confidence, **rest)


def pressed(intent: str, **entities: str) -> Message:
    """A choice of ours that was pressed."""
    return Message(
        text="",
        intent=intent,
        confidence=1.0,
        kind="choice",
        entities=tuple(Entity(name, value) for name, value in entities.items()),
    )


def photo(*ids: int) -> Message:
    return Message("[사진]", "inform", 1.0, kind="photo", attachment_ids=ids)


def pin(lat: float, long: float) -> Message:
    return Message("지도에서 고른 곳", "inform", 1.0, kind="location", location=Point(lat, long))


@dataclass
class FormTalk:
    """Follows the form as Rasa would: begin, then one message after another."""

    state: ReportState = field(default_factory=ReportState)
    requested: str | None = None
    last: Step = field(default_factory=lambda: Step(ReportState()))
    started: bool = False

    def send(self, message: Message) -> Step:
        city = sample_city()
        if not self.started:
            self.last = begin(self.state, message=message, city=city)
            self.started = True
        else:
            assert self.requested is not None
            self.last = advance(self.state, requested=self.requested, message=message, city=city)
        if not self.last.aside:
            self.state = self.last.state
            self.requested = next_slot(self.state, city=city)
        return self.last

    def say(self, text: str, **rest: object) -> Step:
        return self.send(typed(text, **rest))

    def to(self, slot: str) -> FormTalk:
        """Answer plainly until ``slot`` is asked."""
        answers = {
            "what": typed("시청역 2번 출구 앞 가로등이 나갔어요", intent="report_complaint"),
            "where": typed("시청역 2번 출구 앞이요"),
            "service_code": pressed("inform", service_code="streetlight"),
            "extra": typed("모르겠어요"),
            "photo": pressed("skip"),
            "contact": typed("⟦전화1⟧"),
            "consent": pressed("affirm"),
        }
        if not self.started:
            self.send(answers["what"])
        for _ in range(12):
            if self.requested == slot:
                return self
            assert self.requested in answers, f"{slot} was never asked"
            self.send(answers[self.requested])
        raise AssertionError(f"{slot} was never asked")

    @property
    def prompts(self) -> list[str]:
        return [say.prompt or "" for say in self.last.says]

    @property
    def texts(self) -> list[str]:
        return [_words(say) for say in self.last.says]


def _words(say: Say) -> str:
    return say.text or f"{say.prompt} {' '.join(say.values.values())}"


__all__ = ["FormTalk", "photo", "pin", "pressed", "read_message", "typed"]
