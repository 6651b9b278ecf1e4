"""The joint actions of a step, domain by domain, in their fixed order."""

from __future__ import annotations

from collections.abc import Iterable

from econsim_mesa.domains.body.resolution import eat, go_to_sleep, spoil
from econsim_mesa.domains.economy.resolution import run_stores, swap, trade
from econsim_mesa.domains.mobility.resolution import move
from econsim_mesa.domains.social.resolution import socialise
from econsim_mesa.society.actions import Decision
from econsim_mesa.society.resolution import Turn
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.town import Town


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
