"""``econsim list``: everything that has a name, with one line each."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Literal

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.output import Output, sanitized
from econsim_mesa.errors import EconSimError
from econsim_mesa.experiment import bundled as experiments
from econsim_mesa.scenario import bundled
from econsim_mesa.scenario.read import read_json
from econsim_mesa.scenario.registry import names, title

_KINDS = {
    "deciders": "decider",
    "stressors": "stressor",
    "events": "event",
    "recommenders": "recommender",
    "stores": "store",
    "domains": "domain",
}


def _execute(options: Namespace, output: Output) -> int:
    listed = {"scenarios": _titles(bundled()), "experiments": _titles(experiments())}
    for section, kind in _KINDS.items():
        listed[section] = {name: title(kind, name) for name in names(kind)}
    if output.as_json:
        output.json(listed)
    else:
        _show(listed, output)
    return 0


def _titles(files: dict[str, Path]) -> dict[str, str]:
    """Return the title of each bundled file, or a note that the file cannot be read."""
    titles = {}
    for name, path in files.items():
        try:
            data = read_json(path)
            titles[name] = str(data.get("title", "")) if isinstance(data, dict) else ""
        except EconSimError as error:
            titles[name] = f"cannot be read: {error}"
    return titles


def _show(listed: dict[str, dict[str, str]], output: Output) -> None:
    """Print a block for each section. On a terminal, lines are cut to its width."""
    from rich.text import Text

    console = output.console()
    cut: Literal["ellipsis", "ignore"] = "ellipsis" if console.is_terminal else "ignore"
    for number, (section, titles) in enumerate(listed.items()):
        if not output.quiet:
            console.print(Text(("\n" if number else "") + section, style="bold"))
        width = max(map(len, titles), default=0)
        for name, line in titles.items():
            row = Text(f"  {name:<{width}}", style="cyan").append("  " + sanitized(line), "default")
            row = Text(name) if output.quiet else row
            console.print(row, no_wrap=True, overflow=cut, crop=console.is_terminal)


def _configure(parser: ArgumentParser) -> None:
    """Add nothing: the command has no arguments of its own."""


COMMAND = Command(
    name="list",
    help="List all scenarios and experiments, and all components that a scenario can name.",
    examples=("list", "list --json"),
    configure=_configure,
    execute=_execute,
)
