"""The bundle: what a run or an experiment leaves on disk, hashed so that a reviewer can check it.

The hash of the list that ``manifest`` writes is the id of a bundle. ``derived`` lists files that
were made later from a bundle, which never change the id.
"""

from econsim_mesa.runs.bundle.derived import DERIVED, deriving, record_derived
from econsim_mesa.runs.bundle.manifest import MANIFEST, bundle_id

__all__ = ["DERIVED", "MANIFEST", "bundle_id", "deriving", "record_derived"]
