"""The documentation names what exists: settings, commands, files, jobs, words of the field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from app.city_files import load_city
from app.cli.main import COMMANDS, LazyGroup, cli
from app.settings import Settings, project_root
from app.settings_parts import variable
from core.case_status import TITLES
from core.city import KINDS

ROOT = project_root()
DOCS = ROOT / "docs"
PAGES = [
    *sorted(DOCS.rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
]


def text_of(*names: str) -> str:
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


# The overview and the pages beside it (docs/operations/).
OPERATIONS = text_of(
    "docs/operations.md",
    *(str(page.relative_to(ROOT)) for page in sorted((DOCS / "operations").glob("*.md"))),
)


GROUPS = (
    "audit",
    "vault",
    "officer",
    "city",
    "telegram",
    "post",
    "knowledge",
    "budget",
    "outbox",
    "turns",
    "alerts",
    "retention",
)


def commands() -> Iterator[str]:
    """`officer create`, `due` … as the command line knows them."""
    group = typer.main.get_command(cli)
    assert isinstance(group, LazyGroup)
    for name in COMMANDS:
        command: Any = group.get_command(None, name)
        children = getattr(command, "commands", None)
        yield from (f"{name} {child}" for child in children) if children else (name,)


def test_every_setting_is_in_operations_with_its_meaning():
    for name, field in Settings.model_fields.items():
        row = re.search(rf"^\| `{variable(name)}` \| .+ \| (.+) \|$", OPERATIONS, re.MULTILINE)
        assert row, f"{variable(name)} is not in docs/operations.md"
        assert row[1] == field.description


def test_every_variable_that_the_docs_name_exists():
    # What only the deployment reads: compose.yaml and the proxies.
    deployment = (
        "compose.yaml",
        *(str(file.relative_to(ROOT)) for file in sorted((ROOT / "deploy").glob("*.*"))),
        "deploy/Caddyfile",
    )
    known = {variable(name) for name in Settings.model_fields} | {
        *re.findall(r"SOTONG_[A-Z_]+", text_of(*deployment)),
        "SOTONG_REQUIRE_ALL",
        "SOTONG_FAILPOINT",
        "SOTONG_RASA_TRACKER",
        "SOTONG_RASA_LOCKS",
        "SOTONG_SECRETS_DIR",
        "SOTONG_NLU_TENSORFLOW",
    }
    for page in PAGES:
        named = set(re.findall(r"SOTONG_[A-Z_]+", page.read_text(encoding="utf-8")))
        assert named <= known, page


def test_every_command_is_in_operations():
    for command in commands():
        assert f"`sotong {command}" in OPERATIONS, command


def test_every_command_that_the_docs_name_exists():
    known = set(commands()) | set(COMMANDS)
    for page in PAGES:
        for words in re.findall(
            r"`(?:\.venv/bin/)?sotong ([a-z][a-z -]*)", page.read_text("utf-8")
        ):
            parts = words.split(" -")[0].split()
            assert parts[0] in known, f"{page}: sotong {words}"
            if parts[0] in GROUPS and len(parts) > 1:
                assert " ".join(parts[:2]) in known, f"{page}: sotong {words}"


def test_every_make_target_that_the_docs_name_exists():
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    for page in PAGES:
        for target in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")):
            assert target in targets, f"{page}: make {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_exists(page: Path):
    content = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", content):
        assert (page.parent / target).exists(), f"{page}: {target}"
    for name in re.findall(
        r"`((?:app|bots|actions|city|console|core|data|dialogue|docs|korean|migrations|nlu|scripts|tests)"
        r"/[\w./-]*)`",
        content,
    ):
        assert (ROOT / name).exists(), f"{page}: {name}"


def test_every_service_group_of_the_city_is_in_operations():
    for code, title in load_city(ROOT / "city").groups.items():
        assert f"`{code}`" in OPERATIONS
        assert title in OPERATIONS.replace("\n", " "), title


def test_every_job_of_the_worker_is_in_operations():
    source = text_of("app/worker.py", "app/operations.py")
    jobs = re.findall(r"\((\w+), \w+_EVERY\)", source)
    assert jobs
    for job in jobs:
        assert f"| `{job}` |" in OPERATIONS, job


def test_every_intent_is_in_the_glossary():
    glossary = text_of("docs/glossary.md")
    domain = yaml.safe_load(text_of("domain.yml"))
    names = [item if isinstance(item, str) else next(iter(item)) for item in domain["intents"]]
    for name in names:
        if name != "nlu_fallback":
            assert re.search(rf"\b{name}\b", glossary), name


def test_every_state_and_kind_of_a_case_is_in_the_glossary():
    glossary = text_of("docs/glossary.md")
    for status, title in TITLES.items():
        assert f"`CaseStatus.{status.name}`" in glossary
        assert title in glossary
    for kind in KINDS:
        assert kind in glossary


def test_nothing_written_names_the_machine_it_was_made_on():
    for page in PAGES:
        assert not re.search(r"/work/|/root/|/tmp/", page.read_text(encoding="utf-8")), page
