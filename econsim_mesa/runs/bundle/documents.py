"""Documents that stand in every bundle: what the model is, its limits, licence and citation.

The wheel carries them in a folder beside this module; a checkout has them at its top.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from econsim_mesa.errors import EconSimError

DOCUMENTS = ("ODD.md", "LIMITS.md", "LICENSE", "CITATION.cff")
"""Names of their files."""

_PLACES = (Path(__file__).parent / "documents", Path(__file__).parents[3])


@cache
def document(name: str) -> bytes:
    """Return a document as it ships. Raises ``EconSimError``: the installation lacks it."""
    for place in _PLACES:
        if (place / name).is_file():
            return (place / name).read_bytes()
    raise EconSimError(f"the installation of econsim-mesa lacks {name}; install it again")


def write_documents(folder: Path) -> None:
    """Write all documents into a folder."""
    for name in DOCUMENTS:
        (folder / name).write_bytes(document(name))
