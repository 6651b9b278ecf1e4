"""``econsim experiment``: carry out the missing runs of an experiment, and print its tables."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.interrupt import Interruption
from econsim_mesa.cli.options import (
    add_changes,
    add_full,
    add_overwrite,
    add_prompts,
    add_run_options,
    changes_of,
    whole,
)
from econsim_mesa.cli.output import Output
from econsim_mesa.cli.progress import experiment_progress_shown
from econsim_mesa.errors import BadInput
from econsim_mesa.scenario import parse_assignment

if TYPE_CHECKING:
    from econsim_mesa.experiment import Design
    from econsim_mesa.experiment.run import ExperimentReport
    from econsim_mesa.experiment.study import PlannedPower
    from econsim_mesa.runs.costs import Need
    from econsim_mesa.runs.probe import Probes
    from econsim_mesa.scenario import Scenario

_OPERATIONS = ("base_url", "max_concurrency", "max_calls", "max_tokens", "max_cost")
"""Options that are not part of the plan, so that another command may change them."""
_FAILED, _INCOMPLETE, _INTERRUPTED = 1, 3, 130
_ABOUT_POWER = (
    "(share of simulated studies that find what is there; standard deviations are those of a "
    "run-day about the curve; for other hypotheses it is not known before the runs)"
)


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "experiment",
        metavar="EXPERIMENT",
        help="a bundled name (see `econsim list`) or a JSON file",
    )
    add_changes(
        parser,
        "change a field of the experiment by its dotted path, such as replicates=3, or else of its "
        "scenario, such as steps=24; may be repeated",
    )
    parser.add_argument(
        "--design",
        metavar="NAME",
        help="take another design that the experiment describes, such as a smaller one",
    )
    add_prompts(parser)
    add_run_options(parser)
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="folder of the experiment; one that was stopped goes on there (default: "
        "runs/<experiment>-<plan>, equal for equal settings)",
    )
    add_overwrite(parser, "an experiment")
    parser.add_argument(
        "--workers",
        metavar="N",
        type=whole,
        help="number of processes (default: one a core; 0: make all runs in this one)",
    )
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="where runs are made: local (default), or ray: a Ray cluster that RAY_ADDRESS names, "
        "else one on this machine",
    )
    add_full(parser)
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="check the plan, count runs, estimate calls, tokens, cost and (where posts are "
        "drawn doses) power, of each design, and run nothing",
    )
    parser.add_argument(
        "--probe",
        action="store_true",
        help="with --dry-run: ask each language model once, and estimate by what it took",
    )


def _execute(options: Namespace, output: Output) -> int:
    if options.workers is not None and options.workers < (options.engine == "ray"):
        least = "1 or more with --engine ray" if options.engine == "ray" else "0 or more"
        raise BadInput(f"--workers must be {least}; found {options.workers}")
    if options.probe and not options.dry_run:
        raise BadInput("--probe asks once for an estimate: give --dry-run as well")
    with Interruption() as interruption:
        from econsim_mesa.experiment import load_design

        changes, operations = _settings(options)
        design = load_design(options.experiment, set=changes, design=options.design)
        _warn_of_settings(changes, design, output)
        if options.dry_run:
            others = design.experiment.designs if options.design is None else {}
            designs = {
                name: load_design(options.experiment, set=changes, design=name) for name in others
            }
            return _print_size(design, designs, operations, output, ask=options.probe)
        from econsim_mesa.experiment.plan import plan_hash, plan_text
        from econsim_mesa.experiment.run import run_experiment

        name = f"{design.experiment.name}-{plan_hash(plan_text(design))[:8]}"
        folder: Path = options.out or Path("runs") / name
        with experiment_progress_shown(output) as watch:
            report = run_experiment(
                design,
                folder,
                workers=options.workers,
                engine=options.engine,
                overwrite=options.overwrite,
                operations=operations,
                watch=watch,
                stop=lambda: interruption.asked,
            )
    _print_report(design, report, options, output)
    return _end(report, options, output)


def _settings(options: Namespace) -> tuple[dict[str, object], dict[str, object]]:
    """Return settings of the experiment, and settings of where and how fast calls are made.

    Options of ``run`` stand for fields of the scenario; ``--seed`` is the first replicate's.
    """
    operations: dict[str, object] = {}
    changes: dict[str, object] = dict(map(parse_assignment, options.set))
    for path, value in changes_of(Namespace(**vars(options) | {"set": []})).items():
        name = path.removeprefix("llm.")
        if name in _OPERATIONS:
            operations[name] = value
        else:
            changes["first_seed" if path == "seed" else f"set.{path}"] = value
    return changes, operations


def _warn_of_settings(changes: Mapping[str, object], design: Design, output: Output) -> None:
    """Warn of paths in ``--set`` that belong to the scenario, and of those that vary anyway."""
    from econsim_mesa.experiment.overrides import is_of_scenario

    for path in changes if not output.quiet else ():
        name = path if is_of_scenario(path) else path.removeprefix("set.")
        varied = design.experiment.factors.get(name)
        if varied is not None and name != "scenario":
            values = ", ".join(map(str, varied))
            output.warn(f"{name}: a factor of the experiment; its runs have {values} as before")
        elif is_of_scenario(path):
            output.warn(f"{name}: taken as a setting of the scenario, in all conditions")


class _Size(NamedTuple):
    """What an experiment comes to, and how often it would find what it is made to find."""

    counts: dict[str, int]
    need: Need
    prices: list[tuple[str, str]]
    power: list[PlannedPower]

    @classmethod
    def of(cls, design: Design, scenarios: Sequence[Scenario], probes: Probes | None) -> _Size:
        """Estimate it, by one call to each model of ``scenarios``, or without a call."""
        from econsim_mesa.experiment.study import study_of
        from econsim_mesa.llm.ready import asks_model
        from econsim_mesa.runs.costs import need_of_all, price_rows

        experiment = design.experiment
        seeds = len(experiment.seeds)
        counts = {
            "conditions": len(design.conditions),
            "runs": len(design.conditions) * seeds,
            "steps": sum(scenario.steps for scenario in scenarios) * seeds,
            "runs_that_call_a_model": sum(map(asks_model, scenarios)) * seeds,
        }
        need = need_of_all(scenarios, experiment.seeds, None if probes is None else probes.of)
        power = list(study_of(experiment.plan).planned_power(design))
        return cls(counts, need, list(price_rows(scenarios)), power)

    def to_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        power = [power._asdict() for power in self.power]
        return self.counts | self.need.to_dict() | {"power": power}

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the words of each part."""
        for name, number in self.counts.items():
            yield name.replace("_", " "), f"{number:,}"
        yield from self.need.rows()
        yield from self.prices
        for power in self.power:
            yield "power", _power_in_words(power)
        if self.power:
            yield "", _ABOUT_POWER


def _power_in_words(power: PlannedPower) -> str:
    if power.rate is None:
        return f"none: {power.why}"
    return (
        f"{power.rate:.2f} ({power.low:.2f} to {power.high:.2f}) to find {power.effect}; "
        f"{power.corrected:.2f} if corrected for {power.tests} tests"
    )


def _print_size(
    design: Design,
    others: Mapping[str, Design],
    operations: Mapping[str, object],
    output: Output,
    *,
    ask: bool,
) -> int:
    """Print what the experiment and its other designs come to; nobody is asked without ``ask``."""
    from econsim_mesa.experiment.plan import with_operations

    planned = {
        name: with_operations(one.scenarios, operations) if operations else one.scenarios
        for name, one in {"": design, **others}.items()
    }
    probes = _probes(planned[""]) if ask else None
    size, experiment = _Size.of(design, planned[""], probes), design.experiment
    sizes = {name: _Size.of(other, planned[name], probes) for name, other in others.items()}
    asked = [] if probes is None else probes.made
    if output.as_json:
        designs = {name: other.to_dict() for name, other in sizes.items()}
        made = {"probes": [probe._asdict() for probe in asked]} if ask else {}
        output.json(size.to_dict() | ({"designs": designs} if designs else {}) | made)
        return 0
    output.text(f"{experiment.name}: {experiment.title}")
    for probe in asked:
        output.text(f"{'asked once':24}{probe}")
    _print_rows(size, output)
    for name, other in sizes.items():
        output.text(f"\n--design {name}: {experiment.designs[name].title}")
        _print_rows(other, output)
    return 0


def _probes(scenarios: Sequence[Scenario]) -> Probes:
    """Return what asks the models of scenarios. Raises ``BadInput`` where none can be asked."""
    from econsim_mesa.llm.ready import asks_model, refuse_all_unready
    from econsim_mesa.runs.probe import Probes

    if not any(map(asks_model, scenarios)):
        raise BadInput("--probe: no run of this experiment asks a language model")
    refuse_all_unready(scenarios)
    return Probes()


def _print_rows(size: _Size, output: Output) -> None:
    for name, amount in size.rows():
        output.text(f"{name:24}{amount}")


def _print_report(
    design: Design, report: ExperimentReport, options: Namespace, output: Output
) -> None:
    """Print what all finished runs came to; without one, print nothing unless as JSON."""
    from econsim_mesa.experiment.finalize import finalize_experiment
    from econsim_mesa.experiment.tables import tables

    made = tables(design, report.measured)
    bundle = finalize_experiment(report.folder, made)
    if output.as_json:
        output.json(
            {
                "experiment": design.experiment.name,
                "folder": str(report.folder),
                "bundle": bundle,
                "plan_sha256": report.plan,
                "runs": {
                    "planned": len(report.measured) + len(report.unfinished),
                    "finished": len(report.measured),
                },
                "unfinished": [
                    {"run": run, "status": status, "message": message}
                    for run, status, message in report.unfinished
                ],
                "tables": made,
            }
        )
    elif output.quiet:
        output.text(str(report.folder))
    elif report.measured:
        from econsim_mesa.cli.in_short import print_in_short

        print_in_short(design, made, report, output.console())
        if options.full:
            from econsim_mesa.cli.experiment_tables import print_experiment

            print_experiment(design, made, report, output.console())
        output.text(f"bundle  {bundle or 'not sealed: runs are unfinished'}")


def _end(report: ExperimentReport, options: Namespace, output: Output) -> int:
    """Say what is missing and how to go on; return the exit code."""
    if not report.unfinished:
        return 0
    total = len(report.measured) + len(report.unfinished)
    again = f"go on with: {_again(output, options, report.folder)}"
    failed = [run for run, status, _ in report.unfinished if status == "failed"]
    reasons = [
        f"  {run}: {status}: {message}"
        for run, status, message in report.unfinished
        if status in ("failed", "incomplete")
    ]
    if report.interrupted:
        first, code = "interrupted: ", _INTERRUPTED
    elif failed:
        first, code = f"{len(failed):,} run{'s' * (len(failed) > 1)} failed: ", _FAILED
    else:
        first, code = "stopped whole before the end: ", _INCOMPLETE
    finished = f"{len(report.measured):,} of {total:,} runs are finished in {report.folder}"
    output.warn("\n".join([f"econsim: {first}{finished}; {again}", *reasons]))
    return code


def _again(output: Output, options: Namespace, folder: Path) -> str:
    words = (word for word in output.command_line if word != "--overwrite")
    command = ["econsim", *words]
    return shlex.join(command if options.out else [*command, "--out", str(folder)])


COMMAND = Command(
    name="experiment",
    help="Carry out the runs of an experiment that are missing, and print its tables.",
    examples=(
        "experiment pizza_place",
        "experiment pizza_place --set replicates=3 --workers 2 --out runs/study",
        "experiment my_study.json --set steps=24 --json",
    ),
    configure=_configure,
    execute=_execute,
)
