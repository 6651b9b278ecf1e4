"""The one arrow back: what a step did goes into stress, numbers remembered, and memory."""

from __future__ import annotations

from econsim_mesa.mind import Experience
from econsim_mesa.mind.memory import Scene
from econsim_mesa.observation import View
from econsim_mesa.town.town import Town


def experience(town: Town, view: View) -> None:
    """Let every household live through the step that was just resolved."""
    t, deeds, space = town.t, town.deeds, town.space
    asleep = town.sleep.asleep(t)
    standing, others = space.standing(), space.near(0)
    town.stress.update(
        Experience(
            t=t,
            hour=view.hour,
            step_hours=town.clock.step_hours,
            nutrition=deeds.nutrition,
            distance=deeds.distance,
            at_home=space.at_home(),
            cash=town.cash(),
            holdings=town.holdings(),
            unit=town.goods.unit,
            cheapest=town.prices.cheapest(),
            near=space.near,
            slept=asleep,
            fell_asleep=town.sleep.fell_asleep,
            woke=town.sleep.woke,
            events={
                "bought": deeds.bought,
                "ate": deeds.ate,
                "rejected": deeds.rejected,
                "stock_outs": deeds.stock_outs,
            },
        )
    )
    town.recollection.live(
        t, deeds.distance, deeds.ate, standing, others, town.prices.posted, town.stock()
    )
    town.memory.remember(
        Scene(
            records=town.records,
            time=town.clock.time(t).strftime("%a %H:%M"),
            x=space.x.copy(),
            y=space.y.copy(),
            standing=standing,
            others=others,
            asleep=asleep,
            feed=view.feed,
            posted=town.prices.posted,
        )
    )
