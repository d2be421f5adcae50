"""The one Korean spaCy pipeline of this process: a Kiwi tokenizer that keeps to the citizen's own text.

Loads Kiwi once, at the first use and never at import. Decides nothing about intents or entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from korean.normalise import normalise

# A citizen's message of 2,000 characters takes Kiwi some 15 ms; longer ones are kept but not analysed.
ANALYSED = 2000
TOKENIZER = "sotong.kiwi.v1"
_PLACEHOLDER = re.compile(r"⟦[^⟦⟧]{1,12}⟧")
_UNIVERSAL = {
    "NNG": "NOUN", "NNP": "PROPN", "NNB": "NOUN", "NP": "PRON", "NR": "NUM", "VV": "VERB",
    "VA": "ADJ", "VX": "AUX", "VCP": "AUX", "VCN": "AUX", "MM": "DET", "MAG": "ADV",
    "MAJ": "CCONJ", "IC": "INTJ", "SN": "NUM", "SL": "X", "SH": "X", "XR": "NOUN",
}  # fmt: skip
_UNIVERSAL_BY_LETTER = {"J": "ADP", "E": "PART", "X": "PART", "S": "PUNCT", "W": "SYM", "U": "X"}


@dataclass(frozen=True)
class Morpheme:
    """One morpheme as Kiwi sees it; [start, end) in the raw text, may share characters with another.

    Attributes:
        tag: part of speech of the Sejong set, without Kiwi's mark of irregular verbs.
        number: Kiwi's own number of the morpheme, 0 where it knows none; the key of its vector.
        sentence: the number of the sentence, from 0.
    """

    form: str
    tag: str
    lemma: str
    number: int
    start: int
    end: int
    sentence: int

    @property
    def name(self) -> str:
        """The morpheme with its rough kind: 가로등/NN; all numbers are one."""
        return "0/SN" if self.tag == "SN" else f"{self.form}/{self.tag[:2]}"

    @property
    def has_meaning(self) -> bool:
        """Whether it is a noun, verb, adjective, adverb or number rather than a particle or an ending."""
        return self.tag[0] in "NVM" or self.tag[:2] in ("SN", "SL", "XR")


class Reader:
    """Kiwi behind a narrow door. Use `reader()`; a second one would cost 215 MB again."""

    def __init__(self) -> None:
        from kiwipiepy import Kiwi, __version__

        self.version: str = __version__
        # Without the encyclopaedia's names (default.dict, multi.dict) it takes 215 instead of 485 MB and
        # is as accurate on MASSIVE; proper names of a city come from its gazetteers.
        self._kiwi = Kiwi(num_workers=1, load_default_dict=False, load_multi_dict=False)
        self.morphemes = lru_cache(maxsize=256)(self._morphemes)

    def _morphemes(self, text: str) -> tuple[Morpheme, ...]:
        """The morphemes of the first 2,000 characters; offsets refer to `text`."""
        normal = normalise(text[:ANALYSED])
        # A token of ours in the place of personal data is one name, whatever its letters look like.
        whole = [(*found.span(), "NNP") for found in _PLACEHOLDER.finditer(normal.text)]
        found = self._kiwi.tokenize(normal.text, pretokenized=whole or None)
        return tuple(
            Morpheme(
                form=token.form,
                tag=token.tag.partition("-")[0],
                lemma=token.lemma,
                number=max(0, token.base_id),
                start=(span := normal.raw_span(token.start, token.start + token.len))[0],
                end=span[1],
                sentence=token.sent_position,
            )
            for token in found
        )

    def similarity(self, one: int, other: int) -> float:
        """Cosine of the vectors of two morphemes (their numbers); NaN where Kiwi has none."""
        return float(self._kiwi.morpheme_similarity(one, other))

    def spaced(self, text: str) -> str:
        """The first 2,000 characters of the text with the spaces that are missing."""
        return str(self._kiwi.space(text[:ANALYSED]))


@lru_cache(maxsize=1)
def reader() -> Reader:
    """This process's one Kiwi; the first call takes about two seconds."""
    return Reader()


@lru_cache(maxsize=1)
def pipeline() -> Any:
    """A spaCy `Language` for Korean whose tokenizer is Kiwi (see `KiwiTokenizer`)."""
    import spacy

    spacy.registry.tokenizers(TOKENIZER, func=_create_tokenizer)
    return spacy.blank("ko", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})


class KiwiTokenizer:
    """Text to a spaCy Doc whose tokens join to exactly the raw text.

    Morphemes that share characters (났: 나 + 았) make one token, tagged VV+EP. Each token has `tag_`
    (Kiwi's tags), `pos_` (universal), `lemma_`, a sentence start and the extension `_.morphemes`.
    """

    def __init__(self, vocab: Any) -> None:
        from spacy.tokens import Token

        self._vocab = vocab
        if not Token.has_extension("morphemes"):
            Token.set_extension("morphemes", default=())

    def __call__(self, text: str) -> Any:
        """The Doc of a text; what follows the first 2,000 characters is one token a line."""
        from spacy.tokens import Doc

        # spaCy stores UTF-8, which has no place for half a surrogate pair.
        text = text.encode("utf-8", "replace").decode("utf-8")
        pieces = list(_pieces(text, reader().morphemes(text)))
        words = [text[piece.start : piece.end] for piece in pieces]
        starts = [piece.start for piece in pieces[1:]] + [len(text)]
        spaces = [start > piece.end for piece, start in zip(pieces, starts, strict=False)]
        document = Doc(self._vocab, words=words, spaces=spaces)
        sentence = -1
        for token, piece in zip(document, pieces, strict=True):
            if not piece.morphemes:
                token.tag_, token.pos_, token.lemma_ = "_SP", "SPACE", token.text
                token.is_sent_start = token.i == 0
                continue
            first = piece.morphemes[0]
            token.tag_ = "+".join(morpheme.tag for morpheme in piece.morphemes)
            token.pos_ = _universal(first.tag)
            token.lemma_ = first.lemma or token.text
            token.is_sent_start = token.i == 0 or first.sentence != sentence
            token._.morphemes = piece.morphemes
            sentence = first.sentence
        return document

    def to_disk(self, path: Any, **_: Any) -> None:
        """Nothing to keep: Kiwi brings its own model."""

    def from_disk(self, path: Any, **_: Any) -> KiwiTokenizer:
        """Nothing to read."""
        return self

    def to_bytes(self, **_: Any) -> bytes:
        """Nothing to keep."""
        return b""

    def from_bytes(self, data: bytes, **_: Any) -> KiwiTokenizer:
        """Nothing to read."""
        return self


@dataclass(frozen=True)
class _Piece:
    start: int
    end: int
    morphemes: tuple[Morpheme, ...]


def _pieces(text: str, morphemes: Iterable[Morpheme]) -> Iterator[_Piece]:
    """Runs of overlapping morphemes, and between them what Kiwi left out, but for single spaces."""
    at = 0
    for start, end, group in _groups(morphemes):
        yield from _left_out(text, at, start)
        yield _Piece(start, end, group)
        at = end
    yield from _left_out(text, at, len(text))


def _groups(morphemes: Iterable[Morpheme]) -> Iterator[tuple[int, int, tuple[Morpheme, ...]]]:
    group: list[Morpheme] = []
    start = end = 0
    for morpheme in morphemes:
        if group and (morpheme.start < end or morpheme.start == morpheme.end):
            end = max(end, morpheme.end)
        else:
            if end > start:
                yield start, end, tuple(group)
                group = []
            start, end = morpheme.start, morpheme.end
        group.append(morpheme)
    if end > start:
        yield start, end, tuple(group)


def _left_out(text: str, start: int, end: int) -> Iterator[_Piece]:
    # spaCy knows of one space after a token; any other gap must be a token itself.
    if start > 0 and text[start:end].startswith(" "):
        start += 1
    if end > start:
        yield _Piece(start, end, ())


def _universal(tag: str) -> str:
    return _UNIVERSAL.get(tag) or _UNIVERSAL_BY_LETTER.get(tag[:1], "X")


def _create_tokenizer() -> Any:
    def create(nlp: Any) -> KiwiTokenizer:
        return KiwiTokenizer(nlp.vocab)

    return create
