"""Stages: towns that have lived through a past, from which futures part.

The past is lived by the embedded model or by a script, never by who is checked: so every
decider, the control too, is put before the same state.
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
Past = Mapping[int, Decided]
"""The decisions of all who were asked, by step."""
CRIER = "Town Crier"
"""A scripted account that everybody follows; it posts once, when the forks part."""
NEVER = 10**6
DOSED_FROM = 40
"""First step at which doses of hunger and fatigue are given: the longest needs 36 before it."""
_LONGEST_DAY = 24


class Stages:
    """Towns of one scenario and seed, long enough for all checks, with a town crier.

    ``at`` is the step at which forks of the natural past part: in the day, when people are about;
    ``dosed_at`` that of scripted pasts, around noon; ``rest`` the steps over which a day is
    followed, and a night where nights are simulated.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.seed = seed
        clock = scenario.clock.clock()
        day = min(clock.steps_per_day, _LONGEST_DAY)
        self.at: int = 2 * day + day // 3
        self.dosed_at: int = next(
            (t for t in range(DOSED_FROM, DOSED_FROM + day) if 11 <= clock.hour(t) < 14),
            DOSED_FROM,
        )
        self.rest: int = max(day - day // 3, 1) if clock.skips_nights else _LONGEST_DAY
        crier = {"type": "scripted_posts", "when": {"at": NEVER}, "author": CRIER,
                 "account": True, "texts": ["."]}  # fmt: skip
        events = [one.model_dump(mode="json") for one in scenario.events]
        steps = max(self.at, self.dosed_at) + self.rest + 2
        self.scenario = load_scenario(scenario, set={"events": [*events, crier], "steps": steps})

    def build(self, changes: Changes = ()) -> EconModel:
        """Return the town before step 0, decided for by nobody."""
        return EconModel(self.told(changes), seed=self.seed, decider="idle")

    def told(self, changes: Changes) -> Scenario:
        """Return the scenario with changes, as whoever decides is told it."""
        return load_scenario(self.scenario, set=dict(changes)) if changes else self.scenario

    def lived(
        self, changes: Changes, past: Past, at: int, decider: Decider, asked_from: int | None = None
    ) -> EconModel:
        """Return the town before step ``at`` of a past.

        ``decider`` is asked from ``asked_from`` on (None: from ``at`` on).
        """
        model = EconModel(self.told(changes), seed=self.seed, decider=decider)
        until = at if asked_from is None else asked_from
        model.follow({t: decided for t, decided in past.items() if t < until}, {})
        for _ in range(at):
            model.step()
        return model


@cache
def natural(stages: Stages) -> Past:
    """Return the past that the embedded model lives, up to the step where forks part."""
    model = EconModel(stages.scenario, seed=stages.seed, decider="utility")
    model.scheduler = listening = _Remembering(model.scheduler.parts)
    for _ in range(stages.at):
        model.step()
    return listening.kept


class _Remembering(Scheduler):
    """A scheduler that keeps everything decided."""

    def __init__(self, parts: Any) -> None:
        super().__init__(parts)
        self.kept: dict[int, Decided] = {}

    def decide(self, view: View) -> Decided:
        """Return the decisions of a step, and keep them."""
        self.kept[view.t] = super().decide(view)
        return self.kept[view.t]


def acting(model: EconModel, t: int, actions: Mapping[int, tuple[Action, ...]]) -> Decided:
    """Return the decisions of a scripted step: stores do nothing, nor do households not named."""
    who = model.town.who
    return [
        (agent, Decision(tuple(actions.get(agent, ())), decider="script"))
        for agent in range(who.households + who.stores)
    ]
