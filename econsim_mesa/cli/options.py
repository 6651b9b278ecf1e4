"""Arguments that several commands share, and the settings that they stand for."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from econsim_mesa.errors import Problem, ScenarioError
from econsim_mesa.scenario import Scenario, load_scenario, parse_assignment
from econsim_mesa.scenario.address import addresses_in
from econsim_mesa.scenario.prompts import TEMPLATES, prompts_in
from econsim_mesa.scenario.registry import names

_LLM: dict[str, tuple[str, type, str]] = {
    "model": ("NAME", str, "language model (llm.model)"),
    "base_url": ("URL", str, "address of an OpenAI-compatible server, up to /v1 (llm.base_url)"),
    "max_concurrency": ("N", int, "calls in flight at once (llm.max_concurrency)"),
    "max_calls": ("N", int, "most calls of the run (llm.max_calls)"),
    "max_tokens": ("N", int, "most tokens of the run (llm.max_tokens)"),
    "max_cost": ("USD", float, "most US dollars of the run; needs llm.prices (llm.max_cost)"),
}
"""Options about the language model, each of which sets the field of ``llm`` with its name."""


_SET_HELP = (
    "change a field by its dotted path, such as agents.Household.count=100 or stress.mode=off; "
    "may be repeated"
)


def add_scenario(parser: ArgumentParser) -> None:
    """Add the scenario and ``--set``."""
    parser.add_argument(
        "scenario",
        metavar="SCENARIO",
        help="a bundled name (see `econsim list`) or a JSON file",
    )
    add_changes(parser)


def add_full(parser: ArgumentParser) -> None:
    """Add ``--full``."""
    parser.add_argument(
        "--full", action="store_true", help="print all tables of an experiment, not its gist alone"
    )


def add_user_files(parser: ArgumentParser) -> None:
    """Add ``--with``."""
    parser.add_argument(
        "--with",
        dest="user_files",
        metavar="FILE.py",
        type=Path,
        action="append",
        default=[],
        help="Python file to import first: its @register(...) decorators make stressors, events, "
        "recommenders, deciders, stores, studies or domains of your own known; may be repeated",
    )


def add_folder(parser: ArgumentParser) -> None:
    """Add the folder of a run."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of a run")


def add_out(parser: ArgumentParser, default: str) -> None:
    """Add ``--out``, the folder to write; ``default`` describes its default in words."""
    shown = default.replace("%", "%%")
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help=f"folder of the run, new or empty (default: {shown})",
    )
    add_overwrite(parser, "a run")


def add_overwrite(parser: ArgumentParser, what: str) -> None:
    """Add ``--overwrite``; ``what`` is what may lie in the folder."""
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help=f"delete {what} that lies in the folder of --out first, if nothing else lies there "
        "and no process writes it",
    )


def add_prompts(parser: ArgumentParser) -> None:
    """Add ``--prompts``."""
    parser.add_argument(
        "--prompts",
        metavar="DIR",
        type=Path,
        help="folder with templates, labels or a lexicon of your own; what it lacks is that of the "
        "scenario's language (see docs/prompts.md)",
    )


def add_changes(parser: ArgumentParser, help: str = _SET_HELP) -> None:
    """Add ``--set``, with another ``help`` if it changes something else than a scenario."""
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help=help)


def add_run_options(parser: ArgumentParser) -> None:
    """Add options for a whole run: steps, seed, decider, language model."""
    parser.add_argument("--steps", metavar="N", type=whole, help="number of steps")
    parser.add_argument("--seed", metavar="N", type=whole, help="seed of all random numbers")
    parser.add_argument(
        "--decider",
        metavar="NAME",
        help=f"what decides for households: {', '.join(names('decider'))}",
    )
    add_llm_options(parser)


def add_llm_options(parser: ArgumentParser) -> None:
    """Add the options about the language model and its limits."""
    group = parser.add_argument_group("language model")
    for name, (metavar, kind, help_text) in _LLM.items():
        option = f"--{name.replace('_', '-')}"
        group.add_argument(option, metavar=metavar, type=_reader(kind), help=help_text)


def changes_of(options: Namespace) -> dict[str, object]:
    """Return the settings, by dotted path, of ``--set`` and the other options.

    ``--decider`` also replaces the decider that the file gives to households.
    """
    changes: dict[str, object] = dict(map(parse_assignment, options.set))
    for name in ("steps", "seed"):
        if getattr(options, name, None) is not None:
            changes[name] = getattr(options, name)
    if getattr(options, "prompts", None) is not None:
        folder: Path = options.prompts
        changes["prompts"] = {"folder": folder.resolve().name, "files": prompts_in(folder)}
    if getattr(options, "decider", None) is not None:
        for_all = {"decider": options.decider, "agents.Household.decider": None}
        changes = {"agents.Household.mixed": {}, **changes, **for_all}
    for name in _LLM:
        if getattr(options, name, None) is not None:
            changes[f"llm.{name}"] = getattr(options, name)
    return changes


def addresses_of(options: Namespace) -> list[str]:
    """Return the addresses of servers on a command line, which the user has thereby named."""
    typed = dict(map(parse_assignment, getattr(options, "set", ())))
    return [*addresses_in(typed), *filter(None, [getattr(options, "base_url", None)])]


def scenario_of(options: Namespace) -> Scenario:
    """Return the scenario that the command line describes. Raises ``ScenarioError``."""
    changes = changes_of(options)
    try:
        scenario = load_scenario(options.scenario, set=changes)
    except ScenarioError as error:
        problems = [*error.problems, *_template_problems(options.scenario, changes)]
        raise ScenarioError(error.source, problems) from None
    return with_fit_prompts(scenario)


def _template_problems(source: str, changes: Mapping[str, object]) -> Sequence[Problem]:
    """Return what is wrong with templates of ``--prompts``, where other parts are wrong as well.

    Empty where it cannot be told, because the town itself is wrong.
    """
    section = changes.get("prompts")
    if not isinstance(section, dict) or not isinstance(files := section.get("files"), dict):
        return ()
    texts = {name: text for name, text in files.items() if name in TEMPLATES and text.strip()}
    without = {"folder": section.get("folder"), "files": texts}
    try:
        if texts:
            with_fit_prompts(load_scenario(source, set={**changes, "prompts": without}))
    except ScenarioError as error:
        return [problem for problem in error.problems if problem.path == "$.prompts"]
    return ()


def with_fit_prompts(scenario: Scenario) -> Scenario:
    """Return a scenario whose own prompts fit its town. Raises ``ScenarioError``."""
    if scenario.prompts.files:
        from econsim_mesa.prompts.folder import check_prompts

        check_prompts(scenario)
    return scenario


def whole(text: str) -> int:
    """Return a whole number. Raises ``ArgumentTypeError`` in plain words."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"must be a whole number; found {text!r}") from None


def number(text: str) -> float:
    """Return a number. Raises ``ArgumentTypeError`` in plain words."""
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"must be a number; found {text!r}") from None


def _reader(kind: type) -> Any:
    return {int: whole, float: number}.get(kind, kind)
