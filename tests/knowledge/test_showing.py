"""How an article is cut for a page: blocks in order, links of the web only, not a character lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from knowledge.markdown import sanitise
from knowledge.showing import Piece, blocks, pieces


def test_headings_paragraphs_and_lists_come_in_order() -> None:
    found = blocks(sanitise("첫 줄\n\n## 제목\n\n- 하나\n- 둘\n\n끝"))
    assert [(block.kind, len(block.lines)) for block in found] == [
        ("text", 1),
        ("heading", 1),
        ("list", 2),
        ("text", 1),
    ]


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("누리집(https://a.example/b?c=1)에서", "https://a.example/b?c=1"),
        ("https://a.example/b.", "https://a.example/b"),
        ("전화 02-123-4567로", "tel:02-123-4567"),
        ("1588-1234", "tel:1588-1234"),
        ("(tel:120)", "tel:120"),
        ("(mailto:a@b.example)", "mailto:a@b.example"),
    ],
)
def test_addresses_and_numbers_become_links(text: str, href: str) -> None:
    assert [piece.href for piece in pieces(text) if piece.href] == [href]


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "data:text/html,x", "2026-01-05", "1002-753-731000", "1,588-1234-5"],
)
def test_nothing_else_does(text: str) -> None:
    assert pieces(text) == (Piece(text),)


@settings(max_examples=25, deadline=None)
@given(some.text(max_size=200))
def test_a_text_without_links_of_ours_keeps_every_character(text: str) -> None:
    shown = "".join(piece.text for piece in pieces(text))
    assert shown == text.replace("tel:", "").replace("mailto:", "") or shown == text
