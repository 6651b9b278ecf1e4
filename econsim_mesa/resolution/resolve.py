"""The joint actions of a step, domain by domain, in their fixed order."""

from __future__ import annotations

from collections.abc import Iterable

from econsim_mesa.decision.actions import Decision
from econsim_mesa.resolution.body import eat, go_to_sleep, spoil
from econsim_mesa.resolution.moves import move
from econsim_mesa.resolution.talk import socialise
from econsim_mesa.resolution.trade import run_stores, swap, trade
from econsim_mesa.resolution.turn import Turn
from econsim_mesa.rng import Integers
from econsim_mesa.town.town import Town


def resolve(town: Town, decided: Iterable[tuple[int, Decision]], seen_prices: Integers) -> None:
    """Let all decisions of step ``town.t`` act; each action is all or nothing.

    ``decided`` holds agent numbers and their decisions; ``seen_prices`` are the posted prices
    of the observation, shape (stores, items). What cannot be done is recorded with its reason.
    """
    turn = Turn(town, decided)
    go_to_sleep(turn)
    asleep = town.sleep.asleep(town.t)
    run_stores(turn)
    trade(turn, asleep, seen_prices)
    swap(turn, asleep)
    eat(turn, asleep)
    spoil(town)
    socialise(turn, asleep)
    move(turn, asleep)
