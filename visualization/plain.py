"""What is sent to the browser as it stands.

A component's arguments are searched for other components, value by value; numbers of a whole town
cost most of a frame's time there. An opaque object is not searched.
"""

from __future__ import annotations

from typing import Any


class Plain:
    """JSON that holds no component. Two are equal if they are the same object: keep them."""

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data = data


def plain(value: Plain, _widget: Any) -> Any:
    """Return the JSON of a trait: for ``to_json`` of ``solara.component_vue``."""
    return value.data
