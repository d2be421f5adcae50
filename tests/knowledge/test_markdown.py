"""What an article may hold: no HTML, no scripts, no strange links; sentences whose facts stay whole."""

from __future__ import annotations

import pytest

from knowledge.markdown import Section, from_plain, sanitise, sections

ATTACKS = (
    "<script>alert(1)</script>",
    "글 <img src=x onerror=alert(1)> 글",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<scr<script>x</script>ipt>alert(1)</script>",
    "<!-- <b>숨김</b> --><iframe src='https://evil.example'>속</iframe>",
    "\\<b\\>굵게\\</b\\>",
    "<style>p{}</style><svg/onload=alert(1)>",
    "[눌러요](javascript:alert(1))",
    "[눌러요](data:text/html;base64,AAAA)",
    "<script>끝이 없음",
)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("clean", [sanitise, from_plain])
def test_no_html_survives(attack: str, clean):
    found = clean(f"앞이에요.\n\n{attack}\n\n# 뒤예요.")
    assert "앞이에요." in found
    for bad in ("<script", "<img", "<b", "<svg", "<iframe", "<style", "onerror"):
        assert bad not in found.lower()
    if clean is sanitise:
        assert "javascript:" not in found
        assert "data:" not in found


def test_a_link_to_the_web_keeps_its_address():
    assert sanitise("[정부24](https://www.gov.kr)에서") == "정부24 (https://www.gov.kr)에서"


def test_headings_lists_and_sentences_come_in_order():
    body = sanitise(
        "첫 말이에요. 둘째 말이에요!\n\n### 무엇이 필요해요\n\n* 신분증\n* 통장 사본\n\n끝이에요."
    )
    assert sections(body) == (
        Section("", ("첫 말이에요.", "둘째 말이에요!")),
        Section("무엇이 필요해요", ("신분증", "통장 사본", "끝이에요.")),
    )


def test_a_date_or_an_amount_is_not_cut():
    text = "신청은 2026. 3. 5.부터예요. 1.5배인 3,500.5원을 받아요. 02-120으로 물어보세요."
    assert sections(sanitise(text))[0].sentences == (
        "신청은 2026. 3. 5.부터예요.",
        "1.5배인 3,500.5원을 받아요.",
        "02-120으로 물어보세요.",
    )


def test_plain_text_of_a_data_set_loses_repeated_words_and_keeps_its_lines():
    assert from_plain("  돋움 돋움 돋움 돋움  지원대상   구민 누구나\r\n# 신청") == (
        "지원대상\n\n구민 누구나\n\n신청"
    )


def test_invisible_characters_are_taken_out():
    assert sanitise("앞\u200b뒤\u202e\x00") == "앞뒤"
