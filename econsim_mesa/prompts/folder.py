"""A folder of prompts of one's own: whether it fits a town, what it leaves out, and a first one."""

from __future__ import annotations

import json
import re
from pathlib import Path

from econsim_mesa.errors import BadInput, Problem, ScenarioError
from econsim_mesa.languages import LABELS, PARTS, labels_of
from econsim_mesa.languages.lexicon import LEXICON
from econsim_mesa.prompts.system import (
    lines_that_hold,
    rules_that_hold,
    template_problems,
)
from econsim_mesa.prompts.templates import load_template, template_of
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import HOUSEHOLD, STORE
from econsim_mesa.society.wording import language_of

_KINDS = {"household": HOUSEHOLD, "store": STORE}
"""The kind of agent that a part is for."""
_WORD = re.compile(r"\w+", re.ASCII)
_NAME = re.compile(r"\$\w+|\[\w+\]|ANSWER:", re.ASCII)
"""What a line tells of: what is filled in, the tag of a line, what is asked for."""


def check_prompts(scenario: Scenario) -> None:
    """Fill in the templates of a scenario's folder of prompts, if it has any.

    Raises:
        ScenarioError: Templates name what no town fills in; it says all of them.
    """
    template = template_of(scenario)
    messages = [
        message
        for part in PARTS
        if f"{part}.md" in scenario.prompts.files
        for message in template_problems(scenario, part, template)
    ]
    if messages:
        raise ScenarioError(scenario.name, [Problem("$.prompts", text) for text in messages])


def left_out(scenario: Scenario) -> dict[str, list[str]]:
    """Return, for each template of a scenario's folder, what it does not tell of the town.

    That is what the shipped template tells there: actions, and rules by the names that are filled
    in, tags of lines, and the mark before what is asked for.
    """
    shipped = load_template(scenario.llm.template, scenario.language)
    missing = {}
    for part, kind in _KINDS.items():
        own = scenario.prompts.files.get(f"{part}.md")
        if own is not None:
            words = set(_WORD.findall(own))
            told = _told_in(scenario, kind, getattr(shipped, part))
            missing[f"{part}.md"] = [
                name for name in told if not words.issuperset(_WORD.findall(name))
            ]
    return missing


def _told_in(scenario: Scenario, kind: str, text: str) -> list[str]:
    """Return what a template tells of a town: names to fill in, actions, tags, in their order."""
    told: dict[str, None] = {}
    for line, condition in lines_that_hold(text, rules_that_hold(scenario, kind)):
        if line.startswith(f"- {condition}:"):
            told[condition] = None
        told |= dict.fromkeys(_NAME.findall(line))
    return list(told)


def write_prompts_folder(scenario: Scenario, folder: Path) -> list[str]:
    """Write what a scenario's prompts are made from, to begin a folder of one's own with.

    Returns:
        The names of the files.

    Raises:
        BadInput: The folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} is not empty; name a new folder")
    template, language = template_of(scenario), language_of(scenario)
    texts = {f"{part}.md": getattr(template, part) for part in PARTS}
    texts[LABELS] = json.dumps(labels_of(language), indent=2, ensure_ascii=False) + "\n"
    if LEXICON in scenario.prompts.files:
        texts[LEXICON] = scenario.prompts.files[LEXICON]
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return list(texts)
