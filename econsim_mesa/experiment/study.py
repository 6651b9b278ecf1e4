"""The base class of a study: what one research question adds to runs, tables, figures and claims.

An experiment names its study (``plan.study``), which ``scenario.registry`` looks up among the
components of the kind ``study``. Other parts know a study by this class alone: only the registry
has the path of its code, and no part imports ``econsim_mesa.studies``.
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
    """The place of a number about a condition: table, column, and values that its row has."""

    table: str
    column: str
    where: Mapping[str, str]


class Coefficient(NamedTuple):
    """A number that is computed from all run-days of a condition at once, such as a slope.

    ``panels`` has a panel (columns run, seed, day, ...) for each condition, in their order.
    ``void`` has, for each condition, the reason why the number is meaningless, or None.
    """

    statistic: Statistic
    panels: Sequence[pd.DataFrame]
    void: Sequence[str | None]


class PlannedPower(NamedTuple):
    """How often a design would find an effect that is there, before its first run.

    Attributes:
        effect: What is there to be found, in words.
        rate: How often it is found; None: it cannot be.
        low: Lower end of the rate's interval, for it is simulated.
        high: Upper end.
        corrected: How often, if it must hold as the first of all primary tests.
        tests: How many these are.
        why: Why it cannot be found.
    """

    effect: str
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    corrected: float | None = None
    tests: int | None = None
    why: str | None = None


class Study(ABC):
    """A research question: what is computed from the runs of each condition, and how it is shown.

    A study has no state: its class is called without arguments wherever one is needed.
    """

    tables: ClassVar[tuple[str, ...]]
    """Names of its tables, in the order in which they are written."""
    in_tables: ClassVar[Mapping[str, TableColumn]] = {}
    """Measures that a hypothesis may name beside the measures of runs -> their place."""
    coefficients: ClassVar[tuple[str, ...]] = ()
    """Names of coefficients, which contrasts and screenings may ask for."""
    said: ClassVar[Mapping[str, str]] = {}
    """Coefficients in words, as a sentence has them: ``The ... is 1.2``."""
    may_rely: ClassVar[str]
    """Words for the head of the report: what a reader may rely on if the claim is supported."""
    may_not_rely: ClassVar[str]
    """Words for the head of the report if the claim is not supported."""

    def problems(self, plan: AnalysisPlan, scenario: Scenario) -> Iterator[tuple[Path_, str]]:
        """Yield (path, message) for each requirement of the study that a scenario does not meet.

        The path holds the keys, from the top of the experiment, of the value that causes it.
        """
        yield from ()

    def planned_power(self, design: Design) -> Iterator[PlannedPower]:
        """Yield how often an experiment would find what it is made to find, before its first run.

        Nothing, where that depends on runs.
        """
        yield from ()

    def daily_measures(self, run: Run, plan: AnalysisPlan) -> dict[str, Values]:
        """Return the study's measures of each day of a finished run, by ISO date.

        Their names begin with a word of the study's own. The experiment's index keeps the values,
        so that each run is read once.
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
        """Return the answer to a hypothesis about a condition, or None if there is none.

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
        """Yield the parts of the terminal's output about the study's tables, in order."""
        yield from ()

    @abstractmethod
    def claim(self, design: Design | None, tables: Shown, ran: Claim) -> Claim:
        """Return claim 3: the effect that the study is about was found.

        ``design`` is None for a single run. ``ran`` is claim 1, which claim 3 presupposes.
        """

    def report(self, design: Design, measured: Mapping[str, RunMeasures], tables: Shown) -> str:
        """Return the HTML of the study's part of the evidence report, below the hypotheses.

        Text is escaped, unless it is ``markupsafe.Markup``; see ``evidence.report.templating``.
        """
        return ""


def study_of(plan: AnalysisPlan | None = None) -> Study:
    """Return the study that a plan names; without a plan, the default study.

    Raises ``UnknownName``.
    """
    name = AnalysisPlan.model_fields["study"].default if plan is None else plan.study
    study: Study = registry.lookup("study", name)()
    return study
