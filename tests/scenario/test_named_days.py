"""Days with a name: given or drawn for each run, counted from by events, said in posts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa import EconModel, load_run, load_scenario
from econsim_mesa.cli import main
from econsim_mesa.errors import ScenarioError
from econsim_mesa.scenario.check_events import events_out_of_time

DAYS = {"sale": {"drawn": ["2025-12-20", "2025-12-24"]}, "end": "2025-12-26"}
EVENTS = [
    {
        "type": "promotion",
        "when": {"between": ["sale", "sale+2"]},
        "store": "Pizza Place",
        "items": ["Pizza"],
        "percent": 40,
    },
    {
        "type": "scripted_posts",
        "when": {"at": "sale-1 11:00"},
        "author": "Pizza Place",
        "texts": ["Pizza 40% off from {sale} to {sale+1}!", "Hello {:-} {}"],
        "count": 2,
    },
]


def town(seed: int, days: Mapping[str, Any] = DAYS, **options: Any) -> EconModel:
    changes = {"clock.days": days, "events": EVENTS}
    return EconModel("pizza_place", seed=seed, set=changes, households=3, **options)


def test_a_drawn_day_moves_all_that_counts_from_it() -> None:
    drawn = set()
    for seed in range(12):
        model = town(seed, decider="idle", steps=84)
        clock = model.town.clock
        sale = dict(clock.days)["sale"]
        drawn.add(sale)
        assert dict(clock.days)["end"] == date(2025, 12, 26)
        first = (sale - date(2025, 12, 19)).days * 12
        cheap = []
        while model.running:
            model.step()
            cheap.append(int(model.town.economy.prices.posted[0, 1]))
        assert cheap == [1200 if first <= t < first + 24 else 2000 for t in range(84)]
        posts = model.datacollector.get_table_dataframe("posts")
        assert posts.step.tolist() == [first - 12 + 2] * 2
        text = f"Pizza 40% off from {sale.day} Dec to {sale.day + 1} Dec!"
        assert posts.text.tolist() == [text, "Hello {:-} {}"]
        topics = model.town.social.topics  # readers understand what was drawn
        assert (topics.first[0], topics.last[0]) == (first, first + 23)
    assert min(drawn) >= date(2025, 12, 20)
    assert max(drawn) <= date(2025, 12, 24)
    assert len(drawn) >= 4


def test_what_was_drawn_is_on_record_and_is_drawn_again(tmp_path: Path) -> None:
    model = town(5, steps=30, store=tmp_path / "run")
    model.run_model()
    run = load_run(tmp_path / "run")
    days = run.events
    said = days[days.event == "day"].detail.tolist()
    assert said == [f"{name}: {day}" for name, day in model.town.clock.days]
    assert main(["replay", str(tmp_path / "run"), "--quiet"]) == 0
    assert main(["verify", str(tmp_path / "run"), "--quiet"]) == 0


def test_a_day_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ScenarioError, match="lies beyond the calendar"):
        load_scenario(
            "pizza_place",
            set={
                "clock.days": {"sale": "9999-12-30"},
                "events": [{**EVENTS[1], "texts": ["hello"], "when": {"at": "sale+9"}}],
            },
        )


def test_a_days_luck_is_its_own() -> None:
    alone = dict(town(3, decider="idle").town.clock.days)["sale"]
    drawn = {"fair": DAYS["sale"], **DAYS}
    among = dict(town(3, drawn, decider="idle").town.clock.days)
    assert among["sale"] == alone
    others = {dict(town(seed, drawn, decider="idle").town.clock.days)["fair"] for seed in range(9)}
    assert len(others) > 2


def test_what_may_lie_outside_the_run_is_noted() -> None:
    def notes(steps: int) -> list[str]:
        scenario = load_scenario(
            "pizza_place", set={"clock.days": DAYS, "events": EVENTS, "steps": steps}
        )
        return [message for _, message in events_out_of_time(scenario)]

    assert notes(120) == []
    assert all("may never happen" in note for note in notes(36))
    assert len(notes(36)) == 2
    assert all("promotion never happens" in note for note in notes(12)[:1])


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("events.0.when.between", ["sail", "sale+2"], "unknown day 'sail'"),
        ("events.0.when.between", ["sale+2", "sale"], "ends before it begins"),
        ("events.1.texts", ["From {sail} on"], "text 1: no day is called 'sail'"),
        ("clock.days.sale", {"drawn": ["2025-12-24", "2025-12-20"]}, "last day is before"),
        ("clock.days", {"Sale day": "2025-12-24"}, "Sale day"),
        ("events.1.texts", ["x" * 275 + "{end}"], "text 1 is longer than 280 with its days"),
        ("events.0.when.between", ["sale 25:00", "sale+2"], "without spaces around the sign"),
        ("events.0.when.between", ["sale + 2", "sale+3"], "without spaces around the sign"),
        ("events.0.when.between", ["sale", "2025-12-22T00:00"], "where sale is 2025-12-24"),
    ],
)
def test_days_that_cannot_be_are_refused(path: str, value: object, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        load_scenario("pizza_place", set={"clock.days": DAYS, "events": EVENTS, path: value})
    with pytest.raises(ScenarioError, match="no day has a name"):
        load_scenario("pizza_place", set={"events": EVENTS})
