"""Whether the running code is the code that made a run, or agrees with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from econsim_mesa.runs.bundle.environment import ENVIRONMENT, environment
from econsim_mesa.runs.bundle.run_crate import code_of
from econsim_mesa.runs.reader import Run

_READ_REPLIES = (
    *(f"deciders/{name}.py" for name in ("schema", "replies", "fitting", "loose_json")),
    *(f"domains/{name}/actions.py" for name in ("body", "economy", "mobility", "social")),
)
"""Modules that say what the reply of a language model means."""


def environments(run: Run) -> list[dict[str, Any]]:
    """Return the environment in which each part of a run began, in their order."""
    parts: list[dict[str, Any]] = json.loads((run.folder / ENVIRONMENT).read_text("utf-8"))
    return parts


def other_code(folder: Path) -> str | None:
    """Return the version of the code that made a run, if it is not the running code; else None."""
    try:
        made_with = json.loads((folder / ENVIRONMENT).read_text("utf-8"))[-1]
        if made_with["code"]["modules"] == environment()["code"]["modules"]:  # type: ignore[index]
            return None
        version, commit = code_of(made_with)
    except Exception:  # a file that somebody made may hold anything
        return None
    return f"econsim-mesa {version}" + (f" ({commit})" if commit else "")


def is_of_this_code(made_with: Mapping[str, Any]) -> bool:
    """Return whether something was made with the running code, with nothing in it changed."""
    now = environment()["code"]
    clean = isinstance(now, dict) and not now["dirty"]
    return clean and bool(made_with["code"] == now)


def gives_same_defaults(run: Run) -> bool:
    """Return whether the running code gives a scenario its defaults as the code of a run did."""
    return _rules(environment()) == _rules(environments(run)[0])


def _rules(made_with: Mapping[str, Any]) -> dict[str, str]:
    """Return the hashes of the code that gives a scenario its defaults."""
    modules: Mapping[str, str] = made_with["code"]["modules"]
    return {name: digest for name, digest in modules.items() if name.startswith("scenario/")}


def reads_replies_alike(run: Run) -> bool:
    """Return whether the running code reads replies as the code of every part of a run did."""
    now = _code_of_replies(environment())
    return all(_code_of_replies(part) == now for part in environments(run))


def _code_of_replies(made_with: Mapping[str, Any]) -> list[str | None]:
    """Return the hashes of the code that reads replies."""
    modules: Mapping[str, str] = made_with["code"]["modules"]
    return [modules.get(name) for name in _READ_REPLIES]
