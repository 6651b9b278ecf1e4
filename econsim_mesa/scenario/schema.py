"""The JSON Schema of the file formats, for editors and for whoever writes files by program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaValue, models_json_schema

from econsim_mesa.errors import UnknownName
from econsim_mesa.scenario.domains import event_tables, memory_topics
from econsim_mesa.scenario.fields import COMPONENTS
from econsim_mesa.scenario.read import COMMENT
from econsim_mesa.scenario.registry import names, parameters_type, section_names, title
from econsim_mesa.scenario.types import Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXAMPLES = {"date-time": "2025-12-19T09:00", "time": "09:00"}


def json_schema(what: str = "scenario") -> JsonSchemaValue:
    """Return the JSON Schema of a file format, parameters of registered components included.

    A key marked ``"read": "build"`` is read only while the town is built. Raises
    ``UnknownName`` for another format than ``scenario``.
    """
    if what not in _SCHEMAS:
        raise UnknownName("schema", what, _SCHEMAS)
    return _SCHEMAS[what]()


def _scenario() -> JsonSchemaValue:
    components = {
        kind: {name: parameters_type(kind, name) for name in names(kind)}
        for kind in COMPONENTS.values()
    }
    components["domain"] = {name: parameters_type("domain", name) for name in section_names()}
    types: list[type[BaseModel]] = [Scenario]
    types += [one for some in components.values() for one in some.values()]
    refs, found = models_json_schema([(one, "validation") for one in dict.fromkeys(types)])
    definitions: JsonSchemaValue = found["$defs"]
    ref = {
        kind: {name: refs[one, "validation"] for name, one in some.items()}
        for kind, some in components.items()
    }
    top = definitions.pop(_target(refs[Scenario, "validation"]))
    top["properties"]["events"]["items"] = _one_of(definitions, ref["event"], "type")
    social = definitions["SocialSpec"]["properties"]
    social["recommender"] |= _one_of(definitions, ref["recommender"], "name")
    social["recommender"].pop("$ref", None)
    stressors = definitions["StressSpec"]["properties"]["stressors"]
    stressors["properties"] = ref["stressor"]
    del stressors["patternProperties"]
    stressors["additionalProperties"] = False
    top["properties"] |= {
        name: {**ref["domain"][name], "description": title("domain", name)}
        for name in section_names()
    }
    top["additionalProperties"] = False
    definitions["After"]["properties"]["record"]["enum"] = list(event_tables())
    hidden = definitions["MemorySpec"]["properties"]["hide"]["items"]
    hidden["enum"] = memory_topics()
    for loose in ("Event", "Frozen"):
        definitions.pop(loose, None)
    schema = {"$schema": DIALECT, **top, "$defs": definitions}
    tidy(schema)
    return schema


_SCHEMAS: dict[str, Callable[[], JsonSchemaValue]] = {"scenario": _scenario}


def _target(ref: JsonSchemaValue) -> str:
    return str(ref["$ref"]).removeprefix("#/$defs/")


def _one_of(definitions: JsonSchemaValue, refs: JsonSchemaValue, key: str) -> JsonSchemaValue:
    """Return a choice among components; each is known by the constant value of its key."""
    for name, ref in refs.items():
        component = definitions[_target(ref)]
        component["properties"][key] |= {"const": name}
        component["required"] = list(dict.fromkeys([key, *component.get("required", ())]))
    return {"oneOf": list(refs.values())}


def tidy(schema: Any) -> None:
    """Mend in place what pydantic says too much or too little in a schema of files.

    Its formats of times demand a time zone: an example of local time stands for them. Keys
    that do not fit the pattern of a name are refused. Remarks may stand in any object.
    """
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        if schema.get("type") == "object":
            patterns = schema.get("patternProperties", {}).items()
            names = {f"^(?!{COMMENT}){name.removeprefix('^')}": one for name, one in patterns}
            schema["patternProperties"] = {f"^{COMMENT}": {}, **names}
        example = _EXAMPLES.get(str(schema.get("format")))
        if example is not None and schema.get("type") == "string":
            del schema["format"]
            schema["examples"] = [example]
        for value in schema.values():
            tidy(value)
    elif isinstance(schema, list):
        for value in schema:
            tidy(value)
