"""The city's files: the sample loads, and every mistake is told with file, line and expectation."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from app.city_files import CityError, compile_city, load_city
from core.case_likeness import FLAG_RULES
from core.city import KINDS, City
from core.clock import Duties, Period, is_open
from core.texts import REQUIRED

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="module")
def seoul() -> City:
    return load_city(ROOT / "city")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "city", tmp_path / "city"))


def edit(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first `old` of a file; gives the line it stood on."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def errors_of(folder: Path, **options: Path) -> tuple[str, ...]:
    with pytest.raises(CityError) as caught:
        load_city(folder, **options)
    return caught.value.errors


def test_the_sample_is_large_enough_and_marked_as_a_sample(seoul: City) -> None:
    assert seoul.jurisdiction.sample
    assert "견본" in seoul.jurisdiction.notice
    assert "not an official" in (ROOT / "city" / "README.md").read_text(encoding="utf-8")
    assert len([d for d in seoul.departments if d.gu is None]) >= 12
    assert len(seoul.services) >= 25
    assert len(seoul.gus) == 25
    assert len(seoul.places) >= 120
    assert sum(len(gu.dongs) for gu in seoul.gus) >= 150


def test_every_department_can_be_reached_and_no_private_person_is_named(seoul: City) -> None:
    for department in seoul.departments:
        assert department.phone == "02-120"
        assert department.phone_note
        assert department.hours
        assert department.intro
        assert department.email.endswith(".example")


def test_every_service_can_be_counted_and_asked_about(seoul: City) -> None:
    for service in seoul.services:
        assert service.kind in KINDS
        assert str(Period.parse(service.period)) == service.period
        assert service.keywords
        assert seoul.department(service.department_id)
        for related in service.related:
            assert seoul.has_service(related)
            assert related != service.code
        for question in service.questions:
            assert question.text.endswith(("?", "요."))
            assert not question.required or question.choices


def test_texts_are_short_plain_and_complete(seoul: City) -> None:
    assert seoul.texts.entries.keys() == REQUIRED.keys()
    for key, names in REQUIRED.items():
        rendered = seoul.texts.render(key, **dict.fromkeys(names, "값"))
        assert "{" not in rendered
        assert not re.search(r"귀하|상기|동 건|금번|익일|당해", rendered), key


def test_the_start_text_names_privacy_and_the_telegram_one_the_transfer_abroad(seoul: City) -> None:
    web = seoul.texts.render("start_web", city="서울특별시")
    telegram = seoul.texts.render("start_telegram", city="서울특별시")
    for text in (web, telegram):
        assert "견본" in text
        assert "자동" in text
        assert "주민등록번호" in text
    assert "외국" in telegram
    assert "외국" not in web


def test_the_calendar_knows_elections_and_decrees(seoul: City) -> None:
    holidays = seoul.calendar.holidays
    for day in (
        date(2024, 4, 10),
        date(2024, 10, 1),
        date(2025, 1, 27),
        date(2025, 6, 3),
        date(2026, 6, 3),
    ):
        assert day in holidays
    assert seoul.calendar.years == frozenset(range(2024, 2031))
    from datetime import UTC, datetime

    assert is_open(seoul.calendar, datetime(2026, 6, 2, 1, 0, tzinfo=UTC))
    assert not is_open(seoul.calendar, datetime(2026, 6, 3, 1, 0, tzinfo=UTC))


def test_without_a_file_of_periods_the_law_s_own_hold(folder: Path) -> None:
    (folder / "periods.yml").unlink()
    city = load_city(folder)
    assert {matter.id: matter.period for matter in city.matters} == {
        "법정": None,
        "질의-법령": "14d",
        "질의-제도": "7d",
        "건의": "14d",
        "기타": "즉시",
        "고충": "7d",
        "소통": "3d",
    }
    assert city.duties == Duties()


def test_the_city_s_promise_for_reports_without_a_contact_stands_with_the_periods(
    folder: Path,
) -> None:
    edit(folder, "periods.yml", "period: 3d, law: 시의 약속", "period: 2d, law: 시의 약속")
    assert load_city(folder).jurisdiction.promise_period == "2d"


def test_a_bad_period_is_told_with_its_line(folder: Path) -> None:
    line = edit(folder, "services.yml", "period: 3d", "period: 5x")
    assert errors_of(folder) == (
        f"city/services.yml:{line}: service 'streetlight': period '5x' is not a period "
        "(expected e.g. 즉시, 3h, 5d, 2w, 1m)",
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("services.yml", "department: lighting", "department: lightning", "no department 'lightning'; did you mean 'lighting'?"),
        ("services.yml", "kind: 기타", "kind: 기탸", "'기탸' is not a kind (expected one of: 법정, 질의, 건의, 기타, 고충, 소통)"),
        ("services.yml", "group: light\n", "group: lights\n", "no group 'lights'"),
        ("services.yml", "code: security_light", "code: streetlight", "service 'streetlight': this code was already used on line"),
        ("services.yml", "related: [security_light, power_line]", "related: [nothing]", "no service 'nothing'"),
        ("services.yml", "photo_helps: true", "photo_help: true", "'photo_help' is not a known field (expected one of: code, name,"),
        ("services.yml", "choices: [꺼져 있어요, 깜빡여요, 낮에도 켜져 있어요, 넘어졌거나 기울었어요]", "choices: [꺼져 있어요]", "has 1 choices (expected 2 to 9)"),
        ("services.yml", ", choices: [꺼져 있어요, 깜빡여요, 낮에도 켜져 있어요, 넘어졌거나 기울었어요]", "", "a required question needs choices"),
        ("services.yml", "told: {꺼져 있어요:", "told: {꺼졌어요:", "'꺼졌어요' is none of its choices"),
        ("services.yml", "keywords: [가로등,", "keywords: [가로등, 가로등,", "keyword '가로등' stands twice"),
        ("departments.yml", "id: road,", "id: Road,", "'Road' is not an identifier"),
        ("departments.yml", "phone: 02-120", "phone: 010-1234-5678", "'010-1234-5678' is not a public phone number"),
        ("departments.yml", "email: minwon@seoul.example", "email: minwon", "'minwon' is not an e-mail address"),
        ("departments.yml", "id: road_safety", "id: road", "department 'road': this id was already used on line"),
        ("rules.yml", "gu_known: true", "gu_known: maybe", "'when.gu_known' is 'maybe'"),
        ("rules.yml", "services: [sinkhole]", "services: [sinkholes]", "no service 'sinkholes'; did you mean 'sinkhole'?"),
        ("rules.yml", "services: [overpass]", "gus: [강만구]", "no gu '강만구'"),
        ("rules.yml", "{services: [overpass]}", "{}", "rule 'overpass' always fits"),
        ("rules.yml", "{services: [overpass]}\n  department: road_safety", "{services: [overpass]}\n  department: gu-office", "gu-office needs 'gu_known: true'"),
        ("rules.yml", "id: default\n  when: {}", "id: default\n  when: {groups: [voice]}", "expected a default rule at the end"),
        ("gus.yml", "aliases: [종로]", "aliases: [종로, 강남]", "'강남' already means 종로구"),
        ("places.yml", "gus: [중구]", "gus: [중앙구]", "place '시청역': there is no gu '중앙구'"),
        ("places.yml", "gus: [종로구]", "gus: []", "at least 1 item"),
        ("calendar.yml", '"09:00"', '"9시"', "'9시' is not a time"),
        ("calendar.yml", '"09:00"', '"19:00"', "office hours cannot be used"),
        ("calendar.yml", "to: 2030", "to: 2090", "lunar holidays are not known"),
        ("calendar.yml", "2024-04-10", "2024-04-31", "cannot be read"),
        ("calendar.yml", "date: 2024-04-10, weekday: 수", "date: 2024-04-11, weekday: 수", "2024-04-11 is a 목요일, not a 수요일"),
        ("calendar.yml", "2025-01-27, weekday: 월", "2025-06-03, weekday: 화", "2025-06-03 stands twice in decrees"),
        ("calendar.yml", "  - {date: 2028-04-12, weekday: 수, name: 제23대 국회의원 선거일}\n", "", "the regular election of 2028-04-12 (국회의원 선거일) is missing"),
        ("calendar.yml", "2025-01-27, weekday: 월", "2025-01-29, weekday: 수", "2025-01-29 is 설날 by law already"),
        ("calendar.yml", "from: 2024", "from: 2025", "decree 2024-04-10 lies outside 2025–2030"),
        ("calendar.yml", "paused_day: touched", "paused_day: half", "'paused_day' is 'half'"),
        ("periods.yml", "{id: 고충, kind: 고충, period: 7d", "{id: 고충, kind: 고충, period: 8d", "kind '고충': period 8d is longer than the law's 7d"),
        ("periods.yml", "{id: 질의-제도,", "{id: 질의-절차,", "kind '질의-절차' is not a kind of matter"),
        ("periods.yml", "  - {id: 건의, kind: 건의, period: 14d, law: 시행령 15조}\n", "", "kind '건의' is missing"),
        ("periods.yml", "{id: 건의, kind: 건의, period: 14d,", "{id: 건의, kind: 건의,", "kind '건의' needs a period"),
        ("periods.yml", "{id: 건의, kind: 건의, period", "{id: 건의, kind: 기타, period", "kind '건의' is of kind '건의'"),
        ("periods.yml", "{id: 건의, kind: 건의, period", "{id: 고충, kind: 고충, period", "kind '고충' stands twice"),
        ("periods.yml", "inspection_days: 14", "inspection_days: 15", "inspection_days"),
        ("services.yml", "kind: 기타\n    period: 3d", "kind: 고충\n    period: 8d", "period 8d is longer than the law gives a matter of kind 고충"),
        ("jurisdiction.yml", "sample: true", "sampel: true", "'sampel' is not a known field"),
        ("jurisdiction.yml", "short_names:", "short_names: [x\nfoo:", "this is not YAML"),
        ("neighbours.yml", "lat: 37.658", "lat: 137.658", "'lat' is '137.658'"),
        ("hotlines.yml", 'number: "119"', "number: 119", 'write it in quotes, such as "120"'),
        ("emergency.yml", "불이야|", "(불이야|", "is not a regular expression"),
        ("emergency.yml", "불이야|", "|불이야|", "fits an empty text"),
        ("emergency.yml", "none_sets: [fiction]", "none_sets: [fictions]", "no set 'fictions'"),
        ("emergency.yml", "alone: 0.1", "alone: -0.25", "with_rule -0.1 is above alone -0.25"),
        ("emergency.yml", "때는 109", "때는 전화", "scoring: the text must name 109"),
        ("emergency.yml", "alone: 0.1", "alone: 25", "less than or equal to 2"),
        ("emergency.yml", "<person>", "<persons>", "no word <persons>"),
        ("emergency.yml", "지금 바로 119에", "지금 바로 전화로", "the first line must name the number to call, 119"),
        ("texts/cases.yml", "{number} 민원을 접수했어요.", "민원을 접수했어요.", "text 'case_status_received': {number} is missing in the sentence"),
        ("texts/cases.yml", "{number} 민원을 접수했어요.", "{number} {nummer} 접수", "{nummer} is not a placeholder here (expected: note, number)"),
        ("texts/cases.yml", "{number} 민원을 접수했어요.", "{number.real} 접수", "a placeholder must be a plain name such as {number}"),
        ("texts/cases.yml", "case_none:", "case_nobody:", "text 'case_nobody' is not used"),
        ("texts/cases.yml", "case_none:", "idle: 두 번\ncase_none:", "text 'idle' was already given at"),
        ("texts/cases.yml", "case_none:", "case_none: ㄱ\ncase_none:", "'case_none' stands twice"),
        ("texts/cases.yml", "아직 그대로라면", "가" * 400, "characters (expected at most 400)"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_expectation(
    folder: Path, name: str, old: str, new: str, expected: str
) -> None:
    edit(folder, name, old, new)
    errors = errors_of(folder)
    told = [error for error in errors if expected in error]
    assert told, errors
    place, _, _ = told[0].partition(": ")
    file, _, line = place.rpartition(":")
    assert file in (f"city/{name}", "city/texts/turns.yml")  # a text may clash with a later file
    changed = (folder.parent / file).read_text(encoding="utf-8").splitlines()
    assert 1 <= int(line) <= len(changed)


def test_all_mistakes_are_told_at_once_and_sorted(folder: Path) -> None:
    edit(folder, "services.yml", "period: 3d", "period: 5x")
    edit(folder, "rules.yml", "services: [sinkhole]", "services: [sinkholes]")
    edit(folder, "departments.yml", "id: road,", "id: Road,")
    errors = errors_of(folder)
    places = [(error.split(":")[0], int(error.split(":")[1])) for error in errors]
    assert places == sorted(places)
    assert len({error.split(":")[0] for error in errors}) == 3


def test_one_broken_file_does_not_bury_its_message_under_others(folder: Path) -> None:
    (folder / "services.yml").write_text("groups: {a: [\n", encoding="utf-8")
    errors = errors_of(folder)
    assert len(errors) == 1
    assert errors[0].startswith("city/services.yml:2: this is not YAML")


def test_a_missing_text_is_named_with_its_placeholders(folder: Path) -> None:
    path = folder / "texts" / "cases.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith("case_list_header")),
        encoding="utf-8",
    )
    (error,) = errors_of(folder)
    assert "text 'case_list_header' is missing" in error
    assert "{count}" in error


@pytest.mark.parametrize("name", ["services.yml", "calendar.yml", "emergency.yml", "rules.yml"])
def test_a_missing_or_empty_or_binary_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"city/{name}: the file is missing" in errors_of(folder)
    (folder / name).write_text("", encoding="utf-8")
    assert f"city/{name}:1: the file is empty" in errors_of(folder)
    (folder / name).write_bytes(b"\xff\xfe\x00")
    assert f"city/{name}: the file is not UTF-8 text" in errors_of(folder)


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    (error,) = errors_of(tmp_path / "nowhere")
    assert "the city folder is missing" in error


def test_yaml_cannot_make_python_objects(folder: Path) -> None:
    (folder / "hotlines.yml").write_text("!!python/object/apply:os.getcwd []", encoding="utf-8")
    assert any("hotlines.yml:1" in error for error in errors_of(folder))


def test_compiling_gives_the_same_bytes_and_their_hash(seoul: City, tmp_path: Path) -> None:
    first = compile_city(seoul, tmp_path / "a" / "city.json")
    second = compile_city(load_city(ROOT / "city"), tmp_path / "b" / "city.json")
    data = (tmp_path / "a" / "city.json").read_bytes()
    assert first == second == hashlib.sha256(data).hexdigest()
    assert data == (tmp_path / "b" / "city.json").read_bytes()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["city.json"]
    document = json.loads(data)
    assert {gu["name"] for gu in document["gus"]} == {gu.name for gu in seoul.gus}
    assert document["services"][0]["keywords"]


def test_a_changed_keyword_changes_the_hash(seoul: City, folder: Path, tmp_path: Path) -> None:
    edit(folder, "services.yml", "keywords: [가로등,", "keywords: [새로운말, 가로등,")
    changed = compile_city(load_city(folder), tmp_path / "changed.json")
    assert changed != compile_city(seoul, tmp_path / "same.json")


def feature(name: str, corners: list[list[float]], **more: str) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"name": name, **more},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }


SQUARE = [[126.97, 37.56], [126.99, 37.56], [126.99, 37.58], [126.97, 37.58], [126.97, 37.56]]


def write_json(path: Path, *features: dict[str, object]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))


def test_boundaries_named_in_the_jurisdiction_are_used(folder: Path) -> None:
    write_json(folder / "boundaries" / "gu.json", feature("중구", SQUARE, code="11140"))
    write_json(folder / "boundaries" / "dong.json", feature("무교동", SQUARE, code="11140103"))
    with (folder / "jurisdiction.yml").open("a", encoding="utf-8") as file:
        file.write("boundaries: {gu: boundaries/gu.json, dong: boundaries/dong.json}\n")
    jurisdiction = load_city(folder).jurisdiction
    assert [area.name for area in jurisdiction.gu_areas] == ["중구"]
    assert [(area.name, area.gu) for area in jurisdiction.dong_areas] == [("무교동", "중구")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "this is not JSON"),
        ("[]", "expected a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "there are no areas in it"),
        (json.dumps({"type": "FeatureCollection", "features": [feature("중구", [[198000.0, 451000.0]] * 4)]}), "coordinates are not degrees"),
        (json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": None}]}), "it has no name"),
    ],
)  # fmt: skip
def test_a_broken_boundary_file_is_told(
    folder: Path, tmp_path: Path, content: str, expected: str
) -> None:
    boundaries = tmp_path / "boundaries"
    boundaries.mkdir()
    (boundaries / "gu.json").write_text(content, encoding="utf-8")
    errors = errors_of(folder, boundaries_dir=boundaries)
    assert any(expected in error and "gu.json" in error for error in errors), errors


def test_legal_dong_names_agree_with_the_official_table(seoul: City) -> None:
    path = SHARED / "admin_codes" / "beopjeongdong_20230501.tsv"
    if not path.exists():
        pytest.skip(f"no test data at {path}")
    known: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        _code, province, owner, dong = line.split("\t")[:4]
        if province == "서울특별시" and dong:
            known.setdefault(re.sub(r"\d+가$", "", dong), set()).add(owner)
    table = {gu.name for gu in seoul.gus}
    assert table == set().union(*known.values()) - {""}
    ours: dict[str, set[str]] = {}
    for gu in seoul.gus:
        for dong in gu.dongs:
            ours.setdefault(dong, set()).add(gu.name)
    wrong = {
        dong: (owners, known[dong])
        for dong, owners in ours.items()
        if dong in known and not known[dong] & owners
    }
    assert not wrong
    unknown = {dong for dong in ours if dong not in known}
    # Names people use that are no legal dong: administrative dong and short forms.
    assert len(unknown) <= 20, unknown


def test_the_thresholds_of_flags_are_read_and_a_wrong_one_is_told(folder: Path) -> None:
    edit(folder, "flags.yml", "at: 5", "at: 7")
    assert load_city(folder).flag_rules.joint.at == 7
    line = edit(folder, "flags.yml", "at: 3", "at: 1")
    assert any(f"city/flags.yml:{line}:" in error for error in errors_of(folder))
    (folder / "flags.yml").unlink()
    assert load_city(folder).flag_rules == FLAG_RULES


def test_a_blackout_that_ends_before_it_begins_is_told(folder: Path) -> None:
    line = edit(folder, "publishing.yml", "first: 2025-12-05", "first: 2026-12-05")
    assert any(f"city/publishing.yml:{line}:" in error for error in errors_of(folder))
    (folder / "publishing.yml").unlink()
    assert load_city(folder).publishing.blackouts == ()
