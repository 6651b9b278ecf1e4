"""Measures: one way of computing each, whether the town runs or its records are read later."""

from __future__ import annotations

from fractions import Fraction

import pytest

from econsim_mesa import EconModel, load_run, load_scenario
from econsim_mesa.domains.economy.measures import ITEM_UNITS, REVENUE, UNITS
from econsim_mesa.domains.measures import MEASURES, measures_of
from econsim_mesa.domains.mobility.measures import CROWD, VISITORS, VISITS
from econsim_mesa.domains.social.measures import HOUSEHOLD_POSTS, KEYWORD_POSTS
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.step_reader import measured_days, steps_of
from econsim_mesa.society.measures import Measure, Tally, named_measures

STEPS = 30


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tally, Run]:
    """Return what was measured while a town ran, and the records of its run."""
    folder = tmp_path_factory.mktemp("measures") / "run"
    model = EconModel("two_towns", seed=3, steps=STEPS, households=20, store=folder)
    tally = Tally()
    for _ in range(STEPS):
        model.step()
        tally.add(model.town.measured, measures_of(model.config))
    return tally, load_run(folder)


def test_measures_of_a_running_town_are_those_of_its_records(measured: tuple[Tally, Run]) -> None:
    live, run = measured
    read = Tally.over(measured_days(run).values())
    named = list(named_measures(MEASURES, run.scenario))
    assert len({name for name, _, _ in named}) == len(named)
    for name, measure, subject in named:
        assert read.value(measure, *subject) == live.value(measure, *subject), name


def test_measures_are_what_the_tables_say(measured: tuple[Tally, Run]) -> None:
    tally, run = measured
    sales, scenario = run.sales, run.scenario
    for _, store, spec in scenario.agents.stores():
        sold = sales[sales.store == store]
        assert tally.value(REVENUE, store) == sold.amount.sum()
        items = {}
        for item in spec.sells:
            units = Fraction(int(sold[sold.item == item].quantity.sum()),
                             10 ** scenario.items[item].decimals)  # fmt: skip
            items[item] = tally.value(ITEM_UNITS, store, item)
            assert items[item] == float(units)
        assert tally.value(UNITS, store) == pytest.approx(sum(items.values()), abs=1e-9)
        seen = run.stores[(run.stores.store == store) & (run.stores.step >= 0)]
        assert tally.value(VISITORS, store) == seen.visitors.mean()
        met = (seen.visitors * (seen.visitors - 1)).sum()
        crowd = met / seen.visitors.sum() if seen.visitors.sum() else None
        assert tally.value(CROWD, store) == crowd
        here = (run.agents.x == spec.at[0]) & (run.agents.y == spec.at[1])
        was = here.groupby(run.agents.agent).shift(fill_value=False)
        assert tally.value(VISITS, store) == (here & ~was & (run.agents.step >= 0)).sum()
    by_households = run.posts[(run.posts.kind == "Household") & (run.posts.step >= 0)]
    assert tally.value(HOUSEHOLD_POSTS) == len(by_households)
    for word in scenario.keywords:
        assert tally.value(KEYWORD_POSTS, word) <= len(by_households)


def test_a_mean_of_nothing_is_none_and_a_sum_of_nothing_is_nothing() -> None:
    assert Tally().value(CROWD, "Pizza Place") is None
    assert Tally().value(UNITS, "Pizza Place") == 0


def test_a_measure_of_the_town_may_count_by_a_number_alone() -> None:
    scenario = load_scenario("pizza_place")
    asleep = Measure("asleep", "households", lambda step: int(step.columns["asleep"].sum()))
    model = EconModel(scenario, seed=1, steps=2)
    model.step()
    step, tally = model.town.measured, Tally()
    tally.add(step, [asleep])
    assert tally.value(asleep) == asleep.overall(step) == step.columns["asleep"].sum()
    assert [name for name, _, _ in named_measures([asleep], scenario)] == ["asleep"]


def test_steps_are_read_table_by_table_in_any_order(measured: tuple[Tally, Run]) -> None:
    _, run = measured
    for records in steps_of(run):
        if records.step % 7 == 0:
            sold = run.sales[run.sales.step == records.step]
            assert [sale.amount for sale in records["sales"]] == sold.amount.tolist()
            assert len(records["agents"]) == 20
