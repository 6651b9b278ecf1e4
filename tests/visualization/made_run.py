"""A finished run, with the model that made it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from econsim_mesa.society.model import EconModel


class Made(NamedTuple):
    """A finished run: its model and its folder."""

    model: EconModel
    folder: Path
