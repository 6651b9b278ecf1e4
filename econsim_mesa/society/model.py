"""The model: the phases of a step, and nothing else.

interventions and events -> observe -> decide -> record -> resolve -> experience -> events set
off by records -> collect and commit.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import mesa
import numpy as np

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.llm.keys import name_servers
from econsim_mesa.llm.ready import refuse_unready
from econsim_mesa.notebook import facts_html
from econsim_mesa.runs.call_log import CallLog
from econsim_mesa.runs.store import KeepsInputs, KeepsPrompts, RunStore
from econsim_mesa.scenario import (
    Event,
    Scenario,
    load_scenario,
    lookup,
    recorded_scenario,
    to_json,
)
from econsim_mesa.scenario.address import addresses_in
from econsim_mesa.scenario.registry import parse_event
from econsim_mesa.society import collector
from econsim_mesa.society.agents import Government, Household, Resident, Store
from econsim_mesa.society.build import build_town
from econsim_mesa.society.calendar import Calendar
from econsim_mesa.society.decider import Decider, TakesCalls
from econsim_mesa.society.experience import experience, look_around
from econsim_mesa.society.inputs import Incoming, Inputs, WaitingInput, canonical
from econsim_mesa.society.records import Call, Input
from econsim_mesa.society.resolution import resolve
from econsim_mesa.society.rng import Streams
from econsim_mesa.society.scheduler import Decided, Scheduler, decider_for_all
from econsim_mesa.society.settings import retune
from econsim_mesa.society.snapshot import record_decisions, record_state
from econsim_mesa.society.stepping import Begun, count_back, in_thread
from econsim_mesa.society.view import View, observe

_claim = threading.Lock()
"""Held while a model is claimed for a step, or is free again; a model with a lock has no copy."""


class EconModel(mesa.Model):
    """A small society on Mesa: consumer economy, mobility and social network in one town.

    Make it, step it, record it in a folder, and read that:

    >>> from econsim_mesa import EconModel, load_run
    >>> model = EconModel("pizza_place", seed=1, households=10, steps=12, store="runs/help")
    >>> model.step()  # one step; in a notebook or on a page also: await model.astep()
    >>> model.run_model()  # all that are left
    >>> list(model.datacollector.get_table_dataframe("sales").columns)
    ['step', 'time', 'store', 'item', 'quantity', 'price', 'buyer']
    >>> run = load_run("runs/help")  # every table as a DataFrame: run.sales, run.posts, run.agents
    >>> run.steps, len(run.sales) == len(model.datacollector.tables["sales"]["step"])
    (12, True)

    How long a step is, the scenario says (``config.clock.step_minutes``). Money and goods are whole
    numbers of their smallest units, levels of stress 0 to 100. A recorded run is made again,
    without a server or a key, by ``econsim replay runs/help``.

    Args:
        config: Name of a bundled scenario, path of a JSON file, or a loaded scenario.
        seed: What decides all luck; not given: one is drawn, and kept in ``run_seed``.
        rng: Mesa's newer name of ``seed``; give one of them.
        decider: Who decides for households in place of the scenario's: a name (``utility``,
            ``llm``, ``random``) or an object with a method ``decide``.
        store: Where the records of each step go: the path of a new folder, which becomes a run as
            ``econsim run`` makes it, or an object; None: nowhere.
        overwrite: Whether a run that lies in that folder is deleted first, if nothing else lies
            there and nobody writes it.
        set: Dotted path of the scenario -> new value, such as ``{"stress.mode": "off"}``. A server
            that it names (``llm.base_url``) gets the key of the environment, one that only a file
            names does not.
        kwargs: The same by short names: ``households``, ``steps``, ``width``, ``height``,
            ``stress`` (true, false or a mode), ``discount`` (percent), ``model``.

    Attributes:
        config: The scenario, every default written out.
        town: All state.
        datacollector: Mesa's, with the tables ``sales`` and ``posts`` and daily measures.
        grid: Mesa's ``MultiGrid``.
        network: Who follows whom, a networkx ``DiGraph``.
        households: The agents of households, in order; ``stores`` likewise.
        running: False after the last step.

    Raises:
        ScenarioError: The scenario or an override is wrong; the error lists all problems.
        BadInput: The seed, the decider or the folder cannot be used.

    A step whose language model does not answer raises ``RunIncomplete`` and may be made again.
    """

    def __init__(
        self,
        config: str | Path | Scenario = "pizza_place",
        *,
        seed: Any = None,
        rng: Any = None,
        decider: str | Decider | None = None,
        store: RunStore | str | Path | None = None,
        overwrite: bool = False,
        set: Mapping[str, Any] | None = None,
        **kwargs: Any,  # the overrides; Mesa 3.3's SolaraViz takes them under this name only
    ) -> None:
        """Make a town before its first step; the class says what it takes."""
        if type(kwargs.get("scenario")).__module__.startswith("mesa."):
            del kwargs["scenario"]  # Mesa 3.5's own, which SolaraViz hands over at a reset
        self.run_seed = _seed(seed, rng)
        self._agents_made = 0
        super().__init__(rng=self.run_seed)
        self._stepping = False
        self.step = self._one_at_a_time  # type: ignore[method-assign] # around Mesa's own
        if isinstance(decider, str):
            set = {**decider_for_all(decider), **(set or {})}
        name_servers(addresses_in(set))
        self.config = load_scenario(config, set=set, **kwargs)
        self.town = build_town(self.config, Streams(self.run_seed))
        _refuse_no_decider(decider)
        self._decider = None if isinstance(decider, str) else decider
        self.scheduler = Scheduler.of(self.config, self._decider)
        self._incoming = Incoming()
        self.calendar = Calendar(self.config.events)
        self.datacollector = collector.Collector(self.config)
        self.grid = self.town.mobility.space.grid
        self.network = self.town.social.graph.graph
        self.households, self.stores = self._settle_agents()
        self.store: RunStore | None = None
        self.past_calls: list[Call] = []
        self.running, self._broken = True, False
        self._begun: Begun | None = None
        self._deciding = False
        self._keep_in(store, overwrite=overwrite)

    def _keep_in(self, store: object, *, overwrite: bool) -> None:
        """Keep the run from its beginning, in a folder or a store; None: nowhere."""
        if isinstance(store, str | Path):
            from econsim_mesa.runs.recorder import Recorder

            if self._decider is None:
                refuse_unready(self.config)
            Recorder.begin(self, Path(store), overwrite=overwrite)
        elif isinstance(store, RunStore):
            store.commit(self.town.records)
            self.attach(store)
        elif store is not None:
            kind = type(store).__name__
            raise BadInput(
                f"store: give the path of a new folder, a RunStore or None; found {kind}"
            )

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it."""
        deciders = ", ".join(dict.fromkeys(one.name for one in self.scheduler.deciders))
        return facts_html(
            {
                "town": self.config.title,
                "scenario": self.config.name,
                "seed": self.run_seed,
                "steps": f"{self.town.t + 1:,} of {self.config.steps:,}",
                "households, stores": f"{len(self.households):,}, {len(self.stores):,}",
                "decided by": deciders,
                "sold": lambda: f"{self._so_far('units_sold'):,} items",
                "posts": lambda: f"{self._so_far('household_posts'):,} by households",
                "kept in": getattr(self.store, "folder", None) or "no folder",
            }
        )

    def _so_far(self, reporter: str) -> float:
        """Return the sum over all steps of what a reporter of the collector says."""
        return sum(value or 0 for value in self.datacollector.model_vars.get(reporter, ()))

    def attach(self, store: RunStore) -> None:
        """Hand the records of each step to a store from now on, and calls as they arrive.

        Calls in ``past_calls`` count against limits, and their replies are used again; those to
        come are added to it.
        """
        self._attach(store, self.town.t + 1)

    def _attach(self, store: RunStore, step: int) -> None:
        """Attach a store, whose next decisions are those of ``step``."""
        self.store = store
        log = CallLog(self.config.llm, store, self.past_calls)
        asking = [one for one in self.scheduler.deciders if isinstance(one, TakesCalls)]
        for decider in asking:
            decider.attach(log)
        if asking and isinstance(store, KeepsPrompts):
            store.keep_prompts(self.config, step)
        if self._incoming.unmade:
            self._keep_inputs()

    def _keep_inputs(self) -> None:
        """Have inputs kept that stand in no whole step yet: that step may be dropped."""
        store = self.store
        if store is not None and isinstance(store, KeepsInputs):
            store.keep_inputs(self._incoming.unmade)

    def register_agent(self, agent: mesa.Agent) -> None:
        """Register an agent that is being made, and number it.

        Mesa 3.3 has numbered it already, but its table of numbers would keep this model for ever.
        """
        numbers = getattr(mesa.Agent, "_ids", {})
        if self in numbers:
            del numbers[self]
            self._agents_made += 1
            agent.unique_id = self._agents_made
        super().register_agent(agent)

    def _settle_agents(self) -> tuple[list[Household], list[Store]]:
        """Make the Mesa agents and put them into their cells."""
        town = self.town
        households = [Household(self, i, i) for i in range(town.roster.households)]
        town.mobility.space.attach(households)
        town.mobility.space.place(
            np.arange(len(households)),
            town.mobility.space.home_x,
            town.mobility.space.home_y,
            town.t,
        )
        stores = []
        for index, (kind, _, _) in enumerate(self.config.agents.stores()):
            store = lookup("store", kind)(self, index, town.roster.store_number(index))
            town.mobility.space.place_store(store, index)
            stores.append(store)
        if town.roster.government is not None:
            Government(self, 0, town.roster.government)
        for index, (name, agent) in enumerate(town.roster.domain_agents.items()):
            resident = Resident(self, index, town.roster.number[name])
            if agent.at is not None:
                town.mobility.space.grid.place_agent(resident, agent.at)
        return households, stores

    def _one_at_a_time(self) -> None:
        """Make a step as Mesa counts it, unless one is under way."""
        with _claim:
            if self._stepping:
                raise EconSimError(
                    f"step {max(self.town.t, 0)} of this model is under way; wait for its end "
                    "(await astep()) before the next"
                )
            self._stepping = True
        try:
            self._wrapped_step()
        finally:
            self._stepping = False

    def step(self) -> None:
        """Simulate one step. After the last one it does nothing.

        A step whose decisions fail or are cancelled may be made again: nobody has acted, and it
        has the same luck. One that fails after that is broken off: it is not in the store, and
        the model makes no more.
        """
        try:
            if self._broken:
                folder = getattr(self.store, "folder", None)
                on_disk = f", or go on by: econsim resume {folder}" if folder else ""
                raise EconSimError(f"step {self.town.t} was broken off; make a new model{on_disk}")
            if self.running:
                self._step()
        except BaseException:
            count_back(self)
            raise

    def _step(self) -> None:
        """Make one step, unless its decisions fail."""
        try:
            begun = self._begin()
            decided = self._decide(begun)
            self._resolve(begun.view, decided)
        except BaseException:
            if self._begun is None:
                self.running, self._broken = False, True
            raise

    def _begin(self) -> Begun:
        """Return the step that has begun: anew, or as it was when its decisions failed."""
        begun, self._begun = self._begun, None
        if begun is None:
            return Begun(self._observe(), self.town.streams.drawn())
        for kind, content in self._incoming.inputs_at(self.town.t):
            self._take(kind, content)
        return begun

    def _decide(self, begun: Begun) -> Decided:
        """Return what everybody decides. If it fails, the step may be made again."""
        self._begun, self._deciding = begun, True
        try:
            if not begun.summarised:
                self._write_down(self.scheduler.summaries(begun.view), begun)
            decided = self.scheduler.decide(begun.view)
        except BaseException:
            self.town.streams.draw_again(but=begun.drawn)
            raise
        finally:
            self._deciding = False
        self._begun = None
        return decided

    def _write_down(self, summaries: Iterable[tuple[int, str]], begun: Begun) -> None:
        """Let summaries act, all of them."""
        self._begun = None
        for number, text in summaries:
            content = {"agent": self.town.roster.names[number], "text": text}
            self._take("summary", canonical(content))
        self._begun, begun.summarised = begun, True

    def _resolve(self, view: View, decided: Decided) -> None:
        """Let what was decided happen: the phases after the decisions, in their order."""
        town = self.town
        record_decisions(town, decided)
        town.social.show(town.records, view.feed, view.asked)
        resolve(town, decided, view.posted)
        experience(town, view.feed)
        self.calendar.triggered(town)
        if town.clock.starts_day(town.t + 1):
            for domain in town.domains.values():
                domain.end_day(town)
        self._collect()

    def _observe(self) -> View:
        """Begin a step: what comes from outside and the calendar act, and everybody looks."""
        self.town.begin(self.town.t + 1)
        for kind, content in self._incoming.inputs_at(self.town.t):
            self._take(kind, content)
        self._wake_and_happen()
        look_around(self.town)
        return observe(self.town)

    def look(self) -> View:
        """Return what everybody is shown at the start of the next step, which begins by that.

        ``step`` goes on from there.
        """
        begun = self._begin()
        self._begun = begun
        return begun.view

    def _wake_and_happen(self) -> None:
        """Let the domains begin the step, and the calendar act."""
        for domain in self.town.domains.values():
            domain.begin(self.town)
        self.calendar.scheduled(self.town)

    def _collect(self) -> None:
        """Check the ledger, collect, commit, and stop after the last step."""
        town = self.town
        town.ledger.check()
        record_state(town)
        collector.collect(self)
        if self.store is not None:
            self.store.commit(town.records)
        if self._incoming.made():
            self._keep_inputs()
        if town.t + 1 >= self.config.steps:
            self.running = False
            self.release()
            if self.store is not None:
                self.store.close()

    def release(self) -> None:
        """Close the connections of deciders; a finished run has done so."""
        for decider in self.scheduler.deciders:
            if isinstance(decider, TakesCalls):
                decider.close()

    async def astep(self) -> None:
        """Simulate one step without blocking the caller's event loop.

        Cancelled, it cancels the calls of the step, which may then be made again; a step that
        waits for none is finished. It returns when either is done.
        """
        await in_thread(self.step, lambda: self._deciding)

    def intervene(self, event: Event | Mapping[str, Any]) -> None:
        """Add an event from the next step on; it is recorded as an input of the run.

        ``event`` is an event or its JSON object; without a trigger it happens in the next step.
        Nobody is told of it beforehand: what prompts say of income and expenses, and what is due
        in views, are those of the scenario. To have them known, ``reconfigure`` its ``events``.

        Raises ``ScenarioError`` for a bad one, ``BadInput`` for one whose time has passed.
        """
        self._incoming.add_event(event, self.config, self.town)
        self._keep_inputs()

    def reconfigure(self, changes: Mapping[str, Any]) -> None:
        """Change settings, by dotted paths, from the next step on; recorded as an input.

        Where the decisions of a step failed, that step has begun: who decides in it, and all of
        ``llm``, may be changed still; anything else acts in the step after it.

        Raises ``ScenarioError`` for a bad value and for what is read at build only.
        """
        begun = self._begun is not None
        self._incoming.add_settings(changes, self.config, self.town, begun=begun)
        self._keep_inputs()

    def follow(
        self,
        recorded: Mapping[int, Decided],
        inputs: Mapping[int, Inputs],
        waiting: Iterable[WaitingInput] = (),
    ) -> None:
        """Take the decisions and inputs of some steps from records in place of asking.

        ``waiting`` are inputs for later steps.
        """
        self.scheduler.recorded = recorded
        self._incoming.recorded = inputs
        self._incoming.wait_again(waiting)

    def _take(self, kind: str, content: str) -> None:
        """Record one input of this step, and let it act."""
        town, data = self.town, json.loads(content)
        town.records["inputs"].append(Input(town.t, kind, content))
        if kind == "event":
            self.calendar.add(parse_event(data))
        elif kind == "settings":
            self._change_settings(data)
        elif kind == "summary":
            town.memory.write(town.roster.number[data["agent"]], town.t, data["text"])

    def _change_settings(self, changes: Mapping[str, Any]) -> None:
        self.config = recorded_scenario(self.config, set=changes)
        retune(self.town, self.config)
        self.calendar.replace(self.town, self.config.events)
        recorded = self.scheduler.recorded
        self.release()
        self.scheduler = Scheduler.of(self.config, self._decider)
        self.scheduler.recorded = recorded
        if self.store is not None:
            self._attach(self.store, self.town.t)

    def to_json(self) -> str:
        """Return the resolved scenario of this run, with the seed that it used."""
        return to_json(self.config.model_copy(update={"seed": self.run_seed}))


def _refuse_no_decider(decider: object) -> None:
    if not isinstance(decider, str | Decider | None):
        needed = "give a name, or an object with a name and a method decide"
        raise BadInput(f"decider: {needed}; found {type(decider).__name__}")


def _seed(seed: Any, rng: Any) -> int:
    """Return the seed as a non-negative integer: given once, or drawn."""
    if seed is not None and rng is not None and seed != rng:
        raise BadInput(f"seed {seed!r} and rng {rng!r} are both given; give one")
    given = rng if seed is None else seed
    if given is None:
        return secrets.randbits(32)
    if isinstance(given, np.random.Generator):
        return int(given.integers(2**32))
    try:
        number = int(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"seed {given!r} is not a whole number from 0 on") from error
    if number != given or not 0 <= number < 2**63:
        raise BadInput(f"seed {given!r} is not a whole number from 0 to 2^63 - 1")
    return number
