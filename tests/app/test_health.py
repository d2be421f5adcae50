"""/healthz and /readyz: what operators and load balancers ask, on every process."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.actions import make_app as make_actions_app
from app.cli.main import run
from app.health import NotReady, Readiness
from app.internal import make_app as make_internal_app
from app.migrate import upgrade
from app.operations import make_operations, make_worker_port
from app.public import make_app as make_public_app
from app.settings import Settings, SettingsError
from app.version import read_version
from app.wiring import build_parts
from core.database import Database
from core.models.conversation import Delivery
from tests.builders import make_conversation, make_message, make_turn, sample_city
from tests.dialogue.runner_house import ScriptedRasa
from tests.ports import free_port

WORDS = "골목이 캄캄해요"
APPS = {"public": make_public_app, "actions": make_actions_app, "internal": make_internal_app}


def ask(app, *paths: str) -> list[httpx.Response]:
    async def get() -> list[httpx.Response]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://city") as client:
                return list(await asyncio.gather(*(client.get(path) for path in paths)))

    return asyncio.run(get())


class HealthyRasa(ScriptedRasa):
    """Also answers GET, as the turn channel's health does."""

    def __init__(self, status: int = 200) -> None:
        super().__init__()
        self.asked = 0
        owner = self

        def do_GET(handler) -> None:
            owner.asked += 1
            handler.send_response(status)
            handler.send_header("content-length", "2")
            handler.end_headers()
            handler.wfile.write(b"{}")

        self._server.RequestHandlerClass.do_GET = do_GET  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def one_city(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the city anew each time would take longer than the test."""
    monkeypatch.setattr("app.wiring.load_city", lambda *_, **__: sample_city())


@pytest.fixture(scope="module")
def running_rasa():
    rasa = HealthyRasa()
    yield rasa
    rasa.close()


@pytest.fixture
def rasa(running_rasa: HealthyRasa) -> HealthyRasa:
    running_rasa.asked = 0
    return running_rasa


@pytest.fixture
def settings(tmp_path: Path, rasa: HealthyRasa) -> Settings:
    settings = Settings.load(
        environment="test",
        var_dir=tmp_path / "var",
        rasa_url=rasa.url,
        commit="abc1234",
        worker_port=free_port(),
    )
    upgrade(settings)
    return settings


@pytest.mark.parametrize("process", APPS)
def test_every_app_says_that_it_lives_is_ready_and_which_code_it_is(settings, process):
    health, ready = ask(APPS[process](settings), "/healthz", "/readyz")
    assert health.status_code == ready.status_code == 200
    for answer in (health.json(), ready.json()):
        assert answer["status"] == "ok"
        assert answer["process"] == process
        assert (answer["version"], answer["commit"]) == (read_version(), "abc1234")
    assert ready.json()["checks"] == {"database": "ok", "rasa": "ok", "queues": "ok"}


def test_a_living_process_says_so_with_nothing_behind_it(tmp_path):
    lost = Settings.load(
        environment="test",
        var_dir=tmp_path,
        database_url="sqlite:////proc/self/cmdline",
        rasa_url=f"http://127.0.0.1:{free_port()}",
    )
    health, ready = ask(make_actions_app(lost), "/healthz", "/readyz")
    assert health.status_code == 200
    assert ready.status_code == 503
    checks = ready.json()["checks"]
    assert checks["rasa"] == "out of reach"
    assert checks["database"] != "ok"
    assert lost.actions_secret not in ready.text
    assert "/proc" not in ready.text


def test_a_database_of_an_older_version_is_not_ready(settings):
    database = Database(settings.database_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    database.dispose()
    (ready,) = ask(make_actions_app(settings), "/readyz")
    assert ready.status_code == 503
    assert "sotong migrate" in ready.json()["checks"]["database"]


def test_a_rasa_without_a_model_is_not_ready(settings):
    rasa = HealthyRasa(status=503)
    try:
        (ready,) = ask(
            make_actions_app(settings.model_copy(update={"rasa_url": rasa.url})), "/readyz"
        )
    finally:
        rasa.close()
    assert ready.status_code == 503
    assert ready.json()["checks"]["rasa"] == "no model is loaded"


def delivery(session, conversation, now, **values) -> Delivery:
    row = Delivery(
        conversation_id=conversation.id,
        channel="web",
        address=conversation.address,
        kind="notice",
        payload={"text": WORDS},
        dedupe_key=f"key:{now}:{values}",
        created_at=now,
        next_attempt_at=now,
        **values,
    )
    session.add(row)
    session.flush()
    return row


def test_what_waits_too_long_is_not_ready_and_its_words_are_not_told(settings):
    parts = build_parts(settings)
    old = parts.now() - timedelta(seconds=400)
    with parts.database.transaction() as session:
        talk = make_conversation(session, now=old)
        # A broadcast has its own pace.
        delivery(session, talk, old, priority=1)
    (ready,) = ask(make_public_app(settings), "/readyz")
    assert ready.status_code == 200
    with parts.database.transaction() as session:
        make_turn(session, conversation=talk, now=old, text=WORDS)
        delivery(session, talk, old)
    (ready,) = ask(make_public_app(settings), "/readyz")
    parts.close()
    assert ready.status_code == 503
    assert "turn waits for 40" in ready.json()["checks"]["queues"]
    assert "delivery waits for 40" in ready.json()["checks"]["queues"]
    assert WORDS not in ready.text
    assert talk.address not in ready.text


def test_of_several_rasas_one_that_works_is_enough(settings, rasa):
    nobody = f"http://127.0.0.1:{free_port()}"
    empty = HealthyRasa(status=503)
    try:
        for urls, said in (
            (f"{nobody},{rasa.url}", "ok"),
            (f"{empty.url},{rasa.url}", "ok"),
            (f"{nobody},{nobody}", "out of reach"),
            (f"{nobody},{empty.url}", "no model is loaded"),
        ):
            app = make_actions_app(settings.model_copy(update={"rasa_url": urls}))
            [ready] = ask(app, "/readyz")
            assert ready.json()["checks"]["rasa"] == said
    finally:
        empty.close()


def test_a_storm_of_probes_looks_once(settings, rasa):
    answers = ask(make_public_app(settings), *["/readyz"] * 200)
    assert {answer.status_code for answer in answers} == {200}
    assert rasa.asked == 1


def test_a_result_is_forgotten_after_a_second():
    now, looks = [0.0], []
    readiness = Readiness({"one": lambda: looks.append(1)}, clock=lambda: now[0])

    async def twice() -> None:
        await readiness.report()
        await readiness.report()

    asyncio.run(twice())
    assert len(looks) == 1
    now[0] = 1.01
    asyncio.run(twice())
    assert len(looks) == 2
    readiness.close()


def test_a_check_that_hangs_is_cut_off_and_not_started_again():
    now, free, starts = [0.0], threading.Event(), []

    def hang() -> None:
        starts.append(1)
        free.wait(10)

    def broken() -> None:
        raise ValueError(WORDS)

    def refuses() -> None:
        raise NotReady("the well is dry")

    readiness = Readiness(
        {"hangs": hang, "broken": broken, "refuses": refuses, "well": lambda: None},
        limit=0.05,
        clock=lambda: now[0],
    )
    for at in (0.0, 2.0, 4.0):
        now[0] = at
        report = asyncio.run(readiness.report())
        assert report.checks == {
            "hangs": "no answer within 0.05 s",
            "broken": "failed (ValueError)",
            "refuses": "the well is dry",
            "well": "ok",
        }
        assert not report.ready
    assert len(starts) == 1
    free.set()
    readiness.close()


def test_the_worker_tells_its_health_on_a_port_of_its_own(settings):
    operations = make_operations(settings, process="worker")
    parts = operations.parts
    port = make_worker_port(operations)
    assert port is not None
    try:
        with httpx.Client(base_url=port.url, trust_env=False) as client:
            assert client.get("/healthz").json()["process"] == "worker"
            before = client.get("/readyz")
            assert before.json()["checks"]["clock"] == "no job has run for ever"
            operations.beat.note()
            operations.readiness._known = None
            assert client.get("/readyz").status_code == 200
        # A second worker on the same machine works without a port rather than not at all.
        assert make_worker_port(operations) is None
    finally:
        port.stop()
        operations.close()
        parts.close()


def test_a_worker_without_a_port_opens_none(settings):
    none = settings.model_copy(update={"worker_port": 0})
    operations = make_operations(none, process="worker")
    assert make_worker_port(operations) is None
    operations.close()
    operations.parts.close()


def test_the_command_line_tells_version_and_commit(capsys, monkeypatch):
    monkeypatch.setenv("SOTONG_COMMIT", "abc1234")
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"sotong {read_version()} (abc1234)\n"


def test_a_commit_that_is_none_is_refused():
    with pytest.raises(SettingsError, match="SOTONG_COMMIT"):
        Settings.load(environment="test", commit="a b; rm")


def test_a_message_that_was_just_kept_does_not_make_the_service_unready(settings):
    parts = build_parts(settings)
    with parts.database.transaction() as session:
        make_turn(session, now=parts.now(), text=make_message().text)
    (ready,) = ask(make_internal_app(settings), "/readyz")
    assert ready.status_code == 200
    parts.close()
