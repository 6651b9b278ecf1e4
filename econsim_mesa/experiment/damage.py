"""Damage: what in an experiment's folder is no longer what was sealed, by its hashes alone.

A sealed experiment of which anything was changed, lost or added is refused as it stands: its
tables would speak of what is not there any more. While an experiment goes on, a run that is not
what was sealed is a failed run, and the others are made. Either way nothing of it is touched.
"""

from __future__ import annotations

from pathlib import Path

from econsim_mesa.bundle.file_check import altered
from econsim_mesa.bundle.findings import Finding
from econsim_mesa.bundle.manifest import MANIFEST
from econsim_mesa.bundle.seal import is_sealed
from econsim_mesa.errors import EconSimError
from econsim_mesa.experiment.index import unfinished_in

_SHOWN = 10
"""Most findings that a message names."""


class Tampered(EconSimError):
    """An experiment is not what was sealed; the message names what, and what to do."""

    exit_code = 5


def refuse_damaged(folder: Path) -> None:
    """Refuse a sealed experiment that is not what was sealed. Raises ``Tampered``.

    A run that was unfinished when it was sealed may have gone on by itself since.
    """
    found = altered(folder) if is_sealed(folder) else []
    if found:
        free = {f"runs/{run}/{MANIFEST}" for run in unfinished_in(folder)}
        found = [one for one in found if one.where not in free]
    if found:
        raise Tampered(
            f"{folder} is not what was sealed, and nothing in it was touched; restore from a copy "
            "what is named here, or move it (of a run: its whole folder) and "
            f"{folder / MANIFEST} away, and the same command makes it anew:"
            + _listed(found, "\n  ")
        )


def damage_of(run: Path) -> str:
    """Return in words what of a sealed run is not what was sealed; empty: nothing."""
    found = altered(run) if is_sealed(run) else []
    if not found:
        return ""
    return (
        "not what was sealed, and not touched; restore it from a copy, or move the folder "
        f"{run} away, and the same command makes it anew:{_listed(found, ' ')}"
    )


def _listed(found: list[Finding], between: str) -> str:
    lines = [f"{one.where} {one.what}" for one in found[:_SHOWN]]
    more = len(found) - _SHOWN
    return between + f";{between}".join([*lines, *([f"and {more:,} more"] if more > 0 else [])])
