"""Sees Rasa come back, so that nobody waits out a retry for nothing. Must not work a turn itself."""

from __future__ import annotations

import logging

from core.database import Database
from core.ports import Now
from core.turn_changes import are_waiting_for, hurry_those_waiting_for
from dialogue.rasa import UNREACHABLE, RasaClient

log = logging.getLogger(__name__)


class RasaWatch:
    """Asks Rasa for its health only while turns wait because it could not be reached."""

    def __init__(self, *, database: Database, rasa: RasaClient, now: Now) -> None:
        self._database = database
        self._rasa = rasa
        self._now = now
        self._away = False

    def look(self) -> None:
        """Once Rasa is back after it was seen away, what waits for it is due now."""
        with self._database.reading() as session:
            waiting = are_waiting_for(session, failure=UNREACHABLE)
        if not waiting:
            self._away = False
        elif not self._rasa.healthy():
            self._away = True
        elif self._away:
            self._away = False
            with self._database.transaction() as session:
                hurried = hurry_those_waiting_for(session, failure=UNREACHABLE, now=self._now())
            log.info("rasa is back: %s turns go on", hurried)
