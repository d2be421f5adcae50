"""ClamAV's own daemon, with one signature of ours: what the stand-in of the other tests promises is true."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import TemporaryFailure
from integrations.clamd import Clamd
from tests.peers.clamd_peer import EICAR
from tests.ports import free_port

pytestmark = pytest.mark.require("clamd")
MOST = 1024 * 1024
SETTINGS = """
Foreground yes
TCPSocket {port}
TCPAddr 127.0.0.1
DatabaseDirectory {folder}
TemporaryDirectory {folder}
StreamMaxLength {most}
"""


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    folder, port = tmp_path_factory.mktemp("clamd"), free_port()
    # As root it would change to a user that cannot read the test's folder; without "User" it stays.
    folder.chmod(0o755)
    (folder / "own.ndb").write_text(f"Sotong.Test.File:0:*:{EICAR.hex()}\n")
    settings = folder / "clamd.conf"
    settings.write_text(SETTINGS.format(port=port, folder=folder, most=MOST))
    program = shutil.which("clamd")
    assert program is not None
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(settings)], stdout=log, stderr=log)
    scanner = Clamd(f"127.0.0.1:{port}")
    try:
        _wait(scanner, process, folder / "log")
        yield scanner
    finally:
        process.terminate()
        process.wait(20)


def _wait(scanner: Clamd, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            scanner.version()
            return
        except TemporaryFailure:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)


def test_it_names_its_version(clamd: Clamd) -> None:
    assert clamd.version().startswith("ClamAV ")


def test_a_clean_file_is_clean(clamd: Clamd) -> None:
    assert clamd.scan([b"\xff\xd8\xff\xe0 not much", b"of a picture" * 5000]) is None


def test_a_file_with_a_known_pattern_is_named_even_where_the_pattern_is_parted(
    clamd: Clamd,
) -> None:
    assert clamd.scan([EICAR[:30], EICAR[30:]]) == "Sotong.Test.File.UNOFFICIAL"


def test_a_file_above_its_limit_has_no_verdict(clamd: Clamd) -> None:
    with pytest.raises(TemporaryFailure, match="no verdict"):
        clamd.scan(bytes(65536) for _ in range(2 * MOST // 65536))


def test_files_one_after_the_other_each_have_a_verdict_of_their_own(clamd: Clamd) -> None:
    verdicts = [clamd.scan([content]) for content in (b"a", EICAR, b"b", EICAR)]
    assert verdicts == [None, "Sotong.Test.File.UNOFFICIAL"] * 2
