"""The request for a run: the scenario that the user named, its file, and what was changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.files import write_whole
from econsim_mesa.scenario import Scenario, to_json
from econsim_mesa.scenario.read import read_json

REQUEST = "given.json"
"""Name of its file in a run's folder."""


class RunRequest(NamedTuple):
    """The request of a user. ``scenario.json`` has all other settings, which are defaults.

    Attributes:
        source: A bundled name, or the name of a file or of a run.
        content: Content of the scenario's file; None if it stands elsewhere in the bundle.
        changes: Dotted path -> new value.
        plan_sha256: SHA-256 of the plan of the experiment that the run belongs to, if any.
    """

    source: str
    content: Any
    changes: Mapping[str, Any]
    plan_sha256: str | None = None


def write_request(folder: Path, request: RunRequest) -> None:
    """Write the request into the folder of a run."""
    fields = request._asdict()
    if request.plan_sha256 is None:
        del fields["plan_sha256"]
    text = json.dumps(fields, indent=2, ensure_ascii=False, default=str)
    write_whole(folder / REQUEST, f"{text}\n")


def read_request(folder: Path) -> RunRequest | None:
    """Return the request in the folder of a run; None if there is none.

    Raises ``BadInput`` if the file is damaged.
    """
    path = folder / REQUEST
    if not path.is_file():
        return None
    fields = read_json(path)
    try:
        return RunRequest(**fields)
    except TypeError as error:
        raise BadInput(f"{path} does not say what was given: {error}") from error


def differences(base: Scenario, scenario: Scenario) -> dict[str, JsonValue]:
    """Return the settings, by dotted path, in which a scenario differs from its base.

    A list counts as one setting, and so does an object whose keys differ or hold a dot.
    """
    return dict(_differing(json.loads(to_json(base)), json.loads(to_json(scenario)), ""))


def _differing(base: JsonValue, now: JsonValue, path: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(base, dict) and isinstance(now, dict) and _alike(base, now):
        for key, value in now.items():
            yield from _differing(base[key], value, f"{path}.{key}" if path else key)
    elif base != now:
        yield path, now


def _alike(base: Mapping[str, JsonValue], now: Mapping[str, JsonValue]) -> bool:
    """Whether objects have the same keys, each of which a dotted path can name."""
    return base.keys() == now.keys() and not any("." in key for key in now)
