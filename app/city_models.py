"""Shapes of the files in city/, field by field. Cross checks between files are not done here."""

from __future__ import annotations

import ipaddress
import re
from datetime import date, time
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.city import KINDS
from core.clock import Period
from core.errors import Refused
from core.geo_cells import MOST_METRES
from core.tokens import CONTACT, token_name
from core.tokens import KINDS as KINDS_OF_DATA

MAX_TEXT = 400


def _identifier(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", value):
        raise ValueError(
            f"'{value}' is not an identifier (expected small letters, digits, _ and -, at most 40)"
        )
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty (expected text)")
    return value.strip()


def _period(value: str) -> str:
    try:
        return str(Period.parse(value))
    except Refused:
        raise ValueError(
            f"'{value}' is not a period (expected e.g. 즉시, 3h, 5d, 2w, 1m)"
        ) from None


def _kind(value: str) -> str:
    if value not in KINDS:
        raise ValueError(f"'{value}' is not a kind (expected one of: {', '.join(KINDS)})")
    return value


def _phone(value: str) -> str:
    # Public numbers only: a mobile number here would be somebody's own.
    if not re.fullmatch(r"[0-9]{2,4}(-[0-9]{3,4}){0,2}", value) or value.startswith("01"):
        raise ValueError(
            f"'{value}' is not a public phone number (expected e.g. 120, 02-120, 1544-4500)"
        )
    return value


def _email(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value):
        raise ValueError(f"'{value}' is not an e-mail address (expected name@city.example)")
    return value


def _clock(value: str) -> str:
    try:
        time.fromisoformat(value)
    except ValueError:
        raise ValueError(f"'{value}' is not a time (expected e.g. \"09:00\")") from None
    return value


def _need(value: str) -> str:
    if value != CONTACT and token_name(value) is None:
        raise ValueError(
            f"'{value}' is no kind of personal data (expected one of: {', '.join((CONTACT, *KINDS_OF_DATA))})"
        )
    return value


def _network(value: str) -> str:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        raise ValueError(f"'{value}' is not a network (expected e.g. 10.20.0.0/16)") from None
    if network.is_link_local or network.is_multicast or network.prefixlen == 0:
        raise ValueError(f"'{value}' may not be opened (expected a network of the city's own)")
    return str(network)


def _webhook_address(value: str) -> str:
    parts = urlsplit(value)
    here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and here)):
        raise ValueError(f"'{value}' is not an https address (expected https://host/path)")
    if parts.username or parts.password or parts.fragment:
        raise ValueError("an address of a webhook holds no name, password or # (expected none)")
    return value


Need = Annotated[str, AfterValidator(_need)]
Identifier = Annotated[str, AfterValidator(_identifier)]
Text = Annotated[str, AfterValidator(_text)]
PeriodText = Annotated[str, AfterValidator(_period)]
KindText = Annotated[str, AfterValidator(_kind)]
Phone = Annotated[str, AfterValidator(_phone)]
Email = Annotated[str, AfterValidator(_email)]
ClockText = Annotated[str, AfterValidator(_clock)]
Network = Annotated[str, AfterValidator(_network)]
Words = tuple[Text, ...]


class CityModel(BaseModel):
    """What all entries have in common: no unknown field, no change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CallCentreModel(CityModel):
    """The call centre of the city."""

    number: Phone
    name: Text
    about: Text
    always: bool


class BoundariesModel(CityModel):
    """Boundary files, relative to the city folder."""

    gu: Text | None = None
    dong: Text | None = None


class JurisdictionModel(CityModel):
    """jurisdiction.yml"""

    id: Text
    name: Text
    short_names: Words
    sample: bool
    notice: Text
    website: Text
    call_centre: CallCentreModel
    outline: Annotated[tuple[tuple[float, float], ...], Field(min_length=3)] | None = None
    boundaries: BoundariesModel = BoundariesModel()


class WayModel(CityModel):
    """The field `way` of a department or a gu. A mail without `address` goes to its `email`."""

    kind: Literal["none", "webhook", "mail"]
    address: Text | None = None
    needs_contact: bool = False
    needs: tuple[Need, ...] = ()
    tolerates_repeats: bool = False
    inner_networks: tuple[Network, ...] = ()
    http_hosts: Words = ()

    @model_validator(mode="after")
    def _fits(self) -> WayModel:
        if self.kind == "webhook":
            _webhook_address(self.address or "")
        elif self.kind == "mail" and self.address is not None:
            _email(self.address)
        elif self.kind == "none" and self.address is not None:
            raise ValueError("way 'none' has no address (expected none, or another kind)")
        return self


class DepartmentModel(CityModel):
    """One entry of departments.yml."""

    id: Identifier
    name: Text
    phone: Phone
    email: Email
    hours: Text
    intro: Text
    phone_note: Text | None = None
    way: WayModel | None = None


class QuestionModel(CityModel):
    """One extra question of a service."""

    id: Identifier
    text: Text
    choices: Words | None = None
    required: bool = False
    told: dict[Text, Words] = Field(default_factory=dict)


class NearModel(CityModel):
    """How near in metres and days two reports of a service may be about the same thing."""

    metres: int = Field(default=60, ge=1, le=MOST_METRES)
    days: int = Field(default=30, ge=1, le=365)


class ServiceModel(CityModel):
    """One entry of services.yml."""

    code: Identifier
    name: Text
    group: Identifier
    department: Identifier
    kind: KindText
    period: PeriodText
    keywords: Annotated[Words, Field(min_length=1)]
    photo_helps: bool = False
    description: Text | None = None
    questions: tuple[QuestionModel, ...] = ()
    related: tuple[Identifier, ...] = ()
    needs: tuple[Need, ...] | None = None
    near: NearModel | Literal[False] = NearModel()


class WhenModel(CityModel):
    """The condition of a rule."""

    services: tuple[Identifier, ...] = ()
    groups: tuple[Identifier, ...] = ()
    gus: Words = ()
    keywords: Words = ()
    gu_known: bool | None = None


class RuleModel(CityModel):
    """One entry of rules.yml. `department: gu-office` means the office of the gu."""

    id: Identifier
    when: WhenModel
    department: Identifier
    why: Text


class GuModel(CityModel):
    """One entry of gus.yml. The office's fields have defaults made from the name."""

    id: Identifier
    name: Text
    aliases: Words = ()
    dongs: Words = ()
    phone: Phone = "02-120"
    phone_note: Text | None = None
    email: Email | None = None
    hours: Text = "평일 09:00–18:00"
    intro: Text | None = None
    way: WayModel | None = None


class PlaceModel(CityModel):
    """One entry of places.yml."""

    name: Text
    aliases: Words = ()
    gus: Annotated[Words, Field(min_length=1)]
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    long: Annotated[float, Field(ge=-180, le=180)] | None = None


class NeighbourModel(CityModel):
    """One entry of neighbours.yml."""

    name: Text
    aliases: Words
    phone: Phone
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    long: Annotated[float, Field(ge=-180, le=180)] | None = None


class SpanModel(CityModel):
    """A stretch of a day."""

    start: ClockText
    end: ClockText


class YearsModel(CityModel):
    """First and last year covered."""

    from_: int = Field(alias="from")
    to: int


class DecreeModel(CityModel):
    """An election day or a holiday made by decree."""

    date: date
    weekday: Literal["월", "화", "수", "목", "금", "토", "일"]
    name: Text


class CalendarModel(CityModel):
    """calendar.yml"""

    office: SpanModel
    lunch: SpanModel | None = None
    years: YearsModel
    late_receipt_counts: bool = True
    paused_day: Literal["touched", "whole"] = "touched"
    decrees: tuple[DecreeModel, ...] = ()


class PatternModel(CityModel):
    """One pattern of an emergency: all of these, none of those."""

    all: Annotated[Words, Field(min_length=1)]
    none: Words = ()


class EmergencyModel(CityModel):
    """One entry of emergency.yml."""

    id: Identifier
    category: Literal[
        "fire",
        "rescue",
        "medical",
        "crime",
        "gas",
        "electricity",
        "suicide",
        "sea",
        "collapse",
        "abuse",
        "missing",
    ]
    number: Phone
    text: Text
    patterns: Annotated[tuple[PatternModel, ...], Field(min_length=1)]
    none: Words = ()
    none_sets: tuple[Identifier, ...] = ()
    by_rule_alone: bool = False


class EmergencyScoringModel(CityModel):
    """`scoring` of emergency.yml."""

    alone: Annotated[float, Field(ge=-2, le=2)]
    with_rule: Annotated[float, Field(ge=-2, le=2)]
    numbers: Annotated[tuple[Phone, ...], Field(min_length=1)]
    text: Text
