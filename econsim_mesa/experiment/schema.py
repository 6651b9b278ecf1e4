"""The JSON Schema of an experiment file, for editors and for whoever writes files by program."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import JsonSchemaValue

from econsim_mesa.experiment.types import Experiment
from econsim_mesa.scenario.schema import DIALECT


def experiment_schema() -> JsonSchemaValue:
    """Return the JSON Schema of the format."""
    schema = Experiment.model_json_schema(by_alias=True)
    _close(schema)
    return {"$schema": DIALECT, **schema}


def _close(schema: Any) -> None:
    """Refuse, in place, keys that do not fit the pattern of a name."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        for value in schema.values():
            _close(value)
    elif isinstance(schema, list):
        for value in schema:
            _close(value)
