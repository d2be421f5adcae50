"""Builds the ways to departments and back from the settings. Must hold no rules of its own."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from fastapi import APIRouter

from app.department_needs import check_needs
from app.department_secrets import load_department_secrets
from app.settings import SettingsError
from app.settings_parts import variable
from app.wiring import Parts
from core.department_ports import DepartmentSender
from core.inbound import Photo
from core.put_away import Words
from dialogue.photos import accept_photo
from integrations.department_callback_api import CallbackDeps, add_callbacks
from integrations.department_callback_work import CallbackRunner
from integrations.department_files import DepartmentLinks, add_files
from integrations.department_mail import MailSender, MailServer
from integrations.department_runner import DepartmentRunner
from integrations.department_webhook import WebhookSender
from integrations.safe_fetch import SafeFetcher


@dataclass(frozen=True)
class Ways:
    """The ways out of a process."""

    webhook: WebhookSender
    mail: MailSender

    @property
    def all(self) -> tuple[DepartmentSender, ...]:
        """Each of them."""
        return (self.webhook, self.mail)

    def close(self) -> None:
        """Close the connections."""
        self.webhook.close()


@dataclass(frozen=True)
class DepartmentWork:
    """What the worker does for departments."""

    runner: DepartmentRunner
    callbacks: CallbackRunner
    ways: Ways

    def stop(self) -> None:
        """Finish what is under way and take nothing new."""
        self.runner.stop()
        self.callbacks.stop()

    def close(self) -> None:
        """Stop, then close the connections."""
        self.stop()
        self.ways.close()


def make_ways(parts: Parts) -> Ways:
    """The ways out. Raises SettingsError when one that the city uses cannot work."""
    settings, tls = parts.settings, _trust(parts)
    secrets = check_needs(settings, parts.city)
    server = None
    if settings.smtp_host:
        server = MailServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.mail_from,
            tls=settings.smtp_tls,
            user=settings.smtp_user,
            password=settings.smtp_password,
            context=tls,
        )
    links = file_links(parts)
    return Ways(
        webhook=WebhookSender(
            secrets=secrets,
            source=f"urn:sotong:{parts.city.jurisdiction.id}",
            links=links,
            now=parts.now,
            tls=tls,
        ),
        mail=MailSender(
            server=server, city=parts.city, store=parts.store, links=links, now=parts.now
        ),
    )


def make_department_work(parts: Parts) -> DepartmentWork:
    """What the worker runs."""

    def keep_photo(data: bytes) -> Photo:
        return accept_photo(data, name="", store=parts.store)

    ways = make_ways(parts)
    return DepartmentWork(
        runner=DepartmentRunner(
            database=parts.database,
            city=parts.city,
            vault=parts.vault,
            senders=ways.all,
            now=parts.now,
        ),
        callbacks=CallbackRunner(
            database=parts.database,
            city=parts.city,
            fetcher=SafeFetcher(tls=_trust(parts)),
            accept_photo=keep_photo,
            now=parts.now,
        ),
        ways=ways,
    )


def make_department_router(parts: Parts) -> APIRouter:
    """Callbacks and files, for the internal app."""
    router = APIRouter(include_in_schema=False)
    add_callbacks(
        router,
        CallbackDeps(
            words=Words.of(parts.city, parts.vault),
            database=parts.database,
            city=parts.city,
            secrets=load_department_secrets(parts.settings, parts.city),
            now=parts.now,
        ),
    )
    add_files(
        router,
        database=parts.database,
        store=parts.store,
        links=file_links(parts),
        texts=parts.city.texts,
    )
    return router


def file_links(parts: Parts) -> DepartmentLinks:
    """Signed addresses of files at the internal app."""
    return DepartmentLinks(
        base_url=parts.settings.internal_base_url or parts.settings.internal_url,
        key=parts.derived_key("department files"),
        now=parts.now,
    )


def _trust(parts: Parts) -> ssl.SSLContext:
    context = ssl.create_default_context()
    path = parts.settings.department_ca_file
    if path is not None:
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ssl.SSLError):
            raise SettingsError(
                f"{variable('department_ca_file')}: {path} is no file of PEM certificates."
            ) from None
    return context
