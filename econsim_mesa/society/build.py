"""Building the town of a scenario: everything that is there before step 0."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from mesa.space import MultiGrid

from econsim_mesa.domains.body.sleep import Sleep
from econsim_mesa.domains.economy.goods import Goods, Item
from econsim_mesa.domains.economy.market import Market
from econsim_mesa.domains.economy.orders import StoreTerms
from econsim_mesa.domains.economy.perishables import Larder
from econsim_mesa.domains.economy.prices import Prices
from econsim_mesa.domains.economy.proposals import Swaps
from econsim_mesa.domains.mobility.space import Space
from econsim_mesa.domains.social.graph import FollowerGraph, initial_follows
from econsim_mesa.domains.social.posts import Posts
from econsim_mesa.domains.social.records import Follow
from econsim_mesa.domains.social.timeline import Timeline
from econsim_mesa.domains.tables import TABLES
from econsim_mesa.mind import Memory, Personas, Recollection, Start, Stress, Topics
from econsim_mesa.scenario.actors import Uniform
from econsim_mesa.scenario.registry import lookup
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.ledger import WORLD, Ledger
from econsim_mesa.society.records import StepRecords
from econsim_mesa.society.rng import Integers, Streams, index_below
from econsim_mesa.society.roster import Directory
from econsim_mesa.society.town import Town

BEFORE = -1
"""The step of everything that happens while the town is built."""
UNLIMITED = 10**9
"""Stock of an offer without a limit, in whole items; filled up like any other."""


def build_town(scenario: Scenario, streams: Streams) -> Town:
    """Return the town of a scenario, with homes, accounts, graph and histories, before step 0."""
    who = Directory(scenario, _scripted_accounts(scenario))
    goods = _goods(scenario)
    ledger = Ledger(who.names, who.commodities)
    larder = Larder(goods, who.households)
    prices, stock_level = _offers(scenario, goods)
    market = _market(scenario, who, ledger, goods, larder, prices)
    graph = FollowerGraph(
        who.names,
        who.households,
        scenario.social.follow_cap,
        [who.number[name] for name in who.scripted],
    )
    posts = Posts(len(who.names), max(scenario.social.timeline.posts, 1))
    clock = scenario.clock.clock()
    topics = Topics(who.store_names, goods.names, clock)
    recommender = scenario.social.recommender
    town = Town(
        scenario=scenario,
        clock=clock,
        streams=streams,
        who=who,
        goods=goods,
        ledger=ledger,
        larder=larder,
        prices=prices,
        market=market,
        swaps=Swaps(ledger, goods, larder, who.households),
        space=_space(scenario, who),
        sleep=Sleep(who.households),
        graph=graph,
        posts=posts,
        topics=topics,
        timeline=_timeline(scenario, graph, posts),
        recommender=lookup("recommender", recommender.name)(graph, recommender),  # type: ignore[attr-defined]
        stress=Stress([], n=who.households),
        recollection=_recollection(scenario, who),
        memory=_memory(scenario, who, posts),
        personas=_personas(scenario, who, streams),
        store_cells=tuple(spec.at for _, _, spec in scenario.agents.stores()),
        list_price=prices.base.copy(),
        stock_level=stock_level,
        records=StepRecords(BEFORE, "", TABLES),
    )
    _endow(town)
    _settle_homes(town)
    _initial_graph(town)
    town.stress = _stress(town)
    for store, item in np.argwhere(prices.sells).tolist():
        town.record_price(store, item)
    return town


def _scripted_accounts(scenario: Scenario) -> list[str]:
    """Return the authors of scripted posts, in order; the directory keeps those it lacks."""
    authors = [getattr(event, "author", None) for event in scenario.events]
    return list(dict.fromkeys(name for name in authors if name is not None))


def _goods(scenario: Scenario) -> Goods:
    return Goods(
        [
            Item(name, spec.price, spec.nutrition, spec.decimals, spec.keeps_steps, spec.speed)
            for name, spec in scenario.items.items()
        ]
    )


def _offers(scenario: Scenario, goods: Goods) -> tuple[Prices, Integers]:
    """Return the prices of all stores and the level to which each shelf is filled."""
    stores = scenario.agents.stores()
    base = np.full((len(stores), goods.count), -1, dtype=np.int64)
    level = np.zeros_like(base)
    for index, (_, _, spec) in enumerate(stores):
        for name, offer in spec.sells.items():
            item = goods.index[name]
            listed = scenario.items[name].price
            base[index, item] = listed if offer.price is None else offer.price
            unlimited = UNLIMITED * int(goods.unit[item])
            level[index, item] = unlimited if offer.stock is None else offer.stock
    return Prices(base), level


def _market(
    scenario: Scenario, who: Directory, ledger: Ledger, goods: Goods, larder: Larder, prices: Prices
) -> Market:
    terms = [
        StoreTerms(spec.acceptance, spec.capacity_per_step, spec.partial_fill)
        for _, _, spec in scenario.agents.stores()
    ]
    market = Market(ledger, goods, larder, prices, terms, who.households, who.government)
    market.tax_rate_bp = round(scenario.market.consumption_tax * 10_000)
    return market


def _space(scenario: Scenario, who: Directory) -> Space:
    grid = scenario.grid
    return Space(
        MultiGrid(grid.width, grid.height, torus=grid.torus),
        who.households,
        [spec.at for _, _, spec in scenario.agents.stores()],
        grid.closed,
    )


def timeline_steps(scenario: Scenario) -> int:
    """Return the steps that a timeline reaches back; at least the last one."""
    hours = scenario.social.timeline.hours
    return max(int(hours * 60 // scenario.clock.step_minutes), 1)


def _timeline(scenario: Scenario, graph: FollowerGraph, posts: Posts) -> Timeline:
    social = scenario.social
    window = timeline_steps(scenario)
    return Timeline(graph, posts, social.timeline.posts, window, social.discovery, mode=social.feed)


def _recollection(scenario: Scenario, who: Directory) -> Recollection:
    step_hours = scenario.clock.step_minutes / 60
    return Recollection(
        who.households,
        scenario.memory.stores,
        len(scenario.items),
        steps=scenario.memory.steps,
        walk_steps=scenario.choice.memory_hours / step_hours,
        hide=scenario.memory.hide,
    )


def _memory(scenario: Scenario, who: Directory, posts: Posts) -> Memory:
    return Memory(
        scenario.memory.steps,
        hide=scenario.memory.hide,
        names=who.names,
        stores=who.store_names,
        items=list(scenario.items),
        text_of=partial(_author_and_text, who, posts),
    )


def _author_and_text(who: Directory, posts: Posts, number: int) -> tuple[str, str]:
    return who.names[int(posts.author[number])], posts.text[number]


def _personas(scenario: Scenario, who: Directory, streams: Streams) -> Personas:
    spec, n = scenario.agents.Household.persona, who.households
    traits = 0 if spec is None else len(spec.traits)
    drawn = streams.uniforms("build.traits", BEFORE, "Household", n, max(traits, 1))
    return Personas.of(spec, n, drawn[:, :traits])


def _endow(town: Town) -> None:
    """Give everyone what they own at the start, from the world, on record."""
    scenario, who = town.scenario, town.who
    households = scenario.agents.Household
    town.pay_all(_starting_cash(town), "endowment")
    for name, quantity in households.endowment.items():
        for i in range(who.households):
            town.move_goods(WORLD, i, town.goods.index[name] + 1, quantity, "endowment")
    for store, (_, _, spec) in enumerate(scenario.agents.stores()):
        number = who.store_number(store)
        town.move_goods(WORLD, number, 0, spec.cash, "endowment")
        for item in np.flatnonzero(town.prices.sells[store]).tolist():
            level = int(town.stock_level[store, item])
            town.move_goods(WORLD, number, item + 1, level, "endowment")
    government = scenario.agents.Government
    if government is not None and who.government is not None:
        town.move_goods(WORLD, who.government, 0, government.cash, "endowment")


def _starting_cash(town: Town) -> Integers:
    n, cash = town.who.households, town.scenario.agents.Household.cash
    drawn = town.streams.uniforms("build.cash", BEFORE, "Household", n)[:, 0]
    if isinstance(cash, Uniform):
        low, high = cash.uniform
        return low + index_below(drawn, high - low + 1)
    return np.full(n, cash, dtype=np.int64)


def _settle_homes(town: Town) -> None:
    """Draw homes uniformly over open cells without a store."""
    space, n = town.space, town.who.households
    free = np.flatnonzero(~space.closed.reshape(-1) & (space.store_at < 0))
    drawn = town.streams.uniforms("build.homes", BEFORE, "Household", n)[:, 0]
    homes = free[index_below(drawn, len(free))]
    space.home_x[:], space.home_y[:] = homes // space.height, homes % space.height


def _initial_graph(town: Town) -> None:
    """Let each household follow some random others."""
    n, k = town.who.households, town.scenario.social.initial.k
    if not k:
        return
    chosen = initial_follows(town.streams.uniforms("build.follows", BEFORE, "Household", n, k))
    names = town.who.names
    for i, others in enumerate(chosen.tolist()):
        for j in others:
            if j >= 0 and town.graph.follow(i, j) is None:
                town.records["follows"].append(Follow(BEFORE, names[i], names[j], 1))


def _stress(town: Town) -> Stress:
    """Return all stressors of the scenario, begun on the state before step 0."""
    spec, n = town.scenario.stress, town.who.households
    start = Start(
        n=n,
        cash=town.cash().copy(),
        holdings=town.holdings().copy(),
        unit=town.goods.unit,
        cheapest=town.prices.cheapest(),
        step_hours=town.clock.step_hours,
        items=town.goods.names,
    )
    stressors: list[Any] = [
        lookup("stressor", name)(parameters, n, warm_start=spec.warm_start, start=start)
        for name, parameters in spec.stressors.items()
    ]
    return Stress(stressors, spec.weights, spec.mode, spec.hide, show=spec.show, n=n)
