"""Experiments: a plan, its conditions and replicates, an engine that makes the runs, tables.

Importing this loads neither Mesa nor pandas; ``engine`` and ``tables`` are imported where runs
are made.
"""

from econsim_mesa.experiment.load import Design, bundled, load_experiment
from econsim_mesa.experiment.types import Experiment

__all__ = ["Design", "Experiment", "bundled", "load_experiment"]
