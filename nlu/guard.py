"""Makes a failed action end the turn instead of being swallowed by Rasa. Decides nothing else."""

from __future__ import annotations

from typing import Any

from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.core.processor import MessageProcessor
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from nlu.failures import ActionsFailed, TurnLost
from nlu.quiet import describe

DEFAULT_TIMEOUT_SECONDS = 10.0
REJECTED = 400


class GuardedEndpoint(EndpointConfig):
    """Rasa's action endpoint, except that a failed call ends the turn.

    HTTP 400 is a rejection, which is part of the dialogue and passes through unchanged.
    `timeout_seconds` in endpoints.yml replaces Rasa's five minutes.
    """

    def __init__(self, inner: EndpointConfig) -> None:
        super().__init__(
            inner.url,
            inner.params,
            inner.headers,
            inner.basic_auth,
            inner.token,
            inner.token_name,
            inner.cafile,
            **inner.kwargs,
        )
        self.timeout_seconds = float(inner.kwargs.get("timeout_seconds", DEFAULT_TIMEOUT_SECONDS))

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """As in Rasa; raises ActionsFailed for everything but an answer or a rejection."""
        kwargs["timeout"] = self.timeout_seconds
        try:
            return await super().request(method, subpath, content_type, compress, **kwargs)
        except ClientResponseError as error:
            if error.status == REJECTED:
                raise
            raise ActionsFailed(f"action server answered {error.status}") from None
        except Exception as error:
            # Connection refused, time-out, broken JSON: the text may hold the answer, so only
            # the kind of error is kept.
            raise ActionsFailed(f"action server not reached: {describe(error)}") from None


class WatchedAction:
    """Stands before one action of Rasa and turns an unexpected exception into a lost turn."""

    def __init__(self, inner: Action) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def run(self, *args: Any, **kwargs: Any) -> Any:
        """As in Rasa; raises TurnLost instead of an unexpected exception."""
        try:
            return await self._inner.run(*args, **kwargs)
        except ActionExecutionRejection:
            raise
        except Exception as error:
            reason = f"{self._inner.name()}: {describe(error)}"
            asks_others = isinstance(self._inner, (RemoteAction, FormAction))
            raise (ActionsFailed if asks_others else TurnLost)(reason) from None


def guard_processor(processor: MessageProcessor) -> None:
    """Guard the action calls of `processor`. A second call changes nothing.

    Rasa builds a new processor when a model is swapped, so this is called on every turn.
    """
    if isinstance(processor.action_endpoint, GuardedEndpoint):
        return
    if processor.action_endpoint is not None:
        processor.action_endpoint = GuardedEndpoint(processor.action_endpoint)
    run_action = processor._run_action

    async def run_watched(action: Action, *args: Any, **kwargs: Any) -> bool:
        return bool(await run_action(WatchedAction(action), *args, **kwargs))

    if not getattr(run_action, "watched", False):
        run_watched.watched = True  # type: ignore[attr-defined]
        processor._run_action = run_watched
