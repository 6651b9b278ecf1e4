"""Analysis: statistics of finished runs that serve any study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from econsim_mesa.analysis.daily import daily
from econsim_mesa.analysis.paired import paired_differences

if TYPE_CHECKING:
    from econsim_mesa.analysis.contrast import ContrastEstimate, paired_contrast
    from econsim_mesa.analysis.design_matrix import NotIdentified
    from econsim_mesa.analysis.sentiment import Scorer, scored_posts

__all__ = [
    "ContrastEstimate",
    "NotIdentified",
    "Scorer",
    "daily",
    "paired_contrast",
    "paired_differences",
    "scored_posts",
]

_MODULES = {
    "ContrastEstimate": "contrast",
    "NotIdentified": "design_matrix",
    "Scorer": "sentiment",
    "paired_contrast": "contrast",
    "scored_posts": "sentiment",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: statistics need libraries that take a second."""
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
