"""Set up the towns that checks compare: one scenario and seed, with a history before they part.

A history is lived by the embedded model or by a script, never by the decider that is checked. So
every decider, the control too, is put before the same state.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.society.action import Action, Decision
from econsim_mesa.society.decider import Decider
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.scheduler import Decided, Scheduler
from econsim_mesa.society.view import View

Changes = tuple[tuple[str, Any], ...]
"""Dotted paths of a scenario with their new values."""
History = Mapping[int, Decided]
"""The decisions of all agents that were asked, by step."""
ANNOUNCER = "Town Crier"
"""A scripted account that everybody follows; it posts once, when the forks part."""
NEVER = 10**6
"""A step that no run reaches."""
SCRIPTED_FROM = 40
"""First step at which scripted histories may end: the longest fast takes 36 steps before it."""
_LONGEST_DAY = 24


class Setup:
    """Towns of one scenario and seed, long enough for all checks, with an announcer.

    Attributes:
        seed: The seed of all towns.
        scenario: The scenario with the announcer, and with steps enough.
        fork_step: The step at which forks of the baseline history part: in the day, when people
            are about.
        scripted_fork_step: The step at which forks of scripted histories part: around noon.
        follow_steps: The steps over which a day is followed, and a night where nights are
            simulated.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.seed = seed
        clock = scenario.clock.clock()
        day = min(clock.steps_per_day, _LONGEST_DAY)
        self.fork_step: int = 2 * day + day // 3
        self.scripted_fork_step: int = next(
            (t for t in range(SCRIPTED_FROM, SCRIPTED_FROM + day) if 11 <= clock.hour(t) < 14),
            SCRIPTED_FROM,
        )
        self.follow_steps: int = max(day - day // 3, 1) if clock.skips_nights else _LONGEST_DAY
        announcer = {
            "type": "scripted_posts",
            "when": {"at": NEVER},
            "author": ANNOUNCER,
            "account": True,
            "texts": ["."],
        }
        events = [event.model_dump(mode="json") for event in scenario.events]
        steps = max(self.fork_step, self.scripted_fork_step) + self.follow_steps + 2
        changes = {"events": [*events, announcer], "steps": steps}
        self.scenario = load_scenario(scenario, set=changes)

    def initial_model(self, changes: Changes = ()) -> EconModel:
        """Return the town before step 0, with the idle decider."""
        return EconModel(self.scenario_with(changes), seed=self.seed, decider="idle")

    def scenario_with(self, changes: Changes) -> Scenario:
        """Return the scenario with changes, which is the one that a decider gets."""
        return load_scenario(self.scenario, set=dict(changes)) if changes else self.scenario

    def model_after(
        self,
        changes: Changes,
        history: History,
        step: int,
        decider: Decider,
        asked_from: int | None = None,
    ) -> EconModel:
        """Return the town before a step, after it has lived through a history.

        Args:
            changes: Changes of the scenario.
            history: The decisions of the steps before.
            step: The number of steps to make.
            decider: Decides from ``asked_from`` on.
            asked_from: The first step that the decider decides; None: ``step``.
        """
        model = EconModel(self.scenario_with(changes), seed=self.seed, decider=decider)
        until = step if asked_from is None else asked_from
        model.follow({t: decided for t, decided in history.items() if t < until}, {})
        for _ in range(step):
            model.step()
        return model


@cache
def baseline_history(setup: Setup) -> History:
    """Return what the embedded model decides in the steps before forks part."""
    model = EconModel(setup.scenario, seed=setup.seed, decider="utility")
    model.scheduler = recording = _RecordingScheduler(model.scheduler.parts)
    for _ in range(setup.fork_step):
        model.step()
    return recording.history


class _RecordingScheduler(Scheduler):
    """A scheduler that records all decisions."""

    def __init__(self, parts: Any) -> None:
        super().__init__(parts)
        self.history: dict[int, Decided] = {}

    def decide(self, view: View) -> Decided:
        """Return the decisions of a step, and record them."""
        self.history[view.t] = super().decide(view)
        return self.history[view.t]


def scripted_decisions(model: EconModel, actions: Mapping[int, tuple[Action, ...]]) -> Decided:
    """Return the decisions of a scripted step.

    Args:
        model: The town.
        actions: Household -> its actions. Stores and other households do nothing.
    """
    roster = model.town.roster
    return [
        (agent, Decision(tuple(actions.get(agent, ())), decider="script"))
        for agent in range(roster.households + roster.stores)
    ]
