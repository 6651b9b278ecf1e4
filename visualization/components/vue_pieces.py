"""Pieces that several templates share; a ``component_vue`` takes them as ``components``.

``<ec-drawing>``: a canvas with its tools, its legend, and a tip at the pointer, for town and
network. ``<ec-dialog>``: a form above the page, with what is wrong and its buttons.
``<ec-save>``: a button that saves a table or a picture.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..view import OVERALL, Frame


def _piece(name: str) -> dict[str, str]:
    path = Path(__file__).with_name(f"{name}.vue")
    return {f"ec-{name}": path.read_text(encoding="utf-8")}


DRAWING = _piece("drawing")
DIALOG = _piece("dialog")
SAVE = _piece("save")


def levels(frame: Frame, colour_by: str) -> dict[str, object]:
    """Return the stress by which town and network colour households, and its level for each."""
    kind = colour_by if colour_by in frame.scene.stressors else OVERALL
    return {"kind": kind, "level": np.rint(frame.stress(kind)).astype(int).tolist()}
