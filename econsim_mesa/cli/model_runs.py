"""Runs of a Mesa model on the command line: the file with its class is named by ``--with``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.store import MODEL
from econsim_mesa.scenario.user_files import imported_files

if TYPE_CHECKING:
    from econsim_mesa.toolkit.runs import ModelClass


def is_model_run(folder: Path) -> bool:
    """Whether a folder holds the run of a Mesa model, and not of a town."""
    return (folder / MODEL).is_file()


def model_class_of(folder: Path) -> ModelClass:
    """Return the class of a run's model from the files of ``--with``.

    Raises ``BadInput``: none of them has it.
    """
    from econsim_mesa.toolkit import load_run

    name = load_run(folder).model_name.partition(":")[2]
    for module in imported_files().values():
        found: Any = module
        for part in name.split("."):
            found = getattr(found, part, None)
        if callable(found):
            return found  # type: ignore[no-any-return]
    raise BadInput(
        f"{folder} holds a run of the Mesa model {name}; name the file with that class: "
        "--with FILE.py"
    )


def changes_of_model_run(changes: Mapping[str, object]) -> tuple[int | None, dict[str, object]]:
    """Return the steps and the settings of the model in changes by dotted path; None: no steps.

    Raises ``BadInput`` for one that the run of a Mesa model does not have.
    """
    steps: int | None = None
    llm: dict[str, object] = {}
    for path, value in changes.items():
        if path == "steps" and isinstance(value, int):
            steps = value
        elif path.startswith("llm.") and path.count(".") == 1:
            llm[path.removeprefix("llm.")] = value
        else:
            raise BadInput(
                f"{path} is a setting of towns; of the run of a Mesa model steps and llm.* can be "
                "changed"
            )
    return steps, llm
