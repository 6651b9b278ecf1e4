from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from worlds import world

from econsim_mesa.analysis.clustered import fit_clustered
from econsim_mesa.analysis.design_matrix import (
    NotIdentified,
    build_design,
    complete_cases,
    independent_columns,
)
from econsim_mesa.errors import BadInput


def test_what_calendar_days_make_redundant_is_dropped_and_named() -> None:
    panel = world(runs=4, days=9)
    sale = (panel.price < 2000).to_numpy(float)
    weekday = (pd.to_datetime(panel.day).dt.dayofweek >= 5).to_numpy(float)
    x = panel.x.to_numpy()
    design = build_design(panel, {"x": x}, {"sale": sale, "weekend": weekday})
    assert [column.name for column in design.aliased] == ["sale", "weekend"]
    assert design.aliased[0].of == ("day 2025-12-05", "day 2025-12-06", "day 2025-12-07")
    assert str(design.aliased[0]).startswith("sale dropped: a combination of day 2025-12-05, ")
    assert design.names[-1] == "x"
    assert np.linalg.matrix_rank(design.matrix) == design.matrix.shape[1]


def test_without_effects_of_day_the_same_controls_stay() -> None:
    panel = world(runs=4, days=9)
    sale = (panel.price < 2000).to_numpy(float)
    design = build_design(panel, {"x": panel.x.to_numpy()}, {"sale": sale}, day_effects=False)
    assert design.aliased == ()
    assert "sale" in design.names


@pytest.mark.parametrize("seed", range(20))
def test_the_columns_kept_span_as_much_as_all(seed: int) -> None:
    luck = np.random.default_rng(seed)
    matrix = luck.normal(size=(30, 5))
    mixed = matrix @ luck.integers(-2, 3, size=(5, 4))
    everything = np.column_stack([matrix, mixed, np.zeros(30)])[:, luck.permutation(10)]
    everything *= 10.0 ** luck.integers(-6, 7, size=10)
    kept = independent_columns(everything)
    lengths = np.linalg.norm(everything, axis=0)
    scaled = everything / np.where(lengths > 0, lengths, 1)
    assert len(kept) == np.linalg.matrix_rank(scaled, tol=1e-6)
    for j in range(10):  # the first of a dependent set is kept
        before = scaled[:, : j + 1]
        grows = np.linalg.matrix_rank(before, tol=1e-6) > np.linalg.matrix_rank(
            before[:, :-1], tol=1e-6
        )
        assert (j in kept) == grows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda p: p[p.run == "r0"],
            "1 run cannot identify x, square: 3 runs or more are",
        ),
        (lambda p: p[p.run < "r2"], "2 runs cannot identify x, square"),
        (lambda p: p[p.day == p.day[0]], "1 day cannot identify"),
        (lambda p: p[p.day <= "2025-12-02"][:5], "leave nothing over after"),
        (lambda p: p.assign(x=0.0), r"cannot identify x \(1 .* it is always 0; give"),
        (lambda p: p.assign(x=5.0), r"cannot identify x \(1 distinct value\)"),
        (lambda p: p.assign(x=p.seed * 1.0), r"cannot identify x \(6 distinct values\).* run r1"),
        (lambda p: p.assign(x=p.day.str[-2:].astype(float)), "cannot identify x .* combination"),
        (lambda p: p.assign(x=p.x > 8), r"cannot identify square \(2 distinct values\)"),
    ],
)
def test_what_cannot_be_told_is_said(change: object, message: str) -> None:
    panel = change(world()).reset_index(drop=True)  # type: ignore[operator]
    x = panel.x.to_numpy(float)
    with pytest.raises(NotIdentified, match=message):
        build_design(panel, {"x": x, "square": (x - 3) ** 2})


def test_an_outcome_that_never_changes_is_refused() -> None:
    panel = world()
    design = build_design(panel, {"x": panel.x.to_numpy()})
    with pytest.raises(NotIdentified, match="one value on all days of each run"):
        fit_clustered(design, panel.seed.to_numpy(float))


def test_unknown_values_are_counted_not_filled() -> None:
    panel = world().assign(y=lambda p: p.y.where(p.index % 9 != 0))
    frame, missing = complete_cases(panel, ["x", "y"])
    assert (len(frame), missing) == (64, 8)
    assert frame.y.notna().all()


def test_a_panel_that_is_none_is_refused() -> None:
    panel = world()
    with pytest.raises(BadInput, match="no column posts"):
        complete_cases(panel, ["posts"])
    with pytest.raises(BadInput, match="a day twice"):
        complete_cases(pd.concat([panel, panel[:1]]), ["x"])
    price = panel.price.to_numpy()
    with pytest.raises(BadInput, match="price: a regressor of interest is no control"):
        build_design(panel, {"price": price}, {"price": price})
