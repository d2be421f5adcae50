"""Parts a message that carries two complaints; when in doubt it stays one.

It cuts only where a sentence or a clause with its own verb ends, and only where the caller's guess
gives the two sides different service codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
# Clauses that stand beside each other.  Endings of cause (나서, 어서, 니까) never part a complaint.
_BESIDE = re.compile(
    r"(?<=[가-힣]고)(?<!가지고)(?<!갖고)(?:요|여)?[,\s]+(?!있|싶|나서|나면|나니|보니|해서|말고|말았|계속|계시|다니|다녀|가요|가는|가서|가버|갔|와요|와서|왔|오는|오면)|"
    r"(?<=[가-힣]는데)(?:요)?[,\s]+(?=또|그리고|게다가|[가-힣]+도\s)|"
    r"(?<=[가-힣]며)[,\s]+|"
    r"[,\s]+(?:그리고|또한|또|게다가|그리구|글구|아울러|추가로|하나\s?더|그\s?다음에?|두\s?번째로?|둘째)[,\s]+|"
    r"(?<=[요다음])[,]\s*"
)
_OWN_VERB = re.compile(
    r"(?:[았었겠였했됐졌났갔왔렸혔꼈][가-힣]{0,3}|[가-힣](?:고|며|는데|은데)|[가-힣]요|[가-힣]니다|음|함|임|[가-힣]다)[.!?~ㅠㅜ\s]*$"
)
_LISTED = re.compile(r"^\s*(?:[0-9]{1,2}[.)]|[①-⑨]|[-*•])\s*", re.MULTILINE)
# What comes of rubbish and drains is no matter of its own.
_SOURCE = re.compile(r"쓰레기|음식물|하수구|오물|분뇨|폐기물")
_CONSEQUENCE = re.compile(r"냄새|악취|벌레|모기|파리|쥐|바퀴")
# Nor is the dark under a lamp that is out.
_LAMP = re.compile(r"가로등|보안등|골목등|전등|조명")
_DARK = re.compile(r"캄캄|깜깜|컴컴|껌껌|어둡|어두|안\s?보")
_LEADING = re.compile(
    r"^(?:그리고|또한|또|게다가|그리구|글구|아울러|추가로|하나\s?더|근데|그런데|첫째|둘째|두\s?번째로?)[,\s]+"
)
_MOST_PARTS = 5
_MOST_CLAUSES = 40


def split_complaints(text: str, *, guess: Callable[[str], str | None]) -> list[str]:
    """The complaints in a message, one to five parts; the whole text where there is one.

    `guess` names the service code of a clause, or None when it cannot say.  A clause without a
    code belongs to the one before, a clause with a code met already to that complaint.  A text of
    more clauses than a message has is not parted.
    """
    whole = text.strip()
    clauses = [clause for clause in _clauses(whole) if clause]
    if not 2 <= len(clauses) <= _MOST_CLAUSES:
        return [whole]
    parts: list[str] = []
    codes: list[str | None] = []
    for clause in clauses:
        code = guess(clause)
        follows = _CONSEQUENCE.search(clause) and not _SOURCE.search(clause)
        dark = _DARK.search(clause) and not _LAMP.search(clause)
        if parts and (
            (follows and _SOURCE.search(parts[-1])) or (dark and _LAMP.search(parts[-1]))
        ):
            code = codes[-1]
        joins = not parts or code is None or codes[-1] is None or code in codes
        if joins and parts:
            same = codes.index(code) if code is not None and code in codes else len(parts) - 1
            parts[same] = f"{parts[same]} {clause}"
            codes[same] = codes[same] or code
        else:
            parts.append(clause)
            codes.append(code)
    if len(parts) < 2 or len(parts) > _MOST_PARTS:
        return [whole]
    # A part that means nothing by itself shows that the cut was wrong.
    if any(guess(part) is None for part in parts):
        return [whole]
    return [_LEADING.sub("", part).strip(" ,") for part in parts]


def _clauses(text: str) -> list[str]:
    clauses: list[str] = []
    for block in _LISTED.split(text):
        for sentence in _SENTENCE_END.split(block):
            clauses += _beside(sentence.strip())
    return clauses


def _beside(sentence: str) -> list[str]:
    """The clauses of one sentence, cut where the left side is a whole statement."""
    clauses: list[str] = []
    at = 0
    for cut in _BESIDE.finditer(sentence):
        # Only the end of the left side can show its verb.
        if cut.start() - at >= 4 and _OWN_VERB.search(
            sentence[max(at, cut.start() - 16) : cut.start()]
        ):
            clauses.append(sentence[at : cut.start()].strip())
            at = cut.end()
    rest = sentence[at:].strip(" ,")
    if rest:
        clauses.append(rest)
    return clauses
