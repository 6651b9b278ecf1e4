"""``econsim list``: everything that has a name, with one line each."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Literal

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.screen import Screen, printable
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


def _execute(options: Namespace, screen: Screen) -> int:
    listed = {"scenarios": _titles(bundled()), "experiments": _titles(experiments())}
    for section, kind in _KINDS.items():
        listed[section] = {name: title(kind, name) for name in names(kind)}
    if screen.json:
        screen.emit(listed)
    else:
        _show(listed, screen)
    return 0


def _titles(files: dict[str, Path]) -> dict[str, str]:
    """Return the title of each bundled file; one that cannot be read says so."""
    titles = {}
    for name, path in files.items():
        try:
            data = read_json(path)
            titles[name] = str(data.get("title", "")) if isinstance(data, dict) else ""
        except EconSimError as error:
            titles[name] = f"cannot be read: {error}"
    return titles


def _show(listed: dict[str, dict[str, str]], screen: Screen) -> None:
    """Print a block a section; on a terminal a long title is cut, so that each is one line."""
    from rich.text import Text

    console = screen.console()
    cut: Literal["ellipsis", "ignore"] = "ellipsis" if console.is_terminal else "ignore"
    for number, (section, some) in enumerate(listed.items()):
        if not screen.quiet:
            console.print(Text(("\n" if number else "") + section, style="bold"))
        width = max(map(len, some), default=0)
        for name, line in some.items():
            row = Text(f"  {name:<{width}}", style="cyan").append("  " + printable(line), "default")
            row = Text(name) if screen.quiet else row
            console.print(row, no_wrap=True, overflow=cut, crop=console.is_terminal)


def _configure(parser: ArgumentParser) -> None:
    """Add nothing: the command has no arguments of its own."""


COMMAND = Command(
    name="list",
    help="List bundled scenarios, experiments, deciders, stressors, events, recommenders, stores, "
    "domains.",
    examples=("list", "list --json"),
    configure=_configure,
    execute=_execute,
)
