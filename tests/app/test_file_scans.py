"""The virus scanner of the settings: what the worker does with it, what waits for it, who is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.alert_rules import files_unscanned
from app.channels import _image_loader
from app.file_scans import make_file_scans
from app.settings import Settings, SettingsError
from app.wiring import Parts, build_parts
from core.attachments import record_attachments
from core.errors import PermanentFailure, TemporaryFailure
from core.models.conversation import Attachment
from dialogue.photos import accept_photo
from tests.builders import Clock, make_database
from tests.media_files import make_photo
from tests.peers.clamd_peer import ClamdPeer, running_clamd


@pytest.fixture
def clamd() -> Iterator[ClamdPeer]:
    with running_clamd() as peer:
        yield peer


def parts_with(folder: Path, clock: Clock, clamav: str) -> Parts:
    make_database(folder).dispose()
    (folder / "test.db").rename(folder / "sotong.db")
    settings = Settings.load(environment="test", var_dir=folder, clamav=clamav)
    return build_parts(settings, now=clock)


def send_photo(parts: Parts) -> int:
    photo = accept_photo(make_photo(), name="", store=parts.store)
    with parts.database.transaction() as session:
        (number,) = record_attachments(
            session, photos=[photo], conversation_id=None, source="officer", now=parts.now()
        )
    return number


def test_a_picture_goes_out_once_the_worker_has_had_it_scanned(tmp_path, clamd) -> None:
    parts = parts_with(tmp_path, Clock(), clamd.address)
    number, load = send_photo(parts), _image_loader(parts)
    with pytest.raises(TemporaryFailure):
        load(number)
    scans = make_file_scans(parts)
    assert scans is not None
    assert scans.run_due() == 1
    assert load(number) == clamd.scanned[0]
    with parts.database.transaction() as session:
        session.get_one(Attachment, number).scan = "infected"
    with pytest.raises(PermanentFailure):
        load(number)
    parts.close()


def test_operators_are_told_when_a_file_waits_too_long(tmp_path, clamd) -> None:
    clock = Clock()
    parts = parts_with(tmp_path, clock, clamd.address)
    send_photo(parts)
    assert files_unscanned(parts) is None
    clock.forward(seconds=timedelta(minutes=parts.settings.alert_minutes + 1).total_seconds())
    problem = files_unscanned(parts)
    assert problem is not None
    assert "11분째" in problem.text
    scans = make_file_scans(parts)
    assert scans is not None
    scans.run_due()
    assert files_unscanned(parts) is None
    parts.close()


def test_without_a_scanner_nothing_waits_for_one(tmp_path) -> None:
    parts = parts_with(tmp_path, Clock(), "")
    number = send_photo(parts)
    assert make_file_scans(parts) is None
    assert _image_loader(parts)(number).startswith(b"\xff\xd8")
    parts.close()


@pytest.mark.parametrize("wrong", ["clamd", "http://127.0.0.1:3310", "127.0.0.1:", "a b:1"])
def test_an_address_that_is_none_is_refused_at_the_start(tmp_path, wrong) -> None:
    with pytest.raises(SettingsError, match="SOTONG_CLAMAV"):
        Settings.load(var_dir=tmp_path, clamav=wrong)
