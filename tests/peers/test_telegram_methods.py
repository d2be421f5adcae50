"""The derived description of the Bot API is what its source says; reads files only."""

from __future__ import annotations

import json

import pytest

from tests.peers.derive_telegram_methods import METHODS, SOURCE, TARGET, as_text, derive
from tests.peers.telegram_spec import SPEC, TYPES, types_of


def test_the_description_is_derived_from_the_full_one() -> None:
    if not SOURCE.exists():
        pytest.skip(f"no test data at {SOURCE}")
    api = json.loads(SOURCE.read_text(encoding="utf-8"))
    assert TARGET.read_text(encoding="utf-8") == as_text(derive(api))


def test_every_type_of_a_parameter_is_described() -> None:
    plain = {"Integer", "Float", "String", "Boolean", "True", "InputFile"}
    shapes = [*SPEC["methods"].values(), *(one for one in TYPES.values() if isinstance(one, dict))]
    for shape in shapes:
        for kind in shape.values():
            for one in types_of(kind):
                assert one.replace("Array of ", "") in plain | set(TYPES)


def test_the_description_stays_small() -> None:
    assert TARGET.stat().st_size < 100_000
    assert set(SPEC["methods"]) == set(METHODS)
