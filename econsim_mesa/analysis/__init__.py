"""Analysis: reads finished runs only, and says what is in them.

A name that is also a module's (``dispersion``, ``holm``, ``two_lines``) is imported from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from econsim_mesa.analysis.daily import daily
from econsim_mesa.analysis.paired import paired_differences

if TYPE_CHECKING:
    from econsim_mesa.analysis.contrast import Contrast, paired_contrast
    from econsim_mesa.studies.online_offline.curve import Curve, inverted_u
    from econsim_mesa.analysis.design_matrix import NotIdentified
    from econsim_mesa.studies.online_offline.dispersion import Dispersion, spreads
    from econsim_mesa.studies.online_offline.panel import Subject, run_day_panel
    from econsim_mesa.studies.online_offline.published import pooled_quadratic, volume_spread_correlation
    from econsim_mesa.analysis.sentiment import Scorer, scored_posts

__all__ = [
    "Contrast",
    "Curve",
    "Dispersion",
    "NotIdentified",
    "Scorer",
    "Subject",
    "daily",
    "inverted_u",
    "paired_contrast",
    "paired_differences",
    "pooled_quadratic",
    "run_day_panel",
    "scored_posts",
    "spreads",
    "volume_spread_correlation",
]

_HOMES = {
    "Contrast": "contrast",
    "Curve": "curve",
    "Dispersion": "dispersion",
    "NotIdentified": "design",
    "Scorer": "sentiment",
    "Subject": "panel",
    "inverted_u": "curve",
    "paired_contrast": "contrast",
    "pooled_quadratic": "published",
    "run_day_panel": "panel",
    "scored_posts": "sentiment",
    "spreads": "dispersion",
    "volume_spread_correlation": "published",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: statistics need libraries that take a second."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
