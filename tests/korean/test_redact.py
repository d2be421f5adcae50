from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korean.findings import EMAIL, FOREIGNER_NUMBER, NOTICES, PHONE, RESIDENT_NUMBER
from korean.normalise import normalise
from korean.redact import redact
from tests.effort import least_seconds

ONE = "[주민등록번호 삭제]"

RESIDENT = [
    ("900101-1234567", ONE),
    ("900101 1234567", ONE),
    ("9001011234567", ONE),
    ("000229-3234567", ONE),
    ("９００１０１－１２３４５６７", ONE),
    ("⑨⓪⓪①⓪①-①②③④⑤⑥⑦", ONE),
    ("٩٠٠١٠١-١٢٣٤٥٦٧", ONE),
    ("9️⃣0️⃣0️⃣1️⃣0️⃣1️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣", ONE),
    ("90.01.01-1234567", ONE),
    ("90-01-01 1234567", ONE),
    ("900101/1234567", ONE),
    ("900101.1234567", ONE),
    ("900101*1234567", ONE),
    ("900101🙂1234567", ONE),
    ("9 0 0 1 0 1 - 1 2 3 4 5 6 7", ONE),
    ("9\n0\n0\n1\n0\n1\n1\n2\n3\n4\n5\n6\n7", ONE),
    ("9001 01 123 4567", ONE),
    ("9001 0112 34567", ONE),
    ("900101\n1234567", ONE),
    ("9\u200b0\u200b0101\u200b-\u200b1234567", ONE),
    ("900101\ud8001234567", ONE),
    ("900101" + "-" * 60 + "1234567", ONE),
    ("O00101-4234567", ONE),
    ("19900101-1234567", ONE),
    ("900101-12345678", ONE),
    ("구공공일공일 일이삼사오육칠", ONE),
    ("구공공일공일일이삼사오육칠", ONE),
    ("구영영일영일 다시 일이삼사오육칠이에요", f"{ONE}이에요"),
    ("구0공1공1 일2삼4오6칠", ONE),
    ("구0공1공1일2삼4오6칠이요", f"{ONE}이요"),
    ("九〇〇一〇一 一二三四五六七", ONE),
    ("900101 다시 1234567", ONE),
    ("900101대시1234567", ONE),
    ("900101 하이픈 1234567", ONE),
    ("900101이고요 1234567", ONE),
    ("앞자리는 900101이고 뒷자리는 1234567이에요", f"앞자리는 {ONE}이에요"),
    ("앞자리 구공공일공일이고 뒷자리 일이삼사오육칠이요", f"앞자리 {ONE}이요"),
    ("90년 1월 1일생이고 뒷자리는 1234567", ONE),
    ("주민번호 뒷자리 1234567이요", f"주민번호 뒷자리 {ONE}이요"),
    ("제 번호는9001011234567입니다", f"제 번호는{ONE}입니다"),
    ("too900101-1234567", f"too{ONE}"),
    ("46/10/02/2637543", ONE),
    ("20 03 25 2754631", ONE),
    ("1. 900101-1234567", f"1. {ONE}"),
    ("번호 3 9 0 0 1 0 1 1 2 3 4 5 6 7", f"번호 3 {ONE}"),
    ("900101-1234567, 880202-2345678", f"{ONE}, {ONE}"),
    ("9001011234567@naver.com", f"{ONE}@naver.com"),
    ("http://x.kr/?jumin=9001011234567", f"http://x.kr/?jumin={ONE}"),
    ("http://x.kr/900101-1234567", f"http://x.kr/{ONE}"),
] + [(f"900101{dash}1234567", ONE) for dash in "‐‑‒–—―−ー－ㅡ一~_·•=+|、,:;"]

HARMLESS = [
    "지출액 9001011234567원",
    "예산 9001011234567 원",
    "총 9001011234567원이에요",
    "2026-000123",
    "2010-123456 접수했어요",
    "바코드 8801234567893",
    "1234567890123456",
    "37.5665, 126.9780",
    "37.0101, 126.9780",
    "37.0101011234567, 127.0101011234567",
    "9,001,011,234,567원",
    "2026년 11월 23일 14시 05분에 봤어요",
    "2010-12-25 14:20:33",
    "2010.12.25 12345",
    "2026년 11월 23일 접수번호 1234567",
    "https://news.kr/article/1711260000000",
    "900101-1******",
    "901301-1234567",
    "900132-1234567",
    "조회번호 ABCD-1234-EFGH",
    "0101234567890123",
    "이 일 이 사 사 오 구 역 앞",
    "생일은 900101이에요",
    "120 119 112 110 182 02-120 1588-1234",
    "1588-1234, 1899-0000",
    "080-123-4567",
    "가로등 3개가 2일째 꺼져 있어요",
    "2026-02-11 23:45:01",
    "조회 10-20-30 40",
    "a@b",
    "@naver.com",
    "골뱅이 무침 식당",
]

PHONES = [
    ("010-1234-5678", "01012345678"),
    ("01012345678", "01012345678"),
    ("010 1234 5678", "01012345678"),
    ("010.1234.5678", "01012345678"),
    ("010-12345678", "01012345678"),
    ("０１０－１２３４－５６７８", "01012345678"),
    ("010–1234—5678", "01012345678"),
    ("0 1 0 1 2 3 4 5 6 7 8", "01012345678"),
    ("010 12 34 56 78", "01012345678"),
    ("+82 10-1234-5678", "01012345678"),
    ("+82 (0)10-1234-5678", "01012345678"),
    ("821012345678", "01012345678"),
    ("+82-2-123-4567", "021234567"),
    ("공일공에 일이삼사에 오육칠팔", "01012345678"),
    ("공일공 1234 오육칠팔", "01012345678"),
    ("공일공일이삼사오육칠팔", "01012345678"),
    ("공일영 둘셋넷다섯 오육칠팔", "01023455678"),
    ("010다시1234다시5678", "01012345678"),
    ("011-234-5678", "0112345678"),
    ("02-123-4567", "021234567"),
    ("02)2133-1234", "0221331234"),
    ("(02) 2133-1234", "0221331234"),
    ("0221331234", "0221331234"),
    ("031-123-4567", "0311234567"),
    ("064-1234-5678", "06412345678"),
    ("070-1234-5678", "07012345678"),
    ("0505-123-4567", "05051234567"),
    ("0507-1234-5678", "050712345678"),
]

EMAILS = [
    ("a.b+c@Naver.com", "a.b+c@naver.com"),
    ("ｈｏｎｇ＠ｎａｖｅｒ．ｃｏｍ", "hong@naver.com"),
    ("hong @ naver.com", "hong@naver.com"),
    ("hong골뱅이naver.com", "hong@naver.com"),
    ("hong 골뱅이 네이버 점 컴", "hong@naver.com"),
    ("hong@gmail 점 com", "hong@gmail.com"),
    ("hong(at)daum.net", "hong@daum.net"),
    ("hong@seoul.go.kr", "hong@seoul.go.kr"),
]


def render(raw: str) -> str:
    redaction = redact(raw)
    return redaction.render({span: f"<{span.kind}>" for span in redaction.kept()})


@pytest.mark.parametrize(("raw", "stored"), RESIDENT)
def test_a_resident_number_in_any_writing_is_removed(raw: str, stored: str) -> None:
    redaction = redact(raw)
    assert redaction.refused == (RESIDENT_NUMBER,)
    assert render(raw) == stored
    assert all(span.value == "" for span in redaction.spans if span.kind == RESIDENT_NUMBER)


@pytest.mark.parametrize("raw", HARMLESS)
def test_other_numbers_are_left_alone(raw: str) -> None:
    redaction = redact(raw)
    assert redaction.spans == ()
    assert redaction.refused == ()
    assert redaction.render({}) == raw


@pytest.mark.parametrize(("raw", "value"), PHONES)
def test_a_phone_number_in_any_usual_form_becomes_one_value(raw: str, value: str) -> None:
    said = f"연락처는 {raw}이에요"
    (span,) = redact(said).spans
    assert (said[span.start : span.end], span.kind, span.value) == (raw, PHONE, value)


@pytest.mark.parametrize(("raw", "value"), EMAILS)
def test_an_address_in_any_usual_form_becomes_one_value(raw: str, value: str) -> None:
    said = f"메일은 {raw} 입니다"
    (span,) = redact(said).spans
    assert (said[span.start : span.end], span.kind, span.value) == (raw, EMAIL, value)


def test_several_numbers_in_one_message_keep_their_places() -> None:
    said = "031-230-1234 010-1234-5678로, 또는 a@b.kr. 주민번호 900101-1234567"
    assert render(said) == f"<phone> <phone>로, 또는 <email>. 주민번호 {ONE}"


def test_the_same_number_in_two_writings_has_one_value() -> None:
    spans = redact("010-1234-5678 아니 공일공 일이삼사 오육칠팔").spans
    assert {span.value for span in spans} == {"01012345678"}
    assert len(spans) == 2


def test_a_public_number_stays_readable_in_any_writing() -> None:
    said = "02-2133-1234, 02)2133-1234, 02-2133-1235"
    redaction = redact(said, public_numbers={"+82 2 2133 1234"})
    assert [span.value for span in redaction.spans] == ["0221331235"]


def test_a_typed_token_is_made_harmless() -> None:
    redaction = redact("⟦전화1⟧로 전화 주세요 010-1234-5678")
    assert redaction.text == "〔전화1〕로 전화 주세요 010-1234-5678"
    (span,) = redaction.kept()
    assert redaction.render({span: "⟦전화1⟧"}) == "〔전화1〕로 전화 주세요 ⟦전화1⟧"


def test_a_span_without_a_token_lets_nothing_through() -> None:
    with pytest.raises(KeyError):
        redact("010-1234-5678").render({})


FIGURES = "0123456789"
SCRIPTS = [
    FIGURES,
    "０１２３４５６７８９",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "⁰¹²³⁴⁵⁶⁷⁸⁹",
    "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    "영일이삼사오육칠팔구",
    "공일이삼사오륙칠팔구",
    "〇一二三四五六七八九",
]
READ = {one: str(value) for script in SCRIPTS[-3:] for value, one in enumerate(script)}


def digits_of(text: str) -> str:
    plain = normalise(text).text
    return "".join(READ.get(one, one) for one in plain if one in READ or one in FIGURES)


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A resident number, and one of its writings."""
    month = draw(st.integers(1, 12))
    date = f"{draw(st.integers(0, 99)):02}{month:02}{draw(st.integers(1, 28)):02}"
    # 9 and 0 stand for births before 1900: nobody who bears them lives, and 010218 0102187 is as well a phone.
    century = draw(st.sampled_from("12345678"))
    number = (
        date + century + "".join(draw(st.lists(st.sampled_from(FIGURES), min_size=6, max_size=6)))
    )
    script = draw(st.sampled_from(SCRIPTS))
    mixed = draw(st.booleans())
    if mixed:
        written = [draw(st.sampled_from(SCRIPTS))[int(digit)] for digit in number]
    else:
        written = [script[int(digit)] for digit in number]
    between = draw(st.sampled_from(["", "", "\u200b", " ", "\n", "\u00ad", "\t "]))
    middle = draw(
        st.sampled_from(
            ["-", " ", "—", " - ", "\n", ".", "/", " 다시 ", "대시", " 하이픈 ", "…", "ㅡ"]
        )
    )
    return number, between.join(written[:6]) + middle + between.join(written[6:])


@given(numbers(), st.text(max_size=40), st.text(max_size=40))
def test_a_planted_resident_number_never_survives(
    planted: tuple[str, str], before: str, after: str
) -> None:
    number, written = planted
    redaction = redact(f"{before} 번호는 {written} 입니다 {after}")
    stored = redaction.render(dict.fromkeys(redaction.kept(), "⟦1⟧"))
    assert set(redaction.refused) & {RESIDENT_NUMBER, FOREIGNER_NUMBER}
    assert NOTICES[redaction.refused[0]] in stored
    assert number not in digits_of(stored)


@pytest.mark.parametrize(
    "written", ["２３0618-５이구오５５６", "230618 1이구사556", "230618-1이구일이삼사"]
)
def test_two_and_nine_said_inside_a_resident_number_are_digits(written: str) -> None:
    assert redact(f"번호는 {written} 입니다").refused


def test_finds_that_share_a_raw_character_do_not_overlap() -> None:
    many = chr(0x1EC82)
    raw = "".join(
        (
            "¾@",
            many,
            "¼@¾@",
            chr(0x2F00),
            "¾@",
            many,
            "¼@¾@¾@",
            many,
            ";",
            many,
            "¾¾",
            many,
            "¾@@¾@",
        )
    )
    at = 0
    for span in redact(raw).spans:
        assert at <= span.start < span.end
        at = span.end


@given(st.text(st.characters()))
def test_no_text_makes_it_fail_and_spans_fit_the_raw_text(raw: str) -> None:
    redaction = redact(raw)
    assert len(redaction.text) == len(raw)
    assert "⟦" not in redaction.text
    at = 0
    for span in redaction.spans:
        assert at <= span.start < span.end <= len(raw)
        at = span.end


@given(st.text(st.sampled_from("0123456789 -.공일이삼사다시+()@a점,\n년월뒷자리원"), max_size=200))
def test_no_soup_of_digits_makes_it_fail(raw: str) -> None:
    redaction = redact(raw)
    redaction.render(dict.fromkeys(redaction.kept(), "⟦1⟧"))


PIECES = [
    "9",
    "9 ",
    "이",
    "이 ",
    "9001011234567 ",
    "a",
    "a@",
    "a.",
    "-",
    " ",
    "하이픈",
    "1\n",
    "www.",
    "뒷자리 ",
    "90년 1월 1일 ",
    "010-",
    "1,234",
    "골뱅이",
    "점",
    "一",
    "O",
]


@pytest.mark.parametrize("piece", PIECES)
def test_twenty_thousand_characters_take_no_long_time(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    assert least_seconds(lambda: redact(text), enough=2) < 2
