"""The model as a Mesa user meets it: running, seeds, overrides, collected tables."""

from __future__ import annotations

import asyncio
import gc
import pickle
import weakref
from typing import Any

import mesa
import numpy as np
import pytest
from towns import Script, make, parsed, village

from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.social.actions import Publish
from econsim_mesa.errors import BadInput, EconSimError, ScenarioError
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.action import Decision
from econsim_mesa.society.model import EconModel


def test_run_model_runs_to_the_last_step_and_no_further() -> None:
    model = make(village(steps=7))
    assert isinstance(model, mesa.Model)
    assert model.running
    model.run_model()
    assert (model.town.t, model.running) == (6, False)
    rows = len(model.datacollector.get_model_vars_dataframe())
    model.step()
    assert model.town.t == 6
    assert len(model.datacollector.get_model_vars_dataframe()) == rows == 7


def test_a_model_that_nobody_needs_any_more_goes() -> None:
    model = make(village(steps=2))
    model.run_model()
    assert [agent.unique_id for agent in model.agents] == list(range(1, len(model.agents) + 1))
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_astep_in_a_running_loop_does_the_same_as_step() -> None:
    async def drive(model: EconModel) -> None:
        while model.running:
            await model.astep()

    one, other = (make(village(decider="random", steps=10), seed=5) for _ in range(2))
    asyncio.run(drive(one))
    other.run_model()
    assert one.steps == other.steps == 10
    assert one.town.ledger.balances.tolist() == other.town.ledger.balances.tolist()
    assert one.town.social.posts.text == other.town.social.posts.text


@pytest.mark.parametrize("given", [{"seed": 9}, {"rng": 9}, {"seed": np.int64(9)},
                                   {"seed": 9, "rng": 9}, {"seed": 9.0}])  # fmt: skip
def test_all_forms_of_one_seed_give_one_run(given: dict[str, Any]) -> None:
    made = EconModel(parsed(village()), **given)
    assert made.run_seed == 9
    assert (
        made.town.mobility.space.cells.tolist() == make(seed=9).town.mobility.space.cells.tolist()
    )


def test_a_generator_is_a_seed_and_none_draws_one() -> None:
    data = parsed(village())
    one, two = (EconModel(data, rng=np.random.default_rng(4)) for _ in range(2))
    assert one.run_seed == two.run_seed
    free = EconModel(data)
    again = EconModel(data, seed=free.run_seed)
    assert free.town.mobility.space.cells.tolist() == again.town.mobility.space.cells.tolist()


@pytest.mark.parametrize("given", [{"seed": -1}, {"seed": 1.5}, {"seed": "x"}, {"seed": []},
                                   {"seed": 1, "rng": 2}])  # fmt: skip
def test_what_is_no_seed_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="seed"):
        EconModel(parsed(village()), **given)


def test_the_largest_seed_is_kept_and_a_larger_one_refused() -> None:
    assert make(seed=2**63 - 1).run_seed == 2**63 - 1
    with pytest.raises(BadInput, match="seed"):
        make(seed=2**63)


def test_short_names_and_paths_override_the_scenario() -> None:
    model = EconModel(
        "pizza_place", seed=1, households=5, steps=3, width=12, stress=False, discount=10,
        set={"market.ttl": 4},
    )  # fmt: skip
    assert len(model.households) == 5
    assert model.grid.width == 12
    assert (model.config.stress.mode, model.config.market.ttl) == ("off", 4)
    assert [e.percent for e in model.config.events if e.type == "promotion"] == [10]
    with pytest.raises(ScenarioError, match="households"):
        EconModel("pizza_place", seed=1, housholds=5)


def test_what_a_sweep_passes_can_be_pickled() -> None:
    config = load_scenario("two_towns", households=7)
    assert pickle.loads(pickle.dumps(config)) == config
    assert pickle.loads(pickle.dumps(EconModel)) is EconModel
    with pytest.raises(ScenarioError) as caught:
        load_scenario("nowhere")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.problems) == (str(caught.value), caught.value.problems)


def test_the_resolved_scenario_names_the_seed_and_makes_the_same_run(tmp_path: Any) -> None:
    model = make(village(decider="random", steps=5), seed=77)
    file = tmp_path / "again.json"
    file.write_text(model.to_json())
    again = EconModel(file, seed=load_scenario(file).seed)
    model.run_model()
    again.run_model()
    assert again.run_seed == 77
    assert again.town.ledger.balances.tolist() == model.town.ledger.balances.tolist()


def test_collected_tables_hold_what_happened() -> None:
    script = Script(
        {
            0: {"H0": (Publish("Pies, please"), PlaceOrder("Cafe", "Pie", 2, 1))},
            1: {"H1": (Publish("nothing"),)},
        }
    )
    model = make(village(steps=2), decider=script)
    model.town.mobility.space.place(np.array([0]), np.array([1]), np.array([1]), -1)
    model.run_model()
    sales = model.datacollector.get_table_dataframe("sales")
    assert sales.to_dict("records") == [
        {"step": 0, "time": "2026-01-05T00:00:00", "store": "Cafe", "item": "Pie",
         "quantity": 2, "price": 100, "buyer": "H0"}
    ]  # fmt: skip
    posts = model.datacollector.get_table_dataframe("posts")
    assert posts[["step", "author", "text"]].to_numpy().tolist() == [
        [0, "H0", "Pies, please"],
        [1, "H1", "nothing"],
    ]
    totals = model.datacollector.get_model_vars_dataframe()
    assert totals["units_sold"].tolist() == [2, 0]
    assert totals["revenue"].tolist() == [200, 0]
    assert totals["household_posts"].tolist() == [1, 1]
    assert totals["keyword_posts"].tolist() == [1, 0]
    assert totals["rejected_actions"].tolist() == [0, 0]
    agents = model.datacollector.get_agenttype_vars_dataframe(type(model.households[0]))
    assert agents.loc[1, "cash"].tolist() == [800, 1000, 1000, 1000]


def test_agents_show_the_rows_of_the_town() -> None:
    model = make(village(agents__Government={"name": "Council", "cash": 12}))
    agent, cafe = model.households[0], model.stores[0]
    assert (agent.name, agent.kind, agent.cash, agent.goods) == ("H0", "Household", 1000, {})
    assert agent.pos == agent.home
    assert agent.destination is None
    assert agent.follows == list(model.network.successors("H0"))
    assert set(agent.stress) == {"hunger", "fatigue", "congestion", "money"}
    assert cafe.prices == {"Pie": 100, "Tea": 20}
    assert cafe.goods == {"Pie": 9, "Tea": 9}
    assert repr(cafe) == "<Restaurant Cafe>"
    (council,) = model.agents.select(lambda one: one.name == "Council")
    assert (council.kind, council.cash) == ("Government", 12)


def test_a_decider_that_answers_too_little_is_named() -> None:
    class Lazy(Script):
        name = "lazy"

        def decide(self, requests: Any) -> list[Decision]:
            return []

    with pytest.raises(EconSimError, match=r"'lazy' gave 0 decisions for 4 requests at step 0"):
        make(decider=Lazy()).step()


def test_units_sold_are_whole_items() -> None:
    script = Script({0: {"H0": (PlaceOrder("Shop", "Flour", 150, 1),)}})
    model = make(village(steps=1), decider=script)
    model.town.mobility.space.place(np.array([0]), np.array([4]), np.array([4]), -1)
    model.run_model()
    assert [sale.quantity for sale in model.town.records["sales"]] == [150]
    assert model.datacollector.get_model_vars_dataframe()["units_sold"].tolist() == [1.5]


def test_what_cannot_decide_is_refused_at_once() -> None:
    with pytest.raises(BadInput, match=r"decider: give a name, or .* found dict"):
        EconModel(decider={})  # type: ignore[arg-type]


def test_a_path_as_store_becomes_a_run(tmp_path: Any) -> None:
    model = EconModel(parsed(village(steps=2)), seed=3, store=tmp_path / "run")
    model.run_model()
    run = load_run(str(tmp_path / "run"))
    assert (run.meta["status"], run.meta["seed"], len(run.agents)) == ("finished", "3", 8)
    with pytest.raises(BadInput, match="not empty"):
        EconModel(seed=3, store=str(tmp_path / "run"))
    with pytest.raises(BadInput, match=r"store: give the path .* found int"):
        EconModel(seed=3, store=7)  # type: ignore[arg-type]


def test_without_a_store_nothing_is_written(tmp_path: Any) -> None:
    make(village(steps=2, decider="random")).run_model()
    assert list(tmp_path.iterdir()) == []
