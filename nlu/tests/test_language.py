"""What the one Korean pipeline makes of clean and of broken text."""

from __future__ import annotations

import time

import pytest

from nlu.components.features import morpheme_terms
from nlu.components.tagging import Tagged, without_particles
from nlu.components.vectors import Vectors
from nlu.language import ANALYSED, pipeline, reader
from nlu.model import Unusable

BROKEN = [
    "",
    " ",
    "   \n\n\t ",
    "강남역 11번  출구 앞에 가로등이 고장났어요. ⟦전화1⟧로 \n\n연락 주세요😀ㅋㅋㅋ ",
    " a b",
    "ＡＢＣ　전각 １２３",
    "\u1100\u1161\u11a8 낱자로 쓴 글",
    "\u200b가로등\u200b이",
    "😀😀👨‍👩‍👧",
    "\x00\x01\x7f�",
    "⟦⟧ ⟦전화1 ⟦전화1⟧⟦이름2⟧",
    "가로등이고장났어요빨리고쳐주세요",
    "x" * 3000,
    "가나다 " * 5000,
    "ㅋ" * 20000,
    "العربية русский 日本語 ไทย",
]


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_tokens_join_to_the_citizens_own_text(text: str) -> None:
    document = pipeline()(text)
    assert document.text == text
    for token in document:
        for morpheme in token._.morphemes:
            assert token.idx <= morpheme.start <= morpheme.end <= token.idx + len(token.text)


def test_half_a_character_is_read_without_an_exception() -> None:
    assert len(pipeline()("\ud800 가로등").text) == 5
    assert reader().morphemes("\ud800 가로등")[-1].form == "가로등"


def test_a_word_has_its_parts_of_speech_lemma_and_sentence() -> None:
    document = pipeline()("가로등이 고장 났어요. 언제 고쳐요?")
    told = {token.text: token for token in document}
    assert (told["가로등"].tag_, told["가로등"].pos_) == ("NNG", "NOUN")
    assert (told["났"].tag_, told["났"].lemma_) == ("VV+EP", "나다")
    assert [sentence.text.strip() for sentence in document.sents] == [
        "가로등이 고장 났어요.",
        "언제 고쳐요?",
    ]


def test_a_token_of_ours_stays_whole_and_does_not_confuse_what_follows() -> None:
    found = [(m.form, m.tag) for m in reader().morphemes("⟦전화1⟧로 연락 주세요")]
    assert found[0] == ("⟦전화1⟧", "NNP")
    assert found[1][1] == "JKB"


def test_words_are_found_where_spaces_are_missing() -> None:
    together = {m.name for m in reader().morphemes("가로등이고장났어요빨리고쳐주세요")}
    apart = {m.name for m in reader().morphemes("가로등이 고장 났어요 빨리 고쳐 주세요")}
    assert together == apart


def test_full_width_and_single_letters_read_like_ordinary_ones() -> None:
    plain = [m.name for m in reader().morphemes("ABC 각")]
    assert [m.name for m in reader().morphemes("ＡＢＣ \u1100\u1161\u11a8")] == plain


def test_only_the_first_two_thousand_characters_are_analysed() -> None:
    text = "가로등이 고장났어요 " * 2000
    began = time.process_time()
    found = reader().morphemes(text)
    assert found[-1].end <= ANALYSED
    assert time.process_time() - began < 2.0  # 10 ms; the bound only says "not 20,000 characters"


def test_pairs_skip_particles() -> None:
    assert "s가로등/NN 나/VV" in morpheme_terms("가로등이 났어요")


def test_particles_are_left_off_only_at_the_end() -> None:
    text = "시청역에서부터 종로까지는"
    assert without_particles(text, Tagged(0, 7, "place")) == Tagged(0, 3, "place")
    assert without_particles(text, Tagged(0, len(text), "place")).end == len("시청역에서부터 종로")
    assert without_particles(text, Tagged(0, 2, "place")) == Tagged(0, 2, "place")


def test_words_that_mean_about_the_same_lie_close_together() -> None:
    vectors = Vectors.make(64)

    def near(one: str, other: str) -> float:
        a, b = (vectors.of(reader().morphemes(word)[0].number) for word in (one, other))
        return float(a @ b / ((a @ a) * (b @ b)) ** 0.5)

    assert near("월요일", "화요일") > near("월요일", "쓰레기") + 0.3
    assert not vectors.of(0).any()


def test_a_model_of_another_kiwi_is_refused_by_name() -> None:
    vectors = Vectors.make(8)
    with pytest.raises(Unusable, match=r"kiwipiepy 0\.1"):
        Vectors(vectors.projection, vectors.shift, "0.1")
