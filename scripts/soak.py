"""`make soak`: citizens report without a pause for SOAK_MINUTES; nothing may be lost or doubled."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from pathlib import Path

from app.cli.chat_client import ChatError
from app.settings import Settings
from app.wiring import build_parts
from core.case_queries import list_cases
from scripts.load import Citizen, Lost, line_of, report_once

CITIZENS = 3
# The web chat lets one network address write 300 messages a minute; three citizens stay below it.
PAUSE = 0.5
NUMBER = re.compile(r"20\d\d-\d{6}")


def main() -> int:
    """Print what was counted; 1 when a case was lost, doubled, or an answer did not come."""
    settings = Settings.load()
    minutes = float(os.environ.get("SOAK_MINUTES", "10"))
    deadline = time.monotonic() + minutes * 60
    numbers: list[str] = []
    steps: list[float] = []
    problems: list[str] = []
    before = memory(settings)
    known = case_numbers(settings)

    def one_citizen() -> None:
        while time.monotonic() < deadline and not problems:
            citizen = Citizen(settings.public_url)
            try:
                receipt, took = report_once(
                    citizen, complaint="시청역 2번 출구 앞 가로등이 꺼졌어요"
                )
                found = NUMBER.search(receipt)
                if found is None:
                    raise Lost(f"no case number in the receipt: {receipt!r}")
                numbers.append(found[0])
                steps.extend(took)
            except (ChatError, Lost) as error:
                problems.append(str(error))
            finally:
                citizen.close()
            time.sleep(PAUSE)

    threads = [threading.Thread(target=one_citizen) for _ in range(CITIZENS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened = case_numbers(settings) - known
    if len(set(numbers)) != len(numbers):
        problems.append("one case number was given twice")
    if opened != set(numbers):
        problems.append(f"{len(numbers)} receipts, but {len(opened)} cases were opened")
    print(f"{minutes:.0f} min, {CITIZENS} citizens at once: {len(numbers)} reports filed")
    if steps:
        print(line_of("a step of the report form", steps))
    for name, kilobytes in memory(settings).items():
        grown = kilobytes - before.get(name, kilobytes)
        print(f"  {name:<34} {kilobytes // 1024} MB ({grown / 1024:+.0f} MB)")
    for problem in problems:
        print(f"soak: {problem}", file=sys.stderr)
    return 1 if problems else 0


def case_numbers(settings: Settings) -> set[str]:
    """Every case number in the database."""
    parts = build_parts(settings)
    try:
        with parts.database.reading() as session:
            return {case.number for case in list_cases(session, limit=1_000_000)}
    finally:
        parts.close()


def memory(settings: Settings) -> dict[str, int]:
    """Resident kilobytes of each child of the running demo (Linux), by its command."""
    try:
        supervisor = (settings.run_dir / "demo.pid").read_text().strip()
        tasks = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
        found = {}
        for pid in tasks:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            name = next((w for w in command if w.startswith((b"app.", b"nlu."))), command[0])
            status = Path(f"/proc/{pid}/status").read_text()
            found[name.decode()] = int(status.partition("VmRSS:")[2].split()[0])
        return found
    except (OSError, ValueError, IndexError):
        return {}


if __name__ == "__main__":
    sys.exit(main())
