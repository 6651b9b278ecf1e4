"""The scenario: a JSON file that says everything about a run but its seed's luck.

Loading, overrides, the JSON Schema of the format, and the registry of names.
"""

from econsim_mesa.scenario.base import Frozen
from econsim_mesa.scenario.check import check
from econsim_mesa.scenario.fields import build_only_keys
from econsim_mesa.scenario.load import bundled, load_scenario, recorded_scenario, to_json
from econsim_mesa.scenario.naming import Names
from econsim_mesa.scenario.overrides import apply as apply_overrides
from econsim_mesa.scenario.overrides import parse_assignment
from econsim_mesa.scenario.registry import lookup, register
from econsim_mesa.scenario.schema import json_schema
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.scenario.when import Event, Firing, When

__all__ = [
    "Event",
    "Firing",
    "Frozen",
    "Names",
    "Scenario",
    "When",
    "apply_overrides",
    "build_only_keys",
    "bundled",
    "check",
    "json_schema",
    "load_scenario",
    "lookup",
    "parse_assignment",
    "recorded_scenario",
    "register",
    "to_json",
]
