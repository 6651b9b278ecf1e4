"""From one agent's observation, persona, stress and memory to the text of its prompt.

The parts stand in the order in which they change: persona (never), then memory, stress, and
the observation. Each line begins with a label that says what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from econsim_mesa.domains.social.posts import clean_text
from econsim_mesa.prompts.feelings import feelings_part
from econsim_mesa.prompts.listing import by_item, by_name, listed
from econsim_mesa.prompts.system import system_prompt
from econsim_mesa.prompts.templates import load_template
from econsim_mesa.quoting import quoted
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.society.clock import weekday
from econsim_mesa.society.observation import (
    HouseholdObservation,
    KnownStore,
    Shelf,
    StoreObservation,
)
from econsim_mesa.society.requests import Request

PERSONA_SHOWN = 1000
"""Most characters of a persona in a prompt."""
_PLAIN = re.compile(r"[^\W\d_][\w'&-]*(?: (?:&|[^\W\d_][\w'&-]*))*|\d+,\d+")
_WORDS = ("none", "nobody", "bought", "could", "met")


class Prompt(NamedTuple):
    """The texts that one agent is sent; ``parts`` are those of the user message, in order."""

    system: str
    parts: dict[str, str]

    @property
    def user(self) -> str:
        """The part that is not the same for all."""
        return "\n".join(text for text in self.parts.values() if text)


def render(request: Request, system: str | None = None) -> Prompt:
    """Return the prompt of one request; ``system`` saves making the constant part again."""
    town, agent = request.view.town, request.agent
    spec = town.scenario.llm
    if system is None:
        template = load_template(spec.template)
        system = system_prompt(town.scenario, request.kind, template)
    seen = request.observation()
    in_view = () if isinstance(seen, StoreObservation) else [post.id for post in seen.posts]
    memory = town.memory.summary(agent, town.scenario.memory.characters, in_view)
    remembered = f"[memory]\n{memory}" if memory else "[memory] nothing yet"
    if isinstance(seen, StoreObservation):
        who = f"[you] {_name(seen.name)}"
        parts = {"persona": who, "memory": remembered, "observation": _store(seen, spec.listing)}
        return Prompt(system, parts)
    parts = {
        "persona": f"[you] {seen.name}{_persona(town.personas.words(agent, spec.traits))}",
        "memory": remembered,
        "stress": feelings_part(seen.feelings, town.scenario.stress),
        "observation": _household(seen, spec.listing, nights=not town.clock.skips_nights),
        "posts": _posts(seen),
    }
    return Prompt(system, parts)


@lru_cache(maxsize=64)
def _weekday(time: str) -> str:
    """Return an ISO time with its day of the week, as memory names it.

    >>> _weekday("2025-12-24T09:00")
    '2025-12-24T09:00 Wed'
    """
    return f"{time} {weekday(datetime.fromisoformat(time))}"


@lru_cache(maxsize=16_384)
def _name(name: str) -> str:
    """Return a name, in quotes if it might be read as more than one.

    >>> _name("Pizza Place"), _name("Rice 5, Soda")
    ('Pizza Place', '"Rice 5, Soda"')
    """
    plain = _PLAIN.fullmatch(name) and name.partition(" ")[0] not in _WORDS
    return name if plain else quoted(name)


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(_name, names))


def _persona(words: str) -> str:
    """Return a persona, whose names and texts somebody wrote, as data."""
    return f"; {quoted(clean_text(words, PERSONA_SHOWN))}" if words else ""


def _household(seen: HouseholdObservation, how: Listing, *, nights: bool) -> str:
    place = f"[place] {seen.x},{seen.y}; home {seen.home[0]},{seen.home[1]}"
    place += "; you are at home" if seen.at_home else ""
    place += f"; going to {_name(seen.destination)}" if seen.destination else ""
    meal = "unknown" if seen.hours_since_meal < 0 else f"{seen.hours_since_meal:g}"
    ago = "h ago" if nights else "h ago, nights not counted"
    goods = (f"{_name(one.item)} {one.quantity}" for one in listed(seen.goods, how, by_item))
    lines = [
        f"[now] {_weekday(seen.time)}",
        place,
        f"[body] last meal {meal} {ago}; walked {seen.walked:.1f} cells lately",
        f"[cash] {seen.cash}",
        f"[goods] {', '.join(goods) or 'none'}",
        _last_step(seen),
        f"[here] {_present(seen.here, how)}" if seen.here else "",
        *(f"[known] {_known(one, seen.t, how)}" for one in listed(seen.stores, how, by_name)),
        _near(seen, how),
        _social(seen, how),
        *(
            f"[offers] {one.id}: {one.proposer} gives {one.gives_quantity} {_name(one.gives)} "
            f"for {one.wants_quantity} {_name(one.wants)}"
            for one in seen.offers
        ),
        *(line for section in seen.sections.values() for line in section.lines()),
    ]
    return "\n".join(line for line in lines if line)


def _last_step(seen: HouseholdObservation) -> str:
    last_step, words = seen.last_step, []
    if last_step.bought:
        words.append(f"bought {_names(last_step.bought)}")
    words += [f"could not: {quoted(reason)}" for reason in last_step.rejected]
    if last_step.met >= 0:
        words.append(f"met {last_step.met} others")
    if last_step.price_change:
        change = "dearer" if last_step.price_change > 0 else "cheaper"
        words.append(f"{_name(last_step.changed_item)} {change}")
    return f"[last] {'; '.join(words)}" if words else ""


def _shelf(shelf: Shelf) -> str:
    words = f"{_name(shelf.item)} {shelf.price}"
    if shelf.quantity == 0:
        return f"{words} (sold out)"
    return words if shelf.quantity < 0 else f"{words} (stock {shelf.quantity})"


def _shelves(shelves: Iterable[Shelf], how: Listing) -> str:
    return ", ".join(map(_shelf, listed(shelves, how, by_item)))


def _present(store: KnownStore, how: Listing) -> str:
    return f"{_name(store.name)}: {_shelves(store.shelves, how)}; {store.crowd} others here"


def _known(store: KnownStore, t: int, how: Listing) -> str:
    """Return what is known of a store; its list prices stand in the system prompt."""
    words = f"{_name(store.name)}: {store.distance} away"
    if store.shut >= 0:
        words += f"; found closed {t - store.shut} steps ago"
    if store.visited < 0:
        return words
    words += f"; seen {t - store.visited} steps ago"
    if store.crowd >= 0:
        words += f" with {store.crowd} others"
    return f"{words}: {_shelves(store.shelves, how)}"


def _near(seen: HouseholdObservation, how: Listing) -> str:
    names = f"{_names(listed(seen.nearby, how))} here; " if seen.nearby else ""
    return f"[near] {names}{seen.around} others around"


def _social(seen: HouseholdObservation, how: Listing) -> str:
    words = f"[social] you follow {_names(listed(seen.follows, how)) or 'nobody'}"
    suggested = _names(listed(seen.suggestions, how))
    return words + (f"; suggested: {suggested}" if suggested else "")


def _posts(seen: HouseholdObservation) -> str:
    """Return the posts read, one JSON object a line: data, whatever they say."""
    lines = [
        quoted({"id": post.id, "by": post.author, "age": post.age_steps, "text": post.text})
        for post in seen.posts
    ]
    return "\n".join(["[posts]", *lines]) if lines else ""


def _store(seen: StoreObservation, how: Listing) -> str:
    base = (f"{_name(one.item)} {one.quantity}" for one in listed(seen.base_prices, how, by_item))
    lines = [
        f"[now] {_weekday(seen.time)}",
        f"[cash] {seen.cash}",
        f"[shelves] {_shelves(seen.shelves, how)}",
        f"[base] {', '.join(base)}",
        f"[visitors] {seen.visitors}",
        *(
            f"[orders] {one.id}: {one.buyer} wants {one.quantity} {_name(one.item)} at {one.price}"
            for one in seen.orders
        ),
    ]
    return "\n".join(lines)
