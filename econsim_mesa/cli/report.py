"""``econsim report``: the evidence report of a run or an experiment, with its four claims."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.screen import Screen


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of a run or an experiment")


def _execute(options: Namespace, screen: Screen) -> int:
    from econsim_mesa.evidence.claims import CLAIMS
    from econsim_mesa.evidence.reporting import write_report

    made = write_report(options.folder)
    if screen.json:
        claims = json.loads((options.folder / CLAIMS).read_text(encoding="utf-8"))["claims"]
        screen.emit({"report": str(made.report), "bundle": made.bundle, "claims": claims})
        return 0
    if not screen.quiet:
        for claim in made.claims:
            screen.say(f"{claim.number}. {claim.title}: {claim.status}")
            screen.say(f"   {claim.words}")
        screen.say(f"bundle  {made.bundle or 'not sealed'}")
    screen.say(f"report  {made.report}" if not screen.quiet else str(made.report))
    return 0


COMMAND = Command(
    name="report",
    help="Write the evidence report DIR/report.html (opens offline) with its four claims.",
    examples=("report runs/first", "report runs/study --json"),
    configure=_configure,
    execute=_execute,
)
