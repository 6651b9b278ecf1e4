"""What a run names and this installation lacks.

Who made the run had that part, so a name that is unknown here is no mistake in the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from econsim_mesa.errors import NotInstalled, hint
from econsim_mesa.scenario.actors import AgentsSpec
from econsim_mesa.scenario.paths import found, parts
from econsim_mesa.scenario.registry import format_keys, names, section_names


def unknown_key(name: str) -> str:
    """Return advice for a key at the top of a scenario that is no field and no domain here."""
    near = hint(name, [*format_keys(), *section_names()])
    if near.endswith("?"):
        return near
    return f"{near}; if {found(name)} is a domain: {_how_to_install(['domain'], 'it')}"


def refuse_missing(data: Any) -> None:
    """Refuse JSON of a run, a scenario or settings by dotted path, if it names parts not here.

    Raises ``NotInstalled``.
    """
    named = [*_sections(data), *_parts(data)]
    lacking = dict.fromkeys(one for one in named if one[1] not in names(one[0]))
    if lacking:
        words = " and ".join(f"the {kind} {name!r}" for kind, name in lacking)
        kinds, them = [kind for kind, _ in lacking], "it" if len(lacking) == 1 else "them"
        advice = _how_to_install(kinds, them)
        raise NotInstalled(f"not checkable here without {words}: {advice}")


def _how_to_install(kinds: Sequence[str], them: str) -> str:
    groups = ", ".join(dict.fromkeys(f"econsim_mesa.{kind}" for kind in kinds))
    return (
        f"install the package that brings {them} (entry point in {groups}), or name the Python "
        f"file that registers {them}: --with FILE.py"
    )


def _sections(data: Any) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of each domain that has a section, or a field in it that is set."""
    fields = format_keys()
    for path, value in data.items() if isinstance(data, dict) else ():
        name, *below = parts(path)
        if name not in fields and (below or isinstance(value, dict)):
            yield "domain", name


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
