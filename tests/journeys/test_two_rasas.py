"""Two Rasas over one PostgreSQL and one Redis: one of them dies, Redis goes away, and no word is lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.demo_children import spawn
from app.demo_programs import programs
from app.migrate import upgrade
from tests.journeys.talk import Talk
from tests.peers.telegram_sim import TelegramSim
from tests.ports import free_port
from tests.postgres import Cluster
from tests.redis_server import RedisServer, running_redis
from tests.stack import MODEL_VAR, Stack, make_settings, train, wait_until

pytestmark = pytest.mark.require("postgresql", "redis-server")
RECEIPT = "접수번호"


class TwoRasas:
    """A service whose Rasas share their trackers and locks."""

    def __init__(self, stack: Stack, trackers: str, redis: RedisServer) -> None:
        self.stack, self.redis, self._trackers = stack, redis, trackers
        self.ports = [int(url.rpartition(":")[2]) for url in stack.settings.rasa_urls]

    def start_rasa(self, number: int) -> None:
        port = self.ports[number]
        name = f"rasa-{number}"
        one = self.stack.settings.model_copy(
            update={"rasa_port": port, "rasa_url": self.stack.settings.rasa_urls[number]}
        )
        program = next(each for each in programs(one) if each.name == "rasa")
        command = list(program.command)
        command[command.index("--var-dir") + 1] = str(MODEL_VAR)
        environment = {
            **program.environment,
            "SOTONG_RASA_TRACKER": self._trackers,
            "SOTONG_RASA_LOCKS": self.redis.url,
        }
        log = program.log.with_name(f"{name}.log")
        self.stack.processes[name] = spawn(
            replace(program, command=command, environment=environment, log=log)
        )
        wait_until(program.ready, seconds=120, what=name)

    def talk(self, name: str) -> Talk:
        return Talk(self.stack.citizen(name), self.stack.database())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[TwoRasas]:
    train()
    ports = free_port(), free_port()
    with contextlib.ExitStack() as ends:
        redis = ends.enter_context(running_redis())
        telegram = ends.enter_context(TelegramSim())
        settings = make_settings(
            tmp_path_factory.mktemp("two-rasas"),
            lease_seconds=2.0,
            database_url=cluster.create(empty=True),
            rasa_url=",".join(f"http://127.0.0.1:{port}" for port in ports),
        )
        upgrade(settings)
        stack = Stack(settings, telegram)
        ends.callback(stack.stop)
        ends.callback(stack.close_clients)
        house = TwoRasas(stack, cluster.create(empty=True), redis)
        house.start_rasa(0)
        house.start_rasa(1)
        stack.start("actions", "public", "worker")
        yield house


def test_a_report_goes_on_at_the_other_rasa_when_its_own_is_killed(house: TwoRasas) -> None:
    talks = [house.talk(name) for name in ("one", "two")]
    for talk in talks:
        talk.say("시청역 2번 출구 앞 가로등이 꺼졌어요")
        talk.fill_until("confirm")
    assert {talk.conversation_id() % 2 for talk in talks} == {0, 1}, "each Rasa has one of them"
    house.stack.kill("rasa-0")
    for talk in talks:
        talk.press(0)
        talk.await_text(RECEIPT, seconds=30)
        assert len(talk.cases()) == 1
        talk.database.dispose()
    house.start_rasa(0)


def test_without_redis_a_word_is_kept_and_answered_when_it_is_back(house: TwoRasas) -> None:
    talk = house.talk("three")
    talk.say("안녕하세요")
    house.redis.stop()
    talk.citizen.say("시청역 2번 출구 앞 가로등이 꺼졌어요")
    wait_until(lambda: talk.open_turns() == 1, what="the turn that waits")
    talk.await_text("늦", seconds=30)
    assert talk.requested() is None
    house.redis.start()
    wait_until(lambda: talk.open_turns() == 0, seconds=60, what="the answer")
    assert talk.requested() is not None
    talk.database.dispose()
