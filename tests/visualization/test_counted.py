"""One thing is told as one thing, wherever a page counts."""

from __future__ import annotations

from typing import Any

import pytest
from econsim_mesa.visualization.components.header import left_out
from econsim_mesa.visualization.components.store import store_now
from econsim_mesa.visualization.components.town import town_now, town_scene
from econsim_mesa.visualization.counted import counted
from econsim_mesa.visualization.replay import Replay
from econsim_mesa.visualization.view import Frame, Scene

from econsim_mesa.scenario import load_scenario


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (12345, "12,345 calls")]
)
def test_a_number_and_its_noun_agree(number: int, words: str) -> None:
    assert counted(number, "call") == words


def test_one_household_one_store_one_visitor(replayed: Replay) -> None:
    one: dict[str, Any] = {"agents.Household.count": 1}
    scenario = load_scenario("pizza_place", set=one)
    assert town_scene(Scene(scenario, 1))["spoken"] == "1 household, 2 stores"
    assert (left_out(1), left_out(2)) == ("1 thing is left out", "2 things are left out")
    for step in range(30):
        frame = Frame(replayed.history, step)
        for (visitors, inside, waits), store in zip(
            town_now(frame, None, "overall")["stores"],  # type: ignore[call-overload]
            frame.stores,
            strict=True,
        ):
            assert inside == ("1 visitor" if visitors == 1 else f"{visitors} visitors")
            assert waits.endswith("order waits" if store.waiting == 1 else "orders wait")
            assert store_now(frame, store.name, replayed.folder)["waiting"] == waits
