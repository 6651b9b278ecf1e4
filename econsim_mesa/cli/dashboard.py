"""``econsim dashboard``: a town in the browser, live or from a finished run."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import NoReturn

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import whole
from econsim_mesa.cli.output import Output

PORT, HOST = 8765, "127.0.0.1"


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "given",
        metavar="SCENARIO|DIR",
        nargs="?",
        default="pizza_place",
        help="what to open: a bundled scenario, a JSON file, or the folder of a run "
        "or an experiment (default: pizza_place)",
    )
    parser.add_argument(
        "--port",
        metavar="N",
        type=whole,
        default=PORT,
        help=f"port of the page; 0: a free one (default: {PORT})",
    )
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        default=HOST,
        help=f"address to listen at (default: {HOST}, this machine only)",
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser window")


def _execute(options: Namespace, output: Output) -> int:
    given = _checked(options.given)
    from econsim_mesa.cli.page_server import LOCAL, bind, serve

    bound, address = bind(options.host, options.port)
    if address.host not in LOCAL:
        output.warn(
            f"the page listens at {address.host}: whoever reaches this address can run "
            "simulations here, spend what your API key may spend, and read the runs"
        )

    def announce() -> None:
        if output.as_json:
            output.json({"url": address.url, "port": address.port, "given": given})
        else:
            line = f"{options.given}: {address.url} (Ctrl-C ends it)"
            output.text(address.url if output.quiet else line)
        sys.stdout.flush()

    signal.signal(signal.SIGTERM, _leave)
    try:
        serve(bound, address, given, announce, browser=not options.no_browser)
    except KeyboardInterrupt:
        return 130
    return 0


def _leave(_number: int, _frame: object) -> NoReturn:
    """Exit with 0 rather than by the signal, so that runs are closed at exit."""
    raise SystemExit(0)


def _checked(given: str) -> str:
    """Return the scenario or folder for the page. Raises ``BadInput`` if it cannot be opened."""
    if Path(given).is_dir():
        from econsim_mesa.experiment.folder import read_plan
        from econsim_mesa.runs.folders import is_experiment
        from econsim_mesa.runs.reader import load_run

        _ = read_plan(Path(given)) if is_experiment(Path(given)) else load_run(given).scenario
        return str(Path(given).resolve())
    from econsim_mesa.scenario import load_scenario

    load_scenario(given)
    return str(Path(given).resolve()) if Path(given).is_file() else given


COMMAND = Command(
    name="dashboard",
    help="Open a page in the browser that shows a town live, or a recorded run.",
    examples=(
        "dashboard",
        "dashboard two_towns --port 9000 --no-browser",
        "dashboard runs/first",
    ),
    configure=_configure,
    execute=_execute,
)
