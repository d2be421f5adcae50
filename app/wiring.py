"""Builds the parts of a process from the settings; the only place that knows everyone. Must hold no rules."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from app.city_files import load_city
from app.clock import utc_now
from app.file_store import make_file_store
from app.held_posts import hold_posts
from app.settings import Settings
from app.vault_keys import make_keys
from app.watched_sender import watch_channel
from core.city import City
from core.database import Database
from core.file_room import FileRoom
from core.files import FileStore
from core.invitations import Invitations
from core.lookup_codes import LookupCodes
from core.photo_places import PhotoPlaces
from core.ports import Channel, Now, SearchIndex
from core.telemetry import NO_TELEMETRY, Telemetry
from core.vault import Vault
from dialogue.dispatch import Dispatcher
from dialogue.door import Door
from dialogue.leases import Leases
from dialogue.media import accept_file
from dialogue.opened import open_channel
from dialogue.rasa import RasaClient
from dialogue.rights import Rights
from dialogue.runner import TurnRunner

MB = 1024 * 1024


@dataclass(frozen=True)
class Parts:
    """What every process needs. Cheap to build; opens no connection until it is used."""

    settings: Settings
    city: City
    database: Database
    vault: Vault
    codes: LookupCodes
    store: FileStore
    room: FileRoom
    now: Now
    telemetry: Telemetry = NO_TELEMETRY

    def derived_key(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, from the cookie secret, so that purposes never share a key."""
        return hmac.new(
            self.settings.cookie_secret.encode(), purpose.encode(), hashlib.sha256
        ).digest()

    @property
    def search_indexes(self) -> tuple[SearchIndex, ...]:
        """Every index that holds citizens' words: erasing reaches each. There is none yet."""
        return ()

    def close(self) -> None:
        """Close the connections of the database and of the files' store."""
        self.database.dispose()
        self.store.close()


@dataclass(frozen=True)
class Talk:
    """What a process needs that answers citizens."""

    door: Door
    runner: TurnRunner
    dispatcher: Dispatcher
    rasa: RasaClient

    def stop(self) -> None:
        """Finish what is under way and take nothing new, also in the middle of a broadcast."""
        self.runner.stop()
        self.dispatcher.stop()

    def close(self) -> None:
        """Stop, then close the connections."""
        self.stop()
        self.rasa.close()


def build_parts(
    settings: Settings, *, now: Now = utc_now, telemetry: Telemetry = NO_TELEMETRY
) -> Parts:
    """Read the city and the keys. Raises CityError with every fault of the city's files."""
    city = load_city(settings.city_dir, boundaries_dir=settings.boundaries_dir)
    secret = hmac.new(settings.cookie_secret.encode(), b"lookup codes", hashlib.sha256).digest()
    return Parts(
        settings=settings,
        city=city,
        database=Database(settings.database_url),
        vault=Vault(make_keys(settings), telemetry=telemetry),
        codes=LookupCodes(secret),
        store=make_file_store(settings),
        room=FileRoom(
            settings.attachments_dir,
            per_day=settings.files_day_mb * MB,
            # Elsewhere there is room of its own, and it says itself when it is full.
            floor=0 if settings.files else settings.files_floor_mb * MB,
        ),
        now=now,
        telemetry=telemetry,
    )


def build_talk(
    parts: Parts, *, channels: tuple[Channel, ...], sent: Callable[[int], None] | None = None
) -> Talk:
    """The door, the turn runner and the dispatcher over the given channels; see Dispatcher for ``sent``."""
    telemetry = parts.telemetry
    vault = parts.vault
    channels = tuple(
        watch_channel(
            hold_posts(
                open_channel(channel, database=parts.database, vault=vault, now=parts.now),
                parts.database,
            ),
            telemetry,
        )
        for channel in channels
    )
    rasa = RasaClient(
        urls=parts.settings.rasa_urls, secret=parts.settings.turn_secret, telemetry=telemetry
    )
    dispatcher = Dispatcher(
        database=parts.database,
        channels=channels,
        now=parts.now,
        sent=sent,
        many=parts.settings.delivery_threads,
        clock_may_be_set=True,
    )
    runner = TurnRunner(
        database=parts.database,
        city=parts.city,
        rasa=rasa,
        dispatcher=dispatcher,
        now=parts.now,
        channels=channels,
        may_keep=lambda conversation_id, size: _check_room(parts, conversation_id, size),
        accept_file=lambda data: accept_file(data, store=parts.store),
        places=PhotoPlaces(vault=parts.vault, jurisdiction=parts.city.jurisdiction),
        invitations=Invitations(parts.derived_key("invitations")),
        leases=Leases(
            database=parts.database,
            now=parts.now,
            lasts=timedelta(seconds=parts.settings.lease_seconds),
            monotonic=time.monotonic,
        ),
        telemetry=telemetry,
        rights=Rights(
            database=parts.database,
            vault=parts.vault,
            city=parts.city,
            codes=parts.codes,
            now=parts.now,
            public_base_url=parts.settings.public_base_url,
        ),
    )
    door = Door(
        database=parts.database,
        vault=parts.vault,
        city=parts.city,
        now=parts.now,
        telemetry=telemetry,
    )
    return Talk(door=door, runner=runner, dispatcher=dispatcher, rasa=rasa)


def _check_room(parts: Parts, conversation_id: int, size: int) -> None:
    with parts.database.reading() as session:
        parts.room.check(session, conversation_id=conversation_id, size=size, now=parts.now())
