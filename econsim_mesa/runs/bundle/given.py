"""The scenario as it was given: its name, the file's own content, and what was changed."""

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

GIVEN = "given.json"
"""Name of its file in a run's folder."""


class Given(NamedTuple):
    """What a user gave: a scenario or a run to begin from, and settings by dotted path.

    ``source`` is a bundled name, the name of a file or of a run; ``content`` is what the file
    holds, None where it stands elsewhere in the bundle. What neither says is a default:
    ``scenario.json`` has it. Of a run of an experiment, ``plan_sha256`` is the hash of its plan.
    """

    source: str
    content: Any
    changes: Mapping[str, Any]
    plan_sha256: str | None = None


def write_given(folder: Path, given: Given) -> None:
    """Write it into the folder of a run."""
    told = {name: value for name, value in given._asdict().items() if name != "plan_sha256"}
    told |= {} if given.plan_sha256 is None else {"plan_sha256": given.plan_sha256}
    text = json.dumps(told, indent=2, ensure_ascii=False, default=str)
    write_whole(folder / GIVEN, f"{text}\n")


def read_given(folder: Path) -> Given | None:
    """Return what the folder of a run says that it was given; None: nothing.

    Raises ``BadInput``: the file is damaged.
    """
    path = folder / GIVEN
    if not path.is_file():
        return None
    told = read_json(path)
    try:
        return Given(**told)
    except TypeError as error:
        raise BadInput(f"{path} does not say what was given: {error}") from error


def differences(base: Scenario, scenario: Scenario) -> dict[str, JsonValue]:
    """Return the settings, by dotted path, in which a scenario differs from its base.

    A list, and an object with other keys or with a dot in one, is one setting.
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
