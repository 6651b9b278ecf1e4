"""The base class of a study: what one research question adds to runs, tables, figures and claims.

An experiment names its study (``plan.study``); the roster of studies is the kind ``study`` of
``scenario.registry``. The other parts know a study by this class alone: nothing but the registry
says where its code lives, and no part imports ``econsim_mesa.studies``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from econsim_mesa.analysis.result_tables import Row, Tables
from econsim_mesa.experiment.types import AnalysisPlan, Hypothesis
from econsim_mesa.scenario import Scenario, registry
from econsim_mesa.scenario.paths import Path_

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from econsim_mesa.analysis.contrast import Statistic
    from econsim_mesa.evidence.claim import Claim
    from econsim_mesa.experiment.hypotheses import Answer
    from econsim_mesa.experiment.load import Design
    from econsim_mesa.experiment.measures import RunMeasures, Values
    from econsim_mesa.runs.reader import Run

Label = Callable[[Mapping[str, Any]], str]
"""Gives the levels of a condition in words."""
Shown = Mapping[str, Sequence[Mapping[str, Any]]]
"""Tables that are only read: name -> rows."""


class TableColumn(NamedTuple):
    """Where a number about a condition stands: a table, a column, and what its row holds."""

    table: str
    column: str
    where: Mapping[str, str]


class Coefficient(NamedTuple):
    """A number that is computed from all run-days of a condition at once, such as a slope.

    ``panels`` has a panel (columns run, seed, day, ...) for each condition, in their order;
    ``void`` says why the number means nothing in a condition, None if it does.
    """

    statistic: Statistic
    panels: Sequence[pd.DataFrame]
    void: Sequence[str | None]


class Study(ABC):
    """One research question: what is computed from the runs of each condition, and shown of it.

    A study has no state: it is made anew wherever one is needed, by its class without arguments.
    """

    tables: ClassVar[tuple[str, ...]]
    """Names of its tables, in the order in which they are written."""
    in_tables: ClassVar[Mapping[str, TableColumn]] = {}
    """Measures that a hypothesis may name beside those of runs -> where they stand."""
    coefficients: ClassVar[tuple[str, ...]] = ()
    """Which of these are numbers, so that contrasts and screenings may ask for them."""
    may_rely: ClassVar[str]
    """What a reader may rely on where its claim is supported, for the head of the report."""
    may_not_rely: ClassVar[str]
    """What a reader may not rely on where it is not."""

    def problems(self, plan: AnalysisPlan, scenario: Scenario) -> Iterator[tuple[Path_, str]]:
        """Yield what the study needs of a scenario and does not find, with the place in the plan.

        A place is a path of keys from the top of the experiment.
        """
        yield from ()

    def daily_measures(self, run: Run, plan: AnalysisPlan) -> dict[str, Values]:
        """Return what the study measures on each day of a finished run, by ISO date.

        Names begin with a word of the study's own. They are kept in the experiment's index, so
        that runs are read once.
        """
        return {}

    @abstractmethod
    def add_tables(
        self, design: Design, measured: Mapping[str, RunMeasures], tables: Tables
    ) -> None:
        """Add the rows of all tables of the study.

        ``tables`` has a list for each name in ``Study.tables``, and for ``cannot_identify``.
        Differences of coefficients are added by ``experiment.coefficients.add_differences``.
        """

    def coefficients_of(
        self, design: Design, measured: Mapping[str, RunMeasures]
    ) -> Mapping[str, Coefficient]:
        """Return the coefficients by the names in ``Study.coefficients``."""
        return {}

    def answer(
        self, hypothesis: Hypothesis, design: Design, condition: Row, tables: Tables
    ) -> Answer | None:
        """Return what was found for a hypothesis about a condition; None: nothing can be told.

        ``condition`` holds the columns that name the condition in ``tables``.
        """
        return None

    def figures(
        self, design: Design, measured: Mapping[str, RunMeasures], tables: Tables, label: Label
    ) -> dict[str, Figure]:
        """Return the figures of the study by name."""
        return {}

    def units(self) -> Mapping[str, str]:
        """Return the units of coefficients, in the order in which figures show them."""
        return {}

    def terminal(self, design: Design, tables: Shown, label: Label) -> Iterator[RenderableType]:
        """Yield what is printed of the study's tables, in order."""
        yield from ()

    @abstractmethod
    def claim(self, design: Design | None, tables: Shown, ran: Claim) -> Claim:
        """Return claim 3, that what the study is about was found; design None: of a single run.

        ``ran`` is claim 1, without which nothing was found.
        """

    def report(self, design: Design, tables: Shown) -> str:
        """Return what the evidence report shows of the study, below the hypotheses.

        Text is escaped, unless it is ``markupsafe.Markup``; see ``evidence.report.templating``.
        """
        return ""


def study_of(plan: AnalysisPlan | None = None) -> Study:
    """Return the study that a plan names; without a plan that which is the default.

    Raises ``UnknownName``.
    """
    name = AnalysisPlan.model_fields["study"].default if plan is None else plan.study
    study: Study = registry.lookup("study", name)()
    return study
