"""The system prompt: the same for all agents of a kind and for the whole run (prefix caching)."""

from __future__ import annotations

import re
from collections.abc import Collection
from string import Template as Text

from econsim_mesa.domains.roster import domains_of, offered_verbs, role_of, verbs_of
from econsim_mesa.mind.feelings import MEANING
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.prompts.templates import Template
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import HOUSEHOLD
from econsim_mesa.society.order import PHASES
from econsim_mesa.society.section import listed

_CONDITION = re.compile(r"\{(?P<name>\w+)\} ")
_BULLETS = re.compile(r"(?:^- .*(?:\n|\Z))+", re.MULTILINE)


def system_prompt(scenario: Scenario, kind: str, template: Template) -> str:
    """Return the rules of the town for a ``Household``, or for any kind of store."""
    text = template.household if kind == "Household" else template.store
    rules, form = rules_of(scenario, kind), ReplyForm(kind, scenario)
    there = {name for name, rule in rules.items() if rule} | set(form.verbs)
    said = {**rules, **_more(scenario, kind)}
    said |= {"form": "\n".join(form.lines.values()), "most": str(form.most)}
    text = _lines_that_hold(text, there)
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
        "more_lines": "".join(f"\n{line}" for line in shown if role_of(kind) == HOUSEHOLD),
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


def words_prompt(scenario: Scenario, template: Template) -> str:
    """Return the rules of the town for a household whose post is to be written."""
    rules, _, _ = system_prompt(scenario, HOUSEHOLD, template).rpartition("\nANSWER:")
    return f"{rules.rstrip()}\n\n{template.words.strip()}"


def summary_prompt(scenario: Scenario, template: Template) -> str:
    """Return what a household is told that writes down what it remembers."""
    longest = summary_characters(scenario.memory.characters)
    return Text(template.summary).substitute(characters=longest)


def summary_characters(characters: int) -> int:
    """Return the length of a summary that leaves room for what happens after it."""
    return characters * 2 // 3


def rules_of(scenario: Scenario, kind: str) -> dict[str, str]:
    """Return what templates may say of a town to a kind of agent, by name; empty: not so there.

    The domains say it of theirs, and the events what goes on through the whole run.
    """
    rules = {**_time_rules(scenario), "stress": MEANING[scenario.stress.show]}
    for domain in domains_of(scenario):
        rules |= domain.rules(scenario)
    for event in scenario.events:
        for name, text in event.rules(scenario).items():
            rules[name] = "; ".join(filter(None, [rules.get(name), text]))
    rules["stressors"] = ", ".join(scenario.stress.stressors)
    rules["sequence"] = _sequence(scenario, kind)
    return rules


def _time_rules(scenario: Scenario) -> dict[str, str]:
    """Return what hours there are."""
    clock = scenario.clock
    day = "" if clock.active is None else " to ".join(f"{hour:%H:%M}" for hour in clock.active)
    return {
        "step_minutes": str(clock.step_minutes),
        "day": day,
        "nights": "" if day else "yes",
        "overnight_home": "yes" if day and clock.overnight == "home" else "",
    }


def _sequence(scenario: Scenario, kind: str) -> str:
    """Return the verbs of an agent in the order in which they are carried out."""
    verbs, role = offered_verbs(kind, scenario), role_of(kind)
    of_phases = (
        [verb for verb, action in verbs.items() if action.phases[role] == phase.name]
        for phase in PHASES
    )
    return "; ".join(", ".join(of_phase) for of_phase in of_phases if of_phase)


def _lines_that_hold(text: str, there: Collection[str]) -> str:
    r"""Return a template without the lines about what a town has not.

    A line that begins with ``{name}`` stands only where the town has what is called so: an action
    by its verb, or a rule that is not empty.

    >>> _lines_that_hold("{torus} The edges meet.\n{eat} - eat: what you own.", {"eat"})
    '- eat: what you own.'
    """
    lines = []
    for line in text.split("\n"):
        condition = _CONDITION.match(line)
        if condition is None:
            lines.append(line)
        elif condition["name"] in there:
            lines.append(line[condition.end() :])
    return "\n".join(lines)
