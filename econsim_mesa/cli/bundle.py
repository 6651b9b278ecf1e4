"""``econsim bundle``: one zip of a run or an experiment, to hand on."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.screen import Screen, complain
from econsim_mesa.errors import EconSimError


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of a run or an experiment")
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="the zip to write (default: DIR.zip)"
    )


def _execute(options: Namespace, screen: Screen) -> int:
    from econsim_mesa.evidence.archive import pack
    from econsim_mesa.evidence.verify import check_bytes
    from econsim_mesa.runs.bundle import bundle_id
    from econsim_mesa.runs.bundle.findings import code_of

    folder: Path = options.folder
    findings = check_bytes(folder)
    if findings:
        complain("\n".join([f"econsim: {folder} is no whole bundle:", *map(str, findings)]))
        return code_of(findings)
    home = folder.resolve()
    out = pack(folder, options.out or home.with_name(f"{home.name}.zip"))
    lacking = _lacking(folder)
    if screen.json:
        told = {"file": str(out), "bundle": bundle_id(folder), "bytes": out.stat().st_size,
                "unchecked": lacking}  # fmt: skip
        screen.emit(told)
    elif screen.quiet:
        screen.say(str(out))
    else:
        screen.say(f"{out}: {out.stat().st_size / 1e6:.1f} MB")
        screen.say(f"bundle  {bundle_id(folder)}")
        if lacking is not None:
            screen.say(f"note    its hashes were checked, and no more: {lacking}")
    return 0


def _lacking(folder: Path) -> str | None:
    """Return why the content of a bundle cannot be read here; None: it can."""
    from econsim_mesa.evidence.bundle_contents import scenario_in

    try:
        scenario_in(folder)
    except EconSimError as error:
        return str(error)
    return None


COMMAND = Command(
    name="bundle",
    help="Write one zip of a run or an experiment, the same bytes for the same bundle.",
    examples=("bundle runs/first", "bundle runs/first --out first.zip"),
    configure=_configure,
    execute=_execute,
)
