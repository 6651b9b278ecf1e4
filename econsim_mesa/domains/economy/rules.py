"""What prompts say of the market in any step: money, stores and their list prices, orders."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

from econsim_mesa.numbers import digits
from econsim_mesa.quoting import name_text
from econsim_mesa.scenario.actors import StoreSpec
from econsim_mesa.scenario.hours import spoken_hours_of_week
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.section import listed
from econsim_mesa.society.wording import Wording


def market_rules(scenario: Scenario) -> Mapping[str, str]:
    """Return the rules of the market, by the names that templates have for them."""
    currency, market, stores = scenario.currency, scenario.market, scenario.agents.stores()
    at_once = [name for _, name, store in stores if store.acceptance == "auto"]
    later = [name for _, name, store in stores if store.acceptance != "auto"]
    has_hours = any(store.opens is not None for _, _, store in stores)
    has_closures = any(event.closes_stores for event in scenario.events)
    parts = ((name, item.decimals) for name, item in scenario.items.items() if item.decimals)
    wording = Wording.of(scenario)
    return {
        "currency": name_text(currency.name),
        "cents": currency.smallest_unit if currency.decimals else "",
        "parts": wording.listed(
            wording.say("{quantity} {item}", quantity=digits(1, decimals), item=name_text(name))
            for name, decimals in parts
        ),
        "always_open": "" if has_hours or has_closures else "yes",
        "opening_hours": "yes" if has_hours and not has_closures else "",
        "closures": "yes" if has_closures else "",  # which come unannounced, hours or not
        "may_close": "yes" if has_hours or has_closures else "",
        "stores": "\n".join(_store_line(scenario, *store) for store in stores),
        "serves_at_once": wording.names(at_once) if later else wording.say("every store"),
        "serves_later": wording.names(later),
        **dict.fromkeys(("income", "budget", "subsidy", "restock"), ""),  # events say them
        "order_steps": wording.counted(market.ttl, "step"),
        "intention_steps": (
            wording.counted(market.intention_steps, "step") if market.intentions else ""
        ),
        "on_the_spot": "" if market.intentions else "yes",
    }


def _store_line(scenario: Scenario, kind: str, name: str, store: StoreSpec) -> str:
    """Return where a store is and what it sells, with its list prices."""
    wording = Wording.of(scenario)
    prices = (
        (item, scenario.items[item].price if offer.price is None else offer.price)
        for item, offer in store.sells.items()
    )
    offers = wording.listed(
        f"{name_text(item)} {wording.price(price)}"
        for item, price in listed(prices, scenario.llm.listing, itemgetter(0))
    )
    text, hours = "- {store} ({kind}) at {cell}: {offers}", ""
    if store.hours_of_week is not None:
        text = "- {store} ({kind}) at {cell}, open {hours}: {offers}"
        hours = spoken_hours_of_week(store.hours_of_week, wording.language)
    return wording.say(
        text,
        hours=hours,
        store=name,
        kind=wording.say(kind),
        cell=f"{store.at[0]},{store.at[1]}",
        offers=offers,
    )
