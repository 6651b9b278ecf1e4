"""The system prompt: the same for all agents of a kind and for the whole run (prefix caching)."""

from __future__ import annotations

import re
from string import Template as Text

from econsim_mesa.domains.roster import domains_of, offered_verbs, role_of, verbs_of
from econsim_mesa.mind.feelings import MEANING
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.prompts.templates import Template
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.scenario.town import ItemSpec
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import HOUSEHOLD
from econsim_mesa.society.section import listed

_BULLETS = re.compile(r"(?:^- .*(?:\n|\Z))+", re.MULTILINE)


def system_prompt(scenario: Scenario, kind: str, template: Template) -> str:
    """Return the rules of the town for a ``Household``, or for any kind of store."""
    text = template.household if kind == "Household" else template.store
    form = ReplyForm(kind, scenario)
    said = {**_names(scenario), **_more(scenario, kind)}
    said |= {"form": "\n".join(form.lines.values()), "most": str(form.most)}
    return _list_lines(Text(text).substitute(said).strip(), scenario.llm.listing)


def _more(scenario: Scenario, kind: str) -> dict[str, str]:
    """Return what is said besides a template's own words: of actions, and of domains' lines.

    An action has a line of help if templates do not tell of it themselves.
    """
    of_package = verbs_of(role_of(kind))
    actions = [
        action
        for verb, action in offered_verbs(kind, scenario).items()
        if action.help or verb not in of_package
    ]
    shown = [domain.shows for domain in domains_of(scenario) if domain.shows]
    return {
        "more_actions": "".join(f"\n- {action.verb}: {action.help}" for action in actions),
        "more_lines": "".join(f" {line}" for line in shown if role_of(kind) == HOUSEHOLD),
    }


def _list_lines(text: str, listing: Listing) -> str:
    r"""Return a text whose lists, lines that begin with "- ", are in that order.

    >>> _list_lines("Stores:\n- B\n- A\nThat is all.\n- C", "alphabetical")
    'Stores:\n- A\n- B\nThat is all.\n- C'
    """

    def ordered(bullets: re.Match[str]) -> str:
        end = "\n" if bullets[0].endswith("\n") else ""
        return "\n".join(listed(bullets[0].removesuffix("\n").split("\n"), listing)) + end

    return _BULLETS.sub(ordered, text)


def question_prompt(system: str, template: Template) -> str:
    """Return a system prompt with a question to come in place of the decision asked for."""
    rules, _, _ = system.rpartition("\nANSWER:")
    return f"{rules.rstrip()}\n\n{template.ask.strip()}"


def summary_prompt(scenario: Scenario, template: Template) -> str:
    """Return what a household is told that writes down what it remembers."""
    longest = summary_characters(scenario.memory.characters)
    return Text(template.summary).substitute(characters=longest)


def summary_characters(characters: int) -> int:
    """Return the length of a summary that leaves room for what happens after it."""
    return characters * 2 // 3


def _names(scenario: Scenario) -> dict[str, str]:
    """Return what templates may fill in."""
    grid, clock, currency = scenario.grid, scenario.clock, scenario.currency
    speed = scenario.agents.Household.speed
    foods = {name: item for name, item in _items(scenario) if item.nutrition > 0}
    return {
        "step_minutes": str(clock.step_minutes),
        "width": str(grid.width),
        "height": str(grid.height),
        "torus": "; opposite edges touch" if grid.torus else "",
        "currency": currency.name,
        "decimals": f" of 0.{'1'.zfill(currency.decimals)}" if currency.decimals else "",
        "hours": _hours(scenario),
        "stores": _stores(scenario),
        "nutrition": ", ".join(f"{name} {item.nutrition:g}" for name, item in foods.items()),
        "keeps": _keeps(scenario),
        "units": _units(scenario),
        "stress": MEANING[scenario.stress.show],
        "ttl": str(scenario.market.ttl),
        "follow_cap": str(scenario.social.follow_cap),
        "speed": f"{speed} cell{'s' if speed > 1 else ''}",
    }


def _items(scenario: Scenario) -> list[tuple[str, ItemSpec]]:
    return listed(scenario.items.items(), scenario.llm.listing, _first)


def _first(pair: tuple[str, object]) -> str:
    return pair[0]


def _hours(scenario: Scenario) -> str:
    active = scenario.clock.active
    if active is None:
        return "Days and nights are simulated; people sleep at home at night."
    night = " and everyone starts at home" if scenario.clock.overnight == "home" else ""
    return f"The day runs from {active[0]:%H:%M} to {active[1]:%H:%M}; nights are skipped{night}."


def _stores(scenario: Scenario) -> str:
    lines = []
    for kind, name, spec in scenario.agents.stores():
        offers = ", ".join(
            f"{item} {scenario.items[item].price if offer.price is None else offer.price}"
            for item, offer in listed(spec.sells.items(), scenario.llm.listing, _first)
        )
        answers = "" if spec.acceptance == "auto" else "; answers orders one step later"
        lines.append(f"- {name} ({kind}) at {spec.at[0]},{spec.at[1]}: {offers}{answers}")
    return "\n".join(lines)


def _keeps(scenario: Scenario) -> str:
    spoils = [
        f"{name} {item.keeps_steps} steps"
        for name, item in _items(scenario)
        if item.keeps_steps is not None
    ]
    fast = [
        f"{name}: {item.speed} cells a step"
        for name, item in _items(scenario)
        if item.speed is not None
    ]
    words = f"Keeps only so long at home: {', '.join(spoils)}. " if spoils else ""
    return words + (f"Who owns it travels faster: {', '.join(fast)}." if fast else "")


def _units(scenario: Scenario) -> str:
    small = [f"{name}: 1/{10**item.decimals}" for name, item in _items(scenario)
             if item.decimals]  # fmt: skip
    return f" (smallest units; {', '.join(small)}; a price is for a whole one)" if small else ""
