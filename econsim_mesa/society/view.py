"""The view: one frozen state of the town, in columns, that all agents are shown in a step."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.domains.economy.view import EconomyView
from econsim_mesa.domains.mobility.view import MobilityView
from econsim_mesa.domains.social.view import SocialView
from econsim_mesa.mind import Felt, MemoryView, Personas, StressView, VisitMemoryView
from econsim_mesa.read_only import read_only
from econsim_mesa.scenario.base import ReadOnlyDict
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.clock import Clock
from econsim_mesa.society.individuals import Individuals
from econsim_mesa.society.rng import Booleans, Floats, Integers
from econsim_mesa.society.roster import Roster
from econsim_mesa.society.section import Section
from econsim_mesa.society.town import Town
from econsim_mesa.society.wording import Wording

if TYPE_CHECKING:
    from econsim_mesa.society.domain import Alternatives

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True)
class View:
    """What can be seen at the start of a step, to be read while one decides in it.

    Everyone decides on this view before anything changes, so nobody sees this step's actions.
    It only reads: nothing in it changes the town, and its arrays cannot be written to.
    """

    t: int
    """The step."""
    hour: float
    """Time of day in hours, 0 <= hour < 24."""
    seed: int
    """Seed of the run."""
    scenario: Scenario
    """The settings that hold in the step."""
    clock: Clock
    """Steps as dates and times."""
    roster: Roster
    """Names, kinds and numbers of everyone."""
    awake: Booleans
    """Whether each household is awake, bool of shape (households,)."""
    asked: Booleans
    """Whether each household is asked, bool of shape (households,)."""
    wait_over: Booleans
    """Whether it is asked for the one reason that the wait which it named is over; the same."""
    unasked: Integers
    """Steps awake in which it was not asked since it last was, int64 of shape (households,)."""
    happened: Mapping[str, Booleans]
    """Where attention is on change: what has happened since the step before -> to whom."""
    standing: Integers
    """The store in whose cell each household is, -1: none; int64 of shape (households,)."""
    at_home: Booleans
    """Whether each household is at home, bool of shape (households,)."""
    feed: NDArray[np.int32]
    """Posts that each may read, newest first, -1 beyond; int32 of shape (households, posts)."""
    felt: Felt
    """Levels of stressors that households feel."""
    posted: Integers
    """Posted prices in smallest currency units per whole item, -1: not sold; (stores, items)."""
    balances: Integers
    """Accounts of all agents by number, the world last, in smallest units; money is column 0,
    items are in the columns after it: int64 of shape (agents + 1, commodities)."""
    last_outcomes: Mapping[str, Any]
    """What households did and met in the step before: columns of shape (households,) by name."""
    stress: StressView
    """Why households feel what they feel."""
    memory: MemoryView
    """What agents remember, in words."""
    visit_memory: VisitMemoryView
    """What households remember of meals, walks and stores, in numbers."""
    personas: Personas
    """Who the households are."""
    individuals: Individuals
    """What each household has of its own for good: tastes and needs in numbers."""
    economy: EconomyView
    """Goods, money, prices, orders."""
    mobility: MobilityView
    """Where everybody is."""
    social: SocialView
    """Who follows whom, and what was posted."""
    domains: Mapping[str, Any]
    """What each domain shows of its state, by name: see ``Domain.view``."""
    _town: Town

    @cached_property
    def _drawn(self) -> dict[tuple[str, str], Floats]:
        return {}

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}

    def memo(self, make: Callable[Concatenate[View, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``make(view, ...)``, made once for all who look: a column, say.

        Args:
            make: A function that returns the same for the same view and arguments.
            *args: Arguments for it, besides the view.
            **kwargs: Arguments by name.
        """
        key = (make, args, *kwargs.items())
        if key not in self._made:
            self._made[key] = make(self, *args, **kwargs)
        made: T = self._made[key]
        return made

    def uniforms(self, site: str, columns: int = 0, kind: str = "Household") -> Floats:
        """Return the draws of a site for all households or all stores, each in [0, 1).

        Whoever decides for some of them reads their rows: two deciders may share a site.

        Args:
            site: Name of a declared site.
            columns: Draws for each, where the site leaves that to the caller.
            kind: ``Household``, or ``Store`` for draws of the stores.

        Returns:
            Draws of shape (households, columns), or (stores, columns).

        Raises:
            StreamError: The site is not declared, or drew in this step for somebody else.
        """
        drawn, roster = self._drawn, self.roster
        if (site, kind) not in drawn:
            n = roster.stores if kind == "Store" else roster.households
            draws = self._town.streams.uniforms(site, self.t, kind, n, columns)
            drawn[site, kind] = read_only(draws)
        return drawn[site, kind]

    def uniforms_of_pairs(self, site: str, rows: Integers, keys: Integers) -> Floats:
        """Return one draw for each pair of a household and a key (a store, say), broadcast."""
        return self._town.streams.of_pairs(site, self.t, "Household", rows, keys)

    @property
    def wording(self) -> Wording:
        """How the town's people count goods, money and time."""
        return self._town.wording

    @cached_property
    def speed(self) -> Integers:
        """Cells a step of each household, int64 of shape (households,)."""
        return read_only(self._town.speeds())

    def suggestions(self, household: int) -> list[int]:
        """Return the numbers of the agents that the network suggests to a household."""
        social, store = self._town.social, int(self.standing[household])
        drawn = self.uniforms("social.recommend", max(social.recommender.draws, 1))[household]
        number = -1 if store < 0 else self.roster.store_number(store)
        return social.suggest(household, drawn, number, self.scenario.social)

    def sections(self, agent: int) -> Mapping[str, Section]:
        """Return what the domains show a household or a store, by their names."""
        store = agent - self.roster.households
        shown = {
            name: domain.observe(self, agent) if store < 0 else domain.observe_store(self, store)
            for name, domain in self._town.domains.items()
        }
        return ReadOnlyDict({name: section for name, section in shown.items() if section})

    def alternatives(self, rows: Integers) -> Sequence[Alternatives]:
        """Return the plans that domains offer to the households in ``rows``."""
        offered = (domain.alternatives(self, rows) for domain in self._town.domains.values())
        return [plans for plans in offered if plans is not None]


def observe(town: Town) -> View:
    """Return the view of step ``town.t``."""
    t, n, streams = town.t, town.roster.households, town.streams
    stress_draw = None
    if town.stress.mode == "shuffled":
        stress_draw = streams.uniforms("stress.shuffle", t, "Household", n)[:, 0]
    domains = {name: domain.view(town) for name, domain in town.domains.items()}
    awake = read_only(~town.body.sleep.asleep(t))
    view = View(
        t=t,
        hour=town.clock.hour(t),
        seed=streams.seed,
        scenario=town.scenario,
        clock=town.clock,
        roster=town.roster,
        awake=awake,
        **town.attention.everybody(awake)._asdict(),
        standing=read_only(town.mobility.space.standing()),
        at_home=read_only(town.mobility.space.at_home()),
        feed=read_only(_feed(town)),
        felt=town.stress.felt(t, stress_draw),
        posted=read_only(town.economy.prices.posted.copy()),
        balances=town.ledger.balances,
        last_outcomes=town.previous_outcomes.view(),
        stress=town.stress.view(),
        memory=town.memory.view(),
        visit_memory=town.visit_memory.view(),
        personas=town.personas,
        individuals=town.individuals,
        economy=domains["economy"],
        mobility=domains["mobility"],
        social=domains["social"],
        domains=ReadOnlyDict(domains),
        _town=town,
    )
    return _with_those_asked(view, town) if town.scenario.attention.on_change else view


def _with_those_asked(view: View, town: Town) -> View:
    """Return the view in which only those are asked for whom something is new."""
    n = town.roster.households
    happened = {
        "refused": view.last_outcomes["rejected"] > 0,
        "new day": np.full(n, town.clock.starts_day(view.t)),
    }
    for domain in town.domains.values():
        happened |= domain.happened(view)
    scenario = town.scenario
    told = town.stress.told(scenario.stress.threshold)
    every = scenario.attention.at_least_every
    asked = town.attention.on_change(view.t, view.awake, told, happened, every)
    return replace(view, **asked._asdict())


def _feed(town: Town) -> Any:
    """Return what each household may read, under the timeline's mode."""
    t, n, streams = town.t, town.roster.households, town.streams
    drawn, luck = np.empty((n, 0)), None
    if town.social.timeline.discovery:
        drawn = streams.uniforms(
            "social.discovery", t, "Household", n, town.social.timeline.discovery
        )
    if town.social.timeline.mode == "shuffled":
        luck = streams.uniforms("social.shuffle", t, "Household", n)[:, 0]
    return town.social.timeline.read(t, drawn, luck)
