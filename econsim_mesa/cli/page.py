"""``econsim page``: a finished run as one HTML file, to hand round."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.output import Output


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of a run, or of a fork")
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="the file to write (default: DIR/page.html, listed among what was derived from the "
        "run, so that `econsim bundle` packs it)",
    )
    parser.add_argument(
        "--household",
        metavar="NAME",
        action="append",
        help="put the state, memory and decisions of this one in; may be repeated (default: all, "
        "or as many as fit in a large town)",
    )


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.visualization.page_file import write_page

    file = write_page(options.folder, options.out, options.household)
    size = file.stat().st_size
    if output.as_json:
        output.json({"page": str(file), "bytes": size})
    else:
        output.text(str(file) if output.quiet else f"{file}: {size / 1e6:.1f} MB")
    return 0


COMMAND = Command(
    name="page",
    help="Write a run as one HTML file that opens in any browser, without Python or a network.",
    examples=("page runs/first", "page runs/calm --out calm.html"),
    configure=_configure,
    execute=_execute,
)
