"""JSON that goes to the browser as it stands.

Solara searches the arguments of a component for other components, value by value; numbers of a
whole town cost most of a frame's time there. It does not search an opaque object.
"""

from __future__ import annotations

from typing import Any


class RawJson:
    """JSON that holds no component. Two are equal only if they are the same object: keep them."""

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data = data


def raw_json(value: RawJson, _widget: Any) -> Any:
    """Return the JSON of a trait: for ``to_json`` of ``solara.component_vue``."""
    return value.data
