"""Rules of the settings: one source, absolute paths, secrets made once in demo and demanded in production."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.settings import SECRET_NAMES, Settings, SettingsError
from app.settings_parts import variable

KEY = base64.b64encode(b"k" * 32).decode()
LONG = "a-secret-of-more-than-24-letters"
ALL_SECRETS = {
    "turn_secret": LONG,
    "actions_secret": LONG,
    "vault_key": KEY,
    "cookie_secret": LONG,
}


def test_a_demo_makes_its_secrets_once_and_only_for_its_user(tmp_path: Path):
    first = Settings.load(var_dir=tmp_path)
    again = Settings.load(var_dir=tmp_path)
    for name in SECRET_NAMES:
        assert getattr(first, name) == getattr(again, name) != ""
        assert stat.S_IMODE((tmp_path / "secrets" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert len({getattr(first, name) for name in SECRET_NAMES}) == len(SECRET_NAMES)
    assert len(first.vault_key_bytes) == 32


def test_processes_that_start_together_agree_on_the_secrets(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: Settings.load(var_dir=tmp_path), range(16)))
    assert len({settings.vault_key for settings in loaded}) == 1


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_production_refuses_to_start_and_names_the_missing_secret(tmp_path: Path, name: str):
    given = {key: value for key, value in ALL_SECRETS.items() if key != name}
    with pytest.raises(SettingsError, match=variable(name)):
        Settings.load(environment="production", var_dir=tmp_path, **given)
    assert not (tmp_path / "secrets").exists()


def test_production_takes_its_secrets_from_the_environment(tmp_path: Path):
    settings = Settings.load(environment="production", var_dir=tmp_path, **ALL_SECRETS)
    assert settings.vault_key_bytes == b"k" * 32
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize("where", ["SOTONG_SECRETS_DIR", "CREDENTIALS_DIRECTORY"])
def test_production_takes_its_secrets_from_files_as_containers_and_systemd_give_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
):
    for name, value in ALL_SECRETS.items():
        (tmp_path / f"sotong_{name}").write_text(f"{value}\n", encoding="utf-8")
    (tmp_path / "sotong_telegram_token").write_text("", encoding="utf-8")
    monkeypatch.setenv(where, str(tmp_path))
    settings = Settings.load(environment="production", var_dir=tmp_path / "var")
    assert {name: getattr(settings, name) for name in ALL_SECRETS} == ALL_SECRETS
    assert settings.telegram_token == ""


def test_a_folder_of_secrets_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOTONG_SECRETS_DIR", "/nowhere/at/all")
    with pytest.raises(SettingsError, match="SOTONG_SECRETS_DIR"):
        Settings.read()


def test_a_short_secret_and_a_wrong_key_are_refused_without_being_shown(tmp_path: Path):
    for field, value in (("turn_secret", "hunter2"), ("vault_key", "bm90IDMyIGJ5dGVz")):
        with pytest.raises(SettingsError) as caught:
            Settings.load(var_dir=tmp_path, **{field: value})
        assert variable(field) in str(caught.value)
        assert value not in str(caught.value)


def test_secrets_do_not_appear_when_the_settings_are_printed(tmp_path: Path):
    settings = Settings.load(var_dir=tmp_path)
    for name in SECRET_NAMES:
        assert getattr(settings, name) not in repr(settings)


def test_a_relative_folder_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOTONG_VAR_DIR", "data")
    assert Settings.read().var_dir == tmp_path / "data"


def test_addresses_follow_the_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOTONG_RASA_PORT", "15005")
    monkeypatch.setenv("SOTONG_ACTIONS_PORT", "15055")
    settings = Settings.read(var_dir=tmp_path)
    assert settings.rasa_url == "http://127.0.0.1:15005"
    assert settings.actions_url == "http://127.0.0.1:15055"
    assert settings.database_url == f"sqlite:///{tmp_path}/sotong.db"


def test_a_given_address_wins_over_the_port(tmp_path: Path):
    settings = Settings.read(var_dir=tmp_path, rasa_url="http://10.0.0.5:5005/")
    assert settings.rasa_url == "http://10.0.0.5:5005"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOTONG_PUBLIC_PORT", "80800"),
        ("SOTONG_PUBLIC_PORT", "web"),
        ("SOTONG_RASA_URL", "localhost:5005"),
        ("SOTONG_ENVIRONMENT", "staging"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        Settings.read()
    assert name in str(caught.value)
    assert value in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_variable_means_not_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOTONG_PUBLIC_PORT", "")
    assert Settings.read().public_port == 8080


def test_a_child_process_gets_exactly_these_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = Settings.load(var_dir=tmp_path, public_port=18080)
    for name, value in settings.child_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == settings


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="SOTONG_VAR_DIR"):
        Settings.load(var_dir=tmp_path / "file" / "var")


TOKEN = "123456789:AAE-a-token-as-BotFather-gives-it_0"
WEBHOOK = "https://bot.city.example/telegram/webhook"


def test_a_token_alone_means_polling_and_none_means_no_telegram():
    assert Settings.read().telegram_token == ""
    settings = Settings.read(telegram_token=TOKEN)
    assert settings.telegram_webhook_url == ""
    assert settings.telegram_api_url == "https://api.telegram.org"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"telegram_token": TOKEN, "telegram_webhook_url": WEBHOOK}, "telegram_webhook_secret"),
        ({"telegram_webhook_url": WEBHOOK, "telegram_webhook_secret": LONG}, "telegram_token"),
    ],
)
def test_a_webhook_needs_a_token_and_a_secret(given: dict[str, str], named: str):
    with pytest.raises(SettingsError) as caught:
        Settings.read(**given)
    assert variable(named) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert LONG not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("telegram_token", "987654321"),
        ("telegram_token", "bot123456789:AAE-a-token-as-BotFather-gives-it_0"),
        ("telegram_token", "123456789:AAE a token with spaces in it"),
        ("telegram_token", TOKEN + "\n"),
        ("telegram_webhook_secret", "too-short"),
        ("telegram_webhook_secret", "a-secret-with-signs-that-Telegram-refuses!"),
        ("telegram_webhook_secret", "비밀" * 20),
        ("telegram_webhook_secret", "x" * 257),
    ],
)
def test_a_bad_token_or_webhook_secret_is_refused_without_being_shown(field: str, value: str):
    with pytest.raises(SettingsError) as caught:
        Settings.read(**{field: value})
    assert variable(field) in str(caught.value)
    assert value.strip() not in str(caught.value)


def test_the_token_and_its_webhook_secret_are_never_printed():
    settings = Settings.read(
        telegram_token=TOKEN, telegram_webhook_url=WEBHOOK, telegram_webhook_secret=LONG
    )
    for shown in (repr(settings), str(settings)):
        assert TOKEN not in shown
        assert LONG not in shown


def test_a_webhook_s_address_is_checked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOTONG_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("SOTONG_TELEGRAM_WEBHOOK_SECRET", LONG)
    monkeypatch.setenv("SOTONG_TELEGRAM_WEBHOOK_URL", "bot.city.example/telegram/webhook")
    with pytest.raises(SettingsError, match="SOTONG_TELEGRAM_WEBHOOK_URL"):
        Settings.read()
