"""city/policy: strict front matter, mistakes by file and line; only an empty database is seeded."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.city_files import CityError, load_city
from app.city_policy import load_policy
from app.policy_seed import seed_articles
from app.settings import project_root
from knowledge.queries import current_articles
from tests.builders import MONDAY_TEN, make_database

FRONT = """---
title: 출산 지원
department: welfare
source: https://www.example.go.kr/policy/birth
valid_from: 2026-01-01
valid_to:
verified_on: 2026-10-15
keywords: [출산, 아기]
audience: []
related:
sample: true
---

첫째는 200만 원이에요.
"""


def load(tmp_path: Path, **files: str):
    folder = tmp_path / "city" / "policy"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return load_policy(tmp_path / "city", departments={"welfare"})


def errors(tmp_path: Path, **files: str) -> tuple[str, ...]:
    with pytest.raises(CityError) as caught:
        load(tmp_path, **files)
    return caught.value.errors


def test_a_file_is_read_and_its_name_is_the_key(tmp_path: Path):
    (article,) = load(tmp_path, birth=FRONT)
    assert (article.key, article.keywords, article.related) == ("birth", ("출산", "아기"), ())
    assert article.body == "첫째는 200만 원이에요."


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("title: 출산 지원\n", "", 2),
        ("department: welfare", "department: nobody", 3),
        ("https://www", "ftp://www", 4),
        ("2026-01-01", "2026-02-30", 0),
        ("valid_to:", "valid_to: 2025-01-01", 6),
        ("related:", "related: [nothing]", 10),
        ("related:", "relatet:", 10),
        ("sample: true\n---\n", "sample: true\n", 1),
        ("---\ntitle", "title", 1),
        ("200만 원", "<b>200만</b> 원", 14),
        ("첫째는 200만 원이에요.", "", 12),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path: Path, old: str, new: str, line: int):
    found = errors(tmp_path, birth=FRONT.replace(old, new, 1))
    where = f"city/policy/birth.md:{line}: " if line else "city/policy/birth.md:"
    assert any(each.startswith(where) for each in found), found


def test_the_same_words_in_two_files_are_a_mistake(tmp_path: Path):
    assert "keep one" in errors(tmp_path, one=FRONT, two=FRONT)[0]


def test_the_sample_has_many_articles_each_marked():
    city = load_city(project_root() / "city")
    articles = load_policy(project_root() / "city", departments={d.id for d in city.departments})
    assert len(articles) >= 60
    assert all(article.sample for article in articles)


def test_only_an_empty_database_is_seeded(tmp_path: Path):
    database, city = make_database(tmp_path), load_city(project_root() / "city")
    folder = project_root() / "city"
    seeded = seed_articles(database, city=city, city_dir=folder, now=MONDAY_TEN)
    assert seeded >= 60
    assert seed_articles(database, city=city, city_dir=folder, now=MONDAY_TEN) == 0
    with database.reading() as session:
        assert len(list(current_articles(session))) == seeded
    database.dispose()
