"""Says how much a word looks like a Korean name, by its syllables; knows no context and finds nothing.

The score is a sum of logarithms (naive Bayes, korean/name_weights.py): surname, each syllable of the
given name, less something for a word that is known to be none.
"""

from __future__ import annotations

import re
from functools import lru_cache

from korean.given_names import CHRISTIAN, GIVEN, LONG_CHRISTIAN
from korean.given_pairs import GIVEN_PAIRS
from korean.name_lookalikes import LOOKALIKES
from korean.name_weights import CLOSING, OPENING, SINGLE, SURNAME
from korean.name_words import NOT_ENDINGS, NOT_NAMES

# What a syllable that no name of ours has costs; what a rare length costs.
_UNKNOWN = -22
_RARE = -16
_TWO = -38
_FOUR = -30
# Hardly a word begins with two syllables that are a surname and goes on like a given name.
_COMPOUND = 25
_CHRISTIAN = 20
# What is known to be a given name is likelier one than its syllables say.
_BORNE = 14
# So is a word that people give their children: 겨울, 하늘.
_EVERYDAY = -8
_NO_NAME = -200
# A word of the language may still be a name, but somebody must say so: 이재민, 방정식.
_A_WORD = -70
_BEGINS_LIKE_A_WORD = -14
# Surnames that hardly begin another word: 남궁, not 서문 or 동방.
_ALONE = dict.fromkeys(("남궁", "황보", "제갈", "독고", "선우"), 30) | {"사공": 0}
_MAKES_WORDS = frozenset("하해한할함된될형성식적율률중별권법건만")
_FIRST = frozenset(SURNAME)
_NOT_DONE = re.compile(
    "안(?:[온간한된난준본산][대데다]|살[아고]|받[아고]|맞[아고]|들어|열어|먹어|읽어|보여|들려|열려|켜져|꺼져|내려|올라|적어|찍혀|막혀|나[와온]|되[어고]|주[고네])"
)
_NO_DONG_BEGINS_SO = frozenset("김박최윤")
_DONGS_THAT_ARE_NAMES = frozenset({"길동", "막동", "복동", "기동", "옥동"})


@lru_cache(maxsize=8192)
def likeness(word: str) -> int:
    """Tenths of the logarithm of how much likelier a name writes this word than other talk does.

    Words of two to four syllables; others, and such without a surname, are -200.
    """
    length = len(word)
    if not 2 <= length <= 4 or (word[0] not in _FIRST and word[:2] not in _FIRST):
        return _NO_NAME
    best = _NO_NAME
    two = _surname(word[:2])
    if two is not None and length == 4:
        best = two + _pair(word[2:]) + _COMPOUND
    elif two is not None and length == 3:
        best = two + SINGLE.get(word[2], _UNKNOWN) // 2 + _ALONE.get(word[:2], _TWO // 2)
    one = _surname(word[0])
    if one is not None:
        if length == 3:
            best = max(best, one + _pair(word[1:]))
        elif length == 2:
            best = max(best, one + SINGLE.get(word[1], _UNKNOWN) + _TWO)
        elif word[1:] in LONG_CHRISTIAN:
            best = max(best, one + _CHRISTIAN)
        else:
            best = max(
                best, min(20, one + _pair(word[1:3]) + CLOSING.get(word[3], _UNKNOWN) // 2) + _FOUR
            )
    return best + _as_word(word)


def given_likeness(word: str) -> int:
    """The same for a given name of two syllables without a surname."""
    if word in NOT_NAMES or word in LOOKALIKES:
        return _NO_NAME
    return _pair(word)


def is_surname(written: str) -> bool:
    """Whether people bear this surname, of one syllable or two."""
    return written in SURNAME


def _surname(written: str) -> int | None:
    """A rare surname is no proof against a name: where one is introduced, it may stand."""
    weight = SURNAME.get(written)
    return weight if weight is None or weight > 0 else weight * 2 // 3


def _pair(given: str) -> int:
    if given in CHRISTIAN:
        return _CHRISTIAN
    first, second = OPENING.get(given[0], _UNKNOWN), CLOSING.get(given[1], _UNKNOWN)
    # One syllable may be rare; two that no name has are another word: 유튜버.
    if given in GIVEN_PAIRS:
        return max(first + second + _BORNE, 0)
    if given in GIVEN:
        return max(first + second, _EVERYDAY)
    return first + second - (15 if max(first, second) <= _RARE else 0)


def _as_word(word: str) -> int:
    if word in NOT_NAMES or word in LOOKALIKES or (word[-1] == "씨" and len(word) == 3):
        return _A_WORD  # 남궁씨, too
    if (
        len(word) == 3
        and word[-1] == "동"
        and word[0] not in _NO_DONG_BEGINS_SO
        and word[1:] not in _DONGS_THAT_ARE_NAMES
    ):
        return _A_WORD  # 신사동, 이문동: where somebody lives
    if len(word) == 3 and word[-1] in "이요고은는라인을를의와과로에" and word[:-1] in LOOKALIKES:
        return _A_WORD  # 이후 + 이고, not 이후이 + 고
    if _NOT_DONE.match(word):
        return _A_WORD  # 안온대, 안살아
    if len(word) == 3 and word[-1] == "역":
        return _A_WORD // 2
    if (
        len(word) == 3
        and word[-1] in _MAKES_WORDS
        and (word[:-1] in LOOKALIKES or word[:-1] in NOT_NAMES)
    ):
        return _A_WORD // 2  # 조성하, 유도형, 추진중
    if (
        len(word) == 3
        and word[-1] in "서증표료량률액처법관"
        and word[1:] not in GIVEN_PAIRS | GIVEN
    ):
        return _A_WORD // 3  # 진술서, 등록증, 부과액
    if len(word) >= 3 and word[:-1] in NOT_NAMES:
        if word[-1] in NOT_ENDINGS or word[-1] in "이요고은는라인의를을와과도로에":
            return _A_WORD
        return _BEGINS_LIKE_A_WORD
    return 0
