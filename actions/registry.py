"""Makes the executor with every action of ours. Must hold no rule of its own.

Instances with their parts are registered; rasa_sdk's own search for subclasses is not used, because
it would import and build things by itself.
"""

from __future__ import annotations

from rasa_sdk.executor import ActionExecutor

from actions.ask_routing import AskRouting
from actions.base import SotongAction
from actions.case_act import CaseAct
from actions.case_add import AddToCase
from actions.case_request import CaseRequest
from actions.case_status import CheckCase
from actions.emergency import Emergency
from actions.end_report import EndReport
from actions.erase_my_data import EraseMyData
from actions.fallback import Fallback
from actions.handover import Handover
from actions.more_time import MoreTime
from actions.near_offer import NearOffer
from actions.outside import OutsideForm, Praise
from actions.photo_place import PhotoPlaceOffer
from actions.policy import Policy
from actions.rate_service import RateService
from actions.report_form import (
    AskConfirm,
    AskExtra,
    AskNear,
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
from core.policy_port import PolicyArticles
from core.ports import Now
from core.vault import Vault


def make_executor(
    *,
    database: Database,
    city: City,
    codes: LookupCodes,
    vault: Vault,
    now: Now,
    articles: PolicyArticles,
    public_base_url: str = "",
) -> ActionExecutor:
    """The executor that app.actions serves. Opens no connection by itself."""
    executor = ActionExecutor()
    for action in make_actions(
        database=database,
        city=city,
        codes=codes,
        vault=vault,
        now=now,
        articles=articles,
        public_base_url=public_base_url,
    ):
        executor.register_action(action)
    return executor


def make_actions(
    *,
    database: Database,
    city: City,
    codes: LookupCodes,
    vault: Vault,
    now: Now,
    articles: PolicyArticles,
    public_base_url: str = "",
) -> tuple[SotongAction, ...]:
    """Every action that domain.yml names."""
    acts = CaseAct(database=database, city=city, now=now)
    places = PhotoPlaces(vault=vault, jurisdiction=city.jurisdiction)
    offer = PhotoPlaceOffer(database=database, city=city, places=places, now=now)
    near = NearOffer(database=database, city=city, now=now)
    policy = Policy(
        database=database, city=city, articles=articles, public_base_url=public_base_url, now=now
    )
    return (
        ValidateReportForm(database=database, city=city, offer=offer, near=near, now=now),
        AskWhere(city=city, offer=offer),
        AskNear(city=city, near=near),
        *(AskSlot(slot, city=city) for slot in ("what", "photo", "contact", "consent")),
        AskSplit(city=city),
        AskServiceCode(city=city),
        AskExtra(city=city),
        AskConfirm(city=city),
        EndReport(database=database, city=city, codes=codes, near=near, now=now),
        CheckCase(database=database, city=city, codes=codes, now=now),
        AddToCase(database=database, city=city, now=now),
        acts,
        MoreTime(database=database, city=city, now=now),
        AskRouting(database=database, city=city),
        CaseRequest(database=database, city=city),
        RateService(database=database, city=city, now=now),
        Handover(database=database, city=city, now=now),
        Fallback(database=database, city=city, policy=policy, now=now),
        policy,
        Emergency(database=database, city=city, now=now),
        EraseMyData(database=database, city=city, codes=codes, now=now),
        OutsideForm(database=database, city=city, acts=acts, policy=policy, now=now),
        Praise(),
        SmallTalk(),
    )
