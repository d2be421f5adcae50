"""Long texts in Telegram and in the feed: nothing lost, no number cut, what is written is what is read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from publishing.feed_text import TITLE_LIMIT, feed_html, feed_title
from publishing.telegram_text import split, units


@settings(max_examples=60)
@given(st.text(max_size=300), st.integers(min_value=10, max_value=80))
def test_parts_fit_and_nothing_is_lost(text: str, limit: int) -> None:
    parts = list(split(text, limit))
    assert all(0 < units(part) <= limit for part in parts)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)


def test_an_amount_stands_whole_in_one_part() -> None:
    text = "올해 예산은 모두 합쳐서 1조 2,345억 원이에요"
    for limit in range(12, 30):
        assert any("1조 2,345억 원" in part for part in split(text, limit))


def test_the_number_of_an_item_stands_with_its_words() -> None:
    assert list(split("가나다라마바사아.\n12. 복지 예산", 12)) == [
        "가나다라마바사아.",
        "12. 복지 예산",
    ]


@given(st.text(max_size=300))
def test_the_feed_carries_any_text(text: str) -> None:
    assert len(feed_title(text)) <= TITLE_LIMIT
    read = "".join(ET.fromstring(f"<div>{feed_html(text)}</div>").itertext())
    kept = re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    assert re.sub(r"\s", "", read) == re.sub(r"\s", "", kept)
