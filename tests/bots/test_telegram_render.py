"""What a reader sees is what was said, in messages that Telegram takes."""

from __future__ import annotations

import itertools
import re
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bots.telegram_render import (
    AlbumPart,
    Keyboard,
    Part,
    PhotoPart,
    PointPart,
    TextPart,
    render_parts,
    to_html,
)
from core.replies import Choice, Image, Link, Point, Reply
from publishing.telegram_text import CAPTION_LIMIT, TEXT_LIMIT, split
from tests.builders import CODES, sample_city
from tests.peers.telegram_html import Parsed, parse_html, units
from tests.peers.telegram_rules import rules
from tests.peers.telegram_spec import Asked, check

TEXTS = sample_city().texts
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SHORT = "가로등 신고를 받았어요."
LONG = "가로등이 어제부터 꺼져 있어요. " * 100  # for a text, not for a caption
BOOK = "보도블록이 깨졌습니다. 아이들이 넘어집니다! 고쳐 주세요? " * 400
LINK = Link("자세히 보기", "https://www.example.org/a?b=1&c=2")
quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

anything = st.text(st.characters(exclude_categories=()), max_size=300)
markup = st.text(st.sampled_from("<>&;\"'/abi code#x2 \n⟦⟧전화1가😀👨‍👩‍👧́\ud83d"), max_size=120)
jamo = st.text(st.sampled_from("한국어 가로등 값. 닭"), max_size=200).map(
    lambda text: unicodedata.normalize("NFD", text)
)
long_texts = st.tuples(
    st.sampled_from(
        ["가", "가나다 ", "😀", "a.b! ", "줄\n", "문단\n\n", "<b>&", "  ", "각", "x" * 90]
    ),
    st.integers(1, 4000),
    markup,
).map(lambda drawn: drawn[0] * drawn[1] + drawn[2])


def parts_of(text: str = "", **reply: Any) -> tuple[Part, ...]:
    return render_parts(Reply(text, **reply), delivery_id=2**31 - 1, texts=TEXTS)


def seen(part: Part) -> Parsed:
    assert not isinstance(part, PointPart)
    return parse_html(part.html)


def keyboard_of(part: Part) -> Keyboard:
    return part.keyboard if isinstance(part, TextPart | PhotoPart) else ()


def letters(text: str) -> str:
    return "".join(text.split())


def as_read(text: str) -> str:
    """What cannot be sent at all: NUL, half characters."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "")


# ---- the words -------------------------------------------------------------------------------


@quick
@given(st.one_of(anything, markup, jamo))
def test_a_reader_sees_every_text_as_it_was_written(text: str) -> None:
    shown = seen(TextPart(to_html(text)))
    assert shown.text == text
    assert shown.complaints == []
    assert {entity["type"] for entity in shown.entities} <= {"code"}


@quick
@given(st.one_of(anything, markup, jamo, long_texts))
def test_no_letter_is_lost_and_no_part_is_too_long(text: str) -> None:
    parts = parts_of(text)
    shown = [seen(part).text for part in parts]
    assert all(0 < units(one) <= TEXT_LIMIT for one in shown)
    assert all(one == one.strip() for one in shown)
    if "⟦" not in text:
        assert letters("".join(shown)) == letters(as_read(text))


@quick
@given(long_texts, st.integers(2, 100))
def test_parts_keep_to_any_limit(text: str, limit: int) -> None:
    parts = list(split(text[:3000], limit))
    assert all(0 < units(part) <= limit for part in parts)
    assert letters("".join(parts)) == letters(text[:3000])


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000 ", "\0", "\u2028"])
def test_nothing_to_say_is_no_message(text: str) -> None:
    assert parts_of(text) == ()


def test_half_a_character_does_not_cost_the_message() -> None:
    (part,) = parts_of("가로등 \ud83d 고장")
    assert seen(part).text.encode().decode() == "가로등 � 고장"


def test_what_was_put_away_is_read_as_words() -> None:
    (part,) = parts_of("연락처는 ⟦전화1⟧ 또는 ⟦전화12⟧ 입니다")
    assert "⟦" not in seen(part).text
    assert "전화" in seen(part).text


def test_fifty_thousand_characters_arrive_in_order() -> None:
    text = " ".join(str(number) for number in range(10_000))
    assert " ".join(seen(part).text for part in parts_of(text)) == text
    assert len(parts_of("😀" * 50_000)) == -(-100_000 // TEXT_LIMIT)


# ---- where a long text is parted --------------------------------------------------------------


def test_a_long_text_is_parted_at_the_end_of_a_sentence() -> None:
    shown = [seen(part).text for part in parts_of(BOOK)]
    assert len(shown) > 2
    assert all(one[-1] in ".!?" for one in shown)


@quick
@given(st.integers(TEXT_LIMIT // 2 + 5, TEXT_LIMIT - 10), st.sampled_from(".!?…"))
def test_a_sentence_that_ends_in_the_second_half_ends_the_part(at: int, mark: str) -> None:
    text = "가 " * (at // 2) + "끝" + mark + " 나" * TEXT_LIMIT
    first = seen(parts_of(text)[0]).text
    assert first.endswith("끝" + mark)


def test_paragraphs_go_before_lines_and_lines_before_sentences() -> None:
    words = "말 " * 1500
    text = f"{words}끝.\n\n줄이 끝나요\n문장이 끝나요. {words}"
    assert seen(parts_of(text)[0]).text.endswith("끝.")
    text = f"{words}줄이 끝나요\n문장이 끝나요. {words}"
    assert seen(parts_of(text)[0]).text.endswith("줄이 끝나요")


def test_an_early_end_of_a_sentence_does_not_waste_the_message() -> None:
    first = seen(parts_of("짧아요. " + "가" * 10_000)[0]).text
    assert units(first) > TEXT_LIMIT // 2


def test_a_number_with_a_point_is_not_the_end_of_a_sentence() -> None:
    assert list(split("가나다라마 3.14가나다", 10)) == ["가나다라마", "3.14가나다"]


def test_the_work_grows_with_the_length_not_with_its_square() -> None:
    def steps(text: str) -> int:
        count = itertools.count()

        def step(*_: object) -> None:
            next(count)

        sys.setprofile(step)
        try:
            parts_of(text)
        finally:
            sys.setprofile(None)
        return next(count)

    for piece in ("가", "가나. ", "😀", "\n ", "A2-", ".'"):
        text = piece * (100_000 // len(piece))
        assert steps(text * 2) < 3 * steps(text) + 1000, piece


# ---- numbers to copy ---------------------------------------------------------------------------


def copied(text: str) -> list[str]:
    shown = seen(TextPart(to_html(text)))
    raw = shown.text.encode("utf-16-le", "surrogatepass")
    return [
        raw[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le")
        for one in shown.entities
    ]


codes = st.text(LETTERS, min_size=8, max_size=8).map(lambda text: f"{text[:4]}-{text[4:]}")


@settings(deadline=None)
@given(codes, st.sampled_from(["조회번호는 {}입니다", "{}", "({})", "😀{}번", "<{}>"]))
def test_a_look_up_code_can_be_copied_by_a_touch(code: str, sentence: str) -> None:
    mixed = re.search("[0-9]", code) and re.search("[A-Z]", code)
    assert copied(sentence.format(code)) == ([code] if mixed else [])


@settings(deadline=None)
@given(st.integers(2000, 2099), st.integers(0, 999_999))
def test_a_case_number_can_be_copied_by_a_touch(year: int, number: int) -> None:
    case = f"{year}-{number:06}"
    assert copied(f"접수번호 {case}로 접수했어요. 다시 {case}.") == [case, case]


@settings(deadline=None)
@given(st.integers(1, 10_000))
def test_the_codes_that_we_give_out_are_of_the_kind_that_is_looked_for(case_id: int) -> None:
    code = CODES.make(turn_id=case_id, number="2026-000001")
    assert re.fullmatch(f"[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", code)


@pytest.mark.parametrize(
    "text",
    [
        "02-2133-1234",
        "010-1234-5678",
        "2345-6789",
        "1577-1000",
        "062-2345-6789",
        "NEXT-STEP",
        "CCTV-4",
        "2026-05-04",
        "12026-000123",
        "2026-0001234",
        "ABC2-DEF3-GHJ4",
        "abc2-def3",
        "A23B-C45D7",
        "서울시 중구 세종대로 110",
        "KT-2345-A678",
    ],
)
def test_words_dates_and_telephone_numbers_are_plain(text: str) -> None:
    assert copied(f"문의는 {text} 입니다") == []


# ---- every shape of a reply --------------------------------------------------------------------


def asked(part: Part) -> Asked:
    """The call of the Bot API that carries this part."""
    params: dict[str, Any] = {"chat_id": 1}
    files: dict[str, bytes] = {}
    if isinstance(part, TextPart):
        method, params["text"], params["parse_mode"] = "sendMessage", part.html, "HTML"
    elif isinstance(part, PhotoPart):
        method, params["caption"], params["parse_mode"] = "sendPhoto", part.html, "HTML"
        files["photo"] = b"x"
    elif isinstance(part, AlbumPart):
        method = "sendMediaGroup"
        media = [{"type": "photo", "media": f"attach://{n}"} for n, _ in enumerate(part.images)]
        media[0] |= {"caption": part.html, "parse_mode": "HTML"}
        params["media"] = media
        files = {str(n): b"x" for n, _ in enumerate(part.images)}
    else:
        method = "sendLocation"
        params |= {"latitude": part.point.lat, "longitude": part.point.long}
    if keyboard := keyboard_of(part):
        rows = [
            [
                {"text": button.title}
                | ({"callback_data": button.data} if button.data else {})
                | ({"url": button.url} if button.url else {})
                for button in row
            ]
            for row in keyboard
        ]
        params["reply_markup"] = {"inline_keyboard": rows}
    return Asked(method, params, files)


CHOICES = tuple(Choice(title, "/x") for title in ("네", "아니요", "다시 처음부터 말할게요", "음"))


@pytest.mark.parametrize("images", [0, 1, 2, 10])
@pytest.mark.parametrize("text", ["", SHORT, LONG, BOOK, "&<>" * 341 + "&", "😀" * 513])
@pytest.mark.parametrize("choices", [(), CHOICES])
@pytest.mark.parametrize("link", [None, LINK])
@pytest.mark.parametrize("location", [None, Point(37.5, 127.0)])
def test_every_shape_of_a_reply_is_taken_by_telegram(images, text, choices, link, location) -> None:
    pictures = tuple(Image(n, f"사진 {n}") for n in range(images))
    parts = parts_of(text, choices=choices, images=pictures, link=link, location=location)
    for part in parts:
        request = asked(part)
        assert [*check(request), *rules(request)] == []
        if isinstance(part, PhotoPart | AlbumPart):
            assert units(seen(part).text) <= CAPTION_LIMIT
    worded = [part for part in parts if not isinstance(part, PointPart)]
    assert letters(text) in letters("".join(seen(part).text for part in worded))
    carriers = [part for part in parts if keyboard_of(part)]
    assert carriers == (worded[-1:] if choices or link else [])
    buttons = [button for part in carriers for row in keyboard_of(part) for button in row]
    assert [button.title for button in buttons] == [
        *(choice.title for choice in choices),
        *([link.title] if link else []),
    ]
    shown = [
        image
        for part in parts
        if isinstance(part, PhotoPart | AlbumPart)
        for image in (part.images if isinstance(part, AlbumPart) else (part.image,))
    ]
    assert shown == list(pictures)
    assert [part.point for part in parts if isinstance(part, PointPart)] == (
        [location] if location else []
    )


def test_a_press_says_which_question_and_which_answer_in_few_bytes() -> None:
    choices = tuple(Choice(f"{n}번", "/x") for n in range(10))
    (part,) = parts_of("고르세요", choices=choices)
    data = [button.data or "" for row in keyboard_of(part) for button in row]
    assert data == [f"{2**31 - 1}.{n}" for n in range(10)]
    assert all(len(each.encode()) <= 64 for each in data)


def test_short_choices_share_a_row_and_long_ones_have_their_own() -> None:
    titles = ["네", "아니요", "음", "다", "이것은 조금 더 긴 제목이에요", "끝"]
    (part,) = parts_of("고르세요", choices=tuple(Choice(title, "/x") for title in titles))
    rows = [[button.title for button in row] for row in keyboard_of(part)]
    assert rows == [["네", "아니요", "음"], ["다"], ["이것은 조금 더 긴 제목이에요"], ["끝"]]


def test_choices_can_be_read_and_answered_by_number() -> None:
    (part,) = parts_of("고르세요", choices=(Choice("네 <b>", "/x"), Choice("아니요", "/y")))
    assert seen(part).text == "고르세요\n\n1. 네 <b>\n2. 아니요"


def test_only_the_last_of_equal_parts_has_the_buttons() -> None:
    gap = " " * 5000
    parts = parts_of(f"a{gap}a{gap}a", link=LINK)
    assert [bool(keyboard_of(part)) for part in parts] == [False, False, True]


@pytest.mark.parametrize("url", ["http://localhost:8000/x", "https://intranet/y"])
def test_an_address_that_no_button_can_carry_is_written_out(url: str) -> None:
    (part,) = parts_of("보세요", link=Link("지도", url))
    assert keyboard_of(part) == ()
    assert f"지도: {url}" in seen(part).text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "/cases/1", "tg://resolve?domain=x", "http:"]
)
def test_an_address_of_another_kind_is_left_out(url: str) -> None:
    (part,) = parts_of("보세요", link=Link("지도", url))
    assert (keyboard_of(part), seen(part).text) == ((), "보세요")


def test_a_link_alone_is_still_a_message() -> None:
    (part,) = parts_of("", link=LINK)
    assert seen(part).text == LINK.title
    assert [button.url for row in keyboard_of(part) for button in row] == [LINK.url]
