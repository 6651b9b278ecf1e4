"""The DataCollector keeps what the scenario says, and in a large town less by itself."""

from __future__ import annotations

import pytest

from econsim_mesa import EconModel
from econsim_mesa.errors import BadInput
from econsim_mesa.scenario.types import CollectSpec


def _steps_with_rows(model: EconModel) -> list[int]:
    """Return the steps, as Mesa counts them from 1, of which each household has a row."""
    rows = model.datacollector.get_agenttype_vars_dataframe(type(model.households[0]))
    assert len(rows) % len(model.households) == 0
    return sorted(set(rows.index.get_level_values("Step")))


def test_a_small_town_keeps_everything() -> None:
    model = EconModel("pizza_place", seed=1, steps=5)
    model.run_model()
    assert _steps_with_rows(model) == [1, 2, 3, 4, 5]
    assert model.datacollector.tables.keys() == {"sales", "posts"}


def test_rows_of_households_are_kept_every_few_steps_and_of_the_last() -> None:
    model = EconModel("pizza_place", seed=1, steps=6, set={"collect.agents_every": 4})
    model.run_model()
    assert _steps_with_rows(model) == [1, 5, 6]
    assert len(model.datacollector.get_model_vars_dataframe()) == 6


def test_how_often_may_be_changed_while_the_run_goes_on() -> None:
    model = EconModel("pizza_place", seed=1, steps=6)
    model.step()
    model.step()
    model.reconfigure({"collect.agents_every": 4})
    model.run_model()
    assert _steps_with_rows(model) == [1, 2, 5, 6]


def test_a_table_that_is_not_kept_is_no_empty_table() -> None:
    model = EconModel("pizza_place", seed=1, steps=2, set={"collect.tables": False})
    model.run_model()
    with pytest.raises(BadInput, match=r"'sales' of this town is not kept.*collect\.tables"):
        model.datacollector.get_table_dataframe("sales")


def test_what_is_kept_has_no_effect_on_the_town() -> None:
    settings: list[dict[str, object]] = [{}, {"collect": {"agents_every": 3, "tables": False}}]
    models = [EconModel("pizza_place", seed=1, steps=5, set=one) for one in settings]
    for model in models:
        model.run_model()
    whole, part = (model.datacollector.get_model_vars_dataframe() for model in models)
    assert whole.equals(part)


@pytest.mark.parametrize(
    ("households", "every"), [(1, 1), (5_000, 1), (5_001, 2), (100_000, 20), (200_000, 40)]
)
def test_by_default_a_large_town_keeps_as_much_a_step_as_one_of_5000(
    households: int, every: int
) -> None:
    assert CollectSpec().steps_between_rows(households) == every
    assert CollectSpec().keeps_tables(households) == (every == 1)
    assert CollectSpec(agents_every=3, tables=True).steps_between_rows(households) == 3
    assert CollectSpec(tables=True).keeps_tables(households)
