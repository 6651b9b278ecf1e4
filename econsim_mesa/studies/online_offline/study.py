"""The study as the other parts know it: what it adds to runs, tables, figures, report and claims.

Its modules are imported where they are used, since statistics need libraries that take a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from econsim_mesa.analysis.result_tables import Row, Tables
from econsim_mesa.errors import hint
from econsim_mesa.experiment.study import (
    Coefficient,
    Label,
    PlannedPower,
    Shown,
    Study,
    TableColumn,
)
from econsim_mesa.experiment.types import VERDICT, AnalysisPlan, Hypothesis
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.paths import Path_

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from econsim_mesa.evidence.claim import Claim
    from econsim_mesa.experiment.hypotheses import Answer
    from econsim_mesa.experiment.load import Design
    from econsim_mesa.experiment.measures import RunMeasures, Values
    from econsim_mesa.runs.reader import Run

_PRIMARY = {"role": "primary"}


class OnlineOffline(Study):
    """Talk online and sales offline: an inverted U, the spread of sentiment, and what removes them.

    The pattern is that of the published case study: daily sales over daily posts about an item.
    """

    tables: ClassVar = (
        *("curves", "curve_checks", "aliased", "two_lines", "shapes", "signs", "shuffled_days"),
        *("lags", "published", "dispersion", "ablations", "family", "power"),
    )
    in_tables: ClassVar = {
        "b1": TableColumn("curves", "b1", _PRIMARY),
        "b2": TableColumn("curves", "b2", _PRIMARY),
        "spread slope": TableColumn("dispersion", "slope", {"measure": "variance"}),
        VERDICT: TableColumn("curves", "verdict", _PRIMARY),
    }
    coefficients: ClassVar = ("b1", "b2", "spread slope")
    said: ClassVar = {
        "b1": "slope of sales over talk at the centre of the curve (b1)",
        "b2": "bend of the curve of sales over talk (b2)",
        "spread slope": "change of the spread of sentiment with talk",
    }
    may_rely: ClassVar = (
        "That the pattern appears in these simulations, and in no rival explanation of it."
    )
    may_not_rely: ClassVar = "That the published pattern was found."

    def problems(self, plan: AnalysisPlan, scenario: Scenario) -> Iterator[tuple[Path_, str]]:
        """Yield that a scenario does not count the keyword, or lacks what the placebo sells."""
        from econsim_mesa.experiment.consistency import faults_of_outcome

        if plan.placebo is not None:
            at = ("plan", "placebo", "outcome")
            for path, text in faults_of_outcome(plan.placebo.outcome, scenario):
                yield (*at, *path), text
        if plan.keyword is not None and plan.keyword not in scenario.keywords:
            text = f"is no keyword of {scenario.name}; {hint(plan.keyword, scenario.keywords)}"
            yield ("plan", "keyword"), text

    def planned_power(self, design: Design) -> Iterator[PlannedPower]:
        """Yield the power where x is a dose, which is known beforehand."""
        from econsim_mesa.studies.online_offline.planned_power import planned_power

        return planned_power(design)

    def daily_measures(self, run: Run, plan: AnalysisPlan) -> dict[str, Values]:
        """Return the columns of panels and of the spread of sentiment on each day."""
        from econsim_mesa.studies.online_offline.daily_measures import daily_measures

        return daily_measures(run, plan)

    def add_tables(
        self, design: Design, measured: Mapping[str, RunMeasures], tables: Tables
    ) -> None:
        """Add curves and what stands beside them, differences of coefficients, and the family."""
        from econsim_mesa.studies.online_offline.tables import add_tables

        add_tables(design, measured, tables)

    def coefficients_of(
        self, design: Design, measured: Mapping[str, RunMeasures]
    ) -> Mapping[str, Coefficient]:
        """Return b1 and b2 of the curve, and the slope of the spread of sentiment."""
        from econsim_mesa.studies.online_offline.coefficients import coefficients
        from econsim_mesa.studies.online_offline.condition_panels import condition_panels

        return coefficients(design.experiment.plan, condition_panels(design, measured))

    def answer(
        self, hypothesis: Hypothesis, design: Design, condition: Row, tables: Tables
    ) -> Answer | None:
        """Return the coefficient, or the curve, of a condition."""
        from econsim_mesa.studies.online_offline.answers import answer

        column = self.in_tables[str(hypothesis.measure)]
        return answer(hypothesis, column, design.experiment.plan.confidence, condition, tables)

    def figures(
        self, design: Design, measured: Mapping[str, RunMeasures], tables: Tables, label: Label
    ) -> dict[str, Figure]:
        """Return ``heat``, ``days``, ``coefficients`` and ``dispersion``."""
        from econsim_mesa.studies.online_offline.figures import figures

        return figures(design, measured, tables, label)

    def units(self) -> Mapping[str, str]:
        """Return the units of coefficients."""
        from econsim_mesa.studies.online_offline.figures import UNITS

        return UNITS

    def terminal(self, design: Design, tables: Shown, label: Label) -> Iterator[RenderableType]:
        """Yield the tables and notes about curve and spread."""
        from econsim_mesa.studies.online_offline.terminal import terminal_tables

        return terminal_tables(design, tables, label)

    def claim(self, design: Design | None, tables: Shown, ran: Claim) -> Claim:
        """Return claim 3: that the published pattern was reproduced."""
        from econsim_mesa.studies.online_offline.claim import pattern_reproduced

        return pattern_reproduced(design, tables, ran)

    def report(self, design: Design, measured: Mapping[str, RunMeasures], tables: Shown) -> str:
        """Return curves and days of conditions, and the tables about them, folded."""
        from econsim_mesa.studies.online_offline.report import pattern

        return pattern(design, measured, tables)
