"""Prompt templates: a folder a template, a file a kind of agent, with ``$names`` to fill in.

A line that begins with ``{name}`` stands only in towns that have what is called so: an action by
its verb, or what would be filled in for ``$name``.

What is asked for at the end of a file begins with a line ``ANSWER:``. In its place ``ask.md``
stands where an agent is asked a question that is no part of the run, and ``words.md`` where the
embedded decider acts and only the text of a post is asked for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from econsim_mesa.errors import UnknownName


@dataclass(frozen=True)
class Template:
    """The system texts of one template, with ``$names`` to fill in."""

    name: str
    household: str
    store: str
    summary: str
    ask: str
    words: str

    @property
    def hash(self) -> str:
        """SHA-256 of the texts that a run uses; part of its record."""
        return hashlib.sha256(
            "\x00".join((self.household, self.store, self.summary)).encode()
        ).hexdigest()


def template_names() -> list[str]:
    """Return the names of all templates that ship with the package."""
    return sorted(
        entry.name
        for entry in files(__name__).iterdir()
        if entry.is_dir() and entry.joinpath("household.md").is_file()
    )


@cache
def load_template(name: str) -> Template:
    """Return a template. Raises ``UnknownName`` with the nearest one."""
    if name not in template_names():
        raise UnknownName("prompt template", name, template_names())
    folder = files(__name__).joinpath(name)
    return Template(
        name,
        *(
            folder.joinpath(f"{part}.md").read_text(encoding="utf-8")
            for part in ("household", "store", "summary", "ask", "words")
        ),
    )
