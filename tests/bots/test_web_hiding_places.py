"""Where a resident number could hide in a message besides its words, and what is left of it: nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bots.web_house import House, photo_bytes

NUMBER, HALVES = "900101-1234567", (b"1234567", b"9001011234567")


def bytes_of(house: House, folder: Path) -> bytes:
    house.database.dispose()
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def send(citizen: httpx.Client, **message: Any) -> httpx.Response:
    return citizen.post("/api/messages", json={"external_id": "text-00000001"} | message)


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "choice", "choice": NUMBER},
        {"kind": "choice", "choice": "9001011234567.0"},
        {"kind": "choice", "choice": "900101.1234567"},
        {"kind": "text", "text": "안녕하세요", "external_id": NUMBER},
        {"kind": "text", "text": "안녕하세요", "external_id": "text-9001011234567"},
        {"kind": "text", "text": f"제 번호는 {NUMBER}"},
        {"kind": "start", "text": NUMBER},
        {"kind": "location", "location": {"lat": 37.9001011234567, "long": 126.9001011234567}},
        {
            "kind": "location",
            "location": {"lat": 37.5, "long": 127.0, "accuracy_m": 900101.1234567},
        },
    ],
)
def test_no_field_of_a_message_keeps_a_resident_number(
    house: House, citizen: httpx.Client, tmp_path: Path, message: dict[str, Any]
) -> None:
    assert send(citizen, **message).status_code == 202
    again = send(citizen, **message)
    assert again.json()["duplicate"] is True
    kept = bytes_of(house, tmp_path)
    assert b"turn" in kept
    for half in HALVES:
        assert half not in kept


def test_a_photos_name_description_and_id_keep_no_resident_number(
    house: House, citizen: httpx.Client, tmp_path: Path
) -> None:
    response = citizen.post(
        "/api/photos",
        data={"external_id": f"photo-{NUMBER}", "alt": f"사진 {NUMBER}"},
        files={"file": (f"{NUMBER}.jpg", photo_bytes(), "image/jpeg")},
    )
    assert response.status_code == 202
    kept = bytes_of(house, tmp_path)
    for half in HALVES:
        assert half not in kept


@pytest.mark.parametrize("field", ["number", "code"])
def test_what_is_typed_into_the_look_up_is_not_kept(
    house: House, tmp_path: Path, field: str
) -> None:
    for typed in (NUMBER, "010-1234-5678", "02-123-4567"):
        form = {"number": "2026-000001", "code": "ABCD2345"} | {field: typed}
        page = httpx.post(f"{house.url}/lookup", data=form, trust_env=False)
        assert page.status_code == 404
    kept = bytes_of(house, tmp_path)
    for half in (*HALVES, b"01012345678", b"0212-34567", b"12345678"):
        assert half not in kept


def test_a_look_up_with_too_many_fields_is_refused_politely(house: House) -> None:
    form = {f"field{n}": "x" for n in range(20)}
    assert httpx.post(f"{house.url}/lookup", data=form, trust_env=False).status_code == 422
