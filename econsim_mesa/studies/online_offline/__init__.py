"""Talk online and sales offline: whether daily sales over daily posts make an inverted U.

``curve`` has the primary test, ``dispersion`` that of the spread of sentiment, ``refutation`` when
the pattern is refuted, ``published`` the paper's own figures, ``claim`` what has to hold for the
claim that the pattern was reproduced. A name that is also a module's (``dispersion``,
``two_lines``) is imported from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from econsim_mesa.studies.online_offline.curve import Curve, inverted_u
    from econsim_mesa.studies.online_offline.dispersion import Dispersion, spreads
    from econsim_mesa.studies.online_offline.panel import PanelSpec, run_day_panel
    from econsim_mesa.studies.online_offline.published import (
        pooled_quadratic,
        volume_spread_correlation,
    )

__all__ = [
    "Curve",
    "Dispersion",
    "PanelSpec",
    "inverted_u",
    "pooled_quadratic",
    "run_day_panel",
    "spreads",
    "volume_spread_correlation",
]

_MODULES = {
    "Curve": "curve",
    "Dispersion": "dispersion",
    "PanelSpec": "panel",
    "inverted_u": "curve",
    "pooled_quadratic": "published",
    "run_day_panel": "panel",
    "spreads": "dispersion",
    "volume_spread_correlation": "published",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: statistics need libraries that take a second."""
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
