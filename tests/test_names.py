"""Names that a stranger would not guess, and that were replaced, do not come back."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = """
again closing damage doings envelope garbage given hands inquiry kept larder luck news pasts plain
recollection remake served sharing side stages stories told touching turns wishes
"""
"""Names of modules, without their ending."""
IDENTIFIERS = """
Hands LocalHands _Crew Take Tell Asked Hear Watch Standing turn reply_came old_objects_spared
inquire _hearing _Trail Deed Deeds Turn lately Larder Recollection turn_away Learned _is_gone
of_states said_gone fasted CRIER REMADE GivenBack Keeping Answering Given wished relive Luck _Luck
middle_of narrow_of level_of complain of_step Unusable Happening Occasion Terms
"""
"""Names of classes, functions and variables."""


def sources() -> Iterator[Path]:
    """Yield every module of the package and of the dashboard."""
    yield from ROOT.glob("econsim_mesa/**/*.py")
    yield from ROOT.glob("visualization/**/*.py")


def identifiers(path: Path) -> set[str]:
    """Return every name that a module uses."""
    reader = io.StringIO(path.read_text(encoding="utf-8")).readline
    tokens = tokenize.generate_tokens(reader)
    return {token.string for token in tokens if token.type == tokenize.NAME}


def test_no_module_has_a_name_that_was_replaced() -> None:
    replaced = set(MODULES.split())
    assert not [str(path.relative_to(ROOT)) for path in sources() if path.stem in replaced]


def test_no_identifier_has_a_name_that_was_replaced() -> None:
    replaced = set(IDENTIFIERS.split())
    found = {str(path.relative_to(ROOT)): identifiers(path) & replaced for path in sources()}
    assert not {path: names for path, names in found.items() if names}
