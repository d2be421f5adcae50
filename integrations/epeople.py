"""Reads questions and answers of 국민신문고 from data.go.kr, page by page. Must not write to the database.

`PolicyQnaList` tells numbers and titles (data.go.kr 15074671). What an answer says comes from the detail
operation `PolicyQnaDetail`; its fields are not published in the pages that were read, so they are looked
for under several names, and a row in which none is found is told as broken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import httpx

from core.errors import PermanentFailure, ProviderAway, RateLimited, Refused, TemporaryFailure
from integrations.embeddings import checked_address
from knowledge.articles import Article, checked
from knowledge.importing import Broken, Row
from knowledge.markdown import from_plain, plain_line

PAGE = 100
MOST_BYTES = 20_000_000
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 30.0
SOURCE = "국민신문고 민원정책 질의응답"
# The portal's codes (data.go.kr, common answers): what another try cannot cure.
_KEY = frozenset({"10", "11", "20", "30", "31", "32", "33"})
_TRAFFIC = frozenset({"21", "22"})
_DONE = frozenset({"S00", "00", "0", ""})
_NOTHING = frozenset({"03", "INFO-200", "S01"})
_ANSWER = ("ansContent", "answer", "ansCntnt", "answContent", "content")


@dataclass(frozen=True)
class Page:
    """One page of the list: rows as they came, and how many there are in all."""

    rows: tuple[dict[str, str], ...]
    whole: int


class Epeople:
    """One key, one address. Raises RateLimited where the day's traffic is used up."""

    def __init__(
        self,
        *,
        key: str,
        address: str,
        page: int = PAGE,
        client: httpx.Client | None = None,
    ) -> None:
        """``key`` as the portal shows it, encoded or decoded. Raises ValueError for a bad address."""
        self._address = checked_address(address)
        # The portal shows both; encoding an encoded key again would make it a wrong one.
        self._key = unquote(key)
        self._page = page
        self._client = client or httpx.Client(
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def page(self, first: int, *, since: date, until: date) -> Page:
        """The page that begins at row ``first`` (1, 101, …) of what was registered on these days.

        Raises PermanentFailure("key" | "refused" | "too_large"), RateLimited, TemporaryFailure.
        """
        data = self._ask(
            "PolicyQnaList",
            firstIndex=str(first),
            recordCountPerPage=str(self._page),
            regFrom=since.strftime("%Y%m%d"),
            regTo=until.strftime("%Y%m%d"),
        )
        rows = _rows(data)
        return Page(tuple(rows), _number(_first(data, ("resultCount", "totalCount")), len(rows)))

    def rows(
        self, *, since: date, until: date, known: Collection[str] = ()
    ) -> Iterator[tuple[int, int, Row | Broken | None]]:
        """(number of the row, how many in all, an article or why there is none).

        None: its number is one of ``known``, so its answer is not asked for again. A page that cannot be
        read is one broken row of its first number, and the next page is read.
        """
        first = whole = 1
        while first <= whole:
            try:
                page = self.page(first, since=since, until=until)
            except (RateLimited, ProviderAway, PermanentFailure):
                raise
            except TemporaryFailure as failure:
                if first == 1:
                    raise
                yield first, whole, Broken(first, f"the page cannot be read: {failure}")
                first += self._page
                continue
            whole = page.whole
            if not page.rows:
                return
            for number, row in enumerate(page.rows, first):
                is_known = external_of(row) in known
                yield number, whole, None if is_known else self._row(number, row)
            first += self._page

    def _row(self, number: int, row: dict[str, str]) -> Row | Broken:
        faq, title = row.get("faqNo", "").strip(), plain_line(row.get("title", ""))
        if not faq or not title:
            return Broken(number, "it has no number (faqNo)" if not faq else "the title is empty")
        try:
            detail = self._ask("PolicyQnaDetail", faqNo=faq, dutySctnNm=row.get("dutySctnNm", ""))
        except (RateLimited, ProviderAway):
            raise
        except TemporaryFailure as failure:
            return Broken(number, str(failure))
        found = _rows(detail) or [_flat(detail)]
        body = from_plain(_first(found[0], _ANSWER))
        if not body:
            return Broken(number, "the answer is empty")
        agency = plain_line(row.get("ancName", ""))
        external = external_of(row)
        try:
            article = Article(
                key=_key(external),
                title=title,
                body=body,
                source=f"{SOURCE} {faq}{f' ({agency})' if agency else ''}",
                # The day of the answer; that somebody compared it with anything is not known.
                valid_from=_day(row.get("regDate", "")),
                keywords=(agency,) if agency else (),
            )
            return Row(number, external, checked(article))
        except Refused as refused:
            return Broken(number, str(refused))

    def _ask(self, operation: str, **values: str) -> Any:
        try:
            with self._client.stream(
                "GET",
                f"{self._address}/{operation}",
                params={"serviceKey": self._key, "type": "json", **values},
            ) as answer:
                status = answer.status_code
                data = bytearray()
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > MOST_BYTES:
                        raise PermanentFailure("too_large", "the answer is too large")
        except httpx.TimeoutException as error:
            raise ProviderAway("국민신문고 did not answer in time") from error
        except httpx.HTTPError as error:
            # Its own words may hold the address, and with it the key.
            raise ProviderAway(f"국민신문고: {type(error).__name__}") from None
        if status == 429:
            raise RateLimited("the day's traffic is used up")
        if status in (401, 403):
            raise PermanentFailure("key", "the key is wrong, has ended or is not for this service")
        if status != 200:
            raise (ProviderAway if status >= 500 else TemporaryFailure)(f"it answered {status}")
        parsed = _parsed(bytes(data))
        _check(str(_first(parsed, ("resultCode", "returnReasonCode"))).strip())
        return parsed


def external_of(row: dict[str, str]) -> str:
    """What a row is known by: numbers of 민원 and 정책 may meet."""
    return f"{row.get('dutySctnNm', '').strip() or 'faq'}-{row.get('faqNo', '').strip()}"


def _parsed(data: bytes) -> Any:
    text = data.decode("utf-8", errors="replace").strip()
    try:
        if not text.startswith("<"):
            return json.loads(text)
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise TemporaryFailure("it answered a page, not data")
        return _tree(ElementTree.fromstring(text))  # noqa: S314  (no entities, see above)
    except (ValueError, ElementTree.ParseError, RecursionError) as error:
        raise TemporaryFailure("the answer cannot be read") from error


def _tree(element: ElementTree.Element) -> Any:
    children = list(element)
    if not children:
        return element.text or ""
    found: dict[str, Any] = {}
    for child in children:
        value = _tree(child)
        if child.tag in found:
            before = found[child.tag]
            found[child.tag] = [*(before if isinstance(before, list) else [before]), value]
        else:
            found[child.tag] = value
    return found


def _check(code: str) -> None:
    if code in _KEY:
        raise PermanentFailure("key", "the key is wrong, has ended or is not for this service")
    if code in _TRAFFIC:
        raise RateLimited("the day's traffic is used up")
    if code not in _DONE and code not in _NOTHING:
        raise TemporaryFailure(f"it answered code {code[:20]}")


def _first(data: Any, names: tuple[str, ...]) -> str:
    """The first value of these names, at whatever depth (answers wrap their data differently)."""
    for name in names:
        for found in _values(data, name):
            if isinstance(found, (str, int, float)) and str(found).strip():
                return str(found)
    return ""


def _values(data: Any, name: str) -> Iterator[Any]:
    if isinstance(data, dict):
        if name in data:
            yield data[name]
        for each in data.values():
            yield from _values(each, name)
    elif isinstance(data, list):
        for each in data:
            yield from _values(each, name)


def _rows(data: Any) -> list[dict[str, str]]:
    """The objects that have a `faqNo`, in their order."""
    if isinstance(data, dict):
        if "faqNo" in data and not isinstance(data["faqNo"], (dict, list)):
            return [_flat(data)]
        return [row for each in data.values() for row in _rows(each)]
    if isinstance(data, list):
        return [row for each in data for row in _rows(each)]
    return []


def _flat(data: Any) -> dict[str, str]:
    if not isinstance(data, dict):
        return {}
    return {
        str(name): str(value)
        for name, value in data.items()
        if isinstance(value, (str, int, float))
    }


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isdigit() else otherwise


def _day(text: str) -> date | None:
    digits = "".join(each for each in text if each.isdigit())[:8]
    try:
        return date.fromisoformat(digits) if len(digits) == 8 else None
    except ValueError:
        return None


def _key(external: str) -> str:
    part = "".join(
        c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in external.lower()
    )
    if part != external.lower():
        part = f"{part[:60]}-{hashlib.sha256(external.encode()).hexdigest()[:8]}"
    return f"epeople-{part}"[:120]
