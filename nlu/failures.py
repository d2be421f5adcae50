"""Says how a turn can fail inside Rasa. Holds no logic.

These derive from BaseException on purpose: Rasa 3.6 catches Exception around every action
(`MessageProcessor._run_action`: "the actions events are lost") and around every tracker-store
call (`FailSafeTrackerStore`), logs it and goes on as if nothing had happened. A turn that cannot
be finished must end at once, unsaved, so that the same turn can be sent again.
"""

from __future__ import annotations


class TurnLost(BaseException):
    """The turn was not finished and nothing of it was saved.

    Attributes:
        code: what the caller reads in the 503 answer.
        retry_after: seconds after which sending the same turn again is worthwhile.
        reason: for the log; never holds a citizen's words.
    """

    code = "internal"
    retry_after = 5.0

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ActionsFailed(TurnLost):
    """The action server was down, slow, or answered something unusable."""

    code = "actions"
    retry_after = 2.0


class TrackerFailed(TurnLost):
    """The tracker store could not be read or written."""

    code = "tracker"
    retry_after = 3.0


class ModelMissing(TurnLost):
    """No model is loaded, or it has no dialogue part."""

    code = "model"
    retry_after = 10.0


class Malformed(ValueError):
    """The request does not follow the turn contract; sending it again cannot help."""
