"""Reads one message as an answer to the report form. Pure: must not know the city or what comes next.

Words are looked at before the classifier's intent, because a short answer inside a form means what
it says; the intent helps only where it is sure and the message is short.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from actions.service_choice import Heard
from actions.turn import Message
from core.replies import Point
from core.vault import TOKEN_PATTERN
from korean.answers import is_cancel, is_restart, is_skip, yes_no
from korean.normalise import fold
from korean.questions import is_question

# The classifier must be this sure before a typed message is anything else than an answer.
SURE = 0.75
# A typed command is short; "취소된 공사 때문에 …" is a story.
COMMAND_LENGTH = 14
# Only these two say where a citizen can be reached.
_CONTACT = re.compile(r"⟦(?:전화|메일)\d+⟧")


class Control(StrEnum):
    """What a message commands, whatever is being asked."""

    AFFIRM = "affirm"
    DENY = "deny"
    SKIP = "skip"
    CANCEL = "cancel"
    RESTART = "restart"
    UNKNOWN = "unknown"  # "I do not know"


_UNKNOWN = re.compile(
    r"(?:잘|저도|나도|글쎄|글쎄요|음|정확히는?|정확한건|주소는?|장소는?|번호는?|어딘지|뭔지|그건)*"
    r"(?:모르겠|모르|몰라|모름|모르겄|모리겠|모르것)"
    r"(?:어요?|네요?|는데요?|다|는디요?|심더|음|슴|습니다|지요?|그마|구마|거든요?|요)*"
)

_CHANGE = re.compile(r"바꾸|바꿀|바꿔|고칠|고쳐|고치|수정|변경|정정|다시|틀렸|틀려|잘못")
_COMING = re.compile(r"있|보낼|올릴|찍을|찍어|드릴|보내드")
_NO_PHOTO = re.compile(r"사진\s*(?:은|이|도)?\s*(?:따로\s*)?(?:없|안\s?찍|못\s?찍)")
_NOISE = re.compile(r"[ㄱ-ㅎㅏ-ㅣ]+|(?:음|흠|어|엄|글쎄요?|에|저기)+")

# "네 이제 맞아요" has the form of a question only when it is marked as one.
_AGREES = re.compile(
    r"^(?!.*(?:왜|뭐|뭘|무슨|어떻게|얼마|언제|누가|어디)).*(?:맞아요?|맞습니다|돼요|됩니다)[.!~\s]*$"
)

_INTENT_CONTROLS = {
    "affirm": Control.AFFIRM,
    "deny": Control.DENY,
    "skip": Control.SKIP,
    "cancel": Control.CANCEL,
    "stop": Control.CANCEL,
}

_FIELD_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("service_code", ("종류", "분류", "유형")),
    ("where", ("어디", "장소", "위치", "주소", "곳")),
    ("photo", ("사진",)),
    ("contact", ("연락처", "전화", "번호", "메일", "이메일", "폰")),
    ("what", ("무엇", "뭐", "내용", "설명", "글")),
)

_PERSON = re.compile(
    r"(?:상담[원사]|담당자|직원|사람|공무원|주무관).{0,8}(?:연결|바꿔|통화|얘기|이야기|대화|말|불러|상담)"
)
# Own data and a wish to be rid of it. "사진 지워 주세요" alone means the photo of this report.
_ERASE = re.compile(
    r"(?:정보|데이터|기록|대화|이력|쓴거|남긴).*(?:지우|지워|지울|삭제|파기|없애|폐기|철회)|탈퇴|잊혀질권리"
)
ERASE_LENGTH = 30
_GREETING_INTENTS = frozenset({"greet", "thank", "goodbye"})
# The classifier alone takes "저녁에요" for a good evening.
_GREETING = re.compile(
    r"안녕|안뇽|하이|반갑|반가|여보세요|헬로|hello|감사|고마|고맙|땡큐|수고|ㄱㅅ|ㄳ|계세요|가세요|갈게|가볼게|바이|bye"
)
# A question may interrupt the form when it is one of these and has the form of a question.
_QUESTION_INTENTS = frozenset(
    {
        "ask_policy",
        "ask_budget",
        "check_case",
        "ask_routing",
        "help",
        "out_of_scope",
        "follow_case",
        "withdraw_case",
        "erase_my_data",
        "export_my_data",
        "appeal_decision",
        "reopen_case",
        "ask_more_time",
        "subscribe_alert",
        "unsubscribe_alert",
        "rate_service",
    }
)
# A case number in the message says that it is about that case, in whatever form.
CASE_INTENTS = frozenset(
    {
        "check_case",
        "ask_routing",
        "add_to_case",
        "follow_case",
        "withdraw_case",
        "appeal_decision",
        "reopen_case",
        "ask_more_time",
    }
)
# What a pressed choice may lead to in the middle of the form.
PRESSED_INTERRUPTIONS = _QUESTION_INTENTS | {"talk_to_officer", "emergency", "add_to_case"}


@dataclass(frozen=True)
class Reading:
    """What one message may mean to the form."""

    text: str
    control: Control | None = None
    field: str | None = None
    place: str | None = None
    contact: str | None = None
    service_code: str | None = None
    answer: str | None = None
    # The near report that a pressed choice names.
    near: int | None = None
    location: Point | None = None
    attachment_ids: tuple[int, ...] = ()
    typed: bool = True
    # Kinds of service that the classifier hears in the whole text.
    services: tuple[Heard, ...] = ()


def read_message(message: Message) -> Reading:
    """Everything in a message that the form could use, found without knowing what was asked."""
    typed = message.kind == "text"
    text = message.text.strip() if typed else ""
    token = _CONTACT.search(message.text)
    return Reading(
        text=text,
        control=_control(message),
        field=message.value("field") if not typed else field_of(text),
        place=_longest(message.values("place")),
        contact=token.group() if token else message.value("contact"),
        service_code=message.value("service_code"),
        answer=message.value("answer"),
        near=_id(message.value("near")) if not typed else None,
        location=message.location,
        attachment_ids=message.attachment_ids,
        typed=typed,
        services=message.services if typed else (),
    )


def interruption(message: Message, *, question: bool) -> str | None:
    """The intent that may answer before the form goes on, or None: then the message is an answer.

    ``question`` says whether the text has the form of a question (korean.questions).
    """
    if message.pressed:
        return message.intent if message.intent in PRESSED_INTERRUPTIONS else None
    if message.kind != "text":
        return None
    if asks_for_person(message.text):
        # The rule needs the classifier's intent; without it the caller offers a person itself.
        return "talk_to_officer" if message.intent == "talk_to_officer" else None
    if message.confidence < SURE or _control(message) is not None:
        return None
    if message.intent in CASE_INTENTS and message.value("case_number") is not None:
        return message.intent
    if message.intent in _QUESTION_INTENTS and question:
        return message.intent
    if message.intent == "erase_my_data" and asks_to_erase(message.text):
        return "erase_my_data"
    if message.intent == "help" and len(fold(message.text)) <= COMMAND_LENGTH:
        return "help"
    folded = fold(message.text)
    greets = message.intent in _GREETING_INTENTS and _GREETING.search(folded) is not None
    if greets and len(folded) <= COMMAND_LENGTH:
        return message.intent
    return None


def asks_for_person(text: str) -> bool:
    """Whether the text asks to be put through to a person."""
    return len(text) <= 60 and _PERSON.search(fold(text)) is not None


def asks_to_erase(text: str) -> bool:
    """Whether a short text asks to have one's own data erased."""
    folded = fold(text)
    return len(folded) <= ERASE_LENGTH and _ERASE.search(folded) is not None


def field_of(text: str) -> str | None:
    """The part of the report a short text names ("장소요", "사진 다시 보낼게요"), or None."""
    folded = fold(text)
    if not folded or len(folded) > COMMAND_LENGTH:
        return None
    return next(
        (name for name, words in _FIELD_WORDS if any(word in folded for word in words)), None
    )


def change_of(text: str) -> str | None:
    """The part of the report that a short text wants to change or send again, or None."""
    return field_of(text) if _CHANGE.search(fold(text)) else None


def brings_photo(text: str) -> bool:
    """Whether a short text says that a photo is coming after all ("아 사진 있어요 잠깐만요")."""
    folded = fold(text)
    return field_of(text) == "photo" and _COMING.search(folded) is not None


def without_photo(text: str) -> bool:
    """Whether the text says by the way that there is no photo."""
    return _NO_PHOTO.search(text) is not None


def is_noise(text: str) -> bool:
    """Whether the text is only laughter, stray letters of a keyboard or a sigh."""
    return _NOISE.fullmatch(fold(text)) is not None


def without_tokens(text: str) -> str:
    """The text without the tokens that stand for personal data."""
    return TOKEN_PATTERN.sub("", text)


def _control(message: Message) -> Control | None:
    if message.pressed:
        return _INTENT_CONTROLS.get(message.intent)
    if message.kind != "text":
        return None
    text = message.text
    if is_restart(text):
        return Control.RESTART
    if is_cancel(text):
        return Control.CANCEL
    folded = fold(text)
    if _UNKNOWN.fullmatch(folded):
        return Control.UNKNOWN
    answer = yes_no(text)
    if answer is not None:
        return Control.AFFIRM if answer else Control.DENY
    if is_skip(text):
        return Control.SKIP
    if len(folded) > COMMAND_LENGTH or message.confidence < SURE or message.values("place"):
        return None
    # "그걸 왜 동의해야 돼요?" is no consent, whatever the classifier takes it for.
    asks = is_question(text) and not _AGREES.search(text)
    return None if asks else _INTENT_CONTROLS.get(message.intent)


def _id(value: str | None) -> int | None:
    return int(value) if value is not None and value.isascii() and value.isdigit() else None


def _longest(values: tuple[str, ...]) -> str | None:
    return max(values, key=len, default=None)
