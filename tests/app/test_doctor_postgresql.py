"""What `sotong doctor` says of PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from app.doctor import examine
from app.doctor_findings import Finding, Verdict
from app.migrate import upgrade
from app.settings import Settings
from tests.ports import free_port
from tests.postgres import Cluster

pytestmark = pytest.mark.require("postgresql")


@pytest.fixture
def settings(tmp_path: Path, cluster: Cluster) -> Settings:
    return Settings.load(
        environment="test", var_dir=tmp_path, database_url=cluster.create(empty=True)
    )


def findings_of(settings: Settings) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(load=lambda: settings)}


def test_a_server_that_fits_is_named_and_the_schema_is_asked_for(settings: Settings) -> None:
    found = findings_of(settings)
    assert found["database server"].verdict is Verdict.OK
    assert "UTF8" in found["database server"].text
    assert "sotong migrate" in found["database"].advice
    upgrade(settings)
    assert findings_of(settings)["database"].verdict is Verdict.OK


def test_a_database_that_cannot_keep_korean_fails(settings: Settings, cluster: Cluster) -> None:
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    url = cluster.url("latin")
    found = findings_of(settings.model_copy(update={"database_url": url}))["database server"]
    cluster.drop(url)
    assert found.verdict is Verdict.FAIL
    assert "Korean" in found.text


def test_a_database_that_takes_no_writing_fails(settings: Settings) -> None:
    url = f"{settings.database_url}?options=-c%20default_transaction_read_only%3Don"
    found = findings_of(settings.model_copy(update={"database_url": url}))["database server"]
    assert (found.verdict, "primary" in found.advice) == (Verdict.FAIL, True)


def test_a_server_out_of_reach_fails_and_shows_no_password(settings: Settings) -> None:
    url = f"postgresql://sotong:hidden-word@127.0.0.1:{free_port()}/sotong"
    found = findings_of(settings.model_copy(update={"database_url": url}))["database"]
    assert found.verdict is Verdict.FAIL
    assert "SOTONG_DATABASE_URL" in found.advice
    assert "hidden-word" not in found.text
