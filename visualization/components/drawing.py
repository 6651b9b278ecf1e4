"""What town and network share: a canvas with its tools, its legend, and a tip at the pointer."""

from __future__ import annotations

from pathlib import Path

DRAWING = {"ec-drawing": Path(__file__).with_name("drawing.vue").read_text(encoding="utf-8")}
"""For the argument ``components`` of a ``component_vue``: its template may say ``<ec-drawing>``."""
