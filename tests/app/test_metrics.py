"""The figures for Prometheus: what they count, who may see them, and that nobody can make them grow."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import httpx
import pytest

from app.actions import make_app as make_actions_app
from app.metrics import Bounded, Metrics, QueueCollector
from app.public import make_app
from app.settings import Settings, SettingsError
from core.errors import TemporaryFailure
from core.queue_figures import Queue, QueueFigures
from tests.app.watched_house import watched
from tests.builders import MONDAY_TEN, sample_city
from tests.dialogue.runner_house import ScriptedRasa, say

TOKEN = "t" * 24
WORDS = "골목이 캄캄해요 010-0000-0000"


@pytest.fixture(autouse=True)
def one_city(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the city anew each time would take longer than the test."""
    monkeypatch.setattr("app.wiring.load_city", lambda *_, **__: sample_city())


@pytest.fixture(scope="module")
def rasa():
    rasa = ScriptedRasa()
    yield rasa
    rasa.close()


@pytest.fixture
def house(tmp_path, rasa):
    rasa.answer = lambda body: say("네")
    with watched(tmp_path, rasa, metrics_token=TOKEN) as house:
        yield house


def exposed(house) -> str:
    from prometheus_client import generate_latest

    return generate_latest(house.operations.telemetry.metrics.registry).decode()


def test_a_turn_is_counted_and_timed_by_stage(house):
    house.hear(WORDS)
    assert house.figure("sotong_received_total", channel="web", outcome="ok") == 1
    assert house.figure("sotong_turns_total", channel="web", outcome="answered") == 1
    assert house.figure("sotong_deliveries_total", channel="web", outcome="sent") == 1
    assert house.figure("sotong_rasa_calls_total", outcome="ok") == 1
    for stage, channel in [
        ("door", "web"),
        ("wait", "web"),
        ("rasa", "none"),
        ("delivery", "web"),
        ("answer", "web"),
    ]:
        labels = {"stage": stage, "channel": channel}
        assert house.figure("sotong_stage_seconds_count", **labels) == 1, stage


def test_a_message_that_comes_twice_and_one_too_many_are_told_apart(house):
    house.hear(external_id="one")
    house.hear(external_id="one")
    house.hear(flood=True)
    for outcome in ("ok", "duplicate", "flood"):
        assert house.figure("sotong_received_total", channel="web", outcome=outcome) == 1


def test_rasa_down_is_counted_as_later_and_not_as_answered(house, rasa):
    rasa.answer = lambda body: (503, {"error": "model", "retry_after": 1})
    house.hear()
    assert house.figure("sotong_rasa_calls_total", outcome="later") == 1
    assert house.figure("sotong_turns_total", channel="web", outcome="later") == 1
    assert house.figure("sotong_turns_total", channel="web", outcome="answered") is None


def test_shown_personal_data_is_counted(house):
    parts = house.operations.parts
    house.hear(WORDS)
    with parts.database.transaction() as session:
        parts.vault.reveal(
            session, conversation_id=1, token="⟦전화1⟧", purpose="시험", actor="x", now=parts.now()
        )
    assert house.figure("sotong_vault_reads_total") == 1


def test_the_queues_are_counted_when_they_are_asked_for(house, rasa):
    rasa.answer = lambda body: (503, {"error": "model"})
    house.hear()
    labels = {"queue": "turns", "channel": "web", "state": "received"}
    assert house.figure("sotong_queue_messages", **labels) == 1
    assert house.figure("sotong_queue_figures_up") == 1


def test_no_figure_holds_a_citizens_words_or_address(house):
    house.hear(WORDS, address="b" * 64)
    text = exposed(house)
    for private in ("골목", "010-0000", "b" * 64):
        assert private not in text


def test_a_database_that_hangs_gives_a_scrape_without_queues_in_time():
    free, asked = threading.Event(), []

    def read() -> QueueFigures:
        asked.append(1)
        free.wait(10)
        return QueueFigures({}, {})

    collector = QueueCollector(read, now=lambda: MONDAY_TEN, limit=0.05)
    for _ in range(3):
        (up,) = collector.collect()
        assert up.samples[0].value == 0
    assert len(asked) == 1
    free.set()
    collector.close()


def test_a_broken_database_gives_no_queue_figures_and_no_error():
    def read() -> QueueFigures:
        raise TemporaryFailure("busy")

    collector = QueueCollector(read, now=lambda: MONDAY_TEN)
    (up,) = collector.collect()
    assert up.samples[0].value == 0
    collector.close()


def test_many_scrapes_ask_the_database_once():
    asked, at = [], MONDAY_TEN - timedelta(seconds=90)

    def read() -> QueueFigures:
        asked.append(1)
        return QueueFigures({("web", "received"): Queue(3, at)}, {})

    collector = QueueCollector(read, now=lambda: MONDAY_TEN)
    for _ in range(50):
        up, count, oldest = collector.collect()
    assert (up.samples[0].value, count.samples[0].value, oldest.samples[0].value) == (1, 3, 90)
    assert len(asked) == 1
    collector.close()


def test_labels_stay_few_whatever_comes():
    metrics = Metrics(process="public", version="1", commit="x")
    for number in range(2000):
        metrics.step("door", f"channel{number}", f"outcome{number}", 0.1)
        metrics.step("door", f"말 {number}", WORDS, 0.1)
    series = sum(len(each.samples) for each in metrics.registry.collect())
    assert series < 2000
    bounded = Bounded(most=2)
    assert [bounded(v) for v in ("web", WORDS, "x", "telegram", "web", "")] == [
        "web",
        "other",
        "x",
        "other",
        "web",
        "none",
    ]


def ask(app, *requests: tuple[str, dict[str, str]]) -> list[httpx.Response]:
    async def get() -> list[httpx.Response]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://city") as client:
                return [await client.get(path, headers=headers) for path, headers in requests]

    return asyncio.run(get())


def test_only_who_shows_the_token_sees_the_figures_and_paths_are_patterns(tmp_path):
    settings = Settings.load(environment="test", var_dir=tmp_path, metrics_token=TOKEN)
    shown = {"authorization": f"Bearer {TOKEN}"}
    *_, without, wrong, right = ask(
        make_app(settings),
        *((f"/files/{number}?name={WORDS}", {}) for number in range(30)),
        *((f"/no/such/{number}", {}) for number in range(30)),
        ("/metrics", {}),
        ("/metrics", {"authorization": "Bearer x"}),
        ("/metrics", shown),
    )
    assert (without.status_code, wrong.status_code, right.status_code) == (404, 404, 200)
    assert (
        'sotong_http_requests_total{method="GET",route="/files/{attachment_id}",status="404"} 30.0'
        in right.text
    )
    assert 'sotong_http_requests_total{method="GET",route="none",status="404"} 30.0' in right.text
    assert "process_resident_memory_bytes" in right.text
    assert "such" not in right.text
    assert settings.metrics_token not in right.text


def test_without_a_token_there_are_no_figures(tmp_path):
    settings = Settings.load(environment="test", var_dir=tmp_path)
    (answer,) = ask(make_app(settings), ("/metrics", {"authorization": "Bearer "}))
    assert answer.status_code == 404


def test_a_short_token_is_refused_without_being_shown():
    with pytest.raises(SettingsError) as caught:
        Settings.load(environment="test", metrics_token="geheim")
    assert "SOTONG_METRICS_TOKEN" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_calls_by_rasa_are_counted_in_the_actions_app(tmp_path):
    settings = Settings.load(environment="test", var_dir=tmp_path, metrics_token=TOKEN)
    metadata = {"turn_id": 12, "conversation_id": 3}
    call = {
        "next_action": "action_unknown",
        "sender_id": "c3",
        "tracker": {"latest_message": {"text": WORDS, "metadata": metadata}, "events": []},
    }

    async def go(app) -> str:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://city") as client:
                secret = {"x-sotong-secret": settings.actions_secret}
                for body in (call, {**call, "tracker": {"latest_message": None}}):
                    await client.post("/rasa/actions", json=body, headers=secret)
                shown = {"authorization": f"Bearer {TOKEN}"}
                return (await client.get("/metrics", headers=shown)).text

    text = asyncio.run(go(make_actions_app(settings)))
    assert 'sotong_stage_seconds_count{channel="none",stage="action"} 2.0' in text
    assert "sotong_action_calls_total" in text
    assert "골목" not in text
