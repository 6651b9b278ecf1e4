"""The system prompt: the same for all agents of a kind and for the whole run (prefix caching)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Template as Text

from econsim_mesa.domains.roster import domains_of, offered_verbs, role_of, verbs_of
from econsim_mesa.errors import BadInput, hint
from econsim_mesa.mind.feelings import MEANING
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.prompts.templates import Template
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import HOUSEHOLD
from econsim_mesa.society.order import PHASES
from econsim_mesa.society.section import listed
from econsim_mesa.society.wording import Wording

_CONDITION = re.compile(r"\{(?P<name>\w+)\} ")
_BULLETS = re.compile(r"(?:^- .*(?:\n|\Z))+", re.MULTILINE)


def system_prompt(scenario: Scenario, kind: str, template: Template) -> str:
    """Return the rules of the town for a ``Household``, or for any kind of store."""
    part = "household" if kind == HOUSEHOLD else "store"
    form, holds = ReplyForm.of(kind, scenario), rules_that_hold(scenario, kind)
    texts = {**rules_of(scenario, kind), **_more(scenario, kind)}
    texts |= {"form": "\n".join(form.lines.values()), "most": str(form.most)}
    lines = (line for line, _ in lines_that_hold(part, getattr(template, part), holds))
    return _list_lines(_filled(part, "\n".join(lines), texts).strip(), scenario.llm.listing)


def _filled(part: str, text: str, texts: Mapping[str, str]) -> str:
    """Return the text of a template with what stands for its ``$names``. Raises ``BadInput``."""
    template = Text(text)
    if not template.is_valid():
        raise BadInput(f"{part}.md: a $ stands before the name of what is filled in, or twice: $$")
    for name in template.get_identifiers():
        if name not in texts:
            raise BadInput(f"{part}.md: nothing fills in ${name}; {hint(name, sorted(texts))}")
    return template.substitute(texts)


def _more(scenario: Scenario, kind: str) -> dict[str, str]:
    """Return what is said besides a template's own words: of actions, and of domains' lines.

    An action has a line of help if templates do not tell of it themselves.
    """
    of_package, say = verbs_of(role_of(kind)), Wording.of(scenario).say
    actions = [
        action
        for verb, action in offered_verbs(kind, scenario).items()
        if action.help or verb not in of_package
    ]
    shown = [domain.shows for domain in domains_of(scenario) if domain.shows]
    return {
        "more_actions": "".join(f"\n- {action.verb}: {say(action.help)}" for action in actions),
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
    return _with_instead(system, template.ask)


def _with_instead(system: str, asked: str) -> str:
    """Return a system prompt with something else in the place of the decision asked for."""
    rules, mark, _ = system.rpartition("\nANSWER:")
    return f"{(rules if mark else system).rstrip()}\n\n{asked.strip()}"


def words_prompt(scenario: Scenario, template: Template) -> str:
    """Return the rules of the town for a household whose post is to be written."""
    return _with_instead(system_prompt(scenario, HOUSEHOLD, template), template.words)


def summary_prompt(scenario: Scenario, template: Template) -> str:
    """Return what a household is told that writes down what it remembers."""
    longest = summary_characters(scenario.memory.characters)
    return _filled("summary", template.summary, {"characters": str(longest)})


def summary_characters(characters: int) -> int:
    """Return the length of a summary that leaves room for what happens after it."""
    return characters * 2 // 3


def rules_of(scenario: Scenario, kind: str) -> dict[str, str]:
    """Return what templates may say of a town to a kind of agent, by name; empty: not so there.

    The domains say it of theirs, and the events what goes on through the whole run.
    """
    wording = Wording.of(scenario)
    meaning = wording.say(MEANING[scenario.stress.show])
    rules = {**_time_rules(scenario, wording), "stress": meaning}
    for domain in domains_of(scenario):
        rules |= domain.rules(scenario)
    for event in scenario.events:
        for name, text in event.rules(scenario).items():
            rules[name] = wording.joined(filter(None, [rules.get(name), text]))
    rules["stressors"] = wording.listed(map(wording.say, scenario.stress.stressors))
    rules["sequence"] = _sequence(scenario, kind)
    return rules


def rules_that_hold(scenario: Scenario, kind: str) -> dict[str, bool]:
    """Return the names of rules and actions, and whether a town has what they name."""
    offered = offered_verbs(kind, scenario)
    verbs = verbs_of(role_of(kind), domains_of(scenario))
    rules = {name: bool(text) for name, text in rules_of(scenario, kind).items()}
    return rules | {verb: verb in offered for verb in verbs}


def _time_rules(scenario: Scenario, wording: Wording) -> dict[str, str]:
    """Return what hours there are."""
    clock = scenario.clock
    day = ""
    if clock.active is not None:
        first, last = (f"{hour:%H:%M}" for hour in clock.active)
        day = wording.say("{first} to {last}", first=first, last=last)
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


def lines_that_hold(part: str, text: str, holds: Mapping[str, bool]) -> Iterator[tuple[str, str]]:
    r"""Yield the lines of a template but for those about what a town has not, and their conditions.

    A line that begins with ``{name}`` stands only where the town has what is called so: an action
    by its verb, or a rule that is not empty.

    >>> text = "Rules:\n{torus} The edges meet.\n{eat} - eat: what you own."
    >>> list(lines_that_hold("household", text, {"torus": False, "eat": True}))
    [('Rules:', ''), ('- eat: what you own.', 'eat')]

    Raises:
        BadInput: A line has a condition of which nothing is known.
    """
    for line in text.split("\n"):
        condition = _CONDITION.match(line)
        name = condition["name"] if condition else ""
        if name and name not in holds:
            advice = hint(name, sorted(holds))
            raise BadInput(f"{part}.md: a line begins with {{{name}}}, which is no rule; {advice}")
        if not condition or holds[name]:
            yield line[condition.end() if condition else 0 :], name
