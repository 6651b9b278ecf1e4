"""Prompt templates: a file for each kind of prompt, with ``$names`` to fill in.

They are those of the scenario's language and style, or in their place files of the user. A line
that begins with ``{name}`` stands only in towns that have what is called so: an action by its
verb, or what would be filled in for ``$name``.

What is asked for at the end of a file begins with a line ``ANSWER:``. In its place ``ask.md``
stands where an agent is asked a question that is no part of the run, and ``words.md`` where the
embedded decider acts and only the text of a post is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from econsim_mesa.languages import ENGLISH, PARTS, styles, template_text
from econsim_mesa.scenario.types import Scenario


@dataclass(frozen=True)
class Template:
    """The system texts of one template, with ``$names`` to fill in."""

    name: str
    household: str
    store: str
    summary: str
    ask: str
    words: str


def template_names(language: str = ENGLISH.name) -> list[str]:
    """Return the names of all templates of a language that ship with the package."""
    return styles(language)


@cache
def load_template(name: str, language: str = ENGLISH.name) -> Template:
    """Return a template that ships with the package. Raises ``UnknownName`` with the nearest."""
    return Template(name, *(template_text(language, name, part) for part in PARTS))


def template_of(scenario: Scenario) -> Template:
    """Return the template of a scenario: files of its folder of prompts stand before its style's.

    Raises ``UnknownName`` if its language has no such style.
    """
    own = scenario.prompts.files
    texts = (
        own.get(f"{part}.md") or template_text(scenario.language, scenario.llm.template, part)
        for part in PARTS
    )
    return Template(scenario.llm.template, *texts)
