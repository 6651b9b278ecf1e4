"""The form in which a town is set up, or a finished run chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import solara

from econsim_mesa.errors import BadInput, EconSimError, ScenarioError
from econsim_mesa.numbers import counted
from econsim_mesa.runs.folders import RUNS, is_experiment, is_run, new_folder, newest_runs
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import Scenario, bundled, load_scenario
from econsim_mesa.scenario.decider_traits import traits_of
from econsim_mesa.scenario.registry import names, title

from ..scenario_files import ScenarioFiles
from ..setup_form import MOST_CHARACTERS, form_values, read_upload, scenario_from_form
from .vue_pieces import DIALOG

MOST_RUNS = 50
"""Runs that are offered at most, the newest."""
SERVER = "http://127.0.0.1:8000/v1"
"""An address as it is typed: that of `econsim mock-server`."""


@solara.component_vue("setup_dialog.vue", vuetify=False)
def _SetupDialog(
    scenarios: list[list[str]],
    deciders: list[tuple[str, str, bool]],
    runs: list[list[str]],
    experiments: list[list[str]],
    chosen: str,
    uploaded: str,
    says: str,
    form: dict[str, object],
    problems: list[list[str]],
    longest: int,
    server: str,
    components: dict[str, str],
    event_choose: Callable[[str], None],
    event_upload: Callable[[dict[str, str]], None],
    event_start: Callable[[dict[str, object]], None],
    event_reopen: Callable[[str], None],
    event_shut: Callable[[Any], None],
) -> None: ...


@solara.component
def SetupDialog(
    present: Scenario | None,
    files: ScenarioFiles,
    *,
    on_live: Callable[[Scenario, Path], None],
    on_replay: Callable[[Path], None],
    on_shut: Callable[[], None],
) -> None:
    """Let a reader set up a new town, beginning from ``present``, or open a finished run.

    ``files`` are those that the page opened; a chosen or uploaded scenario is added.
    """
    base, set_base = solara.use_state(present or load_scenario("pizza_place"))
    file, set_file = solara.use_state("")
    problems, set_problems = solara.use_state(list[list[str]]())
    runs = solara.use_memo(lambda: [run_in_words(run) for run in newest_runs(MOST_RUNS)], [])
    experiments = solara.use_memo(experiments_here, [])

    def attempt(act: Callable[[], None]) -> None:
        """Do something; what is wrong with it is shown in the form."""
        try:
            set_problems([])
            act()
        except EconSimError as error:
            set_problems(problems_of(error))

    def choose(name: str) -> None:
        set_base(files.open(name))
        set_file("")

    def upload(file: Mapping[str, Any]) -> None:
        set_base(read_upload(str(file["name"]), str(file["text"]), files))
        set_file(str(file["name"]))

    def start(form: dict[str, object]) -> None:
        scenario = scenario_from_form(base, form)
        on_live(scenario, new_folder(scenario, str(form.get("name", ""))))
        on_shut()

    def reopen(folder: str) -> None:
        if not is_run(Path(folder)) and not is_experiment(Path(folder)):
            raise BadInput(f"{folder} is not the folder of a run or an experiment")
        on_replay(Path(folder))
        on_shut()

    _SetupDialog(
        scenarios=[[name, _title(name)] for name in bundled()],
        deciders=[
            (name, title("decider", name), traits_of(name).asks_model) for name in names("decider")
        ],
        runs=runs,
        experiments=experiments,
        chosen=base.name,
        uploaded=file,
        says=base.title,
        form=form_values(base),
        problems=problems,
        longest=MOST_CHARACTERS,
        server=SERVER,
        components=DIALOG,
        event_choose=lambda name: attempt(lambda: choose(name)),
        event_upload=lambda file: attempt(lambda: upload(file)),
        event_start=lambda form: attempt(lambda: start(form)),
        event_reopen=lambda folder: attempt(lambda: reopen(folder)),
        event_shut=lambda _: on_shut(),
    )


def experiments_here() -> list[list[str]]:
    """Return folder and name of each experiment that lies where runs do."""
    folders = sorted(RUNS.iterdir()) if RUNS.is_dir() else []
    return [[str(folder), folder.name] for folder in folders if is_experiment(folder)]


def run_in_words(folder: Path) -> list[str]:
    """Return a run's folder, its name, and what it is: when, who decides, how large, how far."""
    try:
        run = load_run(folder)
        scenario = run.scenario
    except EconSimError:
        return [str(folder), folder.name, "cannot be read"]
    started = run.meta.get("started", "")[:16].replace("T", " ")
    facts = (
        started and f"{started} UTC",
        scenario.agents.Household.decider or scenario.decider,
        counted(scenario.agents.Household.count, "household"),
        f"step {run.steps} of {run.planned_steps}",
        f"seed {scenario.seed}",
        "fork" if run.forked_at else "",
        run.meta.get("status", ""),
    )
    return [str(folder), folder.name, " · ".join(filter(None, facts))]


def problems_of(error: EconSimError) -> list[list[str]]:
    """Return each thing that is wrong as [where, what]."""
    if isinstance(error, ScenarioError):
        return [[problem.path, problem.message] for problem in error.problems]
    return [["", str(error)]]


def _title(name: str) -> str:
    return load_scenario(name).title
