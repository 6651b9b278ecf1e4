"""What Mesa's DataCollector records of a model: tables, model reporters, agent reporters.

All reporters are named functions of this module, so that results cross process boundaries.
Each describes the step just made.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from mesa import DataCollector

from econsim_mesa.domains.economy.measures import REVENUE, UNITS
from econsim_mesa.domains.measures import own_measures
from econsim_mesa.domains.social.measures import (
    GOVERNMENT_POSTS,
    HOUSEHOLD_POSTS,
    KEYWORD_POSTS,
    SCRIPTED_POSTS,
    STORE_POSTS,
)
from econsim_mesa.errors import BadInput
from econsim_mesa.society.agents import Household
from econsim_mesa.society.measures import REJECTED, Measure, Value, by_subject

if TYPE_CHECKING:
    import pandas as pd

    from econsim_mesa.scenario import Scenario
    from econsim_mesa.society.model import EconModel

TABLES = {
    "sales": ["step", "time", "store", "item", "quantity", "price", "buyer"],
    "posts": ["step", "time", "author", "text"],
}


def time(model: EconModel) -> str:
    """Simulated time of the step, ISO 8601."""
    return model.town.records.time


def units_sold(model: EconModel) -> Value:
    """Whole items sold by all stores; a fraction only of goods that have decimals."""
    return UNITS.overall(model.town.measured)


def revenue(model: EconModel) -> Value:
    """Revenue of all stores, tax included, in the smallest unit of the currency."""
    return REVENUE.overall(model.town.measured)


def household_posts(model: EconModel) -> Value:
    """Posts written by households."""
    return HOUSEHOLD_POSTS.overall(model.town.measured)


def keyword_posts(model: EconModel) -> float:
    """Posts by households that match the scenario's first keyword (its online heat)."""
    counts = by_subject(model.town.measured.amounts(KEYWORD_POSTS)[0])
    return sum(float(counts.get((keyword,), 0)) for keyword in model.config.keywords[:1])


def store_posts(model: EconModel) -> Value:
    """Posts by stores."""
    return STORE_POSTS.overall(model.town.measured)


def other_posts(model: EconModel) -> float:
    """Posts by the government and by scripted accounts."""
    step = model.town.measured
    return sum(measure.overall(step) or 0 for measure in (GOVERNMENT_POSTS, SCRIPTED_POSTS))


def mean_stress(model: EconModel) -> float:
    """Mean over households of their own overall stress, 0 to 100."""
    return float(model.town.stress.overall().mean())


def rejected_actions(model: EconModel) -> Value:
    """Actions that could not be done."""
    return REJECTED.overall(model.town.measured)


def households_asked(model: EconModel) -> int:
    """Households that were asked what they do; the others slept, or nothing was new for them."""
    return len(model.town.records["decisions"]) - model.town.roster.stores


def cash(household: Household) -> int:
    """Cash of a household, in the smallest unit of the currency."""
    return household.cash


def overall_stress(household: Household) -> float:
    """Overall stress of a household, 0 to 100, whether it is felt or not."""
    return household.overall_stress


MODEL_REPORTERS = {
    function.__name__: function
    for function in (
        time,
        units_sold,
        revenue,
        household_posts,
        keyword_posts,
        store_posts,
        other_posts,
        mean_stress,
        rejected_actions,
        households_asked,
    )
}


def overall(measure: Measure, model: EconModel) -> Value:
    """Return a measure in the step just made, over all its subjects together."""
    return measure.overall(model.town.measured)


AGENT_REPORTERS = {Household: {"cash": cash, "overall_stress": overall_stress}}
"""No reporter has the name of an override: batch_run puts both into one row."""


class Collector(DataCollector):
    """Mesa's DataCollector of a model, which keeps as much as ``collect`` of the scenario says."""

    agenttype_reporters: dict[type, dict[str, Callable[..., object]]]

    def __init__(self, scenario: Scenario) -> None:
        keeps_tables = scenario.collect.keeps_tables(scenario.agents.Household.count)
        own = {measure.name: partial(overall, measure) for measure in own_measures(scenario)}
        super().__init__(
            model_reporters=MODEL_REPORTERS | own,
            agenttype_reporters=AGENT_REPORTERS,
            tables=TABLES if keeps_tables else None,
        )

    def collect(self, model: EconModel) -> None:
        """Collect the step just made; a row of each household only where one is due."""
        if _rows_are_due(model):
            super().collect(model)
            return
        reporters, self.agenttype_reporters = self.agenttype_reporters, {}
        try:
            super().collect(model)
        finally:
            self.agenttype_reporters = reporters

    def get_table_dataframe(self, table_name: str) -> pd.DataFrame:
        """Return one table, a row for each sale or post.

        Raises ``BadInput`` for a table that the scenario does not let the collector keep.
        """
        if table_name in TABLES and table_name not in self.tables:
            raise BadInput(
                f"the table {table_name!r} of this town is not kept in memory; set collect.tables "
                "to true before the run, or read it from the folder of the run"
            )
        table: pd.DataFrame = super().get_table_dataframe(table_name)
        return table


def _rows_are_due(model: EconModel) -> bool:
    """Whether a row of each household is kept of the step just made."""
    step, scenario = model.town.t, model.config
    every = scenario.collect.steps_between_rows(scenario.agents.Household.count)
    return step % every == 0 or step == scenario.steps - 1


def collect(model: EconModel) -> None:
    """Collect the step just made; a collector of the user's own has the tables that it has."""
    model.datacollector.collect(model)
    for table in TABLES.keys() & model.datacollector.tables.keys():
        columns = TABLES[table]
        for row in model.town.records[table]:
            model.datacollector.add_table_row(
                table, {column: getattr(row, column) for column in columns}
            )
