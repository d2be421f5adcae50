"""compose.yaml and the image: each zone reaches what it must and nothing else, and nobody runs as root."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.cli.main import COMMANDS
from app.serve import web_apps
from app.settings import Settings, project_root
from app.settings_parts import variable

ROOT = project_root()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")


def networks(name: str) -> set[str]:
    return set(SERVICES[name]["networks"])


def reachable(name: str) -> set[str]:
    """The services that share a network with this one: whoever does reaches every port."""
    return {other for other in SERVICES if other != name and networks(name) & networks(other)}


def test_the_public_app_reaches_the_database_and_rasa_and_nothing_else_of_ours():
    assert reachable("public") == {"proxy", "postgres", "rasa-1", "rasa-2"}


def test_the_internet_reaches_the_proxy_and_nothing_else():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"proxy", "gate"}
    # Each at an address of its own: two cannot listen on one port of all addresses.
    assert all(port.startswith("${SOTONG_INNER_ADDRESS") for port in published["gate"])
    assert all(port.startswith("${SOTONG_OUTER_ADDRESS") for port in published["proxy"])
    assert reachable("proxy") == {"public"}


def test_officers_pages_are_behind_the_gate_only():
    assert reachable("gate") == {"internal"}
    assert not networks("internal") & networks("proxy")


def test_an_app_meets_its_proxy_on_the_network_that_it_trusts_only():
    # Over any other the proxy would come from an address whose word on visitors is not believed.
    trusted = SERVICES["public"]["environment"]["SOTONG_TRUSTED_PROXIES"].split(",")
    for proxy, app in (("proxy", "public"), ("gate", "internal")):
        shared = networks(proxy) & networks(app)
        subnets = [
            config["subnet"]
            for network in shared
            for config in COMPOSE["networks"][network]["ipam"]["config"]
        ]
        assert len(subnets) == len(shared) == 1
        assert subnets[0] in trusted


def test_only_who_sends_something_away_has_a_way_out():
    inner = {
        name for name, network in COMPOSE["networks"].items() if (network or {}).get("internal")
    }
    assert inner == {"outer", "data-outer", "data", "talk-outer", "talk", "rasa"}
    outward = {name for name in SERVICES if networks(name) - inner}
    assert outward == {"proxy", "public", "worker", "internal", "gate"}


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_is_root_or_may_write_or_become_more(name: str):
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "mem_limit" in service or name == "migrate"
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_gets_no_secret_by_its_environment(name: str):
    environment = SERVICES[name].get("environment", {})
    hidden = {
        variable(each) for each in Settings.model_fields if not Settings.model_fields[each].repr
    }
    assert not hidden & set(environment)
    for secret in SERVICES[name].get("secrets", []):
        assert secret in COMPOSE["secrets"], secret


def test_every_setting_and_command_of_the_services_exists():
    known = {variable(name) for name in Settings.model_fields} | {"SOTONG_SECRETS_DIR"}
    apps = web_apps(Settings.read())
    for name, service in SERVICES.items():
        if service["image"].startswith("sotong:"):
            assert set(service["environment"]) <= known
            program, command, *rest = service["command"]
            assert (program, command in COMMANDS) == ("sotong", True)
            if command == "serve":
                assert rest[0] == name
                assert name in apps
                port = re.search(r"127\.0\.0\.1:(\d+)/healthz", str(service["healthcheck"]))
                assert port
                assert int(port[1]) == apps[name].port


def test_every_secret_of_the_services_is_made_by_the_script_and_kept(tmp_path: Path):
    def make() -> None:
        subprocess.run(
            ["bash", str(ROOT / "deploy" / "make-secrets.sh"), str(tmp_path / "secrets")],
            check=True,
            capture_output=True,
        )

    make()
    made = {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    make()
    assert made == {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    # All differ but those that a person has to fill in.
    filled = [value for value in made.values() if value]
    assert len(set(filled)) == len(filled) == len(made) - 2
    for name in ("vault_key", "turn_secret", "actions_secret", "cookie_secret", "database_url"):
        made_setting = {name: made[f"sotong_{name}"]}
        assert getattr(Settings.read(**made_setting), name) == made[f"sotong_{name}"]


def test_the_image_copies_what_is_there_and_ends_without_root():
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
    stages = CONTAINERFILE.split("\nFROM ")
    for stage in ("sotong", "rasa", "proxy"):
        text = next(each for each in stages if f" AS {stage}\n" in each)
        assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, re.MULTILINE), stage


def test_the_image_holds_every_package_of_the_wheel():
    packages = re.search(
        r"^packages = (\[.+\])$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE
    )
    assert packages
    for package in yaml.safe_load(packages[1]):
        assert f"COPY {package} {package}\n" in CONTAINERFILE


def test_pg_dump_in_the_image_is_as_new_as_the_server():
    # An older one refuses to back up.
    server = re.search(r"postgres:(\d+)-", SERVICES["postgres"]["image"])
    client = re.search(r"\bpostgresql-client-(\d+)\b", CONTAINERFILE)
    assert server
    assert client
    assert int(client[1]) >= int(server[1])
