"""Paired curves: equal before a fork, and afterwards the difference is the one of the records."""

from __future__ import annotations

from pathlib import Path

import pytest
from econsim_mesa.visualization.fork_charts import comparable, paired
from econsim_mesa.visualization.live import Live
from econsim_mesa.visualization.replay import Replay
from econsim_mesa.visualization.view import Frame
from made_run import Made

AT = 13


@pytest.fixture(scope="module")
def branch(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Frame:
    """The same run with a very deep sale from step 13 on."""
    out = tmp_path_factory.mktemp("fork") / "branch"
    changes = {"events.2.when": {"between": [AT, 99]}, "events.2.percent": 95.0}
    live = Live.fork(made.folder, AT, changes, out)
    frame = live.history.frame()
    while (further := live.next(frame.step)) is not None:
        frame = further
    return frame


def test_every_measure_is_equal_before_the_fork(branch: Frame, replayed: Replay) -> None:
    parent, differ = replayed.history.frame(), set()
    for name in comparable(branch.scene):
        both, gap = paired(branch, parent, name, "step", AT)
        difference = gap.lines[0].values
        assert set(difference[:AT]) <= {0.0, None}, name
        if any(difference[AT:]):
            differ.add(name)
        theirs, ours = (line.values for line in both.lines)
        for i, value in enumerate(difference):
            known = ours[i] is not None and theirs[i] is not None
            assert value == (pytest.approx(ours[i] - theirs[i]) if known else None)
    assert {"units Pizza Place", "revenue Pizza Place", "cash"} <= differ


def test_days_add_up_flows_and_average_levels(branch: Frame, replayed: Replay) -> None:
    parent = replayed.history.frame()
    both, _ = paired(branch, parent, "revenue Pizza Place", "day", AT)
    paid = [0, 0, 0]
    for sale in branch.so_far("sales"):
        if sale.store == "Pizza Place":
            paid[sale.step // 12] += sale.amount
    assert both.lines[1].values == tuple(map(float, paid))
    both, _ = paired(branch, parent, "overall stress", "day", AT)
    first = [branch.history.frame(step).stress().mean() for step in range(12)]
    assert both.lines[1].values[0] == pytest.approx(sum(first) / 12)


def test_a_parent_that_stands_earlier_has_no_difference_yet(
    branch: Frame, replayed: Replay
) -> None:
    both, gap = paired(branch, replayed.history.frame(19), "cash", "step", AT)
    assert both.lines[0].values[20:] == (None,) * 10
    assert gap.lines[0].values[20:] == (None,) * 10
    assert gap.note == "The parent stands at step 19: beyond it there is nothing to compare."
    _, gap = paired(branch, replayed.history.frame(19), "cash", "day", AT)
    assert gap.lines[0].values[0] == 0
    assert gap.lines[0].values[1:] == (None, None)


def test_nothing_is_paired_before_the_first_step(made: Made, tmp_path: Path) -> None:
    live = Live.fork(made.folder, 0, {"stress.mode": "off"}, tmp_path / "branch")
    both, gap = paired(live.history.frame(), Replay.open(made.folder).history.frame(-1), "cash",
                       "step", 0)  # fmt: skip
    assert both.labels == ()
    assert gap.lines[0].values == ()
    live.close()
