"""Documents that stand in every bundle: what the model is, its limits, licence and citation.

The wheel carries them in a folder beside this module; a checkout has them at its top.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def write_documents(folder: Path, names: Iterable[str] = DOCUMENTS) -> None:
    """Write documents into a folder, all unless some are named."""
    for name in names:
        (folder / name).write_bytes(document(name))
