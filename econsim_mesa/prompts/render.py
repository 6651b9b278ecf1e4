"""From one agent's observation, persona, stress and memory to the text of its prompt.

The parts stand in the order in which they change: persona (never), then memory, stress, the
observation, and what others wrote. A line begins with a label that says what it shows.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from econsim_mesa.domains.social.posts import clean_text
from econsim_mesa.languages import ENGLISH, Language
from econsim_mesa.mind.feelings import feelings_text
from econsim_mesa.prompts.system import system_prompt
from econsim_mesa.prompts.templates import template_of
from econsim_mesa.quoting import name_text, quoted
from econsim_mesa.society.action import HOUSEHOLD
from econsim_mesa.society.clock import full_time
from econsim_mesa.society.requests import Request

PERSONA_SHOWN = 1000
"""Most characters of a persona in a prompt."""
FIRST_LABELS = (
    "[place]",
    "[body]",
    "[cash]",
    "[next]",
    "[goods]",
    "[last]",
    "[plan]",
    "[here]",
    "[known]",
    "[near]",
    "[social]",
    "[offers]",
)
"""Labels of lines in the order of a prompt; lines with others follow as their domains do."""
_RANKS = {label: rank for rank, label in enumerate(FIRST_LABELS)}
POSTS_LABEL = "[posts]"
"""Label of what others wrote, which stands last, apart from what is so."""


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
    view, agent = request.view, request.agent
    spec = view.scenario.llm
    if system is None:
        template = template_of(view.scenario)
        system = system_prompt(view.scenario, request.kind, template)
    seen = request.observation()
    lines = [
        line
        for section in seen.sections.values()
        for line in section.lines(spec.listing, view.wording)
    ]
    posts = [line for line in lines if line.startswith(POSTS_LABEL)]
    facts = sorted((line for line in lines if not line.startswith(POSTS_LABEL)), key=_rank)
    parts = {
        "persona": f"[you] {name_text(seen.name)}",
        "memory": _memory(request),
        "stress": "",
        "observation": "\n".join([f"[now] {_now(seen.time, view.wording.language)}", *facts]),
        "posts": "\n".join(posts),
    }
    if request.kind == HOUSEHOLD:
        parts["persona"] += _persona(view.personas.words(agent, spec.traits, view.wording.language))
        own = [*view.individuals.taste_words(agent, view.wording), *view.stress.need_words(agent)]
        parts["persona"] += "".join(f"; {words}" for words in own)
        parts["stress"] = feelings_text(seen.feelings, view.scenario.stress, view.wording.language)
    return Prompt(system, parts)


def _rank(line: str) -> int:
    """Return the place of a line among those of an observation."""
    return _RANKS.get(line.partition(" ")[0], len(FIRST_LABELS))


def _memory(request: Request) -> str:
    """Return what the agent remembers, but for what its other lines say.

    These are the posts that a household is shown, and its last step.
    """
    view, agent = request.view, request.agent
    is_household = request.kind == HOUSEHOLD
    shown = view.feed[agent].tolist() if is_household else ()
    characters = view.scenario.memory.characters
    memory = view.memory.summary(agent, characters, shown, before_last=is_household)
    return f"[memory]\n{memory}" if memory else f"[memory] {view.wording.say('nothing yet')}"


@lru_cache(maxsize=64)
def _now(time: str, language: Language = ENGLISH) -> str:
    """Return an ISO time in words.

    >>> _now("2025-12-24T09:00")
    'Wed 24 Dec 2025 09:00'
    """
    return full_time(datetime.fromisoformat(time), language)


def _persona(words: str) -> str:
    """Return a persona, whose names and texts somebody wrote, as data."""
    return f"; {quoted(clean_text(words, PERSONA_SHOWN))}" if words else ""
