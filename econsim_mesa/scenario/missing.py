"""What a run names and this installation lacks.

Who made the run had that part, so a name that is unknown here is no mistake in the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from econsim_mesa.errors import NotInstalled
from econsim_mesa.scenario.actors import AgentsSpec
from econsim_mesa.scenario.registry import names


def refuse_missing(data: Any) -> None:
    """Refuse JSON of a run, a scenario or settings by dotted path, if it names parts not here.

    Raises ``NotInstalled``.
    """
    lacking = dict.fromkeys(one for one in _parts(data) if one[1] not in names(one[0]))
    if lacking:
        words = " and ".join(f"the {kind} {name!r}" for kind, name in lacking)
        groups = ", ".join(dict.fromkeys(f"econsim_mesa.{kind}" for kind, _ in lacking))
        them = "it" if len(lacking) == 1 else "them"
        raise NotInstalled(
            f"not checkable here without {words}: install the package that brings {them} (entry "
            f"point in {groups}), or name the Python file that registers {them}: --with FILE.py"
        )


def _parts(data: Any) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of every part that JSON names, wherever in it the name stands."""
    for key, value in data.items() if isinstance(data, dict) else ():
        last = key.rpartition(".")[2]
        if last == "decider" and isinstance(value, str):
            yield "decider", value
        elif last == "mixed" and isinstance(value, dict):
            yield from (("decider", name) for name in value)
        elif last == "stressors" and isinstance(value, dict):
            yield from (("stressor", name) for name in value)
        elif last == "recommender" and isinstance(value, dict):
            yield "recommender", str(value.get("name"))
        elif last == "events" and isinstance(value, list):
            events = (one for one in value if isinstance(one, dict))
            yield from (("event", str(one.get("type"))) for one in events)
        elif isinstance(value, dict):
            if last == "agents":
                yield from (
                    ("store", kind) for kind in value if kind not in AgentsSpec.model_fields
                )
            yield from _parts(value)
