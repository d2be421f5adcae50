"""Faults that a test asks the simulated Telegram for; decides what goes wrong, performs nothing."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Literal

DESCRIPTIONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
Kind = Literal["fail", "refuse", "drop", "delay"]


class ApiError(Exception):
    """An answer with ok=false; `parameters` as in the API's ResponseParameters."""

    def __init__(
        self, code: int, description: str, parameters: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters or {}

    def again(self) -> ApiError:
        """A fresh one to raise: one instance raised often would gather tracebacks for ever."""
        return ApiError(self.code, self.description, self.parameters)


def bad_request(what: str) -> ApiError:
    """400 in the server's manner."""
    return ApiError(400, f"Bad Request: {what}")


@dataclass
class Fault:
    """One fault; `times` None is for ever, `method` "*" is any, `chat_id` None is any."""

    kind: Kind
    method: str
    times: int | None
    chat_id: int | str | None = None
    seconds: float = 0
    error: ApiError | None = None


@dataclass
class Faults:
    """The list of faults that are still to come."""

    _waiting: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Joins the queue behind those of its kind."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self._waiting.clear()

    def take(self, kind: Kind, method: str, names: tuple[Any, ...]) -> Fault | None:
        """The first fault of this kind that fits, used up by one; `names` are those of the chat."""
        with self._lock:
            for fault in self._waiting:
                if (
                    fault.kind == kind
                    and fault.method in ("*", method)
                    and (fault.chat_id is None or fault.chat_id in names)
                ):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._waiting.remove(fault)
                    return fault
        return None


def failure(code: int, description: str | None, retry_after: int | None) -> ApiError:
    """The error that a test asked for, in the server's usual words."""
    if code == 429:
        seconds = 1 if retry_after is None else retry_after
        text = description or f"Too Many Requests: retry after {seconds}"
        return ApiError(429, text, {"retry_after": seconds})
    parameters = {} if retry_after is None else {"retry_after": retry_after}
    return ApiError(code, description or DESCRIPTIONS.get(code, "Bad Request"), parameters)
