"""A department that fetches a citizen's picture leaves a line in the audit log, like an officer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from core.attachments import record_attachments
from core.city import Way
from core.inbound import Photo
from core.models.case import Case
from core.models.vault import AuditEntry
from integrations.department_files import DepartmentLinks
from tests.integrations.department_house import ROAD, House, open_house, picture

WAY = Way(kind="webhook", address="http://127.0.0.1:9/")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, {ROAD: WAY}) as house:
        yield house


def read(house: House) -> list[AuditEntry]:
    with house.database.reading() as session:
        return list(
            session.scalars(select(AuditEntry).where(AuditEntry.action == "attachment.read"))
        )


def test_each_file_that_a_department_fetches_is_a_line_and_what_it_may_not_is_none(
    house: House,
) -> None:
    case = house.open()
    data = picture()
    with house.database.transaction() as session:
        photo = Photo(house.store.put(data), "image/jpeg", len(data), 64, 48)
        (file_id,) = record_attachments(
            session,
            photos=[photo],
            conversation_id=case.conversation_id,
            source="citizen",
            now=house.clock(),
        )
        session.get_one(Case, case.id).attachment_ids = [file_id]
    links = DepartmentLinks(base_url="https://inner.city.example", key=b"k" * 32, now=house.clock)

    def fetch(number: int) -> int:
        parts = urlsplit(links.link(number, department_id=ROAD))
        return int(house.client.request("GET", f"{parts.path}?{parts.query}").status_code)

    assert fetch(file_id) == 200
    assert fetch(file_id + 1) == 404
    (line,) = read(house)
    assert (line.actor, line.subject) == (f"department:{ROAD}", f"attachment:{file_id}")
    assert line.conversation_id == case.conversation_id
