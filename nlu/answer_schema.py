"""Checks the action server's answers by a schema compiled once. Judges by Rasa's own schema, nothing else.

Rasa 3.6 hands its schema to `jsonschema.validate` with every answer, which first checks the schema itself
against the meta-schema: three quarters of the processor time of a turn of a form. Then it holds each event
against all its kinds (`oneOf`), although the event says which it is: a tenth of what was left.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from jsonschema.protocols import Validator  # type: ignore[import-untyped]
from jsonschema.validators import validator_for  # type: ignore[import-untyped]
from rasa.core.actions.action import RemoteAction

_stock = RemoteAction._validate_action_result


@cache
def _validator() -> Validator:
    return _compiled(RemoteAction.action_response_format_spec())


@cache
def _by_kind() -> tuple[Validator, dict[str, Validator]] | None:
    """The schema without the kinds of events, and each kind by the name that it asks for.

    None where a kind names no event of its own: then only the whole schema can tell.
    """
    schema = copy.deepcopy(RemoteAction.action_response_format_spec())
    try:
        kinds = schema["properties"]["events"]["items"].pop("oneOf")
        named = {kind["properties"]["event"]["const"]: _compiled(kind) for kind in kinds}
    except KeyError:
        return None
    return (_compiled(schema), named) if len(named) == len(kinds) else None


def _compiled(schema: dict[str, Any]) -> Validator:
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def fits(result: object) -> bool:
    """Whether Rasa's schema takes this answer."""
    parted = _by_kind()
    if parted is None or not isinstance(result, dict):
        return bool(_validator().is_valid(result))
    whole, kinds = parted
    if not whole.is_valid(result):
        return False
    return all(
        event["event"] in kinds and kinds[event["event"]].is_valid(event)
        for event in result.get("events", ())
    )


def check_quickly() -> None:
    """Let every remote action of this process check its answers this way. A second call changes nothing.

    What does not fit is given to Rasa's own check, so that the error is Rasa's.
    """

    def validate(self: RemoteAction, result: dict[str, Any]) -> bool:
        return True if fits(result) else _stock(self, result)

    RemoteAction._validate_action_result = validate  # type: ignore[method-assign]
