"""Experiments: a plan, its conditions and replicates, the runner that carries them out, tables.

Importing this package loads neither Mesa nor pandas: ``run`` and ``tables`` are imported where
runs are made.
"""

from econsim_mesa.experiment.load import Design, bundled, load_design
from econsim_mesa.experiment.types import Experiment

__all__ = ["Design", "Experiment", "bundled", "load_design"]
