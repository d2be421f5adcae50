"""Describes one city as plain frozen data. Must not read files: app/city_files.py does that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from core.case_likeness import FLAG_RULES, FlagRules
from core.consent_texts import ConsentText
from core.geo import Area, Shape
from core.matters import LAW_MATTERS, Matter
from core.publishing_rules import ALWAYS, PublishingRules
from core.retention_rules import RetentionRule
from core.statutory import DUTIES, Duties
from core.texts import Texts

if TYPE_CHECKING:
    from core.clock import WorkCalendar

T = TypeVar("T")

# 민원처리법 시행령 2조 and the city's own class 소통 (a report without a name and an
# address is no 민원 in law, it gets the city's own promise).
KINDS = ("법정", "질의", "건의", "기타", "고충", "소통")


class UnknownName(KeyError):
    """The city has no department, service or gu of that name."""


@dataclass(frozen=True)
class Way:
    """How a department hears of its cases. The null way: officers work in the console.

    ``kind``: none | webhook | mail. ``address`` is the https address or the mailbox. Photos that the
    department names are fetched from public https addresses; ``inner_networks`` (CIDR) and ``http_hosts``
    widen that for networks of the city's own.
    """

    kind: str = "none"
    address: str = ""
    # Whether a citizen's contact goes along; the same as "contact" among ``needs``.
    needs_contact: bool = False
    # Personal data that its work needs, by kind (core.tokens); everything else stays in the vault.
    needs: tuple[str, ...] = ()
    # A mailbox that sorts out the same mail twice; then a mail whose answer was lost is sent again.
    tolerates_repeats: bool = False
    inner_networks: tuple[str, ...] = ()
    http_hosts: tuple[str, ...] = ()

    @property
    def needed(self) -> frozenset[str]:
        """The kinds of personal data that go along unless a service says otherwise."""
        return frozenset((*self.needs, "contact") if self.needs_contact else self.needs)

    @property
    def is_open(self) -> bool:
        """Whether anything goes out at all."""
        return self.kind != "none"


@dataclass(frozen=True)
class Department:
    """A unit that works on cases. `hours` is text for citizens; the clock is City.calendar."""

    id: str
    name: str
    phone: str
    email: str
    hours: str
    intro: str
    phone_note: str = ""
    gu: str | None = None  # the gu whose office it is, None for a unit of the city itself
    way: Way = Way()


@dataclass(frozen=True)
class Question:
    """An extra question of a service. Without choices the citizen answers in own words.

    ``told`` has for a choice the words that say it in the story already, so that it need not be asked.
    """

    id: str
    text: str
    choices: tuple[str, ...] = ()
    required: bool = False
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Nearness:
    """Within which distance (m) and time (days) two reports of a service may be about the same thing."""

    metres: int = 60
    days: int = 30


@dataclass(frozen=True)
class Service:
    """A kind of report (Open311: service). `period` is text that core.clock.Period.parse takes."""

    code: str
    name: str
    group: str
    keywords: tuple[str, ...]
    kind: str
    period: str
    department_id: str
    questions: tuple[Question, ...] = ()
    related: tuple[str, ...] = ()
    photo_helps: bool = False
    description: str = ""
    # What whoever works on it needs of personal data; None: as the department's way says.
    needs: tuple[str, ...] | None = None
    # None: a report of it is never shown to anybody else, however near.
    nearness: Nearness | None = Nearness()


@dataclass(frozen=True)
class Condition:
    """When a rule holds: every filled field must hold, inside a field one entry is enough.

    `gu_known` asks only whether the gu is known. An empty condition always holds.
    """

    service_codes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    gus: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    gu_known: bool | None = None


@dataclass(frozen=True)
class Rule:
    """A routing rule. `department_id` is None when the case goes to the office of its gu."""

    id: str
    when: Condition
    department_id: str | None
    why: str
    # Where it stands, such as city/rules.yml:12, so that a decision can be looked up.
    source: str = ""

    @property
    def to_gu_office(self) -> bool:
        """Whether the office of the gu of the place is responsible."""
        return self.department_id is None


@dataclass(frozen=True)
class Gu:
    """A district of the city and its short names. Its office is a Department like any other."""

    id: str
    name: str
    aliases: tuple[str, ...]
    department_id: str
    dongs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A well-known station or landmark. Several gus mean that the name alone does not decide."""

    name: str
    aliases: tuple[str, ...]
    gus: tuple[str, ...]
    # Roughly where, to say near what a photo was taken; never used as the place of a case.
    lat: float | None = None
    long: float | None = None


@dataclass(frozen=True)
class Neighbour:
    """A jurisdiction next door, named kindly when a place is not in this city."""

    name: str
    aliases: tuple[str, ...]
    phone: str
    lat: float | None = None
    long: float | None = None


@dataclass(frozen=True)
class Hotline:
    """A number that answers by itself, such as 120 or 112. `always` means day and night."""

    number: str
    name: str
    about: str
    always: bool


@dataclass(frozen=True)
class EmergencyPattern:
    """A pattern fits when each expression of `all_of` and none of `none_of` is found.

    They are Python regular expressions on folded text without spaces (dialogue/emergency.py).
    """

    all_of: tuple[str, ...]
    none_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class EmergencyRule:
    """One kind of emergency. The first line of `text` is the number to call now.

    `none_of` takes a sentence out of the whole rule (a question about a fire station is no fire).
    `by_rule_alone`: nobody was taught by examples what it is, so the learned score has no say in it.
    """

    id: str
    category: str
    number: str
    text: str
    patterns: tuple[EmergencyPattern, ...]
    none_of: tuple[str, ...] = ()
    by_rule_alone: bool = False


@dataclass(frozen=True)
class EmergencyScoring:
    """When the learned score of a message (korean/text_scores.py, about -1 to 1) makes an emergency.

    Above `alone` without any rule, answered with `unknown`, which names every number that may help;
    above `with_rule` where a rule fits, too.
    """

    alone: float
    with_rule: float
    unknown: EmergencyRule


@dataclass(frozen=True)
class Jurisdiction:
    """The city as a legal unit and where it lies.

    `sample` is True for a description that is not official: pages must say so (`notice`).
    `outline` is coarse and generous; gu_areas and dong_areas are exact and optional.
    """

    id: str
    name: str
    short_names: tuple[str, ...]
    sample: bool
    notice: str
    call_centre: Hotline
    website: str
    # What the city promises for class 소통, a report without a contact (periods.yml).
    promise_period: str = "3d"
    outline: Shape | None = None
    gu_areas: tuple[Area, ...] = ()
    dong_areas: tuple[Area, ...] = ()


@dataclass(frozen=True)
class City:
    """One city. `default_department_id` takes what no other rule takes."""

    jurisdiction: Jurisdiction
    departments: tuple[Department, ...]
    services: tuple[Service, ...]
    rules: tuple[Rule, ...]
    gus: tuple[Gu, ...]
    places: tuple[Place, ...]
    neighbours: tuple[Neighbour, ...]
    calendar: WorkCalendar
    texts: Texts
    emergency: tuple[EmergencyRule, ...]
    hotlines: tuple[Hotline, ...]
    groups: Mapping[str, str] = field(default_factory=dict)  # group id → Korean name
    retention: tuple[RetentionRule, ...] = ()
    consents: tuple[ConsentText, ...] = ()
    matters: tuple[Matter, ...] = LAW_MATTERS
    duties: Duties = DUTIES
    flag_rules: FlagRules = FLAG_RULES
    publishing: PublishingRules = ALWAYS
    # Without it the rules decide alone.
    emergency_scoring: EmergencyScoring | None = None

    def department(self, department_id: str) -> Department:
        """The department with that id. Raises UnknownName."""
        return _find(self._departments, department_id)

    def service(self, code: str) -> Service:
        """The service with that code. Raises UnknownName."""
        return _find(self._services, code)

    def matter(self, matter_id: str) -> Matter:
        """The kind of matter with that id (질의-법령). Raises UnknownName."""
        return _find({matter.id: matter for matter in self.matters}, matter_id)

    def gu(self, name: str) -> Gu:
        """The gu with that full name (강남구). Raises UnknownName."""
        return _find(self._gus, name)

    def akin(self, code: str) -> tuple[str, ...]:
        """The service and those related to it, either way, whose reports may be shown as near ones."""
        if not self.has_service(code) or self.service(code).nearness is None:
            return ()
        related = self.service(code).related
        return tuple(
            each.code
            for each in self.services
            if each.nearness is not None
            and (each.code == code or each.code in related or code in each.related)
        )

    def has_service(self, code: str) -> bool:
        """Whether the city knows that service code."""
        return code in self._services

    @cached_property
    def _departments(self) -> dict[str, Department]:
        return {department.id: department for department in self.departments}

    @cached_property
    def _services(self) -> dict[str, Service]:
        return {service.code: service for service in self.services}

    @cached_property
    def _gus(self) -> dict[str, Gu]:
        return {gu.name: gu for gu in self.gus}


def _find(table: Mapping[str, T], name: str) -> T:
    try:
        return table[name]
    except KeyError:
        raise UnknownName(name) from None
