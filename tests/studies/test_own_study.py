"""A study of one's own: a class in the registry, and no changed line in the package."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import pytest
from matplotlib.figure import Figure
from rich.console import Console, RenderableType
from studies import study

from econsim_mesa.analysis import daily
from econsim_mesa.analysis.contrast import mean_of
from econsim_mesa.analysis.figures.forest import Bar, forest
from econsim_mesa.analysis.inference import MeanInterval, mean_interval
from econsim_mesa.analysis.result_tables import ResultTables, Row, Tables
from econsim_mesa.cli.experiment_tables import print_experiment
from econsim_mesa.cli.tables import note
from econsim_mesa.errors import ScenarioError
from econsim_mesa.evidence import claim
from econsim_mesa.evidence.claim import Claim
from econsim_mesa.evidence.reporting import write_report
from econsim_mesa.evidence.verify import verify
from econsim_mesa.experiment.coefficients import add_differences
from econsim_mesa.experiment.conditions import run_id
from econsim_mesa.experiment.figures import figures
from econsim_mesa.experiment.finalize import finalize_experiment
from econsim_mesa.experiment.hypotheses import Answer
from econsim_mesa.experiment.level_names import label_of
from econsim_mesa.experiment.load import Design, condition_columns
from econsim_mesa.experiment.measures import RunMeasures, Values
from econsim_mesa.experiment.plan import plan_text
from econsim_mesa.experiment.run import ExperimentReport, run_experiment
from econsim_mesa.experiment.study import Coefficient, Label, Shown, Study, TableColumn
from econsim_mesa.experiment.tables import tables
from econsim_mesa.experiment.types import AnalysisPlan, Hypothesis
from econsim_mesa.scenario import register, registry

if TYPE_CHECKING:
    from econsim_mesa.runs.reader import Run

SHARE = "visited share"


class Visits(Study):
    """On which share of days somebody is in the store."""

    tables = ("visited", "ablations")
    in_tables: ClassVar = {SHARE: TableColumn("visited", "mean", {})}
    coefficients = (SHARE,)
    may_rely = "That the store is visited."
    may_not_rely = "That the store is visited."

    def daily_measures(self, run: Run, plan: AnalysisPlan) -> dict[str, Values]:
        """Return 1 for each day with a visitor, else 0."""
        visitors = daily(run)[f"visitors {plan.outcome.store}"]
        return {str(day): {SHARE: float(mean > 0)} for day, mean in visitors.items()}

    def add_tables(
        self, design: Design, measured: Mapping[str, RunMeasures], tables: Tables
    ) -> None:
        """Add the share over runs of each condition, and its differences."""
        known = self.coefficients_of(design, measured)
        for condition, panel in zip(design.conditions, known[SHARE].panels, strict=True):
            shares = panel.groupby("run")["visited"].mean().tolist()
            interval = mean_interval(shares, design.experiment.plan.confidence)
            to = ResultTables(condition_columns(design, condition), tables)
            to.add("visited", **interval._asdict())
        add_differences(design, known, {"stress": [SHARE]}, tables)

    def coefficients_of(
        self, design: Design, measured: Mapping[str, RunMeasures]
    ) -> Mapping[str, Coefficient]:
        """Return the share as the mean of days."""
        panels = []
        for condition in design.conditions:
            runs = {run_id(condition, seed): seed for seed in design.experiment.seeds}
            rows = [
                (run, seed, day, values[SHARE])
                for run, seed in runs.items()
                for day, values in measured[run].days.items()
            ]
            panels.append(pd.DataFrame(rows, columns=["run", "seed", "day", "visited"]))
        return {SHARE: Coefficient(mean_of("visited"), panels, [None] * len(panels))}

    def answer(
        self, hypothesis: Hypothesis, design: Design, condition: Row, tables: Tables
    ) -> Answer | None:
        """Return the share of a condition."""
        row = next(row for row in tables["visited"] if row.items() >= condition.items())
        return Answer(MeanInterval(*(row[name] for name in MeanInterval._fields)))

    def figures(
        self, design: Design, measured: Mapping[str, RunMeasures], tables: Tables, label: Label
    ) -> dict[str, Figure]:
        """Return the shares."""
        bars = [Bar("", row["mean"], row["low"], row["high"]) for row in tables["visited"]]
        return {"visited": forest([("share", bars)])}

    def units(self) -> Mapping[str, str]:
        """Return that of the share."""
        return {SHARE: "share of days"}

    def terminal(self, design: Design, tables: Shown, label: Label) -> Iterator[RenderableType]:
        """Yield one line."""
        yield note("visited", f"{len(tables['visited'])} conditions")

    def claim(self, design: Design | None, tables: Shown, ran: Claim) -> Claim:
        """Return that there is a visitor on every day of every condition."""
        rows: Sequence[Mapping[str, object]] = tables.get("visited", ())
        tests = (
            claim.earlier(ran),
            claim.Test(
                "share", "1", len(rows), all(row["mean"] == 1 for row in rows), "tables.json"
            ),
        )
        return Claim(3, "The store is visited", claim.status_of(tests), "Somebody came.", tests)

    def report(self, design: Design, measured: Mapping[str, RunMeasures], tables: Shown) -> str:
        """Return a sentence."""
        return f"Visited: {len(tables['visited'])} conditions <all>."


@pytest.fixture(autouse=True)
def own_study() -> Iterator[None]:
    with registry.own_registrations():
        register("study", "visits")(Visits)
        yield


def plan(name: str) -> dict[str, object]:
    return {"outcome": {"store": "Cafe", "item": "Pie"}, "keyword": "pie", "study": name}


def test_it_brings_tables_figures_words_and_a_claim(tmp_path: Path) -> None:
    hypotheses = [
        {
            "statement": "The store is visited under stress.",
            "condition": {"stress.mode": "on"},
            "measure": SHARE,
            "expected": "positive",
            "refuted_by": "An empty store.",
        },
        {
            "statement": "Stress keeps nobody away.",
            "contrast": "stress",
            "measure": SHARE,
            "expected": "none",
            "refuted_by": "Days without a visitor under stress alone.",
        },
    ]
    design = study(tmp_path, plan=plan("visits"), hypotheses=hypotheses, replicates=3)
    folder = tmp_path / "out"
    report = run_experiment(design, folder, workers=0)
    assert not report.unfinished
    found = tables(design, report.measured)
    assert list(found)[-4:] == ["visited", "ablations", "variance", "cannot_identify"]
    assert "curves" not in found
    assert [0 <= row["mean"] <= 1 for row in found["visited"]] == [True] * 4
    assert [row["measure"] for row in found["ablations"]] == [SHARE]
    assert [row["mean"] for row in found["hypotheses"]] == [
        *(row["mean"] for row in found["visited"][:2]),
        found["ablations"][0]["difference"],
    ]
    finalize_experiment(folder, found)
    assert set(figures(design, report.measured, found, label_of)) == {"visited", "ablations"}
    out = io.StringIO()
    printed = ExperimentReport(folder, "0" * 64, report.measured, [], False)
    print_experiment(design, found, printed, Console(file=out, width=100))
    assert "visited 4 conditions" in " ".join(out.getvalue().split())
    third = write_report(folder).claims[2]
    assert (third.number, third.title) == (3, "The store is visited")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Visited: 4 conditions &lt;all&gt;." in page
    assert verify(folder).findings == ()


MODULE = """
from test_own_study import Visits
from econsim_mesa.scenario import register

@register("study", "more visits")
class MoreVisits(Visits):
    pass
"""


def test_it_reaches_worker_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "more_visits.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("more_visits")
    design = study(tmp_path, plan=plan("more visits"), hypotheses=[], contrasts=[], replicates=1)
    report = run_experiment(design, tmp_path / "out", workers=1)
    assert not report.unfinished
    days = [day for run in report.measured.values() for day in run.days.values()]
    assert all(SHARE in day for day in days)


def test_the_plan_names_a_study_that_is_not_the_default(tmp_path: Path) -> None:
    names = ("visits", "online_offline")
    texts = {name: plan_text(study(tmp_path, plan=plan(name))) for name in names}
    assert json.loads(texts["visits"])["experiment"]["plan"]["study"] == "visits"
    assert "study" not in json.loads(texts["online_offline"])["experiment"]["plan"]


def test_a_study_that_nobody_knows_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"no such study; did you mean .?visits"):
        study(tmp_path, plan=plan("visit"))
