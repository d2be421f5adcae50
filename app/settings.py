"""Reads the settings (SOTONG_… variables), checked and absolute; opens nothing but secret files."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.settings_database import DatabaseSettings
from app.settings_departments import DepartmentSettings
from app.settings_files import FileSettings
from app.settings_knowledge import KnowledgeSettings
from app.settings_mail import MailSettings
from app.settings_operations import OperationsSettings
from app.settings_parts import ENV_PREFIX, http_address, variable
from app.settings_personal import (
    VAULT_KEY_BYTES,
    PersonalSettings,
    check_vault_key,
    read_keys_file,
)
from app.settings_privacy import PrivacySettings
from app.settings_queue import QueueSettings
from app.settings_telegram import TelegramSettings

# Not a field: it says where fields may be read from.
SECRETS_DIR = "SOTONG_SECRETS_DIR"
SECRET_NAMES = ("turn_secret", "actions_secret", "vault_key", "cookie_secret")
MIN_SECRET_LENGTH = 24
# Never shown in a sentence about a mistake.
HIDDEN_NAMES = (
    *SECRET_NAMES,
    *DatabaseSettings.HIDDEN_DATABASE,
    *TelegramSettings.HIDDEN,
    *MailSettings.HIDDEN,
    *FileSettings.HIDDEN,
    *KnowledgeSettings.HIDDEN,
    *OperationsSettings.HIDDEN,
    *PersonalSettings.HIDDEN,
)


class SettingsError(Exception):
    """The configuration cannot be used; one sentence that names the variable and the fix."""


def project_root() -> Path:
    """The folder that holds `app/`, `city/`, `nlu/`: the checkout."""
    return Path(__file__).resolve().parent.parent


class Settings(
    DatabaseSettings,
    TelegramSettings,
    DepartmentSettings,
    MailSettings,
    FileSettings,
    KnowledgeSettings,
    OperationsSettings,
    QueueSettings,
    PersonalSettings,
    PrivacySettings,
    BaseSettings,
):
    """Everything an operator may set. Use `Settings.load()`: the constructor makes no secrets."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True
    )

    environment: Literal["demo", "production", "test"] = Field(
        "demo",
        description="demo and test make missing secrets themselves; production refuses to start",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="how much the processes write to their logs (never a citizen's text)"
    )
    var_dir: Path = Field(
        default_factory=lambda: project_root() / "var",
        description="everything that is written: database, model, logs, attachments, secrets",
    )
    city_dir: Path = Field(
        default_factory=lambda: project_root() / "city",
        description="the city's data files; read-only at run time",
    )
    boundaries_dir: Path | None = Field(
        None,
        description="GeoJSON boundaries of gu and dong; without them a pin has no gu",
    )
    rasa_port: int = Field(5005, ge=1, le=65535, description="port of Rasa; always on 127.0.0.1")
    rasa_url: str = Field(
        "",
        description="where Rasa answers, several addresses with commas between them; default: "
        "http://127.0.0.1:<rasa_port>",
    )
    actions_port: int = Field(
        5055, ge=1, le=65535, description="port of the actions app; always on 127.0.0.1"
    )
    actions_url: str = Field(
        "", description="where the actions app answers; default: http://127.0.0.1:<actions_port>"
    )
    public_host: str = Field(
        "127.0.0.1", description="address on which citizens' pages and channels listen"
    )
    public_port: int = Field(8080, ge=1, le=65535, description="port of the public app")
    internal_host: str = Field("127.0.0.1", description="address on which officers' pages listen")
    internal_port: int = Field(8081, ge=1, le=65535, description="port of the internal app")
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="addresses or networks, with commas, of the proxies whose `X-Forwarded-For` is believed",
    )
    turn_secret: str = Field(
        "", repr=False, description="secret between the core and Rasa's turn channel"
    )
    actions_secret: str = Field(
        "", repr=False, description="secret between Rasa and the actions app"
    )
    vault_key: str = Field(
        "",
        repr=False,
        description="base64 of the 32 bytes that encrypt personal data; lose it and they are lost",
    )
    cookie_secret: str = Field(
        "", repr=False, description="key that signs citizens' and officers' cookies"
    )

    @classmethod
    def read(cls, **overrides: Any) -> Self:
        """Settings from the environment (overrides win); secrets may be missing, nothing is made.

        Raises SettingsError with one sentence.
        """
        try:
            return cls(_secrets_dir=_secret_files(), **overrides)
        except ValidationError as error:
            raise SettingsError(_sentence(error)) from None

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Settings from the environment (overrides win), with every secret present.

        In demo and test a missing secret is made once under `<var_dir>/secrets`; in production
        it is an error. Raises SettingsError with one sentence.
        """
        settings = cls.read(**overrides)._with_kept_old_keys()
        missing = [name for name in SECRET_NAMES if not getattr(settings, name)]
        if not missing:
            return settings
        if settings.environment == "production":
            names = ", ".join(variable(name) for name in missing)
            raise SettingsError(
                f"In production {names} must be set: make each once with "
                f"`python3 -c 'import base64, secrets; "
                f"print(base64.b64encode(secrets.token_bytes(32)).decode())'` "
                f"and keep it outside the checkout."
            )
        made = {name: _secret_of(settings.secrets_dir, name) for name in missing}
        return settings.model_copy(update=made)

    def _with_kept_old_keys(self) -> Self:
        """A restored demo keeps earlier vault keys beside its secrets."""
        kept = self.secrets_dir / "vault_old_keys"
        set_otherwise = self.environment == "production" or self.vault_old_keys
        if set_otherwise or self.vault_keys_file is not None or not kept.exists():
            return self
        return self.model_copy(update={"vault_old_keys": kept.read_text("ascii").strip()})

    @model_validator(mode="before")
    @classmethod
    def _no_empty_strings(cls, values: dict[str, Any]) -> dict[str, Any]:
        """`SOTONG_X=` (empty) means "not set", as it does in a systemd or compose file."""
        return {key: value for key, value in values.items() if value != ""}

    @field_validator(
        "var_dir", "city_dir", "boundaries_dir", "vault_keys_file", "audit_anchor_file"
    )
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else Path(os.path.abspath(value.expanduser()))

    @field_validator("rasa_url")
    @classmethod
    def _rasa_addresses(cls, value: str) -> str:
        return ",".join(http_address(each.strip()) for each in value.split(",") if each.strip())

    @field_validator("actions_url")
    @classmethod
    def _actions_address(cls, value: str) -> str:
        return http_address(value)

    @field_validator("turn_secret", "actions_secret", "cookie_secret")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < MIN_SECRET_LENGTH:
            raise ValueError(f"expected at least {MIN_SECRET_LENGTH} characters")
        return value

    @field_validator("vault_key")
    @classmethod
    def _a_key(cls, value: str) -> str:
        return check_vault_key(value) if value else value

    @model_validator(mode="after")
    def _derived(self) -> Self:
        """Fill what follows from other settings, so that changing a port is one variable."""
        derived = {
            "database_url": f"sqlite:///{self.var_dir / 'sotong.db'}",
            "rasa_url": f"http://127.0.0.1:{self.rasa_port}",
            "actions_url": f"http://127.0.0.1:{self.actions_port}",
        }
        for name, value in derived.items():
            if not getattr(self, name):
                object.__setattr__(self, name, value)
        if self.vault_keys_file is not None:
            current, *old = read_keys_file(self.vault_keys_file)
            object.__setattr__(self, "vault_key", current)
            object.__setattr__(self, "vault_old_keys", ",".join(old))
        return self

    @property
    def rasa_urls(self) -> tuple[str, ...]:
        """The addresses of all Rasas; they share their trackers and locks."""
        return tuple(self.rasa_url.split(","))

    @property
    def vault_key_bytes(self) -> bytes:
        """The 32 bytes behind `vault_key`."""
        return base64.b64decode(self.vault_key)

    @property
    def vault_old_key_bytes(self) -> tuple[bytes, ...]:
        """The bytes behind `vault_old_keys`."""
        return tuple(base64.b64decode(key) for key in self.vault_old_keys.split(",") if key)

    @property
    def audit_anchors(self) -> Path:
        """Where signed ends of the audit log go."""
        return self.audit_anchor_file or self.var_dir / "audit-anchors.jsonl"

    @property
    def public_url(self) -> str:
        """Where a person on this machine reaches the citizens' pages."""
        return f"http://{_reachable(self.public_host)}:{self.public_port}"

    @property
    def internal_url(self) -> str:
        """Where a person on this machine reaches the officers' pages."""
        return f"http://{_reachable(self.internal_host)}:{self.internal_port}"

    @property
    def secrets_dir(self) -> Path:
        """Where demo and test keep the secrets they made (folder 0700, files 0600)."""
        return self.var_dir / "secrets"

    @property
    def attachments_dir(self) -> Path:
        """Content-addressed photos."""
        return self.var_dir / "attachments"

    @property
    def log_dir(self) -> Path:
        """One log per process."""
        return self.var_dir / "log"

    @property
    def run_dir(self) -> Path:
        """Lock of the supervisor and heartbeat of the worker; empty after a clean stop."""
        return self.var_dir / "run"

    @property
    def heartbeat_file(self) -> Path:
        """Written by the worker every few seconds: JSON with `at` and `pid`."""
        return self.run_dir / "worker.json"

    @property
    def erasure_ledger_file(self) -> Path:
        """Where erasures are written down outside the database."""
        return self.erasure_ledger or self.var_dir / "erasures.jsonl"

    @property
    def compiled_city(self) -> Path:
        """What nlu reads of the city (made by `sotong city compile`)."""
        return self.var_dir / "nlu" / "city.json"

    @property
    def knowledge_dir(self) -> Path:
        """The index of policy articles; built again from the database when it is gone."""
        return self.var_dir / "knowledge"

    @property
    def rasa_tracker(self) -> Path:
        """Rasa's own SQLite file, apart from our database because its table is called `events`."""
        return self.var_dir / "rasa" / "tracker.db"

    def child_environment(self) -> dict[str, str]:
        """Every setting as variables, so that a child process sees exactly this configuration."""
        return {
            variable(name): str(value)
            for name, value in self.model_dump().items()
            if value is not None
        }


def _secret_files() -> str | None:
    """The folder with a file for each secret (`sotong_vault_key` …), as containers and systemd give them.

    Raises SettingsError when it is named and not there.
    """
    folder = os.environ.get(SECRETS_DIR) or os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and not os.path.isdir(folder):
        raise SettingsError(f"{SECRETS_DIR} names {folder}, which is no folder: correct it.")
    return folder or None


def _reachable(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):  # noqa: S104  (compared, not bound)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _secret_of(folder: Path, name: str) -> str:
    """Read or make one secret file; two processes that start at once end with the same secret."""
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            descriptor, part = tempfile.mkstemp(dir=folder, prefix=f".{name}.")  # mode 0600
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(base64.b64encode(secrets.token_bytes(VAULT_KEY_BYTES)).decode())
            try:
                os.link(part, path)  # unlike rename, link never replaces another process's secret
            except FileExistsError:
                pass
            finally:
                Path(part).unlink()
        value = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(
            f"The secret {path} cannot be read or made ({error.strerror}): make the folder "
            f"writable or set {variable('var_dir')} to one that is."
        ) from None
    if len(value) < MIN_SECRET_LENGTH:
        raise SettingsError(
            f"The secret {path} is damaged: restore it from a backup, or set {variable(name)}."
        )
    return value


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    problem = str(first["msg"]).removeprefix("Value error, ")
    if not first["loc"]:
        return f"{problem}."
    name = str(first["loc"][0])
    shown = "" if name in HIDDEN_NAMES else f" is {first['input']!r}, which"
    return f"{variable(name)}{shown} cannot be used: {problem}."
