"""Tells the form of a sentence: a question that wants an answer, or a request that wants work.

It reads endings and question words; it does not know what is asked.
"""

from __future__ import annotations

import re

_END = r"(?:[.~!?ㅋㅎㅠㅜ^;\s]*)$"
# Endings that ask whatever stands before them.
_ASKING_END = re.compile(
    r"(?:나요|까요|ㄴ가요|는가요|은가요|[가-힣]가요|인가요|던가요|습니까|ㅂ니까|입니까|[가-힣]니까|는지요|은지요|"
    r"을까|ㄹ까|인지요|려나|냐고요|나여|까여|가여|느냐|으냐|냐)" + _END
)
_NOT_ASKING_END = re.compile(
    r"(?:으니까|니까요|이니까|하니까|되니까|보니까|그러니까|[가-힣]서요)" + _END
)
_DECLARED_GA = re.compile(
    r"(?:나가요|들어가요|돌아가요|지나가요|올라가요|내려가요|빠져나가요|치워가요|가져가요|사라져가요|넘어가요|안\s?가요|"
    r"못\s?가요|다\s?가요|나갔가요|튀어나가요|새어나가요|걸어가요|뛰어가요|죽어가요|되어가요|돼가요|떠내려가요|"
    r"쓸려가요|기어가요|잡아가요|데려가요)" + _END
)
_ASKING_WORD = re.compile(
    r"얼마(?:예요|에요|인가|나|입니까|죠|지요|야|정도|\s?들|\s?걸|에|까지)|언제(?:까지|부터|쯤|요|예요|에요|인가|죠|\s)|"
    r"어디(?:서|에서|로|에|예요|에요|인가|죠|야|\s?있)|어떻게|어떡해|무엇|무슨|어느|누가|누구|며칠|몇\s?(?:시|일|번|명|개|월|년|층|원|살|군데)|"
    r"뭐(?:예요|에요|가|를|라고|죠|야|\s?있|\s?필요)|뭔가요|뭘\s|왜\s|왜요|어떤"
)
_ASKING_TAIL = re.compile(
    r"(?:요|죠|지|야|니|어|아|나|까|대|래|데|는지|은지|ㄴ지|건지|인지|됨|함|있음)?" + _END
)
_TELL_ME = re.compile(
    r"(?:알려|가르쳐|갈쳐|설명해|안내해|말해|말씀해|답변해|답해|대답해)\s?(?:주|줘|달|줄|드|바라|봐)|"
    r"궁금|알고\s?싶|여쭤|여쭙|물어\s?볼|물어볼|물어\s?보|질문|문의\s?드|문의드|문의\s?합|알\s?수\s?있"
)
_CAN = re.compile(
    r"(?:수\s?있(?:어요|나요|을까요|습니까|는지|죠|지요|니|나)|되나요|될까요|됩니까|돼요|되는지|가능한가요|가능한지|가능해요|"
    r"가능합니까|가능할까요|맞나요|맞아요|맞습니까|인지요)" + _END
)
# Work that is wanted, said politely in the form of a question.
_DO_IT = re.compile(
    r"(?:[가-힣][어아여해려와줘춰워셔겨켜쳐져]|해|[써꺼꿔와])\s?(?:주세요|주셔요|주십시오|주십쇼|주시기|주시길|주시겠|주실\s?수|주실래|주실까|"
    r"주면|주시면|줄\s?수|줄래|주라|주이소|줘요|줘|주삼|달라|달라고|드려요|주시고|주길)|"
    r"(?:부탁|요청|바랍니다|바라요|바래요|원합니다|원해요|필요해요|필요합니다|했으면|하면\s?좋겠|면\s?좋겠|시급)|"
    r"(?:하|되|치우|고치)(?:십시오|세요)|해야\s?(?:하지\s?않|되지\s?않|할\s?것\s?같|합니다)|좀\s?(?:해|치워|고쳐)"
)
_WHAT_IS_NEEDED = re.compile(r"(?:뭐|뭘|무엇|무슨|얼마|어떤|어느|언제)[^.!?]{0,20}(?:필요|원하)")
# Who or when is asked, though the ending is that of a request: 보상은 누가 해줘요?
_WHO_DOES_IT = re.compile(r"(?:누가|언제)[^.!?]{0,12}(?:줘|줘요|주죠|주는데요)\?")
# 나요 is also a verb: 냄새가 나요.  And 누가 is also somebody: 누가 쓰레기를 버렸어요.
_COMES_OUT = re.compile(
    r"(?:냄새|악취|소리|소음|연기|불|열|김|사고|먼지|진동|빛|싸움|전기|스파크|거품|고장|구멍|정전|화재|불꽃|잡초|풀|곰팡이)"
    r"(?:이|가|도|만)?\s?(?:너무|많이|계속|심하게|엄청|자꾸|자주|또|진짜|정말|매일|맨날)?\s?나요"
    + _END
)
_SOMEBODY = re.compile(
    r"(?:누가|누군가|뭐가|뭔가)\s[^?]{0,40}[았었했렸놨났갔왔졌뒀][가-힣]{0,2}" + _END
)
_ANGER = re.compile(
    r"(?:왜|어떻게)\s?(?:이렇게|이리|이따위|이런|아직도|아직|맨날|계속|자꾸|안|이\s?모양)"
)
_DECLARED = (_NOT_ASKING_END, _DECLARED_GA, _COMES_OUT, _SOMEBODY)


def is_request(text: str) -> bool:
    """Whether the text asks for work (고쳐 주세요, 치워 주실 수 있나요?) rather than for an answer."""
    if _TELL_ME.search(text) or _WHAT_IS_NEEDED.search(text) or _WHO_DOES_IT.search(text):
        return False
    return _DO_IT.search(text) is not None


def is_question(text: str) -> bool:
    """Whether the text has the form of a question that wants an answer.

    A request in the form of a question is none, nor is a complaint such as 왜 안 치워요.
    """
    return any(_asks(sentence) for sentence in _sentences(text))


def _sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[?!])\s*|(?<=[.])\s+|\n+", text) if part.strip()]


def _asks(sentence: str) -> bool:
    if _TELL_ME.search(sentence):
        return True
    if is_request(sentence):
        return False
    marked = "?" in sentence
    if _ANGER.search(sentence) and not re.search(r"어떻게\s?(?:되|돼|됐|해야)", sentence):
        return False
    if not re.search(r"[가-힣A-Za-z]", sentence):
        return False
    if marked or _CAN.search(sentence):
        return True
    if any(pattern.search(sentence) for pattern in _DECLARED):
        return False
    if _ASKING_END.search(sentence):
        return True
    found = _ASKING_WORD.search(sentence)
    return found is not None and _asks_to_the_end(sentence, found.end())


def _asks_to_the_end(sentence: str, after: int) -> bool:
    """Whether a question word still asks at the end: not 어디서 냄새가 나요, nor 언제부터인지 모르겠어요."""
    rest = sentence[after:]
    if re.search(r"모르|몰라|인지|는지|은지|든지|던지|든\s|이든|라도|엔가|선가|인가\s", rest):
        return False
    if re.search(r"(?:어디서|어디에서|어디선가)", sentence) and re.search(
        r"냄새|소리|연기|물", rest
    ):
        return False
    return _ASKING_TAIL.search(rest) is not None and len(rest) <= 24
