"""Five hundred cases that waited for a silent department all reach it, once and in order."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from pathlib import Path

from app.clock import utc_now
from core.city import Way
from core.department_standby import FAILURES_BEFORE_OPEN
from tests.integrations.department_flood import flood
from tests.integrations.department_house import OUT, ROAD, example, open_house, serving


def test_what_waited_drains_completely_once_and_in_order(tmp_path: Path) -> None:
    away = Way(kind="webhook", address="http://127.0.0.1:9/")
    with open_house(tmp_path, {ROAD: away}) as house:
        house.clock.at = utc_now().replace(microsecond=0)
        received_at = house.clock() - timedelta(days=2)
        waiting = flood(
            house.database, city=house.city, department_id=ROAD, count=500, received_at=received_at
        )
        for _ in range(FAILURES_BEFORE_OPEN):
            house.runner.run_due()
            house.clock.forward(seconds=1)
        # Three tries, and not one more however often the worker looks.
        for _ in range(5):
            house.runner.run_due()
        assert sum(message.attempts for message in house.messages()) == FAILURES_BEFORE_OPEN
        receiver = example().Receiver(secrets=[OUT], store=tmp_path / "events.jsonl")
        with serving(receiver):
            back = Way(kind="webhook", address=f"http://127.0.0.1:{receiver.server_address[1]}/")
            object.__setattr__(house.city.department(ROAD), "way", back)
            house.clock.forward(seconds=10)
            house.runner.run_due()
        assert set(house.states()) == {"sent"}
        assert len(receiver.events) == waiting == 550
        assert receiver.repeated == 0
        of_case = defaultdict(list)
        for event in receiver.events.values():
            of_case[event["subject"]].append(event["type"].split(".")[3])
            assert event["data"]["received_at"].startswith(received_at.isoformat()[:19])
        assert (
            sorted(map(tuple, of_case.values()))
            == [("opened",)] * 450 + [("opened", "status_changed")] * 50
        )
        assert len((tmp_path / "events.jsonl").read_text("utf-8").splitlines()) == 550
