"""Pieces that several templates share; a ``component_vue`` takes them as ``components``.

``<ec-drawing>``: a canvas with its tools, its legend, and a tip at the pointer, for town and
network. ``<ec-dialog>``: a form above the page, with what is wrong and its buttons.
``<ec-save>``: a button that saves a table or a picture.
"""

from __future__ import annotations

from pathlib import Path


def _piece(name: str) -> dict[str, str]:
    path = Path(__file__).with_name(f"{name}.vue")
    return {f"ec-{name}": path.read_text(encoding="utf-8")}


DRAWING = _piece("drawing")
DIALOG = _piece("dialog")
SAVE = _piece("save")
