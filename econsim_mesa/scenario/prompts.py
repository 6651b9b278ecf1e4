"""A folder of prompts of one's own, read into the scenario itself, so that a record holds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from econsim_mesa.errors import BadInput, Problem, ScenarioError, hint
from econsim_mesa.languages import LABELS, PARTS, label_problems
from econsim_mesa.languages.lexicon import LEXICON, lexicon_problems
from econsim_mesa.scenario.base import Frozen, build_only
from econsim_mesa.scenario.read import beside, parse_json, read_text, refusal

TEMPLATES = tuple(f"{part}.md" for part in PARTS)
"""Templates that a folder of prompts may hold."""
FILES = (*TEMPLATES, LABELS, LEXICON)
"""Files that a folder of prompts may hold; what it lacks is that of the scenario's language."""
_LEFT_ALONE = "readme"
"""How a file begins that is there for people."""


class PromptsSpec(Frozen):
    """Templates, labels and a lexicon of one's own, in place of those of the language."""

    folder: str | None = build_only(None)
    """Folder beside the scenario, with any of household.md, store.md, summary.md, ask.md, words.md,
    labels.json and lexicon.txt. Read into ``files``."""
    files: dict[str, str] = build_only(default_factory=dict)
    """The files themselves: name -> text."""


def _by_its_folder(value: object) -> object:
    """Return the object that a plain word stands for: the folder."""
    return {"folder": value} if isinstance(value, str) else value


PromptsOrFolder = Annotated[
    PromptsSpec, BeforeValidator(_by_its_folder, json_schema_input_type=str | PromptsSpec)
]
"""The section, of which the folder alone may stand in a file: ``"prompts": "my_prompts"``."""


def fill_prompts(data: Any, folder: Path | None, source: str) -> None:
    """Read the folder of prompts, if raw data of a scenario names one, into its ``files``.

    Files that are there already stay: a resolved scenario does not need the folder again. It lies
    in ``folder``, the scenario's own, or below it. Raises ``ScenarioError``.
    """
    named = prompts_folder(data)
    if named is None:
        return
    section = _by_its_folder(data["prompts"])
    if isinstance(section, dict) and not section.get("files"):
        try:
            section["files"] = prompts_in(beside(named, folder))
        except ScenarioError as error:
            found = [f"{named!r}: {problem.message}" for problem in error.problems]
            raise ScenarioError(source, [Problem("$.prompts", text) for text in found]) from None
        data["prompts"] = section


def prompts_folder(data: Any) -> str | None:
    """Return the folder of prompts that raw data names, if it does."""
    section = _by_its_folder(data.get("prompts")) if isinstance(data, dict) else None
    folder = section.get("folder") if isinstance(section, dict) else None
    return folder if isinstance(folder, str) else None


def forget_prompts(data: Any) -> None:
    """Forget files that were read, so that ``fill_prompts`` reads the folder."""
    if isinstance(data.get("prompts"), dict):
        data["prompts"]["files"] = {}


def prompts_in(folder: Path) -> dict[str, str]:
    """Return the texts of a folder of prompts, by the names of its files.

    A file whose name is not known counts as empty; ``prompts_problems`` says so.

    Raises:
        ScenarioError: There is no such folder, it holds nothing, or files in it cannot be read.
    """
    if not folder.is_dir():
        raise refusal(str(folder), "no such folder of prompts")
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    names = [name for name in names if not name.lower().startswith((_LEFT_ALONE, "."))]
    if not names:
        raise refusal(str(folder), f"holds none of {', '.join(FILES)}")
    texts, problems = dict[str, str](), list[Problem]()
    for name in names:
        try:
            texts[name] = read_text(folder / name) if name in FILES else ""
        except ScenarioError as error:
            problems += [one._replace(message=f"{name}: {one.message}") for one in error.problems]
    if problems:
        raise ScenarioError(str(folder), problems)
    return texts


def prompts_problems(spec: PromptsSpec, *, recorded: bool = False) -> Iterator[str]:
    """Yield what is wrong with the labels and the lexicon of a folder of prompts.

    Templates are checked where they are filled in. ``recorded``: a run has used the files, so
    that it is no problem that the program has other texts now, nor that a file is empty.
    """
    for name, text in spec.files.items():
        if name not in FILES:
            yield f"{name} is no file of prompts; {hint(name, FILES)}"
        elif not (text.strip() or recorded):
            yield f"{name}: is empty; leave the file out to have that of the scenario's language"
    try:
        text = spec.files.get(LABELS, "")
        labels = parse_json(text, LABELS) if text.strip() or (text and recorded) else {}
        problems = label_problems(labels, recorded=recorded)
        yield from (f"{LABELS}: {problem}" for problem in problems)
    except ScenarioError as error:
        yield from (f"{LABELS}: {problem.message}" for problem in error.problems)
    except BadInput as error:
        yield f"{LABELS}: {error}"
    yield from (f"{LEXICON}: {text}" for text in lexicon_problems(spec.files.get(LEXICON, "")))
