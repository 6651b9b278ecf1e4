"""``econsim report``: the evidence report of a run or an experiment, with its four claims."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.output import Output


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of a run or an experiment")


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.evidence.claims import CLAIMS
    from econsim_mesa.evidence.reporting import write_report

    made = write_report(options.folder)
    if output.as_json:
        claims = json.loads((options.folder / CLAIMS).read_text(encoding="utf-8"))["claims"]
        output.json({"report": str(made.report), "bundle": made.bundle, "claims": claims})
        return 0
    if not output.quiet:
        for claim in made.claims:
            output.text(f"{claim.number}. {claim.title}: {claim.status}")
            output.text(f"   {claim.words}")
        output.text(f"bundle  {made.bundle or 'not sealed'}")
    output.text(f"report  {made.report}" if not output.quiet else str(made.report))
    return 0


COMMAND = Command(
    name="report",
    help="Write DIR/report.html: the evidence for four claims, in one file that opens offline.",
    examples=("report runs/first", "report runs/study --json"),
    configure=_configure,
    execute=_execute,
)
