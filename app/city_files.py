"""Loads the files of city/ into core.city.City and checks them against each other.

Must not decide anything about a case. Every mistake is collected and told with file and line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from app import city_models as models
from app.city_boundaries import Boundaries, load_boundaries
from app.city_build import make_city
from app.city_calendar import make_calendar
from app.city_checks import Names, Spot, check_references, check_texts, check_unique
from app.city_compile import compile_city
from app.city_emergency import load_emergency, load_scoring
from app.city_flags import FlagsModel, make_flag_rules
from app.city_periods import PeriodsModel, check_services, make_duties, make_matters
from app.city_privacy import ConsentModel, RetentionModel, consent_texts, retention_rules
from app.city_publishing import PublishingModel, make_publishing_rules
from app.city_yaml import CityError, Document, Problems, Where, read_document, validate
from core.case_likeness import FLAG_RULES, FlagRules
from core.city import City
from core.clock import Duties, WorkCalendar
from core.matters import LAW_MATTERS, Matter
from core.publishing_rules import ALWAYS, PublishingRules
from core.texts import Texts

__all__ = ["CityError", "compile_city", "load_city"]

M = TypeVar("M", bound=BaseModel)


def load_city(folder: Path, *, boundaries_dir: Path | None = None) -> City:
    """Read and check every file. Raises CityError with all mistakes, each one clear sentence.

    `boundaries_dir` (a setting) wins over the boundary files that jurisdiction.yml names.
    """
    return _Loader(folder, boundaries_dir).load()


class _Loader:
    """One run over the folder; keeps the documents so that later checks can name lines."""

    def __init__(self, folder: Path, boundaries_dir: Path | None) -> None:
        self.folder = folder
        self.boundaries_dir = boundaries_dir
        self.problems = Problems()
        # Names as the files give them, also of entries with other mistakes.
        self.given: dict[str, set[str]] = {}

    def load(self) -> City:
        if not self.folder.is_dir():
            raise CityError((f"{self.folder}: the city folder is missing",))
        jurisdiction = self._one("jurisdiction.yml", models.JurisdictionModel)
        calendar_model = self._one("calendar.yml", models.CalendarModel)
        departments = self._many("departments.yml", models.DepartmentModel, key="id")
        gus = self._many("gus.yml", models.GuModel, key="id")
        groups, services = self._services()
        rules = self._many("rules.yml", models.RuleModel, key="id")
        places = self._many("places.yml", models.PlaceModel, key="name")
        neighbours = self._many("neighbours.yml", models.NeighbourModel, key="name")
        hotlines = self._many("hotlines.yml", models.CallCentreModel, key="number")
        emergency_file = self._read("emergency.yml")
        emergency = load_emergency(emergency_file, problems=self.problems) if emergency_file else ()
        scoring = load_scoring(emergency_file, problems=self.problems) if emergency_file else None
        retention = retention_rules(
            self._many("retention.yml", RetentionModel, key="kind"), problems=self.problems
        )
        consents = consent_texts(
            self._many("consents.yml", ConsentModel, key="kind"),
            problems=self.problems,
            name=f"{self.folder.name}/consents.yml",
        )
        texts = self._texts()
        check_references(
            departments=departments,
            gus=gus,
            services=services,
            rules=rules,
            places=places,
            names=Names(
                departments=self.given.get("department"),
                groups=set(groups) or None,
                services=self.given.get("service"),
                gus=self.given.get("gu"),
            ),
            problems=self.problems,
        )
        calendar = self._calendar(calendar_model)
        matters, duties = self._periods()
        check_services(services, problems=self.problems)
        flag_rules = self._flag_rules()
        publishing = self._publishing()
        boundaries = self._boundaries(jurisdiction, _bare(gus))
        if self.problems.found or jurisdiction is None or calendar is None:
            raise CityError(self.problems.sentences())
        return make_city(
            jurisdiction=jurisdiction,
            boundaries=boundaries,
            departments=_bare(departments),
            gus=_bare(gus),
            groups=groups,
            services=_bare(services),
            rules=[
                (model, f"{spot.document.name}:{spot.document.line(spot.where)}")
                for model, spot in rules
            ],
            places=_bare(places),
            neighbours=_bare(neighbours),
            hotlines=_bare(hotlines),
            emergency=emergency,
            emergency_scoring=scoring,
            calendar=calendar,
            matters=matters,
            duties=duties,
            texts=Texts(texts),
            retention=retention,
            consents=consents,
            flag_rules=flag_rules,
            publishing=publishing,
        )

    def _read(self, relative: str) -> Document | None:
        name = f"{self.folder.name}/{relative}"
        return read_document(self.folder / relative, name, problems=self.problems)

    def _one(self, relative: str, model: type[M]) -> M | None:
        document = self._read(relative)
        if document is None:
            return None
        return validate(model, document, (), label="", problems=self.problems)

    def _many(self, relative: str, model: type[M], *, key: str) -> list[tuple[M, Spot]]:
        document = self._read(relative)
        if document is None:
            return []
        return self._entries(document, (), model=model, key=key)

    def _entries(
        self, document: Document, where: Where, *, model: type[M], key: str
    ) -> list[tuple[M, Spot]]:
        """Validate a list entry by entry, so that one bad entry does not hide the next."""
        value = document.data
        for part in where:
            value = value[part]
        noun = model.__name__.removesuffix("Model").lower()
        noun = {"callcentre": "hotline"}.get(noun, noun)
        if not isinstance(value, list) or not value:
            self.problems.add(document, where, f"expected a list of {noun} entries")
            return []
        found = []
        name_key = "name" if noun == "gu" else key
        self.given[noun] = {
            str(entry[name_key]) for entry in value if isinstance(entry, dict) and name_key in entry
        }
        for index, entry in enumerate(value):
            spot = (*where, index)
            name = entry.get(key) if isinstance(entry, dict) else None
            label = f"{noun} '{name}'" if name else f"{noun} number {index + 1}"
            checked = validate(model, document, spot, label=label, problems=self.problems)
            if checked is not None:
                found.append((checked, Spot(document, spot)))
        check_unique(found, key=key, noun=noun, problems=self.problems)
        return found

    def _services(self) -> tuple[dict[str, str], list[tuple[models.ServiceModel, Spot]]]:
        document = self._read("services.yml")
        if document is None:
            return {}, []
        data = document.data
        if not isinstance(data, dict) or set(data) != {"groups", "services"}:
            self.problems.add(document, (), "expected exactly two parts: groups and services")
            return {}, []
        groups: dict[str, str] = {}
        given = data["groups"]
        if not isinstance(given, dict) or not given:
            self.problems.add(document, ("groups",), "expected a list of group: Korean name")
        else:
            for group, name in given.items():
                if isinstance(name, str) and name.strip():
                    groups[group] = name.strip()
                else:
                    self.problems.add(
                        document, ("groups", group), f"group '{group}': expected a Korean name"
                    )
        services = self._entries(document, ("services",), model=models.ServiceModel, key="code")
        return groups, services

    def _texts(self) -> dict[str, str]:
        folder = self.folder / "texts"
        documents = []
        for path in sorted(folder.glob("*.yml")):
            document = self._read(f"texts/{path.name}")
            if document is not None:
                documents.append(document)
        return check_texts(documents, name=f"{self.folder.name}/texts", problems=self.problems)

    def _calendar(self, model: models.CalendarModel | None) -> WorkCalendar | None:
        document = self._read("calendar.yml")
        if model is None or document is None:
            return None
        return make_calendar(model, document, problems=self.problems)

    def _periods(self) -> tuple[tuple[Matter, ...], Duties]:
        """Without the file the law's own periods hold."""
        if not (self.folder / "periods.yml").exists():
            return LAW_MATTERS, Duties()
        document = self._read("periods.yml")
        model = self._one("periods.yml", PeriodsModel)
        if document is None or model is None:
            return LAW_MATTERS, Duties()
        return make_matters(model, document, problems=self.problems), make_duties(model)

    def _flag_rules(self) -> FlagRules:
        """Without the file the program's own thresholds hold."""
        if not (self.folder / "flags.yml").exists():
            return FLAG_RULES
        model = self._one("flags.yml", FlagsModel)
        return FLAG_RULES if model is None else make_flag_rules(model)

    def _publishing(self) -> PublishingRules:
        """Without the file there are no quiet hours and no blackouts."""
        if not (self.folder / "publishing.yml").exists():
            return ALWAYS
        model = self._one("publishing.yml", PublishingModel)
        return ALWAYS if model is None else make_publishing_rules(model)

    def _boundaries(
        self, model: models.JurisdictionModel | None, gus: Sequence[models.GuModel]
    ) -> Boundaries:
        if model is None:
            return Boundaries()
        named = model.boundaries if self.boundaries_dir is None else models.BoundariesModel()
        return load_boundaries(
            gu_file=self.folder / named.gu if named.gu else None,
            dong_file=self.folder / named.dong if named.dong else None,
            folder=self.boundaries_dir,
            gu_names=frozenset(gu.name for gu in gus),
            problems=self.problems,
        )


def _bare(entries: Sequence[tuple[M, Spot]]) -> list[M]:
    return [model for model, _spot in entries]
