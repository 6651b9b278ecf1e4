"""Arrays and mappings that nobody can change."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from econsim_mesa.read_only import ReadOnlyDict, read_only


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


@pytest.mark.parametrize(
    "change",
    [
        lambda mapping: mapping.__setitem__("a", 2),
        lambda mapping: mapping.__delitem__("a"),
        lambda mapping: mapping.__ior__({"b": 1}),
        lambda mapping: mapping.update(b=1),
        lambda mapping: mapping.pop("a"),
        lambda mapping: mapping.popitem(),
        lambda mapping: mapping.setdefault("b", 1),
        lambda mapping: mapping.clear(),
    ],
)
def test_a_mapping_refuses_each_change(change: Callable[[Any], Any]) -> None:
    mapping = ReadOnlyDict({"a": 1})
    with pytest.raises(TypeError, match="can be read only"):
        change(mapping)
    assert mapping == {"a": 1}


def test_a_mapping_is_copied_and_written_like_a_dict() -> None:
    mapping = ReadOnlyDict({"a": {"b": 1}})
    for other in (copy.copy(mapping), copy.deepcopy(mapping), pickle.loads(pickle.dumps(mapping))):
        assert type(other) is ReadOnlyDict
        assert other == mapping
    assert json.dumps(mapping) == '{"a": {"b": 1}}'
    assert mapping | {"c": 2} == {"a": {"b": 1}, "c": 2}
