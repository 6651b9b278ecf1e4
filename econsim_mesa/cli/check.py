"""``econsim check``: behavioural coherence checks, with the random agent as the control."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import (
    add_llm_options,
    add_prompts,
    add_scenario,
    changes_of,
    scenario_of,
    whole,
    with_fit_prompts,
)
from econsim_mesa.cli.output import Output
from econsim_mesa.cli.progress import progress_shown
from econsim_mesa.errors import BadInput
from econsim_mesa.numbers import interval
from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.scenario.registry import names

if TYPE_CHECKING:
    from econsim_mesa.evidence.coherence import CheckResult, CheckTable

SEEDS = 8


def _configure(parser: ArgumentParser) -> None:
    add_scenario(parser)
    add_prompts(parser)
    parser.add_argument(
        "--decider",
        metavar="NAME",
        help=f"decider to check: {', '.join(names('decider'))} (default: that of the scenario)",
    )
    parser.add_argument(
        "--seeds",
        metavar="N",
        type=whole,
        default=SEEDS,
        help=f"number of seeds, 3 or more: each check is made once with each (default: {SEEDS})",
    )
    parser.add_argument(
        "--seed", metavar="N", type=whole, help="the first seed (default: that of the scenario)"
    )
    parser.add_argument(
        "--only",
        metavar="CHECK",
        action="append",
        default=[],
        help="make this check alone; may be repeated",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="folder of a run or an experiment: keep the result there, for its report",
    )
    add_llm_options(parser)


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.evidence.coherence import check_all, write_table
    from econsim_mesa.evidence.coherence.check_runner import decider_factory
    from econsim_mesa.evidence.coherence.recorded_answers import AnswerRecorder
    from econsim_mesa.scenario.decider_traits import is_embedded

    scenario = _scenario(options)
    if options.out is not None and not options.out.is_dir():
        raise BadInput(f"--out {options.out}: no such folder; give that of a run or an experiment")
    seeds = range(scenario.seed, scenario.seed + options.seeds)
    decider = scenario.agents.Household.decider or scenario.decider
    recorder = None if is_embedded(decider) else AnswerRecorder(decider_factory(decider))
    with _asking(scenario), progress_shown(output, "checks") as watcher:
        table = check_all(scenario, seeds, only=options.only, factory=recorder, watcher=watcher)
    if options.out is not None:
        write_table(options.out, table, None if recorder is None else recorder.text())
        _report_anew(options.out)
    if output.as_json:
        output.json(table.to_dict())
    else:
        _print_table(table, output)
    return 0


def _report_anew(folder: Path) -> None:
    """Write an existing report again, because it and its claims state the checks."""
    from econsim_mesa.evidence.report import REPORT
    from econsim_mesa.evidence.reporting import write_report

    if (folder / REPORT).is_file():
        write_report(folder)


def _scenario(options: Namespace) -> Scenario:
    """Return the scenario to check, which may be given as the folder of a run or experiment."""
    folder = Path(options.scenario)
    if not folder.is_dir():
        return scenario_of(options)
    from econsim_mesa.evidence.bundle_contents import scenario_in

    return with_fit_prompts(load_scenario(scenario_in(folder), set=changes_of(options)))


@contextmanager
def _asking(scenario: Scenario) -> Iterator[None]:
    """Let all towns that ask a language model share connections and caps."""
    from econsim_mesa.experiment.shared_limits import open_pool
    from econsim_mesa.llm.ready import asks_model, refuse_unready

    if not asks_model(scenario):
        yield
        return
    refuse_unready(scenario)
    pool = open_pool(scenario)
    try:
        with pool.entered():
            yield
    finally:
        pool.close()


def _print_table(table: CheckTable, output: Output) -> None:
    from econsim_mesa.cli.tables import Column, text_column
    from econsim_mesa.cli.tables import table as render
    from econsim_mesa.evidence.coherence import STATUSES

    if output.quiet:
        for row in table.rows:
            output.text(f"{row.check}: {row.status}")
        return
    model = "" if table.model is None else f" ({table.model})"
    title = f"{table.scenario}, decided by {table.decider}{model}, {len(table.seeds)} seeds; "
    columns = [
        text_column("check", lambda row: row.check),
        text_column("rule", lambda row: row.rule),
        Column("value", lambda row: row.value, _three_decimals, missing=""),
        text_column("interval", _interval),
        text_column("result", lambda row: "n/a" if row.value is None else row.status),
        text_column("control", _control),
    ]
    output.console().print(render(columns, table.rows, title=f"{title}control: random agent"))
    counts = Counter(row.status for row in table.rows)
    output.text(", ".join(f"{counts[status]} {status}" for status in STATUSES))
    for row in table.rows:
        if row.reason:
            output.text(f"{row.check}: {row.status}, {row.reason}")


def _interval(row: CheckResult) -> str:
    if row.value is None:
        return ""
    if row.low is None or row.high is None:
        return "none"
    return interval(row.low, row.high, _three_decimals)


def _control(row: CheckResult) -> str:
    """Return the random agent's value and result; empty if the check could not be made."""
    if row.value is None:
        return ""
    if row.control is None:
        return "none"
    value = "" if row.control_value is None else f"{_three_decimals(row.control_value)} "
    return f"{value}{row.control}"


def _three_decimals(value: float) -> str:
    return f"{value:.3f}"


COMMAND = Command(
    name="check",
    help="Run behavioural coherence checks (price response, hunger, news, ...) on a decider.",
    examples=(
        "check pizza_place",
        "check pizza_place --only price --only hunger --seeds 3 --json",
        "check runs/study --out runs/study",
        "check pizza_place --decider llm --model mock --base-url http://127.0.0.1:8000/v1",
    ),
    configure=_configure,
    execute=_execute,
)
