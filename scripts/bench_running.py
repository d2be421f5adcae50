"""`bench.py --running`: times the steps a citizen waits for, against a running `make demo`."""

from __future__ import annotations

import sys

from app.cli.chat_client import ChatError
from app.settings import Settings
from scripts.load import Citizen, Lost, line_of, report_once

REPORTS = 5
QUESTIONS = 12


def main() -> int:
    """Print the table; 1 when the service does not answer as it should."""
    settings = Settings.read()
    print(
        f"Against {settings.public_url}; every answer is waited for (the client looks every 150 ms)."
    )
    try:
        steps: list[float] = []
        for _ in range(REPORTS):
            citizen = Citizen(settings.public_url)
            receipt, took = report_once(citizen, complaint="시청역 2번 출구 앞 가로등이 꺼졌어요")
            citizen.close()
            if "20" not in receipt:
                raise Lost(f"no case number in the receipt: {receipt!r}")
            steps += took
        citizen = Citizen(settings.public_url)
        small = [citizen.ask("안녕하세요")[1] for _ in range(QUESTIONS)]
        own = [citizen.ask("내 민원 어떻게 됐어요?")[1] for _ in range(QUESTIONS // 4)]
        citizen.close()
    except (ChatError, Lost) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(line_of("a step of the report form", steps))
    print(line_of("a greeting", small))
    print(line_of("own cases", own))
    return 0
