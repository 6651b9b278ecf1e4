"""Arrays that nobody can change."""

from __future__ import annotations

import numpy as np
import pytest

from econsim_mesa.read_only import read_only


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6),
        np.arange(6, dtype=np.int32)[::2],
        np.zeros((0, 3)),
        np.ones((2, 3, 4), dtype=np.bool_).T,
        np.broadcast_to(np.arange(3), (4, 3)),
    ],
)
def test_an_array_is_shown_and_cannot_be_made_writeable(array: np.ndarray) -> None:
    shown = read_only(array)
    assert (shown.dtype, shown.shape, shown.tolist()) == (array.dtype, array.shape, array.tolist())
    with pytest.raises(ValueError, match="read-only"):
        shown[...] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        shown.flags.writeable = True


def test_it_shows_what_becomes_of_the_array() -> None:
    array = np.zeros(2)
    shown = read_only(array)
    array[1] = 5
    assert shown.tolist() == [0, 5]
