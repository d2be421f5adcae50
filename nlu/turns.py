"""Works one turn in Rasa: replay, session, draft, message, one save. Knows nothing of HTTP.

The steps of Rasa's own `MessageProcessor.handle_message` are called here one by one, so that the
whole turn is one tracker that is saved once, at the end, or not at all.
"""

from __future__ import annotations

from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    REQUESTED_SLOT,
)
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.data import TrainingType

from nlu.failpoints import failpoint
from nlu.failures import Malformed, ModelMissing, TurnLost
from nlu.guard import guard_processor
from nlu.request import Draft, Turn, render_answer
from nlu.tracker_store import GuardedTrackerStore

CHANNEL = "turns"
IDLE_SECONDS = 3600.0
SESSION_TURNS = 50
ANALYSED_CHARACTERS = 2000
# Longer than the slowest turn (a few action calls with their time-outs): an expired ticket would
# let a second turn of the conversation in.
LOCK_SECONDS = 180.0
LOCK_POLL_SECONDS = 0.05


class Silent(OutputChannel):
    """Sends nothing: answers are read from the tracker, so that a replay equals the first."""

    @classmethod
    def name(cls) -> str:
        """Rasa's name of the channel; a part of its address."""
        return CHANNEL

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Drop it."""


def model_is_ready(agent: Agent | None) -> bool:
    """Whether a model with a dialogue part is loaded."""
    return (
        agent is not None
        and agent.processor is not None
        and agent.processor.model_metadata.training_type != TrainingType.NLU
    )


def guarded_store(agent: Agent) -> GuardedTrackerStore:
    """The store beneath Rasa's fail-safe wrapper.

    Raises:
        TurnLost: endpoints.yml names another store, with which failures would stay hidden.
    """
    store = agent.tracker_store
    if isinstance(store, FailSafeTrackerStore):
        store = store._tracker_store
    if not isinstance(store, GuardedTrackerStore):
        raise TurnLost(f"endpoints.yml names the tracker store {type(store).__name__}")
    return store


async def work_turn(agent: Agent | None, turn: Turn) -> dict[str, Any]:
    """Answer one turn, once.

    Returns:
        The JSON of the answer; of the first answer when the turn had been finished before.

    Raises:
        TurnLost: nothing was saved, the same turn may be sent again.
        Malformed: the turn names an intent or entity that the model does not know.
    """
    if agent is None or agent.processor is None or not model_is_ready(agent):
        raise ModelMissing("no dialogue model is loaded")
    processor = agent.processor
    guard_processor(processor)
    store = guarded_store(agent)
    async with agent.lock_store.lock(
        turn.conversation, lock_lifetime=LOCK_SECONDS, wait_time_in_seconds=LOCK_POLL_SECONDS
    ):
        said = await store.answer_of(turn.conversation, turn.turn_id)
        if said is not None:
            tracker = await processor.get_tracker(turn.conversation)
            return _answer(said, tracker, replayed=True)
        _check_vocabulary(processor, turn)
        failpoint("turn_heard")
        tracker = await _open_tracker(processor, turn)
        await _handle(processor, tracker, turn)
        failpoint("before_save")
        await processor.save_tracker(tracker)
        failpoint("after_save")
        return _answer(_said_to(tracker, turn.turn_id), tracker, replayed=False)


async def understand(agent: Agent | None, text: str) -> dict[str, Any]:
    """What a text is about: `{"intent", "confidence"}`. Reads and writes no tracker.

    Raises:
        ModelMissing: no model is loaded.
    """
    if agent is None or agent.processor is None or not model_is_ready(agent):
        raise ModelMissing("no dialogue model is loaded")
    meaning = await agent.processor.parse_message(
        UserMessage(_plain(text)[:ANALYSED_CHARACTERS], Silent(), "nobody")
    )
    intent = meaning["intent"]
    return {"intent": str(intent["name"]), "confidence": float(intent["confidence"] or 0.0)}


async def erase_conversation(agent: Agent | None, conversation: str) -> int:
    """Erase everything Rasa keeps of a conversation; returns the number of erased events."""
    if agent is None:
        raise ModelMissing("Rasa is not started yet")
    async with agent.lock_store.lock(
        conversation, lock_lifetime=LOCK_SECONDS, wait_time_in_seconds=LOCK_POLL_SECONDS
    ):
        failpoint("before_forget")
        erased = await guarded_store(agent).delete(conversation)
        failpoint("after_forget")
        return erased


async def list_conversations(agent: Agent | None, *, after: str, limit: int) -> list[str]:
    """Names of trackers behind ``after``, in order."""
    if agent is None:
        raise ModelMissing("Rasa is not started yet")
    return await guarded_store(agent).senders_after(after, limit)


def _check_vocabulary(processor: MessageProcessor, turn: Turn) -> None:
    if turn.parse_data is None:
        return
    intent = turn.parse_data["intent"]["name"]
    if intent not in processor.domain.intents:
        raise Malformed(f"the model has no intent {intent!r}")
    for entity in turn.parse_data["entities"]:
        if entity["entity"] not in processor.domain.entities:
            raise Malformed(f"the model has no entity {entity['entity']!r}")


async def _open_tracker(processor: MessageProcessor, turn: Turn) -> DialogueStateTracker:
    """The tracker on which the message will be worked: session and draft in place."""
    tracker = await processor.get_tracker(turn.conversation)
    turns = sum(isinstance(event, UserUttered) for event in tracker.events)
    in_form = tracker.active_loop_name is not None
    too_old = not in_form and (turn.idle_seconds > IDLE_SECONDS or turns > SESSION_TURNS)
    if not tracker.applied_events():
        await _start_session(processor, tracker)
    elif (turn.new_session or too_old) and (turns > 0 or in_form):
        await _start_session(processor, tracker)
        # Saved and read again so that the policies see the new session only. Should the turn
        # fail later, an empty session remains, and no second one is opened then.
        await processor.save_tracker(tracker)
        tracker = await processor.get_tracker(turn.conversation)
    if turn.draft is not None and tracker.active_loop_name is None:
        _restore_draft(processor, tracker, turn.draft)
    return tracker


async def _start_session(processor: MessageProcessor, tracker: DialogueStateTracker) -> None:
    action = processor._get_action(ACTION_SESSION_START_NAME)
    if action is None:
        raise TurnLost("the model has no action_session_start")
    prediction = PolicyPrediction.for_action_name(processor.domain, ACTION_SESSION_START_NAME)
    await processor._run_action(action, tracker, Silent(), processor.nlg, prediction)


def _restore_draft(
    processor: MessageProcessor, tracker: DialogueStateTracker, draft: Draft
) -> None:
    """Put the form back as if it had just asked: the coming message is its answer."""
    if draft.form not in processor.domain.form_names:
        raise Malformed(f"the model has no form {draft.form!r}")
    known = {slot.name for slot in processor.domain.slots}
    tracker.update_with_events(
        [
            ActionExecuted(draft.form),
            ActiveLoop(draft.form),
            *(SlotSet(name, value) for name, value in draft.slots.items() if name in known),
            SlotSet(REQUESTED_SLOT, draft.requested_slot),
            ActionExecuted(ACTION_LISTEN_NAME),
        ],
        processor.domain,
    )


async def _handle(processor: MessageProcessor, tracker: DialogueStateTracker, turn: Turn) -> None:
    message = await _understand(processor, tracker, turn)
    output = message.output_channel
    await processor._handle_message_with_tracker(message, tracker)
    await processor.run_action_extract_slots(output, tracker)
    await processor._run_prediction_loop(output, tracker)
    if tracker.latest_action_name != ACTION_LISTEN_NAME and not tracker.is_paused():
        # Rasa's circuit breaker stops a loop of actions without a word to the citizen.
        raise TurnLost(f"the dialogue did not come to rest after {tracker.latest_action_name}")


async def _understand(
    processor: MessageProcessor, tracker: DialogueStateTracker, turn: Turn
) -> UserMessage:
    """The message with its meaning; a typed text never selects an intent by itself."""
    if turn.parse_data is not None:
        meaning = dict(turn.parse_data)
        text = turn.text or str(meaning["text"])
    else:
        text = _plain(turn.text or "")
        start = UserMessage(
            text[:ANALYSED_CHARACTERS], Silent(), turn.conversation, metadata=dict(turn.metadata)
        )
        meaning = await processor.parse_message(start, tracker)
        # What actions read is the whole text.
        meaning["text"] = text
    return UserMessage(
        text,
        Silent(),
        turn.conversation,
        parse_data=meaning,
        input_channel=CHANNEL,
        message_id=turn.turn_id,
        metadata=dict(turn.metadata),
    )


def _plain(text: str) -> str:
    """The text as words: Rasa would take a leading "/" for an intent."""
    text = text.strip()
    return "／" + text[1:] if text.startswith("/") else text


def _said_to(tracker: DialogueStateTracker, message_id: str) -> list[BotUttered]:
    said: list[BotUttered] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered) and event.message_id == message_id:
            break
        if isinstance(event, BotUttered):
            said.append(event)
    return said[::-1]


def _answer(
    said: list[BotUttered], tracker: DialogueStateTracker, *, replayed: bool
) -> dict[str, Any]:
    form = tracker.active_loop_name
    requested = tracker.get_slot(REQUESTED_SLOT) if form else None
    return render_answer(said, replayed=replayed, active_form=form, requested=requested)
