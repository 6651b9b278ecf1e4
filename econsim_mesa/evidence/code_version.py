"""Whether the running code is the code that made a run, or agrees with it."""

from __future__ import annotations

from pathlib import Path

from econsim_mesa.runs.bundle.environment import Environment, environment, read_environments
from econsim_mesa.runs.bundle.run_crate import code_of
from econsim_mesa.runs.reader import Run

_READ_REPLIES = (
    *(f"deciders/{name}.py" for name in ("schema", "replies", "fitting", "loose_json")),
    *(f"domains/{name}/actions.py" for name in ("body", "economy", "mobility", "social")),
)
"""Modules that say what the reply of a language model means."""


def other_code(folder: Path) -> str | None:
    """Return the version of the code that made a run, if it is not the running code; else None."""
    try:
        made_with = read_environments(folder)[-1]
        if made_with["code"]["modules"] == environment()["code"]["modules"]:
            return None
        version, commit = code_of(made_with)
    except Exception:  # a file that somebody made may hold anything
        return None
    return f"econsim-mesa {version}" + (f" ({commit})" if commit else "")


def is_of_this_code(made_with: Environment) -> bool:
    """Return whether something was made with the running code, with nothing in it changed."""
    now = environment()["code"]
    return not now["dirty"] and made_with["code"] == now


def gives_same_defaults(run: Run) -> bool:
    """Return whether the running code gives a scenario its defaults as the code of a run did."""
    return _rules(environment()) == _rules(read_environments(run.folder)[0])


def _rules(made_with: Environment) -> dict[str, str]:
    """Return the hashes of the code that gives a scenario its defaults."""
    modules = made_with["code"]["modules"]
    return {name: digest for name, digest in modules.items() if name.startswith("scenario/")}


def reads_replies_alike(run: Run) -> bool:
    """Return whether the running code reads replies as the code of every part of a run did."""
    now = _code_of_replies(environment())
    return all(_code_of_replies(part) == now for part in read_environments(run.folder))


def _code_of_replies(made_with: Environment) -> list[str | None]:
    """Return the hashes of the code that reads replies."""
    modules = made_with["code"]["modules"]
    return [modules.get(name) for name in _READ_REPLIES]
