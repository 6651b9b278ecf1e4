"""``econsim bundle``: one zip of a run or an experiment, to hand on."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.output import Output
from econsim_mesa.errors import EconSimError


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of a run or an experiment")
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="the zip to write (default: DIR.zip)"
    )


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.evidence.archive import pack
    from econsim_mesa.evidence.verify import check_bytes
    from econsim_mesa.runs.bundle import bundle_id
    from econsim_mesa.runs.bundle.findings import code_of

    folder: Path = options.folder
    findings = check_bytes(folder)
    if findings:
        output.warn("\n".join([f"econsim: {folder} is no whole bundle:", *map(str, findings)]))
        return code_of(findings)
    home = folder.resolve()
    out = pack(folder, options.out or home.with_name(f"{home.name}.zip"))
    lacking = _lacking(folder)
    if output.as_json:
        output.json(
            {
                "file": str(out),
                "bundle": bundle_id(folder),
                "bytes": out.stat().st_size,
                "unchecked": lacking,
            }
        )
    elif output.quiet:
        output.text(str(out))
    else:
        output.text(f"{out}: {out.stat().st_size / 1e6:.1f} MB")
        output.text(f"bundle  {bundle_id(folder)}")
        if lacking is not None:
            output.text(f"note    its hashes were checked, and no more: {lacking}")
    return 0


def _lacking(folder: Path) -> str | None:
    """Return why the content of a bundle cannot be read here, or None if it can."""
    from econsim_mesa.evidence.bundle_contents import scenario_in

    try:
        scenario_in(folder)
    except EconSimError as error:
        return str(error)
    return None


COMMAND = Command(
    name="bundle",
    help="Pack a run or an experiment into one zip; equal bundles give equal bytes.",
    examples=("bundle runs/first", "bundle runs/first --out first.zip"),
    configure=_configure,
    execute=_execute,
)
