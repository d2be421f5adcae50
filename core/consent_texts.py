"""What a citizen agrees to or is told, as plain data (city/consents.yml). Must not record a consent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NOTICE = "notice"
CONTACT = "contact"
ABROAD = "abroad"
GUARDIAN = "guardian"
# The program asks for these; a city must bring each of them once.
KINDS = (NOTICE, CONTACT, ABROAD, GUARDIAN)


@dataclass(frozen=True)
class ConsentText:
    """One consent in the words of its version. Another ``version`` has to be asked for anew.

    ``short`` is the one sentence of the chat. ``channels``: where it is asked for; none means everywhere.
    ``abroad`` is empty where nothing leaves the country.
    """

    kind: str
    version: str
    title: str
    short: str
    items: str
    purpose: str
    retention: str
    refusal: str
    abroad: str = ""
    channels: tuple[str, ...] = ()

    def asked_on(self, channel: str) -> bool:
        """Whether it matters on this channel."""
        return not self.channels or channel in self.channels


def text_of(texts: Iterable[ConsentText], kind: str) -> ConsentText:
    """The text of a kind. Raises KeyError."""
    for text in texts:
        if text.kind == kind:
            return text
    raise KeyError(kind)
