"""A restricted cubic spline: few columns, straight beyond the outer knots.

Basis of Harrell (2001), Regression Modeling Strategies, section 2.4.5, with four knots at the
5th, 35th, 65th and 95th percentile. The basis of patsy's ``cr`` spans the same curves, but is
rounded otherwise: the last digits of tables would not be those of sealed experiments.
"""

from __future__ import annotations

import numpy as np

from econsim_mesa.society.rng import Floats

_AT = (0.05, 0.35, 0.65, 0.95)


def knots(x: Floats) -> Floats:
    """Return the distinct knots of ``x``; fewer than four where percentiles coincide."""
    found: Floats = np.unique(np.quantile(x, _AT))
    return found


def spline_basis(x: Floats, at: Floats) -> Floats:
    """Return [len(x), len(at) - 1] columns: ``x`` itself, then cubic terms scaled to x's units.

    With two knots or one the spline is the straight line.
    """
    if at.size < 3:
        return x[:, None].astype(float)
    last, before = at[-1], at[-2]
    cubes = np.maximum(x[:, None] - at, 0.0) ** 3
    inner = at[:-2]
    tails = cubes[:, -2:-1] * (last - inner) / (last - before) - cubes[:, -1:] * (
        before - inner
    ) / (last - before)
    bent = (cubes[:, :-2] - tails) / (last - at[0]) ** 2
    return np.column_stack([x, bent])
