"""Makes the executor with every action of ours. Must hold no rule of its own.

Instances with their parts are registered; rasa_sdk's own search for subclasses is not used, because
it would import and build things by itself.
"""

from __future__ import annotations

from rasa_sdk.executor import ActionExecutor

from actions.ask_routing import AskRouting
from actions.base import SotongAction
from actions.case_request import CaseRequest
from actions.case_status import AddToCase, CheckCase
from actions.emergency import Emergency
from actions.end_report import EndReport
from actions.erase_my_data import EraseMyData
from actions.fallback import Fallback
from actions.handover import Handover
from actions.outside import OutsideForm, Praise
from actions.photo_place import PhotoPlaceOffer
from actions.policy import Policy
from actions.rate_service import RateService
from actions.report_form import (
    AskConfirm,
    AskExtra,
    AskServiceCode,
    AskSlot,
    AskSplit,
    AskWhere,
    ValidateReportForm,
)
from actions.small_talk import SmallTalk
from core.city import City
from core.database import Database
from core.lookup_codes import LookupCodes
from core.photo_places import PhotoPlaces
from core.ports import Now
from core.vault import Vault


def make_executor(
    *, database: Database, city: City, codes: LookupCodes, vault: Vault, now: Now
) -> ActionExecutor:
    """The executor that app.actions serves. Opens no connection by itself."""
    executor = ActionExecutor()
    for action in make_actions(database=database, city=city, codes=codes, vault=vault, now=now):
        executor.register_action(action)
    return executor


def make_actions(
    *, database: Database, city: City, codes: LookupCodes, vault: Vault, now: Now
) -> tuple[SotongAction, ...]:
    """Every action that domain.yml names."""
    places = PhotoPlaces(vault=vault, jurisdiction=city.jurisdiction)
    offer = PhotoPlaceOffer(database=database, city=city, places=places, now=now)
    return (
        ValidateReportForm(database=database, city=city, offer=offer, now=now),
        AskWhere(city=city, offer=offer),
        *(AskSlot(slot, city=city) for slot in ("what", "photo", "contact", "consent")),
        AskSplit(city=city),
        AskServiceCode(city=city),
        AskExtra(city=city),
        AskConfirm(city=city),
        EndReport(database=database, city=city, codes=codes, now=now),
        CheckCase(database=database, city=city, codes=codes, now=now),
        AddToCase(database=database, city=city, now=now),
        AskRouting(database=database, city=city),
        CaseRequest(database=database, city=city),
        RateService(database=database, city=city, now=now),
        Handover(database=database, city=city, now=now),
        Fallback(database=database, city=city, now=now),
        Policy(city=city),
        Emergency(database=database, city=city, now=now),
        EraseMyData(database=database, city=city, codes=codes, now=now),
        OutsideForm(database=database, city=city, now=now),
        Praise(),
        SmallTalk(),
    )
