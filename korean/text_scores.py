"""Scores a message with a linear model over its letters, syllables, words and concepts. Pure; never decides.

The weights come from a file that scripts/text_weights.py makes. Features are hashed into buckets: pieces of
1 to 4 syllables and of 3 to 5 letters, pieces with a gap, words, the beginnings of two words near each
other, and concepts (lists of words that mean the same danger, see data/) alone and in pairs. Blanks and
signs go first, and spellings that sound alike become one, so that hasty people are understood.
No Kiwi and no numeric library: this runs at the door, about 1 ms for 200 characters.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
import struct
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from korean.normalise import normalise
from korean.sounds import fold_syllable, letters

# Of a very long text the begin and the end are read: people put the urgent thing there.
HEAD, TAIL = 2000, 500
BUCKETS = 1 << 18
MAGIC = b"SOTW1"
# What is longer than this is also scored in parts: one cry for help in a long story counts by itself.
WINDOW = 90
_SENTENCE_END = re.compile(
    r"[.!?…。\n\r;]+|(?<=[요까죠])\s+|(?<=니다)\s+|(?<=[었았했였겠있없]다)\s+"
)
_MASK = BUCKETS - 1
# One seed for each family of features, so that a syllable and a word never share a bucket by nature.
_SYLLABLES, _LETTERS, _GAP_BEFORE, _GAP_AFTER, _WORD, _WORDS, _CONCEPT, _CONCEPTS = range(1, 9)
_NEAR = 5
_WIDTH = 2  # bytes of a character in UTF-16; rarer ones take four and only lose sharpness


class UnreadableWeights(ValueError):
    """The file is not what scripts/text_weights.py writes."""


class Concepts:
    """Pieces of words and the numbers of the concepts they mean."""

    def __init__(self, pieces: Mapping[str, tuple[int, ...]]) -> None:
        self.pieces = dict(pieces)
        sizes: dict[str, set[int]] = {}
        for piece in self.pieces:
            sizes.setdefault(piece[0], set()).add(len(piece))
        # Few syllables begin a piece, and then it has one of few lengths.
        self._sizes = {first: tuple(sorted(found)) for first, found in sizes.items()}

    def named_in(self, squeezed: str) -> set[int]:
        """The numbers of the concepts that a squeezed text names."""
        found: set[int] = set()
        for at, first in enumerate(squeezed):
            for size in self._sizes.get(first, ()):
                found.update(self.pieces.get(squeezed[at : at + size], ()))
        return found


@dataclass(frozen=True)
class Weights:
    """One byte for each bucket, times ``scale``; ``concepts`` maps a folded piece to its concepts."""

    scale: float
    bias: float
    buckets: array[int]
    concepts: Concepts

    def score(self, text: str) -> float:
        """How much the text is of the kind learnt: around 1 when sure, around -1 when surely not.

        0.0 is as near to either. The best part of a long text counts. Nothing to read gives -1.
        """
        if len(text) > HEAD + TAIL:
            text = text[:HEAD] + "\n" + text[-TAIL:]
        plain = normalise(text).text.lower()
        return max((self._score(part) for part in parts(plain)), default=-1.0)

    def _score(self, plain: str) -> float:
        found = buckets(plain, self.concepts)
        if not found:
            return -1.0
        return self.bias + self.scale * sum(map(self.buckets.__getitem__, found)) / sqrt(len(found))


def parts(plain: str) -> list[str]:
    """The text, and where it is long, its sentences gathered to pieces of about 90 characters."""
    if len(plain) <= WINDOW:
        return [plain]
    found = [plain]
    piece = ""
    for sentence in _SENTENCE_END.split(plain):
        if piece and len(piece) + len(sentence) > WINDOW:
            found.append(piece)
            piece = ""
        piece += sentence + " "
    found.append(piece)
    return found


def squeeze(plain: str) -> str:
    """Letters, digits, ㅋ and question marks, with one spelling for what sounds alike."""
    return "".join(
        fold_syllable(char)
        for char in plain
        if char in "ㅋ?" or (char.isalnum() and not "\u3131" <= char <= "\u318e")
    )


def buckets(plain: str, concepts: Concepts) -> set[int]:
    """The buckets of all features of a normalised text in lower case; empty when there is nothing."""
    squeezed = squeeze(plain)
    if not squeezed:
        return set()
    crc = zlib.crc32
    framed = f"^{squeezed}$"
    whole = framed.encode("utf-16-le", "replace")
    found: set[int] = set()
    end = len(whole)
    for size in range(_WIDTH, 4 * _WIDTH + 1, _WIDTH):
        found.update(
            [crc(whole[at : at + size], _SYLLABLES) for at in range(0, end - size + 1, _WIDTH)]
        )
    spelt = "".join(map(letters, framed)).encode("utf-16-le", "replace")
    for size in range(3 * _WIDTH, 5 * _WIDTH + 1, _WIDTH):
        found.update(
            [crc(spelt[at : at + size], _LETTERS) for at in range(0, len(spelt) - size + 1, _WIDTH)]
        )
    for at in range(0, end - 6, _WIDTH):
        found.add(crc(whole[at + 6 : at + 8], crc(whole[at : at + 4], _GAP_AFTER)))
        found.add(crc(whole[at + 4 : at + 8], crc(whole[at : at + 2], _GAP_BEFORE)))
    words = [word.encode("utf-16-le", "replace") for word in map(squeeze, plain.split()) if word]
    found.update([crc(word, _WORD) for word in words])
    begins = [crc(word[: 2 * _WIDTH], _WORDS) for word in words]
    for index, begin in enumerate(begins):
        for word in words[index + 1 : index + 1 + _NEAR]:
            found.add(crc(word[: 2 * _WIDTH], begin))
    meant = sorted(concepts.named_in(squeezed))
    found.update([crc(bytes((one,)), _CONCEPT) for one in meant])
    found.update([crc(bytes(pair), _CONCEPTS) for pair in itertools.combinations(meant, 2)])
    return {one & _MASK for one in found}


def read_concepts(lines: Iterable[str]) -> Concepts:
    """Pieces of words by concept, from lines such as ``fire: 불이났 불길``; `#` begins a remark."""
    meant: dict[str, set[int]] = {}
    named = [line for line in lines if line.strip() and not line.startswith("#")]
    for number, line in enumerate(named):
        for piece in line.partition(":")[2].split():
            meant.setdefault(squeeze(normalise(piece).text.lower()), set()).add(number)
    meant.pop("", None)
    return Concepts({piece: tuple(sorted(meant[piece])) for piece in sorted(meant)})


def pack(*, scale: float, bias: float, weights: Sequence[int], concepts: Concepts) -> bytes:
    """The bytes of a weights file. ``weights`` has one whole number from -127 to 127 a bucket."""
    head = json.dumps(
        {"scale": scale, "bias": bias, "concepts": concepts.pieces},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    body = struct.pack("<I", len(head)) + head + array("b", weights).tobytes()
    return MAGIC + zlib.compress(body, 9)


def unpack(data: bytes) -> Weights:
    """Raises UnreadableWeights for anything that `pack` has not made."""
    if not data.startswith(MAGIC):
        raise UnreadableWeights("not a file of weights")
    try:
        body = zlib.decompress(data[len(MAGIC) :])
        (length,) = struct.unpack_from("<I", body)
        head = json.loads(body[4 : 4 + length])
        found = array("b", body[4 + length :])
        concepts = Concepts({key: tuple(value) for key, value in head["concepts"].items()})
        weights = Weights(float(head["scale"]), float(head["bias"]), found, concepts)
    except (zlib.error, struct.error, ValueError, KeyError) as error:
        raise UnreadableWeights(f"damaged weights: {type(error).__name__}") from error
    if len(found) != BUCKETS:
        raise UnreadableWeights(f"{len(found)} weights, expected {BUCKETS}")
    return weights


@functools.lru_cache(maxsize=4)
def weights(name: str) -> Weights:
    """The shipped weights of that name ("emergency", "abuse"), read once. Raises UnreadableWeights."""
    path = Path(__file__).parent / "weights" / f"{name}.bin"
    try:
        return unpack(path.read_bytes())
    except OSError as error:
        raise UnreadableWeights(f"no weights {path.name}") from error
