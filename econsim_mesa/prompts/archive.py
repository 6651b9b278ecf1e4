"""Prompts in the folder of a run: the texts in use, and the step from which they hold.

The first texts stand in ``prompts/`` itself. Settings that change while a run goes on may change
them: then the new ones stand in a folder below it, such as ``prompts/2-from-step-60/``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from pydantic.json_schema import JsonSchemaValue

from econsim_mesa.domains.roster import role_of
from econsim_mesa.languages import LABELS, labels_of
from econsim_mesa.prompts.reply_form import reply_schemas
from econsim_mesa.prompts.system import summary_prompt, system_prompt, words_prompt
from econsim_mesa.prompts.templates import template_of
from econsim_mesa.scenario.decider_traits import traits_of
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.wording import language_of

FOLDER = "prompts"
"""Name of the folder within that of a run."""
_HOUSEHOLD, _STORE = "system-household.txt", "system-store.txt"
_SUMMARY, _WORDS = "system-summary.txt", "system-words.txt"
_SCHEMA = "schema-{}.json"
"""Name of the file with the schema of the replies of a role."""
_LATER = re.compile(r"(\d+)-from-step-(\d+)")
_FILE = re.compile(
    rf"{FOLDER}/({_LATER.pattern}/)?"
    r"(schema-\w+\.json|(household|store|summary|words)\.md|system-(household|store|summary|words)\.txt)"
)


class Texts(NamedTuple):
    """Texts in use from a step on; ``files`` maps their names to them."""

    number: int
    step: int
    files: dict[str, str]

    def system(self, kind: str) -> str:
        """Return the system prompt of a ``Household``, or of any kind of store."""
        return self.files.get(_HOUSEHOLD if kind == "Household" else _STORE, "")

    def schema(self, kind: str) -> JsonSchemaValue:
        """Return the JSON Schema of the replies of a ``Household``, or of any kind of store."""
        role = role_of(kind)
        text = self.files.get(_SCHEMA.format(role.lower()))
        schema: JsonSchemaValue = _wide_schemas()[role] if text is None else json.loads(text)
        return schema

    @property
    def summary(self) -> str:
        """The system prompt of memory summaries."""
        return self.files.get(_SUMMARY, "")

    @property
    def words(self) -> str:
        """The system prompt of posts that a model writes while the embedded decider acts."""
        return self.files.get(_WORDS, "")


def texts_of(scenario: Scenario) -> dict[str, str]:
    """Return the texts in use by file name: templates, system prompts, schemas of replies."""
    template = template_of(scenario)
    schemas = {
        _SCHEMA.format(role.lower()): json.dumps(schema, indent=1) + "\n"
        for role, schema in reply_schemas(scenario).items()
    }
    words = {}
    if any(traits_of(name).acts_as for name in scenario.deciders):
        words = {"words.md": template.words, _WORDS: words_prompt(scenario, template)}
    return (
        schemas
        | words
        | {
            "household.md": template.household,
            "store.md": template.store,
            "summary.md": template.summary,
            _HOUSEHOLD: system_prompt(scenario, "Household", template),
            _STORE: system_prompt(scenario, "Store", template),
            _SUMMARY: summary_prompt(scenario, template),
        }
    )


def is_prompt_file(name: str) -> bool:
    """Whether a name, as seen from the folder of a run, is that of one of its texts.

    >>> is_prompt_file("prompts/2-from-step-60/household.md"), is_prompt_file("prompts/mine.md")
    (True, False)
    """
    return _FILE.fullmatch(name) is not None


def prompt_hash(scenario: Scenario) -> str:
    """Return the SHA-256 of all that the prompts of a run are made from; part of its record.

    That is what ``texts_of`` returns, the labels of its language, and what asks questions.
    """
    texts = {
        **texts_of(scenario),
        "ask.md": template_of(scenario).ask,
        LABELS: labels_of(language_of(scenario)),
    }
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()


@cache
def _wide_schemas() -> Mapping[str, JsonSchemaValue]:
    """Return the schemas of runs that keep none: a key for each verb of the package."""
    text = files(__package__).joinpath("wide_reply_schemas.json").read_text(encoding="utf-8")
    schemas: dict[str, JsonSchemaValue] = json.loads(text)
    return schemas


def write_prompts(run: Path, scenario: Scenario, step: int) -> dict[str, str]:
    """Write the texts in use from ``step`` on, if those before are not the same.

    Returns the name of the template and the hash of the prompts, for the record of the run; {} if
    nothing was written.
    """
    kept, files = read_prompts(run), texts_of(scenario)
    if kept and kept[-1].files == files:
        return {}
    folder, since = run / FOLDER, ""
    if kept:
        folder, since = folder / f"{kept[-1].number + 1}-from-step-{step}", f"@{step}"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return {
        f"prompt_template{since}": scenario.llm.template,
        f"prompt_hash{since}": prompt_hash(scenario),
    }


def read_prompts(run: Path) -> list[Texts]:
    """Return all texts that a run used, in the order in which they came into use."""
    folder = run / FOLDER
    found = [Texts(1, 0, _read(folder))] if (folder / _HOUSEHOLD).is_file() else []
    for path in folder.iterdir() if found else ():
        match = _LATER.fullmatch(path.name)
        if match and path.is_dir():
            found.append(Texts(int(match[1]), int(match[2]), _read(path)))
    return sorted(found)


def _read(folder: Path) -> dict[str, str]:
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
