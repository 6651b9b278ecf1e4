"""An event on one day: the runs that it parts have one past, and its responses are exact."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from studies import study

from econsim_mesa.errors import ScenarioError
from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.run import run_experiment
from econsim_mesa.experiment.tables import tables
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import load_scenario

EVENT = 24
"""First step of the event's day."""
SEEDS = (1, 2)
Made = tuple[Design, Path, dict[str, list[dict[str, Any]]]]
PULSE = {
    "type": "scripted_posts",
    "author": "Notes",
    "account": True,
    "when": {"at": EVENT},
    "count": 4,
    "texts": ["There is Pie at Cafe.", "Cafe sells Pie."],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("pulse")
    silent = {key: one for key, one in PULSE.items() if key not in ("when", "count")}
    design = study(
        folder,
        set={"decider": "utility", "steps": 72, "events.+notes": silent | {"per_day": 0}},
        factors={},
        arms={"base": {}, "pulse": {"events.+pulse": PULSE}},
        replicates=len(SEEDS),
        contrasts=[{"name": "pulse", "a": {"arm": "pulse"}, "b": {"arm": "base"}}],
        hypotheses=[
            {
                "statement": "Posts are followed by posts.",
                "contrast": "pulse",
                "measure": "posts pie on day 0",
                "expected": "positive",
                "refuted_by": "An interval below 0.",
            }
        ],
        plan={
            "outcome": {"store": "Cafe", "item": "Pie"},
            "keyword": "pie",
            "event_day": "2026-01-06",
        },
    )
    report = run_experiment(design, folder / "out", workers=0)
    assert not report.unfinished
    return design, folder / "out", tables(design, report.measured)


def rows_before(folder: Path, step: int) -> dict[str, list[Any]]:
    """Return all records of the steps before one, by table."""
    with closing(sqlite3.connect(folder / "run.sqlite")) as store, store:
        names = [
            name
            for name, sql in store.execute("SELECT name, sql FROM sqlite_master")
            if sql and sql.startswith("CREATE TABLE") and '"step" INTEGER' in sql
        ]
        found = {
            name: store.execute(f"SELECT * FROM {name} WHERE step < ?", (step,)).fetchall()
            for name in names
        }
    store.close()
    return found


def test_runs_that_an_event_parts_have_one_past(made: Made) -> None:
    _, out, _ = made
    for seed in SEEDS:
        base, pulse = (out / "runs" / f"{arm}.s{seed}" for arm in ("base", "pulse"))
        past = rows_before(base, EVENT)
        assert past == rows_before(pulse, EVENT)
        assert sum(map(len, past.values())) > 300
        assert rows_before(base, EVENT + 1) != rows_before(pulse, EVENT + 1)


def test_a_pulse_is_so_many_posts_at_one_step(made: Made) -> None:
    _, out, _ = made
    posts = load_run(out / "runs" / "pulse.s1").posts
    ours = posts[posts.author == "Notes"]
    assert ours.step.tolist() == [EVENT] * 4
    assert ours.text.tolist() == PULSE["texts"] * 2  # type: ignore[operator]
    assert not (load_run(out / "runs" / "base.s1").posts.author == "Notes").any()


def by_day(folder: Path) -> pd.DataFrame:
    """Return visits, crowd and household posts of each day, by pandas alone."""
    run = load_run(folder)
    agents = run.agents.sort_values(["agent", "step"], kind="stable")
    at = (agents.x == 1) & (agents.y == 1)
    came = at & ~(at.groupby(agents.agent).shift(fill_value=False))
    here = agents[at & (agents.step >= 0)]
    others = here.groupby("step").x.transform("size") - 1
    posts = run.posts[(run.posts.kind == "Household") & (run.posts.step >= 0)]
    visits = agents[came & (agents.step >= 0)]
    found = pd.DataFrame(
        {
            "visits Cafe": visits.groupby(visits.step // 24 - 1).size(),
            "crowd Cafe": others.groupby(here.step // 24 - 1).mean(),
            "posts households": posts.groupby(posts.step // 24 - 1).size(),
        },
        index=[-1, 0, 1],
    )
    return found.fillna({"visits Cafe": 0, "posts households": 0})


def test_responses_are_paired_differences_by_day(made: Made) -> None:
    _, out, found = made
    table = pd.DataFrame(found["responses"]).set_index(["measure", "day"])
    frames = {
        arm: [by_day(out / "runs" / f"{arm}.s{seed}") for seed in SEEDS]
        for arm in ("base", "pulse")
    }
    checked = 0
    for name in ("visits Cafe", "crowd Cafe", "posts households"):
        for day in (-1, 0, 1):
            apart = np.array([
                a[name].get(day) - b[name].get(day)
                for a, b in zip(frames["pulse"], frames["base"], strict=True)
            ], dtype=float)  # fmt: skip
            apart, row = apart[~np.isnan(apart)], table.loc[(name, day)]
            assert row["n"] == len(apart)
            assert row["mean"] == pytest.approx(apart.mean())
            if day < 0:
                assert row["mean"] == row["low"] == row["high"] == 0
            elif len(apart) > 1 and np.ptp(apart):
                low, high = stats.t.interval(0.95, len(apart) - 1, apart.mean(), stats.sem(apart))
                assert (row["low"], row["high"]) == pytest.approx((low, high))
                checked += 1
    assert checked >= 3


def test_a_hypothesis_may_be_about_one_day(made: Made) -> None:
    _, _, found = made
    (row,) = found["hypotheses"]
    table = pd.DataFrame(found["responses"]).set_index(["measure", "day"])
    assert row["measure"] == "posts pie on day 0"
    assert row["mean"] == table.loc[("posts pie", 0)]["mean"]


def test_the_event_day_is_a_day_of_the_run(tmp_path: Path) -> None:
    plan = {"outcome": {"store": "Cafe"}, "event_day": "2027-01-01"}
    with pytest.raises(ScenarioError, match="is no day of"):
        study(tmp_path, plan=plan)


def test_a_list_of_the_scenario_grows_by_a_name() -> None:
    more = {"type": "salary", "amount": 5}
    before = load_scenario("pizza_place")
    after = load_scenario("pizza_place", set={"events.+first": more, "events.+second": more})
    assert len(after.events) == len(before.events) + 2
    assert after.events[-1].amount == 5  # type: ignore[attr-defined]
    with pytest.raises(ScenarioError, match=r"\+NAME adds one"):
        load_scenario("pizza_place", set={"events.99": more})
    with pytest.raises(ScenarioError, match="no such field"):
        load_scenario("pizza_place", set={"events.+first.amount": 5})


@pytest.mark.parametrize("name", ["loop", "interventions"])
def test_bundled_forks_differ_by_one_event(name: str) -> None:
    design = load_design(name)
    base, *others = design.scenarios
    for scenario in others:
        assert scenario.events[:-1] == base.events
        dump = [json.loads(one.model_dump_json()) for one in (scenario, base)]
        del dump[0]["events"], dump[1]["events"]
        assert dump[0] == dump[1]
