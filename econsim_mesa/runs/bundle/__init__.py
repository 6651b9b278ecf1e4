"""The bundle: what a run or an experiment leaves on disk, hashed so that a reviewer can check it.

``manifest`` is the list that a bundle's id is the hash of; ``derived`` lists what was made later
from a bundle, which never changes the id.
"""

from econsim_mesa.runs.bundle.derived import DERIVED, deriving, record_derived
from econsim_mesa.runs.bundle.manifest import MANIFEST, bundle_id

__all__ = ["DERIVED", "MANIFEST", "bundle_id", "deriving", "record_derived"]
