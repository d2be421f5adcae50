"""Checks the action server's answers by a schema compiled once. Judges by Rasa's own schema, nothing else.

Rasa 3.6 hands its schema to `jsonschema.validate` with every answer, which first checks the schema itself
against the meta-schema: three quarters of the processor time of a turn of a form.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema.protocols import Validator  # type: ignore[import-untyped]
from jsonschema.validators import validator_for  # type: ignore[import-untyped]
from rasa.core.actions.action import RemoteAction

_stock = RemoteAction._validate_action_result


@cache
def _validator() -> Validator:
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def fits(result: object) -> bool:
    """Whether Rasa's schema takes this answer."""
    return bool(_validator().is_valid(result))


def check_quickly() -> None:
    """Let every remote action of this process check its answers this way. A second call changes nothing.

    What does not fit is given to Rasa's own check, so that the error is Rasa's.
    """

    def validate(self: RemoteAction, result: dict[str, Any]) -> bool:
        return True if fits(result) else _stock(self, result)

    RemoteAction._validate_action_result = validate  # type: ignore[method-assign]
