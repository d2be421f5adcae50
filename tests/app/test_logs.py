"""Log lines: one shape, ids that join them, no words of a citizen, no secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.logs import ACCESS, NEVER_DEBUG, QUIET, SERVERS, set_up_logs
from app.metrics import Metrics
from app.settings import Settings
from app.telemetry import AppTelemetry
from core.attachments import AttachmentStore
from core.errors import PermanentFailure
from core.telemetry import NO_TELEMETRY
from dialogue.photos import accept_photo
from tests.app.watched_house import watched
from tests.builders import make_conversation, make_database, sample_city
from tests.dialogue.runner_house import ScriptedRasa, say

WORDS = "골목이 캄캄해요"
TOKEN = "123456789:AAEsecretsecretsecretsecretsecret"


@pytest.fixture(autouse=True)
def one_city(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the city anew each time would take longer than the test."""
    monkeypatch.setattr("app.wiring.load_city", lambda *_, **__: sample_city())


@pytest.fixture
def restored() -> Iterator[None]:
    """The loggers of this test run as they were."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    names = (*SERVERS, *QUIET, *NEVER_DEBUG, ACCESS)
    before = {name: logging.getLogger(name) for name in names}
    kept = {name: (log.level, list(log.handlers), log.propagate) for name, log in before.items()}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, (old, of_old, propagate) in kept.items():
        logger = logging.getLogger(name)
        logger.setLevel(old)
        logger.handlers[:] = of_old
        logger.propagate = propagate


@pytest.fixture
def out(restored) -> io.StringIO:
    return io.StringIO()


def settings_of(tmp_path, **values: object) -> Settings:
    given = {"environment": "test", "var_dir": tmp_path, "log_format": "json", **values}
    return Settings.load(**given)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def answering(fault):
    return lambda body: fault


def telemetry() -> AppTelemetry:
    return AppTelemetry(Metrics(process="x", version="1", commit="c"))


def test_a_line_is_one_object_that_names_its_turn(tmp_path, out):
    set_up_logs(settings_of(tmp_path), process="public", stream=out)
    log = logging.getLogger("dialogue.door")
    with telemetry().step("turn", turn_id=12, conversation_id=3):
        log.warning("turn %s waits", 12)
    log.warning("alone", extra={"citizen": WORDS})
    inside, alone = lines(out)
    assert inside["at"].endswith("+00:00")
    del inside["at"]
    assert inside == {
        "level": "warning",
        "logger": "dialogue.door",
        "process": "public",
        "turn": 12,
        "conversation": 3,
        "message": "turn 12 waits",
    }
    assert "turn" not in alone
    assert WORDS not in out.getvalue()


def test_text_lines_name_their_turn_too(tmp_path, out):
    set_up_logs(settings_of(tmp_path, log_format="text"), process="public", stream=out)
    with telemetry().step("delivery", turn_id=12, delivery_id=5):
        logging.getLogger("x").warning("late")
    assert out.getvalue().endswith(" WARNING x late [turn=12 delivery=5]\n")


@pytest.mark.parametrize("shape", ["text", "json"])
def test_an_exceptions_words_never_reach_the_log(tmp_path, out, shape):
    set_up_logs(settings_of(tmp_path, log_format=shape), process="public", stream=out)
    for name in ("uvicorn.error", "apscheduler.executors.default", "app"):
        try:
            raise ValueError(WORDS)
        except ValueError:
            logging.getLogger(name).exception("it broke")
    told = out.getvalue()
    assert told.count("it broke") == 3
    assert "ValueError" in told
    assert "test_logs.py" in told
    assert WORDS not in told


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_secret_is_blotted_out_wherever_it_stands(tmp_path, out, shape):
    settings = settings_of(
        tmp_path,
        log_format=shape,
        telegram_token=TOKEN,
        smtp_password="pass word/1",
        database_url="postgresql+psycopg://u:dbpassword@127.0.0.1/x",
    )
    set_up_logs(settings, process="public", stream=out)
    secrets = (TOKEN, settings.vault_key, settings.turn_secret, "pass word/1", "dbpassword")
    for secret in secrets:
        logging.getLogger("x").error("POST https://api.test/bot%s/getMe", secret)
    logging.getLogger("x").error("a password in an address: %s", "pass%20word%2F1")
    told = out.getvalue()
    assert told.count("[secret]") == 6
    for secret in (*secrets, "pass%20word%2F1"):
        assert secret not in told


def test_the_server_writes_no_line_for_a_request(tmp_path, out):
    set_up_logs(settings_of(tmp_path), process="public", stream=out)
    access = logging.getLogger("uvicorn.access")
    # By this the server decides whether it writes them.
    assert not access.hasHandlers()
    access.info('127.0.0.1 - "GET /files/%s HTTP/1.1" 404', WORDS)
    assert out.getvalue() == ""


def test_set_up_twice_writes_a_line_once(tmp_path, out):
    for _ in range(2):
        set_up_logs(settings_of(tmp_path), process="public", stream=out)
    logging.getLogger("uvicorn.error").warning("once")
    assert [line["message"] for line in lines(out)] == ["once"]


def test_one_number_joins_the_lines_of_a_turn_and_goes_with_the_call_to_rasa(tmp_path, out):
    heard: list[dict[str, str]] = []
    rasa = ScriptedRasa()
    handler: Any = rasa._server.RequestHandlerClass
    original = handler.do_POST

    def do_POST(request) -> None:
        heard.append(dict(request.headers))
        original(request)

    handler.do_POST = do_POST
    rasa.answer = lambda body: (422, {"error": "malformed"})
    try:
        with watched(tmp_path, rasa, log_format="json") as house:
            set_up_logs(house.operations.parts.settings, process="worker", stream=out)
            turn = house.hear(f"{WORDS} 010-0000-0000")
    finally:
        rasa.close()
    assert heard[0]["X-Sotong-Turn"] == str(turn)
    (line,) = [line for line in lines(out) if "failed" in line["message"]]
    assert (line["turn"], line["conversation"]) == (turn, 1)


def test_whatever_goes_wrong_no_log_holds_a_citizens_words(tmp_path, out):
    rasa = ScriptedRasa()
    faults = [
        say("네"),
        (503, {"error": WORDS, "retry_after": 1}),
        (422, {"error": WORDS}),
        (200, {"broken": WORDS}),
    ]
    try:
        with watched(tmp_path, rasa, log_format="json", log_level="debug") as house:
            set_up_logs(house.operations.parts.settings, process="worker", stream=out)
            for number, fault in enumerate(faults):
                rasa.answer = answering(fault)
                house.hear(WORDS, address=f"{number}" * 64)

            class Broken:
                channel, pace = "web", None

                def may_repeat(self, outgoing: object) -> bool:
                    return True

                def send(self, outgoing: object) -> None:
                    raise KeyError(WORDS)

            senders: dict[str, Any] = house.talk.dispatcher._senders
            senders["web"] = Broken()
            rasa.answer = lambda body: say(WORDS)
            house.hear(WORDS, address="z" * 64)
    finally:
        rasa.close()
    assert len(lines(out)) >= 3
    assert "캄캄" not in out.getvalue()
    assert json.dumps("캄캄")[1:-1] not in out.getvalue()
    assert "z" * 64 not in out.getvalue()


def test_without_telemetry_the_layers_work_and_tell_nobody():
    with NO_TELEMETRY.step("turn", turn_id=1) as step:
        step.outcome = "answered"
    assert NO_TELEMETRY.headers() == {}
    with pytest.raises(PermanentFailure), NO_TELEMETRY.step("turn"):
        raise PermanentFailure("code")


def test_at_debug_the_libraries_write_neither_notes_in_photos_nor_values_of_statements(
    tmp_path: Path, out: io.StringIO, restored: None
) -> None:
    settings = Settings.load(environment="test", var_dir=tmp_path, log_level="debug")
    set_up_logs(settings, process="public", stream=out)
    exif = Image.Exif()
    exif[0x013B] = "010-7391-4826"
    photo = io.BytesIO()
    Image.new("RGB", (64, 48)).save(photo, "JPEG", exif=exif)
    accept_photo(photo.getvalue(), name="1.jpg", store=AttachmentStore(tmp_path / "files"))
    database = make_database(tmp_path)
    with database.transaction() as session:
        make_conversation(session, address="010-7391-4826")
    database.dispose()
    logging.getLogger("core.anything").debug("ours is written")
    assert "ours is written" in out.getvalue()
    assert "7391" not in out.getvalue()
