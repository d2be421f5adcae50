"""Offers the place where a photo was taken, and takes the citizen's yes or no. Must not decide for them.

The coordinates stay in the vault until the yes: what Rasa and the messages hold is the name of the area.
"""

from __future__ import annotations

from dataclasses import replace

from actions.base import Say
from actions.report_parse import Control, read_message
from actions.report_place import Outside, names_a_spot, spot_of
from actions.report_state import SKIPPED, ReportState
from actions.report_step import Step
from actions.turn import Message, Turn
from core.city import City
from core.database import Database
from core.geo import distance_km
from core.photo_places import ASK_PURPOSE, USE_PURPOSE, PhotoPlaces
from core.ports import Now
from core.replies import Choice, Point

PHOTO_POINT = "사진이 찍힌 곳"
# So near is "near" in a city with a station every kilometre.
NEAR_KM = 1.2


class PhotoPlaceOffer:
    """What the form asks of the places of photos."""

    def __init__(self, *, database: Database, city: City, places: PhotoPlaces, now: Now) -> None:
        self._database, self._city, self._places, self._now = database, city, places, now

    def question(self, turn: Turn, state: ReportState) -> Say | None:
        """ "Was it here?" in the place of the plain "where?"; None when no photo says where."""
        token = self._waiting(turn, state)
        if token is None:
            return None
        point = self._reveal(turn, token, ASK_PURPOSE)
        if point is None:
            return None
        texts = self._city.texts
        return Say(
            text=texts.render("photo_place_offer", area=area_of(point, city=self._city)),
            choices=(
                Choice(texts.render("choice_photo_place_yes"), "/affirm"),
                Choice(texts.render("choice_photo_place_no"), "/deny"),
            ),
        )

    def answer(self, turn: Turn, state: ReportState, *, requested: str) -> Step | None:
        """What a yes or no to that question did; None when the message is neither."""
        message = turn.message
        if requested != "where" or state.has_place or turn.message.corrects is not None:
            return None
        said = _yes_or_no(message, city=self._city)
        if said is None:
            return None
        token = self._waiting(turn, state)
        if token is None:
            return None
        point = self._reveal(turn, token, USE_PURPOSE) if said else None
        self.forget(turn)
        spot = None if point is None else spot_of(point, city=self._city)
        if point is None or spot is None or isinstance(spot, Outside):
            return Step(
                replace(state, misses=0),
                (Say(text=self._city.texts.render("photo_place_dropped")),),
            )
        taken = replace(
            state,
            where=PHOTO_POINT,
            lat=point.lat,
            long=point.long,
            gu=spot.gu or state.gu,
            dong=spot.dong or state.dong,
            confirm=None,
            misses=0,
        )
        return Step(taken, (Say("utter_place_received"),))

    def forget(self, turn: Turn) -> None:
        """Nobody asks for it any more."""
        with self._database.transaction() as session:
            self._places.forget(session, conversation_id=turn.conversation_id, now=self._now())

    def forget_if_settled(self, turn: Turn, state: ReportState, *, ended: bool) -> None:
        """Where the place is known, passed over, or the report at its end, there is nothing to offer."""
        if ended or state.has_place or state.where == SKIPPED:
            self.forget(turn)

    def _waiting(self, turn: Turn, state: ReportState) -> str | None:
        if state.has_place or not state.attachment_ids:
            return None
        with self._database.reading() as session:
            return self._places.waiting(
                session,
                conversation_id=turn.conversation_id,
                attachment_ids=state.attachment_ids,
            )

    def _reveal(self, turn: Turn, token: str, purpose: str) -> Point | None:
        with self._database.transaction() as session:
            return self._places.reveal(
                session,
                conversation_id=turn.conversation_id,
                token=token,
                purpose=purpose,
                now=self._now(),
            )


def area_of(point: Point, *, city: City) -> str:
    """The area around a point in words: gu and dong where boundaries tell them, the nearest known place."""
    spot = spot_of(point, city=city)
    parts = [] if isinstance(spot, Outside) else [each for each in (spot.gu, spot.dong) if each]
    near = [
        (distance_km(lat1=point.lat, long1=point.long, lat2=place.lat, long2=place.long), place)
        for place in city.places
        if place.lat is not None and place.long is not None
    ]
    km, place = min(near, key=lambda each: each[0], default=(NEAR_KM, None))
    if place is not None and km < NEAR_KM:
        parts.append(place.name)
    return " ".join(parts) or city.jurisdiction.name


def _yes_or_no(message: Message, *, city: City) -> bool | None:
    control = read_message(message).control
    if message.attachment_ids or message.location is not None:
        return None
    if control is Control.AFFIRM:
        return True
    if control is not Control.DENY:
        return None
    # "아니요, 시청역 앞이요" brings the place along.
    return None if message.kind == "text" and names_a_spot(message.text, city=city) else False
