"""Fill the tables of ODD.md from the code, so that they cannot drift from it.

    python docs/generate_odd.py            # write the tables anew
    python docs/generate_odd.py --check    # exit 1 if a table is stale, and write nothing

A table stands between ``<!-- generated: NAME -->`` and ``<!-- end: NAME -->``.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Literal, NamedTuple, get_args, get_origin

import generated_blocks
from generated_blocks import markdown_table
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from econsim_mesa.domains.tables import TABLES, columns
from econsim_mesa.scenario.base import BUILD
from econsim_mesa.scenario.choice import ChoiceSpec, Coefficient, StateTerms
from econsim_mesa.scenario.draws import Draw
from econsim_mesa.scenario.fields import every_field, members
from econsim_mesa.scenario.registry import names, parameters_type
from econsim_mesa.society.records import AGENT_COLUMNS, STORE_TABLES
from econsim_mesa.society.rng import SITES

DOCUMENT = Path(__file__).parents[1] / "ODD.md"
UNITS: tuple[tuple[str, str], ...] = (
    (r"(seed|format)", "number"),
    (r"events\.scripted_posts\.count", "posts"),
    (r"events\.\*\.when\.(at|between)", "step, or date and time"),
    (r"llm\.prices\..*", "US dollars per million tokens"),
    (r"llm\.max_cost", "US dollars"),
    (r"llm\..*_seconds", "seconds"),
    (r"llm\.(max_concurrency|requests_per_minute|max_calls|max_attempts|breaker)", "calls"),
    (r"llm\.(max_output_tokens|max_reasoning_tokens|tokens_per_minute|max_tokens)", "tokens"),
    (r"llm\.temperature", "none"),
    (r"(memory|choice)\.stores", "stores"),
    (r".*_minutes", "minutes"),
    (r".*(hours|half_life)", "simulated hours"),
    (r"(.*\.)?(at_least_every|agents_every|every|intention_steps)", "steps"),
    (r"(.*\.)?(steps|keeps_steps|window|ttl|max_ttl)", "steps"),
    (r".*\.(closed|kinds|at|cells)(\.\*)*", "cell (x, y)"),
    (r"grid\.(width|height)", "cells"),
    (r".*\.speed", "cells a step"),
    (r".*\.(radius|limit)", "cells"),
    (r"stress\.stressors\.fatigue\.target", "cells"),
    (r"stress\.stressors\.hunger\.target", "nutrition points"),
    (r"stress\.stressors\.congestion\.target", "households"),
    (r"stress\.stressors\.money\.buffer", "average items"),
    (r"stress\.stressors\.trust\.credit", "promises kept"),
    (r"stress\.stressors\.money\.relative_wealth", "standard deviations"),
    (r"stress\.threshold", "level, 0 to 100"),
    (r".*\.(nutrition|meal)|choice\.meal", "nutrition points"),
    (r".*\.decimals", "decimal places"),
    (r".*\.(price|to)", "smallest currency unit per whole item"),
    (r".*\.cash|events\.(salary|subsidy|expense|transfer)\.amount", "smallest currency unit"),
    (r"agents\.Household\.tastes", "units of utility"),
    (r"agents\.Household\.needs", "factor"),
    (r".*\.(endowment|stock|level|quantity)", "smallest units of the item"),
    (r".*\.(count|follow_cap|k)", "households"),
    (r".*\.capacity_per_step", "orders"),
    (r".*\.seats", "seats"),
    (r".*\.seat_steps", "steps"),
    (r".*\.persona\.levels", "levels"),
    (r".*\.(posts|discovery|per_day)", "posts"),
    (r".*\.suggestions", "agents"),
    (r"social\.recommender\.temperature", "paths"),
    (r".*\.characters", "characters"),
    (r"choice\.stores", "stores"),
    (r".*\.percent", "percent"),
    (r".*(weights?|basket)(\.\*)?", "weight"),
    (r".*\.(consumption_tax|rate|growth|home_comfort|smoothing|gamma|share|probability)", "share"),
    (r"agents\.Household\.mixed", "households"),
    (r".*\.factor", "factor"),
    (r".*\.when\.after\.where", "value of the column"),
)
"""Units of numeric fields by the pattern of their key; the first that fits. A numeric field
without one is an error: say what a new field is measured in."""
EVERY_EVENT = "events, every type"
STORE_KIND = "agents.STORES"
"""Stands for each kind of store, whose keys are the same."""


def main(arguments: Sequence[str]) -> int:
    """Write ODD.md, or check it."""
    old = DOCUMENT.read_text(encoding="utf-8")
    new = filled(old)
    if "--check" in arguments:
        if new != old:
            print(f"{DOCUMENT.name} is stale; run: python docs/generate_odd.py", file=sys.stderr)
        return int(new != old)
    DOCUMENT.write_text(new, encoding="utf-8")
    return 0


def filled(text: str) -> str:
    """Return a document with all its tables made anew. Raises ``ValueError`` if one lacks."""
    return generated_blocks.filled(text, {name: make() for name, make in TABLES_OF_ODD.items()})


# Parameters


def parameters() -> str:
    """Return a table of keys for each section of the scenario format."""
    head = ("Key", "Unit", "Default", "Build only", "Meaning")
    kinds = ", ".join(f"`{name}`" for name in names("event"))
    kind = ("`events.*.type`", "", "required", "", f"Registered name: {kinds}, or a user's own.")
    parts = []
    for section, entries in sections().items():
        rows = [_row(one) for one in entries]
        shown = markdown_table(head, [kind, *rows] if section == EVERY_EVENT else rows)
        parts += [f"**{section}**", shown]
    return "\n\n".join(parts)


class Entry(NamedTuple):
    """A key of the scenario format; ``unit_key`` is the key by which its unit is known."""

    key: str
    field: FieldInfo
    unit_key: str


def sections() -> dict[str, list[Entry]]:
    """Return the keys of the scenario format, section by section."""
    found: dict[str, list[Entry]] = {}
    for key, field in _plain_fields():
        section = key.partition(".")[0] if "." in key else _section_of(field, key)
        found.setdefault(section, []).append(Entry(key, field, key))
    found[EVERY_EVENT] = [
        Entry(f"events.*.{key}", one, f"events.*.{key}") for key, one in _trigger()
    ]
    for name in names("event"):
        own = _below(parameters_type("event", name), "")
        found[f'events of type "{name}"'] = [
            Entry(f"events.*.{key}", one, f"events.{name}.{key}")
            for key, one in own
            if key.partition(".")[0] not in ("type", "when")
        ]
    return found


def _section_of(field: FieldInfo, key: str) -> str:
    group = any(_is_model(one) or get_origin(one) is dict for one in members(field.annotation))
    return key if group or key == "events" else "top level"


def _plain_fields() -> Iterator[tuple[str, FieldInfo]]:
    """Yield all fields but those of events, coefficients, and a second kind of store."""
    first, *others = (f"agents.{kind}" for kind in names("store"))
    for key, field in every_field():
        if key.startswith("events.") or re.fullmatch(r"choice\.\w+\..+", key):
            continue
        if any(key == kind or key.startswith(f"{kind}.") for kind in others):
            continue
        same = key == first or key.startswith(f"{first}.")
        yield (STORE_KIND + key.removeprefix(first) if same else key), field


def _trigger() -> Iterator[tuple[str, FieldInfo]]:
    event = parameters_type("event", names("event")[0])
    yield from (pair for pair in _below(event, "") if pair[0].split(".")[0] == "when")


def _below(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield prefix + name, field
        for member in members(field.annotation):
            if _is_model(member) and member is not Draw:
                yield from _below(member, f"{prefix}{name}.")


def _row(entry: Entry) -> tuple[str, ...]:
    field = entry.field
    built = "yes" if build_only(field) else ""
    return f"`{entry.key}`", unit(entry), default(field), built, meaning(field)


def build_only(field: FieldInfo) -> bool:
    """Whether a field is read only while the town is built."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and BUILD.items() <= dict(extra).items()


def meaning(field: FieldInfo) -> str:
    """Return what a field means, with its bounds and choices."""
    return " ".join(filter(None, (plain(field.description or ""), _allowed(field))))


def unit(entry: Entry) -> str:
    """Return the unit of a field; empty for what is no number."""
    if not _is_numeric(entry.field.annotation):
        return ""
    for pattern, words in UNITS:
        if re.fullmatch(pattern, entry.unit_key):
            return words
    raise ValueError(
        f"the numeric field {entry.unit_key} has no unit; add one to UNITS in {__file__}"
    )


def _is_numeric(annotation: Any) -> bool:
    for one in members(annotation):
        inside = get_args(one) if get_origin(one) in (tuple, dict) else ()
        if one in (int, float) or any(_is_numeric(each) for each in inside):
            return True
    return False


def default(field: FieldInfo) -> str:
    """Return the default of a field as JSON."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined or isinstance(value, BaseModel):
        return "see its keys"
    return f"`{json.dumps(to_jsonable_python(value), ensure_ascii=False)}`"


def _allowed(field: FieldInfo) -> str:
    """Return bounds and choices in words."""
    found = []
    for one in _metadata(field):
        for name, sign in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most")):
            if (bound := getattr(one, name, None)) is not None:
                found.append(
                    f"{sign} {bound:,g}" if isinstance(bound, float) else f"{sign} {bound:,}"
                )
    choices = [
        json.dumps(choice)
        for member in members(field.annotation)
        if get_origin(member) is Literal
        for choice in get_args(member)
    ]
    if choices:
        found.append("one of " + ", ".join(f"`{choice}`" for choice in choices))
    return f"({'; '.join(dict.fromkeys(found))})" if found else ""


def _metadata(field: FieldInfo) -> Iterator[Any]:
    yield from field.metadata
    for member in get_args(field.annotation) if not field.metadata else ():
        yield from getattr(member, "__metadata__", ())
        for inner in getattr(member, "__metadata__", ()):
            yield from getattr(inner, "metadata", ())


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


# Coefficients, records, streams


def coefficients() -> str:
    """Return the table of all coefficients of the embedded decider."""
    rows = []
    groups = {
        group: spec.get_default(call_default_factory=True, validated_data={})
        for group, spec in ChoiceSpec.model_fields.items()
    }
    for group, terms in (groups | {"states.*": StateTerms()}).items():
        if not isinstance(terms, BaseModel):
            continue
        for name, field in type(terms).model_fields.items():
            one = getattr(terms, name)
            if isinstance(one, Coefficient):
                meaning = plain(field.description or "")
                rows.append((f"`choice.{group}.{name}`", f"{one.value:g}", meaning, one.source))
    return markdown_table(("Key", "Value", "Term", "Source"), rows)


def records() -> str:
    """Return the table of all tables of a run."""
    rows = [
        (f"`{name}`", plain(first_line(kind.__doc__)), _columns(name, kind))
        for name, kind in (TABLES | STORE_TABLES).items()
    ]
    shown = [f"`{name}` {column_type(kind)}" for name, kind in AGENT_COLUMNS.items()]
    shown.append("and a REAL column for each stressor, its own level from 0 to 100")
    rows.append(("`agents`", "A household at the end of a step", ", ".join(shown)))
    return markdown_table(("Table", "A row is", "Columns"), rows)


def said_of_columns(record: type[Any]) -> dict[str, str]:
    """Return what is said of the columns of a record, for those of which something is."""
    source = inspect.getsource(record)
    return dict(re.findall(r"^    (\w+): [^#\n]*#: (.*)$", source, re.MULTILINE))


def _columns(table: str, record: type[Any]) -> str:
    said = said_of_columns(record)
    shown = []
    for name, kind in columns(table).items():
        note = f" ({plain(said[name])})" if name in said else ""
        shown.append(f"`{name}` {column_type(kind)}{note}")
    return ", ".join(shown)


def column_type(kind: type | UnionType) -> str:
    """Return the type of a column as SQLite names it."""
    types = get_args(kind) or (kind,)
    words = {int: "INTEGER", str: "TEXT", float: "REAL", type(None): "or NULL"}
    return " ".join(words[one] for one in types)


def streams() -> str:
    """Return the table of all random sites."""
    rows = [
        (f"`{name}`", str(site.columns or "by the scenario"), plain(site.meaning))
        for name, site in SITES.items()
    ]
    return markdown_table(("Site", "Uniforms a row", "What they decide"), rows)


TABLES_OF_ODD: dict[str, Callable[[], str]] = {
    "parameters": parameters,
    "coefficients": coefficients,
    "records": records,
    "streams": streams,
}


def first_line(text: str | None) -> str:
    """Return the first line of a docstring, without its full stop."""
    return (text or "").strip().partition("\n")[0].rstrip(".")


def plain(text: str) -> str:
    """Return a docstring on one line of Markdown."""
    return " ".join(text.replace("``", "`").split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
