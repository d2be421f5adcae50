"""Answers talk that is no city matter: who is speaking, anger, a farewell. Must not start a report."""

from __future__ import annotations

import re

from actions.base import Result, Say, SotongAction
from actions.turn import Turn

# Who talks to a machine must be able to hear that it is one.
_WHO = re.compile(
    r"(?:사람|인간|기계|로봇|로보트|봇|챗봇|에이아이|인공지능|AI|ai|프로그램|컴퓨터|직원|상담원).{0,4}"
    r"(?:이야|야|이냐|냐|인가|이에요|예요|에요|이니|니|인지|맞|세요|입니까|이죠|죠|\?)"
    r"|(?:누가|어디서|어디에서).{0,4}(?:만들|만든|개발|운영)|(?:넌|너는?|당신은?|누구).{0,3}(?:누구|뭐|이름|세요|야|냐)|이름이\s?뭐"
)
_ANGER = re.compile(
    r"몇\s?번(?:을|이나|째)|세금|도대체|짜증|화가|화나|열\s?받|답답|어이\s?없|장난\s?(?:하|치)|미치|씨발|시발|ㅅㅂ|ㅆㅂ|개같|병신|엉망|"
    r"뭐\s?하(?:는|냐|자)|일\s?(?:안|좀)\s?(?:하|해)|왜\s?(?:아직|안|이렇게|맨날)|똑바로"
)

_IN_FORM = {
    "utter_who_i_am": "utter_who_i_am_in_form",
    "utter_sorry": "utter_sorry_in_form",
    "utter_out_of_scope": "utter_out_of_scope_in_form",
}


class SmallTalk(SotongAction):
    """out_of_scope and goodbye, which are sometimes anger or the question who we are."""

    action_name = "action_small_talk"

    def work(self, turn: Turn) -> Result:
        """One prompt of domain.yml; inside a form the one without choices."""
        text = turn.message.text if turn.message.kind == "text" else ""
        if _WHO.search(text):
            prompt = "utter_who_i_am"
        elif _ANGER.search(text):
            prompt = "utter_sorry"
        elif turn.message.intent == "goodbye" and not turn.in_form:
            return Result((Say("utter_goodbye"),))
        else:
            prompt = "utter_out_of_scope"
        return Result((Say(_IN_FORM[prompt] if turn.in_form else prompt),))
