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
from econsim_mesa.society.action import HOUSEHOLD, STORE
from econsim_mesa.society.order import PHASES
from econsim_mesa.society.section import listed
from econsim_mesa.society.wording import Wording

_CONDITION = re.compile(r"\{(?P<name>\w+)\} ")
_BULLETS = re.compile(r"(?:^- .*(?:\n|\Z))+", re.MULTILINE)


def system_prompt(scenario: Scenario, kind: str, template: Template) -> str:
    """Return the rules of the town for a ``Household``, or for any kind of store."""
    part = "household" if kind == HOUSEHOLD else "store"
    text = getattr(template, part)
    _refuse(_unknown_conditions(part, text, rules_that_hold(scenario, kind)))
    filled = _filled(part, _that_holds(scenario, kind, text), _fillings(scenario, kind))
    return _list_lines(filled.strip(), scenario.llm.listing)


def template_problems(scenario: Scenario, part: str, template: Template) -> Iterator[str]:
    """Yield all that is wrong with a part of a template in a town."""
    text = getattr(template, part)
    if part == "summary":
        yield from _unfillable(part, text, _summary_fillings(scenario))
    elif part in ("household", "store"):
        kind = HOUSEHOLD if part == "household" else STORE
        yield from _unknown_conditions(part, text, rules_that_hold(scenario, kind))
        held = _that_holds(scenario, kind, text)
        yield from _unfillable(part, held, _fillings(scenario, kind))


def _that_holds(scenario: Scenario, kind: str, text: str) -> str:
    """Return the lines of a template that are about what a town has."""
    lines = lines_that_hold(text, rules_that_hold(scenario, kind))
    return "\n".join(line for line, _ in lines)


def _fillings(scenario: Scenario, kind: str) -> dict[str, str]:
    """Return what stands for each ``$name`` of the rules for a kind of agent."""
    form = ReplyForm.of(kind, scenario)
    texts = {**rules_of(scenario, kind), **_more(scenario, kind)}
    return texts | {"form": "\n".join(form.lines.values()), "most": str(form.most)}


def _filled(part: str, text: str, texts: Mapping[str, str]) -> str:
    """Return the text of a template with what stands for its ``$names``. Raises ``BadInput``."""
    _refuse(_unfillable(part, text, texts))
    return Text(text).substitute(texts)


def _refuse(problems: Iterator[str]) -> None:
    """Raise ``BadInput`` where there are problems."""
    if found := list(problems):
        raise BadInput("; ".join(found))


def _unfillable(part: str, text: str, texts: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the ``$names`` of a template."""
    template = Text(text)
    if not template.is_valid():
        yield f"{part}.md: a $ stands before the name of what is filled in, or twice: $$"
    for name in template.get_identifiers():
        if name not in texts:
            yield f"{part}.md: nothing fills in ${name}; {hint(name, sorted(texts))}"


def _unknown_conditions(part: str, text: str, holds: Mapping[str, bool]) -> Iterator[str]:
    """Yield which lines of a template have a condition of which nothing is known."""
    matches = (_CONDITION.match(line) for line in text.split("\n"))
    for name in dict.fromkeys(match["name"] for match in matches if match):
        if name not in holds:
            advice = hint(name, sorted(holds))
            yield f"{part}.md: a line begins with {{{name}}}, which is no rule; {advice}"


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
    return _filled("summary", template.summary, _summary_fillings(scenario))


def _summary_fillings(scenario: Scenario) -> dict[str, str]:
    return {"characters": str(summary_characters(scenario.memory.characters))}


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


def lines_that_hold(text: str, holds: Mapping[str, bool]) -> Iterator[tuple[str, str]]:
    r"""Yield the lines of a template but for those about what a town has not, and their conditions.

    A line that begins with ``{name}`` stands only where the town has what is called so: an action
    by its verb, or a rule that is not empty.

    >>> text = "Rules:\n{torus} The edges meet.\n{eat} - eat: what you own."
    >>> list(lines_that_hold(text, {"torus": False, "eat": True}))
    [('Rules:', ''), ('- eat: what you own.', 'eat')]
    """
    for line in text.split("\n"):
        condition = _CONDITION.match(line)
        name = condition["name"] if condition else ""
        if not condition or holds.get(name):
            yield line[condition.end() if condition else 0 :], name
