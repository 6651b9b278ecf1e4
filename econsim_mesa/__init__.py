"""A simulator of a small society on Mesa: economy, mobility and social network in one town."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from econsim_mesa.version import __version__

__all__ = [
    "EconModel",
    "EconSimError",
    "Scenario",
    "__version__",
    "load_experiment",
    "load_run",
    "load_scenario",
]

if TYPE_CHECKING:
    from econsim_mesa.errors import EconSimError
    from econsim_mesa.experiment.results import load_experiment
    from econsim_mesa.runs.reader import load_run
    from econsim_mesa.scenario import Scenario, load_scenario
    from econsim_mesa.society.model import EconModel

_HOMES = {
    "EconModel": "econsim_mesa.society.model",
    "EconSimError": "econsim_mesa.errors",
    "Scenario": "econsim_mesa.scenario",
    "load_experiment": "econsim_mesa.experiment.results",
    "load_run": "econsim_mesa.runs.reader",
    "load_scenario": "econsim_mesa.scenario",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: Mesa alone takes a second."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
