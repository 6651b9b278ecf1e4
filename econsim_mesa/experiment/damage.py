"""Damage: what in an experiment's folder is no longer what was sealed, by its hashes alone.

A sealed experiment of which anything was changed, lost or added is refused as it stands: its
tables would speak of what is not there any more. While an experiment goes on, a run that is not
what was sealed is a failed run, and the others are made. Either way nothing of it is touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.experiment.index import unfinished_in
from econsim_mesa.runs.bundle.file_check import altered
from econsim_mesa.runs.bundle.findings import Finding
from econsim_mesa.runs.bundle.manifest import MANIFEST
from econsim_mesa.runs.bundle.seal import is_sealed

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
            f"what is named here, or move it (of a run: its whole folder) and {MANIFEST} out of "
            f"{folder}, and the same command makes it anew:" + _listed(found, "\n  ")
        )


def refuse_strange(folder: Path, planned: Iterable[str]) -> None:
    """Refuse folders among the runs that are no runs of the plan, which no seal may cover.

    Raises ``BadInput``. What a sealed experiment holds was looked at when it was sealed.
    """
    runs = folder / "runs"
    if is_sealed(folder) or not runs.is_dir():
        return
    strange = sorted({one.name for one in runs.iterdir() if one.is_dir()} - set(planned))
    if strange:
        more = f" and {len(strange) - 1:,} more" if len(strange) > 1 else ""
        raise BadInput(
            f"{runs / strange[0]}{more} is no run of this experiment; move it out of {folder}"
        )


def damage_of(run: Path) -> str:
    """Return in words what of a sealed run is not what was sealed; empty: nothing."""
    found = altered(run) if is_sealed(run) else []
    if not found:
        return ""
    return (
        "not what was sealed, and not touched; restore it from a copy, or move the folder "
        f"{run} out of the experiment, and the same command makes it anew:{_listed(found, ' ')}"
    )


def _listed(found: list[Finding], between: str) -> str:
    lines = [f"{one.where} {one.what}" for one in found[:_SHOWN]]
    more = len(found) - _SHOWN
    return between + f";{between}".join([*lines, *([f"and {more:,} more"] if more > 0 else [])])
