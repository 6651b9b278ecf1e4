"""Make the pages in docs/reference from the code.

    python docs/generate_reference.py            # write them
    python docs/generate_reference.py --check    # say which are stale

Nothing in them is written by hand but the words between tables, so that no page can drift from
what the program does. Those of Python objects stand between marks in pages that are.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_type_hints

import generate_odd as odd
from generated_blocks import block_names, filled, markdown_table
from python_docs import described
from type_words import fields_below, kind_of, words_of

from econsim_mesa import errors
from econsim_mesa.cli.app import COMMANDS, command_parser
from econsim_mesa.cli.command import Command
from econsim_mesa.domains.measures import MEASURES
from econsim_mesa.domains.roster import verbs_of
from econsim_mesa.domains.tables import TABLES, columns
from econsim_mesa.evidence.coherence import CHECKS
from econsim_mesa.evidence.targets import Target, load_targets
from econsim_mesa.experiment import bundled as bundled_experiments
from econsim_mesa.experiment.conditions import count
from econsim_mesa.experiment.load import find
from econsim_mesa.experiment.types import Experiment
from econsim_mesa.scenario import bundled, load_scenario, registry
from econsim_mesa.society.action import HOUSEHOLD, OUTCOMES, STORE, Action
from econsim_mesa.society.records import AGENT_COLUMNS, NOT_EXPORTED, STORE_TABLES

MADE = "<!-- Made from the code by docs/generate_reference.py. -->"
FOLDER = Path(__file__).parent / "reference"
BY_HAND = ("python", "parts")
"""Pages that are written, but for their blocks, which are named after objects of Python."""


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or check them."""
    stale = [
        (FOLDER / f"{name}.md", text)
        for name, text in pages().items()
        if not (FOLDER / f"{name}.md").is_file()
        or (FOLDER / f"{name}.md").read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        if "--check" in arguments:
            print(f"{path.name} is stale; run: python docs/generate_reference.py", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
    return int("--check" in arguments and bool(stale))


def pages() -> dict[str, str]:
    """Return the Markdown of all pages of the reference, by name."""
    made: dict[str, Callable[[], str]] = {
        "scenario": scenario,
        "experiment": experiment,
        "bundled": shipped,
        "components": components,
        "actions": actions,
        "records": records,
        "evidence": evidence,
        "cli": cli,
    }
    whole = {name: f"{MADE}\n\n{page()}\n" for name, page in made.items()}
    return whole | {name: with_objects(name) for name in BY_HAND}


def with_objects(name: str) -> str:
    """Return a page that is written by hand, with what it says of objects of Python made anew."""
    page = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return filled(page, {wanted: described(wanted) for wanted in block_names(page)})


# Scenario and experiment


def scenario() -> str:
    """Return the page of the scenario format."""
    parts = [
        "# Scenario format",
        "A town is one JSON file. Every key that a file may have is below, with what it means "
        "where the file does not say it. Unknown keys are refused. `*` stands for a name that "
        "you choose or a position in a list; `agents.STORES` for each kind of store. Keys marked "
        "*build* are read when the town is made: a [fork](cli.md#econsim-fork) cannot change them.",
        "`econsim validate FILE` lists every mistake of a file at once, `econsim schema` prints "
        "its JSON Schema for an editor, and a run's folder holds `scenario.json` with every "
        "default written out. What the rules do with these numbers is in the "
        "[model description](../../ODD.md).",
    ]
    head = ("Key", "Type", "Unit", "Default", "Read", "Meaning")
    for section, entries in odd.sections().items():
        rows = [
            (
                f"`{one.key}`",
                kind_of(one.field),
                odd.unit(one),
                odd.default(one.field),
                "build" if odd.build_only(one.field) else "",
                odd.meaning(one.field),
            )
            for one in entries
        ]
        if section == odd.EVERY_EVENT:
            rows.insert(0, ("`events.*.type`", "text", "", "required", "", "Name of an event."))
        parts += [
            f"## {section[0].upper()}{section[1:].replace(chr(34), '`')}",
            markdown_table(head, rows),
        ]
    parts += [
        "## Coefficients of the embedded decider",
        '`{"value": number, "source": text}` each. *assumed* means that no source was found: '
        "such a value is a guess to be varied, not a finding.",
        odd.coefficients(),
    ]
    return "\n\n".join(parts)


def experiment() -> str:
    """Return the page of the experiment format."""
    head = ("Key", "Type", "Default", "Meaning")
    rows = [
        (f"`{key}`", kind_of(field), odd.default(field), odd.meaning(field))
        for key, field in fields_below(Experiment, "")
    ]
    return "\n\n".join(
        [
            "# Experiment format",
            "An experiment is one JSON file: a base scenario, what varies, how often, and what is "
            "expected. `econsim schema experiment` prints its JSON Schema. The "
            "[tutorial](../tutorials/experiment.md) makes one.",
            markdown_table(head, rows),
        ]
    )


# What is bundled, what can be named


def shipped() -> str:
    """Return the page of bundled scenarios and experiments."""
    parts = [
        "# Bundled scenarios and experiments",
        "`econsim run NAME` runs a scenario, `econsim experiment NAME` an experiment. The files "
        "are in the folder `scenarios/` and make good beginnings for your own.",
        "## Scenarios",
    ]
    for name in bundled():
        town = load_scenario(name)
        stores = [*town.agents.Restaurant, *town.agents.Retailer]
        parts += [
            f"### {name}",
            f"{town.title}",
            town.description,
            f"{town.agents.Household.count:,} households, {len(stores)} stores "
            f"({', '.join(stores)}), {town.grid.width} x {town.grid.height} cells, "
            f"{town.steps:,} steps of {town.clock.step_minutes} minutes from {town.clock.start}.",
            "It leaves out:",
            "\n".join(f"- {line}" for line in town.exclusions),
        ]
    parts.append("## Experiments")
    for name in bundled_experiments():
        spec = Experiment.model_validate_json(find(name).read_text(encoding="utf-8"))
        factors = [f"- `{key}`: {_json(values)}" for key, values in spec.factors.items()]
        arms = [f"- arm *{key}*: {_json(value)}" for key, value in spec.arms.items()]
        parts += [
            f"### {name} (experiment)",
            spec.title,
            spec.description,
            _size(spec),
            "\n".join([*factors, *arms]),
        ]
        if spec.hypotheses:
            said = [f"- {one.statement} *Refuted by:* {one.refuted_by}" for one in spec.hypotheses]
            parts += ["Written down before the first run:", "\n".join(said)]
    return "\n\n".join(filter(None, parts))


def _size(spec: Experiment) -> str:
    seeds = f"{spec.replicates} seeds of `{spec.scenario}`"
    if spec.screening is not None:
        plan = spec.screening
        return (
            f"Screening of {', '.join(f'`{one}`' for one in plan.parameters)} from a value over "
            f"{plan.factor:g} to the value times {plan.factor:g}, {plan.trajectories} paths x "
            f"{seeds}{', in each condition' if spec.factors else ''}."
        )
    return f"{count(spec)} conditions x {seeds}:"


def _json(value: object) -> str:
    text = json.dumps(odd.to_jsonable_python(value), ensure_ascii=False)
    return f"`{text}`" if len(text) <= 200 else f"`{text[:200]}…`"


def components() -> str:
    """Return the page of everything that a scenario or an experiment can name."""
    parts = [
        "# Deciders, stressors, events and what else has a name",
        "What a scenario or an experiment can name. A class of your own joins a list by the "
        "decorator `@register(KIND, NAME)` or by a package entry point in the group "
        "`econsim_mesa.KIND`: see [parts of your own](../tutorials/own-parts.md).",
    ]
    plurals = ("Deciders", "Stressors", "Events", "Recommenders", "Stores", "Domains", "Studies")
    for plural in plurals:
        kind = "study" if plural == "Studies" else plural.lower().removesuffix("s")
        rows = [(f"`{name}`", registry.title(kind, name)) for name in registry.names(kind)]
        parts += [f"## {plural}", markdown_table(("Name", "What it is"), rows)]
    return "\n\n".join(parts)


# Checks and targets


def evidence() -> str:
    """Return the page of the coherence checks and of the external targets."""
    checks = [
        (f"`{name}`", odd.plain(odd.first_line(type(one).__doc__)), odd.plain(one.rule),
         "random agent" if one.controlled else "none")
        for name, one in CHECKS.items()
    ]  # fmt: skip
    return "\n\n".join(
        [
            "# Coherence checks and targets",
            "What [claims](../method/claims.md) 2 and 4 are tested by.",
            "## Coherence checks",
            "`econsim check SCENARIO` makes them, `--only NAME` one of them. The rule is kept, "
            "broken or neither by the whole interval of the value: *passed*, *failed*, "
            "*undecided*. See [what that means](../method/claims.md#coherence).",
            markdown_table(("Check", "What is asked", "Rule", "Control"), checks),
            "## Targets",
            "Quantities measured in real places. An experiment that is to speak of a place "
            "declares its own in [`external`](experiment.md), bands fixed before its first run; "
            "these are a start, with what was looked up and what was not. One marked *check* has "
            "a gap in its origin and is no evidence. What a town is too small to show is *not "
            "identifiable at this size*.",
            *(_target(one) for one in load_targets().values()),
        ]
    )


def _target(one: Target) -> str:
    band = f"{one.low:g}" if one.low == one.high else f"{one.low:g} to {one.high:g}"
    large = one.min_households > 1 or one.min_cells > 1
    size = f"{one.min_households:,} households on {one.min_cells:,} cells" if large else "any"
    rows = [
        ("Status", one.status),
        ("Quantity", one.quantity),
        ("Value", f"{band} ({one.unit})"),
        ("Population", f"{one.population}; {one.place}; {one.year}"),
        ("Source", f"{one.source}. Licence: {one.licence}"),
        ("Confirmed", one.confirmed),
        ("Smallest town", size),
        ("Note", one.note),
    ]
    return f"### `{one.id}`\n\n{markdown_table(('', ''), rows)}"


# Actions, records


def actions() -> str:
    """Return the page of the closed set of actions."""
    parts = [
        "# Actions",
        "What an agent may decide in one step; nothing else exists. A language model answers "
        'with one JSON object, its reasons first: `{"thought": "...", "do": [...]}`. An entry of '
        "`do` is one action: the verb is its first key and holds the first column, "
        '`{"order": "Pizza", "quantity": 1, "store": "Pizza Place"}`; amounts stand in the units '
        "of the town (4.50). `econsim schema actions SCENARIO` prints the schemas of a town. In "
        "the table `decisions` an action is an object whose `do` names it, and amounts count "
        "smallest units.",
    ]
    for who, role in (("Households", HOUSEHOLD), ("Stores", STORE)):
        rows = [
            (f"`{verb}`", _words_of_action(action), odd.plain(odd.first_line(action.__doc__)))
            for verb, action in verbs_of(role).items()
        ]
        parts += [f"## {who}", markdown_table(("Action", "With", "Meaning"), rows)]
    parts += [
        "An action that cannot be done is rejected whole, with its reason, in the table "
        "`rejections`.",
        "## Outcomes",
        "How a decision came about: " + ", ".join(f"`{one}`" for one in OUTCOMES) + ". All but the "
        "first two stand for a reply that could not be used.",
    ]
    return "\n\n".join(parts)


def _words_of_action(action: type[Action]) -> str:
    kinds = get_type_hints(action)
    return ", ".join(f"`{name}` ({words_of(kinds[name])})" for name in action._fields)


def records() -> str:
    """Return the page of the tables of a run."""
    parts = [
        "# Records of a run",
        "`run.sqlite` in the folder of a run holds everything that happened; `load_run(DIR)` gives "
        "each table as a pandas DataFrame (`run.sales`, `run.posts`, ...), and any SQLite program "
        "opens the file. Money and goods are integers in the smallest unit; step -1 is the state "
        "before step 0. Agents, stores and items stand by name.",
        "Two runs of one scenario, seed and inputs have equal tables, but for "
        + " and ".join(f"`{name}`" for name in sorted(NOT_EXPORTED))
        + ", which tell of clock and machine.",
    ]
    head = ("Column", "Type", "Meaning")
    for name, kind in (TABLES | STORE_TABLES).items():
        said = odd.said_of_columns(kind)
        rows = [
            (f"`{column}`", odd.column_type(one), odd.plain(said.get(column, "")))
            for column, one in columns(name).items()
        ]
        parts += [f"## {name}", odd.plain((kind.__doc__ or "").strip()), markdown_table(head, rows)]
    rows = [(f"`{column}`", odd.column_type(one), "") for column, one in AGENT_COLUMNS.items()]
    rows.append(("a column for each stressor", "REAL", "the household's own level, 0 to 100"))
    parts += ["## agents", "A household at the end of a step.", markdown_table(head, rows)]
    parts += [
        "## Measures",
        "What is computed of these tables, by day and in total: rows of `econsim analyze`, "
        "outcomes of experiments, lines of the page's charts. `{}` stands for a store, a store "
        "and an item, a keyword or a stressor; domains of your own have theirs beside them.",
        markdown_table(("Measure", "Unit"), [(f"`{one.name}`", one.unit) for one in MEASURES]),
    ]
    return "\n\n".join(parts)


# Command line


def cli() -> str:
    """Return the page of all commands."""
    parser = command_parser()
    subparsers = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    parts = [
        "# Command line",
        "Results go to stdout and everything else to stderr; with `--json` stdout holds one JSON "
        "document. A mistake of yours is one clear line and exit code 2.",
        "## Exit codes",
        markdown_table(("Code", "Meaning"), exit_codes()),
    ]
    for command in COMMANDS:
        parts += _command(command, subparsers.choices[command.name])
    return "\n\n".join(parts)


def exit_codes() -> list[tuple[str, str]]:
    """Return all exit codes with the errors that have them."""
    text = inspect.getdoc(errors) or ""
    said = {
        "0": "success",
        "1": "a failure at run time",
        **dict(re.findall(r"exit code (\d+): (.+)", text)),
    }
    return [(f"`{code}`", said[code]) for code in sorted(said, key=int)]


def _command(command: Command, parser: argparse.ArgumentParser) -> list[str]:
    rows = []
    for one in parser._actions:
        if isinstance(one, argparse._HelpAction):
            continue
        shown = one.metavar or (one.dest.upper() if one.nargs != 0 else "")
        value = " ".join(shown) if isinstance(shown, tuple) else str(shown)
        if one.option_strings:
            value = f"{one.option_strings[-1]} {value}".strip()
        rows.append((f"`{value}`", odd.plain((one.help or "").replace("%%", "%"))))
    examples = "\n".join(f"econsim {example}" for example in command.examples)
    return [
        f"## econsim {command.name}",
        command.help,
        markdown_table(("Argument", "Meaning"), rows),
        f"```bash\n{examples}\n```",
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
