"""The choice itself: from what households know and their draws to what they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from econsim_mesa.deciders.utility.basket import (
    Line,
    choose_basket,
    choose_meal,
    item_utilities,
)
from econsim_mesa.deciders.utility.facts import Facts
from econsim_mesa.deciders.utility.perception import Perception
from econsim_mesa.deciders.utility.plans import (
    BUY,
    EAT,
    GO,
    HOME,
    SLEEP,
    STAY,
    eat_utility,
    night,
    utilities,
)
from econsim_mesa.deciders.utility.talk import add_talk, logistic
from econsim_mesa.deciders.utility.waiting import add_waits
from econsim_mesa.deciders.utility.words import Subject
from econsim_mesa.domains.body.actions import Eat, Sleep
from econsim_mesa.domains.economy.actions import AnswerProposal, PlaceOrder
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.society.action import Action
from econsim_mesa.society.domain import Alternatives
from econsim_mesa.society.rng import Floats, Integers, gumbel

ACTS = 9
"""Numbers that each household draws for small choices: a meal where it buys, and talk."""


class Draws(NamedTuple):
    """Uniforms of the households asked: for plans (r, 5 + K), items (r, 2 I), acts (r, 9).

    For waits (r,); None where households do not wait.
    """

    plan: Floats
    basket: Floats
    acts: Floats
    wait: Floats | None = None


class Choice(NamedTuple):
    """What households do, each in the order in which it lists its actions.

    ``subjects`` says what those write about who post, by their place in ``doing``.
    """

    doing: list[list[Action]]
    subjects: dict[int, Subject]


def choose(
    seen: Perception, facts: Facts, draws: Draws, own: Sequence[Alternatives] = ()
) -> Choice:
    """Return what each household does.

    ``own`` are the plans that domains of the town offer beside those of the package.
    """
    values = utilities(seen, facts) + gumbel(draws.plan)
    values[seen.wait_over, STAY] = -np.inf
    chosen, doing = values.argmax(axis=1), list[list[Action]]([] for _ in values)
    best = values.max(axis=1)
    for offered in own:
        _plan_in_domain(offered, chosen, best, doing)
    _move(seen, facts, chosen, doing)
    _buy(seen, facts, chosen, draws, doing)
    for k in np.flatnonzero(chosen == EAT).tolist():
        doing[k] += _eat(choose_meal(seen.holdings[k], facts), facts)
    hours = facts.choice.sleep.hours.value * (1.0 if night(seen.hour) > 0 else 0.5)
    for k in np.flatnonzero(chosen == SLEEP).tolist():
        doing[k].append(Sleep(hours))
    subjects = add_talk(seen, facts, draws.acts[:, 1:], doing)
    for k, some in enumerate(doing):
        some += [AnswerProposal(one.id, accept=one.gain >= one.loss) for one in seen.offers(k)]
    if draws.wait is not None:
        add_waits(seen, facts, own, draws.wait, chosen, doing)
    return Choice(doing, subjects)


def _plan_in_domain(
    offered: Alternatives, chosen: Integers, best: Floats, doing: list[list[Action]]
) -> None:
    """Let households take a plan of a domain that is better than their best one so far."""
    values = offered.utility + gumbel(offered.uniforms)
    plans, highest = values.argmax(axis=1), values.max(axis=1)
    for row in np.flatnonzero(highest > best).tolist():
        chosen[row], best[row] = STAY, highest[row]
        doing[row] = list(offered.actions(row, int(plans[row])))


def _move(seen: Perception, facts: Facts, chosen: Integers, doing: list[list[Action]]) -> None:
    for k in np.flatnonzero(chosen == HOME).tolist():
        doing[k].append(MoveTo("home"))
    going = np.flatnonzero(chosen >= GO)
    stores = seen.stores[going, chosen[going] - GO]
    for k, store in zip(going.tolist(), stores.tolist(), strict=True):
        doing[k].append(MoveTo(facts.stores[store]))


def _buy(
    seen: Perception, facts: Facts, chosen: Integers, draws: Draws, doing: list[list[Action]]
) -> None:
    """Let the buyers order; in a restaurant they may eat at once what they order."""
    buyers = np.flatnonzero(chosen == BUY)
    if not len(buyers):
        return
    utility, terms = item_utilities(seen, facts), facts.choice
    appetite = logistic(eat_utility(seen, facts) + terms.eat.served.value)
    for k in buyers.tolist():
        if not np.isfinite(utility[k]).any():
            continue
        store = int(seen.standing[k])
        served = facts.served[store]
        second = 0.0 if served else terms.item.second.value
        drawn = draws.basket[k].reshape(2, -1)
        cash = float(seen.cash[k])
        basket = choose_basket(utility[k], drawn, seen.posted[k], cash, facts.unit, second)
        name = facts.stores[store]
        doing[k] += [PlaceOrder(name, facts.items[i], q, facts.ttl) for i, q in basket]
        if served and facts.automatic[store] and draws.acts[k, 0] < appetite[k]:
            doing[k] += _eat(basket, facts)


def _eat(lines: Sequence[Line], facts: Facts) -> list[Action]:
    return [Eat(facts.items[i], q) for i, q in lines if facts.nutrition[i] > 0]
