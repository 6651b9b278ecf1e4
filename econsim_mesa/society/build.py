"""Building the town of a scenario: everything that is there before step 0."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from econsim_mesa.domains.body.sleep_schedule import SleepSchedule
from econsim_mesa.domains.body.state import BodyState
from econsim_mesa.domains.economy.state import EconomyState
from econsim_mesa.domains.mobility.space import Space
from econsim_mesa.domains.mobility.state import MobilityState
from econsim_mesa.domains.roster import Domains, domains_of, outcomes_of, remembered_of, tables_of
from econsim_mesa.domains.social.graph import initial_follows
from econsim_mesa.domains.social.posts import Posts
from econsim_mesa.domains.social.records import Follow
from econsim_mesa.domains.social.state import SocialState
from econsim_mesa.mind import Memory, Personas, Start, Stress, VisitMemory
from econsim_mesa.scenario.registry import lookup
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.attention import Attention
from econsim_mesa.society.individuals import BEFORE, Individuals, amounts
from econsim_mesa.society.ledger import WORLD, Ledger
from econsim_mesa.society.outcomes import StepOutcomes
from econsim_mesa.society.records import EventRecord, HouseholdStart, StepRecords
from econsim_mesa.society.rng import Integers, Streams, index_below
from econsim_mesa.society.roster import Roster
from econsim_mesa.society.town import Town
from econsim_mesa.society.wording import Wording


def build_town(scenario: Scenario, streams: Streams) -> Town:
    """Return the town of a scenario, with homes, accounts, graph and histories, before step 0."""
    roster = Roster.of(scenario, _scripted_accounts(scenario))
    ledger = Ledger(roster.names, roster.commodities)
    days = scenario.clock.days
    luck = {name: float(streams.uniforms("build.days", BEFORE, name, 1)[0, 0]) for name in days}
    clock = scenario.clock.clock(luck)
    domains = domains_of(scenario)
    for domain in domains:
        streams.add_sites(domain.sites)
    economy = EconomyState.of(scenario, roster, ledger)
    social = SocialState.of(scenario, roster, economy.goods.names, clock)
    town = Town(
        scenario=scenario,
        clock=clock,
        streams=streams,
        roster=roster,
        ledger=ledger,
        economy=economy,
        mobility=MobilityState.of(scenario, roster),
        social=social,
        body=BodyState(SleepSchedule(roster.households)),
        stress=Stress([], n=roster.households),
        visit_memory=_recollection(scenario, roster),
        memory=_memory(scenario, roster, social.posts, domains),
        personas=_personas(scenario, roster, streams),
        individuals=Individuals.of(scenario, streams),
        attention=Attention(roster.households),
        records=StepRecords(BEFORE, "", tables_of(domains)),
        outcomes=StepOutcomes(outcomes_of(domains), roster.households),
    )
    town.records["events"].extend(
        EventRecord(BEFORE, "day", f"{name}: {day}") for name, day in clock.days
    )
    _endow(town)
    space = town.mobility.space
    space.home_x[:], space.home_y[:] = _homes(space, streams)
    _record_households(town)
    _initial_graph(town)
    town.stress = _stress(town)
    for store, item in np.argwhere(economy.prices.sells).tolist():
        economy.record_price(town.records, store, item)
    town.domains = {
        domain.name: domain(town, scenario.sections.get(domain.name)) for domain in domains
    }
    return town


def _scripted_accounts(scenario: Scenario) -> list[str]:
    """Return the authors of scripted posts, in order; the directory keeps those it lacks."""
    authors = [getattr(event, "author", None) for event in scenario.events]
    return list(dict.fromkeys(name for name in authors if name is not None))


def _recollection(scenario: Scenario, roster: Roster) -> VisitMemory:
    step_hours = scenario.clock.step_minutes / 60
    return VisitMemory(
        roster.households,
        scenario.memory.stores,
        len(scenario.items),
        steps=scenario.memory.steps,
        walk_steps=scenario.choice.memory_hours / step_hours,
        hide=scenario.memory.hide,
    )


def _memory(scenario: Scenario, roster: Roster, posts: Posts, domains: Domains) -> Memory:
    return Memory(
        scenario.memory.steps,
        hide=scenario.memory.hide,
        names=roster.names,
        stores=roster.store_names,
        items=list(scenario.items),
        text_of=partial(_author_and_text, roster, posts),
        tables=remembered_of(domains),
        own_topics={
            topic: weight for domain in domains for topic, weight in domain.memory_topics.items()
        },
        thoughts=scenario.memory.thoughts,
        wording=Wording.of(scenario),
    )


def _author_and_text(roster: Roster, posts: Posts, number: int) -> tuple[str, str]:
    return roster.names[int(posts.author[number])], posts.text[number]


def _personas(scenario: Scenario, roster: Roster, streams: Streams) -> Personas:
    spec, n = scenario.agents.Household.persona, roster.households
    traits = 0 if spec is None else len(spec.traits)
    drawn = streams.uniforms("build.traits", BEFORE, "Household", n, max(traits, 1))
    return Personas.of(spec, n, drawn[:, :traits])


def _endow(town: Town) -> None:
    """Give everyone what they own at the start, from the world, on record."""
    scenario, roster = town.scenario, town.roster
    town.pay_all(_starting_cash(town), "endowment")
    for commodity, quantities in _starting_goods(town):
        for i, quantity in enumerate(quantities.tolist()):
            town.move_goods(WORLD, i, commodity, quantity, "endowment")
    for store, (_, _, spec) in enumerate(scenario.agents.stores()):
        number = roster.store_number(store)
        town.move_goods(WORLD, number, 0, spec.cash, "endowment")
        for item in np.flatnonzero(town.economy.prices.sells[store]).tolist():
            level = int(town.economy.stock_level[store, item])
            town.move_goods(WORLD, number, item + 1, level, "endowment")
    government = scenario.agents.Government
    if government is not None and roster.government is not None:
        town.move_goods(WORLD, roster.government, 0, government.cash, "endowment")


def _starting_cash(town: Town) -> Integers:
    n, household = town.roster.households, town.scenario.agents.Household
    drawn = town.streams.uniforms("build.cash", BEFORE, "Household", n)[:, 0]
    return amounts(household.cash, drawn, household.rows)


def _starting_goods(town: Town) -> Iterator[tuple[int, Integers]]:
    """Yield the items that households own at the start, as commodities, and how much each does."""
    n, household = town.roster.households, town.scenario.agents.Household
    for item, quantity in household.endowment.items():
        drawn = town.streams.uniforms("build.endowment", BEFORE, item, n)[:, 0]
        yield town.economy.goods.index[item] + 1, amounts(quantity, drawn, household.rows)


def _homes(space: Space, streams: Streams) -> tuple[Integers, Integers]:
    """Draw homes uniformly over open cells without a store; return their x and their y."""
    free = np.flatnonzero(~space.closed.reshape(-1) & (space.store_at < 0))
    drawn = streams.uniforms("build.homes", BEFORE, "Household", space.households)[:, 0]
    homes = free[index_below(drawn, len(free))]
    return homes // space.height, homes % space.height


def _record_households(town: Town) -> None:
    """Record where households live, and what they own and keep, before step 0."""
    space, names, individuals = town.mobility.space, town.roster.names, town.individuals
    items, holdings = town.economy.goods.names, town.economy.holdings().tolist()
    homes = zip(space.home_x.tolist(), space.home_y.tolist(), strict=True)
    for i, ((x, y), cash) in enumerate(zip(homes, town.economy.cash().tolist(), strict=True)):
        owned = {item: held for item, held in zip(items, holdings[i], strict=True) if held}
        said = (owned, town.personas.facts(i), individuals.facts(town.scenario, i))
        texts = (json.dumps(one, ensure_ascii=False) for one in said)
        town.records["households"].append(HouseholdStart(BEFORE, names[i], x, y, cash, *texts))


def _initial_graph(town: Town) -> None:
    """Let each household follow some random others."""
    n, k = town.roster.households, town.scenario.social.initial.k
    if not k:
        return
    chosen = initial_follows(town.streams.uniforms("build.follows", BEFORE, "Household", n, k))
    names = town.roster.names
    for i, others in enumerate(chosen.tolist()):
        for j in others:
            if j >= 0 and town.social.graph.follow(i, j) is None:
                town.records["follows"].append(Follow(BEFORE, names[i], names[j], 1))


def _stress(town: Town) -> Stress:
    """Return all stressors of the scenario, begun on the state before step 0."""
    spec, n = town.scenario.stress, town.roster.households
    start = Start(
        n=n,
        cash=town.economy.cash().copy(),
        holdings=town.economy.holdings().copy(),
        unit=town.economy.goods.unit,
        cheapest=town.economy.prices.cheapest(),
        step_hours=town.clock.step_hours,
        items=town.economy.goods.names,
        language=town.wording.language,
        needs=town.individuals.needs,
    )
    stressors: list[Any] = [
        lookup("stressor", name)(parameters, n, warm_start=spec.warm_start, start=start)
        for name, parameters in spec.stressors.items()
    ]
    return Stress(stressors, spec.weights, spec.mode, spec.hide, show=spec.show, n=n)
