"""Makes sanitised Markdown of what officers and files bring, and cuts it into sections and sentences.

HTML, scripts, pictures and links that are not web addresses do not survive. Must not know an article.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

# With their content: what stands in them is no text for a reader.
_CODE_OF_BROWSERS = re.compile(
    r"<(script|style|iframe|object|template)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_WEB = re.compile(r"(?:https?://|tel:|mailto:)[^\s<>\"'()]+\Z")
# After a syllable, never after a digit: "2026. 1. 5." is one date.
_END = re.compile(r"(?<=[가-힣)\]”\"'][.!?])\s+(?=\S)")
_REPEATED = re.compile(r"(?<!\S)(\S+)(?:\s+\1(?!\S)){2,}")


@dataclass(frozen=True)
class Section:
    """A heading ("" before the first one) with its sentences in order; a list item is one."""

    heading: str
    sentences: tuple[str, ...]


def sanitise(text: str) -> str:
    """Markdown of headings, paragraphs and list items only."""
    lines: list[str] = []
    for kind, words in _blocks(text):
        # A list stays together; everything else is apart by an empty line.
        if lines and not (kind == "item" and lines[-1].startswith("- ")):
            lines.append("")
        lines.append({"heading": f"## {words}", "item": f"- {words}"}.get(kind, words))
    return "\n".join(lines)


def from_plain(text: str) -> str:
    """The same of plain text as data sets hold it: lines end at breaks and at runs of spaces.

    A word that stands three times or more in a row (the name of a font, left over from a word
    processor) is taken out.
    """
    text = _REPEATED.sub(" ", _bare(text))
    lines = [" ".join(line.split()) for line in re.split(r"[\r\n]+|[ \t\u3000\xa0]{2,}", text)]
    # Whatever a line begins with, it is a paragraph and no heading or list.
    return "\n\n".join(line.lstrip("#>*+- ") for line in lines if line.lstrip("#>*+- "))


def plain_line(text: str) -> str:
    """One line of text without tags and invisible characters: a title, a keyword, a source."""
    return " ".join(_bare(text).split())


def sections(body: str) -> tuple[Section, ...]:
    """The sections of sanitised Markdown, with their sentences."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in body.split("\n"):
        words = line.strip()
        if words.startswith("## "):
            found.append((words[3:], []))
        elif words.startswith("- "):
            found[-1][1].append(words[2:])
        elif words:
            found[-1][1].extend(each for each in _END.split(words) if each)
    return tuple(Section(heading, tuple(lines)) for heading, lines in found if heading or lines)


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """(heading | item | text, its words) in order."""
    inside: list[str] = []
    for token in _parser().parse(_bare(text)):
        if token.type == "heading_open":
            inside.append("heading")
        elif token.type == "list_item_open":
            inside.append("item")
        elif token.type in ("heading_close", "list_item_close"):
            inside.pop()
        elif token.type in ("inline", "fence", "code_block"):
            words = _inline(token) if token.type == "inline" else token.content
            # What was escaped in the text ("&lt;b&gt;") may be a tag only now.
            words = " ".join(_bare(words).split())
            # Only our own marks may begin a line.
            words = words.lstrip("#>*+ ") if not words.startswith("- ") else words[2:]
            if words:
                yield (inside[-1] if inside else "text"), words


def _inline(token: Token) -> str:
    parts: list[str] = []
    address = ""
    for child in token.children or ():
        if child.type == "link_open":
            address = str(child.attrGet("href") or "")
        elif child.type == "link_close":
            # The words and where they lead; an address of another kind is dropped.
            if _WEB.match(address) and address not in parts[-1:]:
                parts.append(f" ({address})")
            address = ""
        elif child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts)


def _bare(text: str) -> str:
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub("", text)
    # Until nothing changes: what is left after a tag was taken out may be a tag again.
    while True:
        after = _TAG.sub("", _COMMENT.sub("", _CODE_OF_BROWSERS.sub("", text)))
        if after == text:
            return text
        text = after


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Every link is read as one, so that `_inline` can drop the address that is none of the web.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser
