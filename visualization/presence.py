"""Whether anybody sees the page: a browser that was killed says no goodbye."""

from __future__ import annotations

from collections.abc import Callable

from solara.server import kernel_context


def presence() -> Callable[[], bool]:
    """Return a function that says whether a browser is connected to the page being made now.

    Outside of a server there is no browser to lose: it says yes.
    """
    if not kernel_context.has_current_context():
        return lambda: True
    page = kernel_context.get_current_context()
    connected = kernel_context.PageStatus.CONNECTED
    return lambda: connected in tuple(page.page_status.values())
