"""Every number of the tables can be had from the run folders without the package's own code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW
from studies import study

from econsim_mesa.analysis.inference import MeanInterval, mean_interval
from econsim_mesa.cli.experiment_tables import print_experiment
from econsim_mesa.experiment.hypotheses import (
    NOWHERE,
    UNREGISTERED,
    Ends,
    Says,
    none_verdict,
    sign_verdict,
)
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import RunMeasures, measure_names
from econsim_mesa.experiment.run import ExperimentReport, run_experiment
from econsim_mesa.experiment.tables import tables
from econsim_mesa.runs.reader import Run, load_run

pytestmark = pytest.mark.soak  # whole studies, in small


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Design, Path, dict[str, RunMeasures]]:
    folder = tmp_path_factory.mktemp("tables")
    design = study(folder, replicates=3, first_seed=5)
    return design, folder / "out", run_experiment(design, folder / "out", workers=0).measured


def independent(folder: Path) -> dict[str, float]:
    """Return all measures of a run from its tables, by pandas alone."""
    run = load_run(folder)
    posts = run.posts[run.posts.step >= 0]
    said = posts[posts.kind == "Household"].text
    lived = run.agents[run.agents.step >= 0]
    found = {
        "posts households": len(said),
        "posts stores": posts.kind.isin(["Restaurant", "Retailer"]).sum(),
        "posts government": (posts.kind == "Government").sum(),
        "posts scripted": (posts.kind == "Account").sum(),
        "rejected": len(run.rejections),
    }
    for word in json.loads((folder / "scenario.json").read_text())["keywords"]:
        found[f"posts {word}"] = said.str.contains(rf"\b{word}s?\b", case=False).sum()
    for stressor in ("hunger", "fatigue", "congestion", "money"):
        if stressor in lived:
            found[f"stress {stressor}"] = lived[stressor].mean()
    return found | _of_stores(run, folder)


def _of_stores(run: Run, folder: Path) -> dict[str, float]:
    agents = run.agents.sort_values(["agent", "step"], kind="stable")
    found: dict[str, float] = {}
    town = json.loads((folder / "scenario.json").read_text())
    kinds = [town["agents"].get(kind) or {} for kind in ("Restaurant", "Retailer")]
    for store, spec in {name: one for kind in kinds for name, one in kind.items()}.items():
        at = (agents.x == spec["at"][0]) & (agents.y == spec["at"][1])
        came = at & ~(at.groupby(agents.agent).shift(fill_value=False)) & (agents.step >= 0)
        present = at[agents.step >= 0].groupby(agents.step).sum()
        others = (present * (present - 1)).sum()
        sales = run.sales[run.sales.store == store]
        found[f"visits {store}"] = came.sum()
        found[f"visitors {store}"] = present.mean()
        found[f"crowd {store}"] = others / present.sum() if present.sum() else np.nan
        found[f"revenue {store}"] = sales.amount.sum()
        for item in spec["sells"]:
            sold = sales[sales["item"] == item].quantity.sum()
            found[f"units {store}: {item}"] = sold / 10 ** town["items"][item]["decimals"]
        found[f"units {store}"] = sum(found[f"units {store}: {item}"] for item in spec["sells"])
    return found


def test_conditions_and_contrasts(made: tuple[Design, Path, dict[str, RunMeasures]]) -> None:
    design, out, measured = made
    found = tables(design, measured)
    rows = [
        {"mode": mode, "feed": feed, "seed": seed}
        | independent(out / "runs" / f"mode-{mode}.feed-{feed}.s{seed}")
        for mode in ("on", "off")
        for feed in ("on", "blocked")
        for seed in (5, 6, 7)
    ]
    own = pd.DataFrame(rows)
    assert own["visits Cafe"].sum() > 0
    assert own["units Cafe: Pie"].sum() > 0
    conditions = pd.DataFrame(found["conditions"])
    assert set(conditions["measure"]) == set(independent_names(own))  # none is left out
    for (mode, feed), some in own.groupby(["mode", "feed"]):
        table = conditions[
            (conditions["stress.mode"] == mode) & (conditions["social.feed"] == feed)
        ].set_index("measure")
        for name in independent_names(own):
            assert table["mean"][name] == pytest.approx(some[name].mean(), abs=1e-4)
            assert table["sd"][name] == pytest.approx(some[name].std(ddof=1), abs=1e-4)
            assert table["n"][name] == some[name].count()
    contrasts = pd.DataFrame(found["contrasts"]).set_index(["contrast", "measure"])
    for name in independent_names(own):
        sides = own.groupby(["mode", "seed"])[name].agg(lambda one: one.mean(skipna=False))
        wide = sides.unstack("mode").dropna()
        difference = (wide["on"] - wide["off"]).to_numpy(dtype=float)
        row = contrasts.loc[("stress", name)]
        assert row["n"] == len(difference)
        if not len(difference):
            continue
        assert row["mean"] == pytest.approx(difference.mean(), abs=1e-4)
        if np.ptp(difference) > 1e-3:
            low, high = stats.t.interval(
                0.95, row["n"] - 1, difference.mean(), stats.sem(difference)
            )
            assert (row["low"], row["high"]) == pytest.approx((low, high), abs=1e-3)
    read = own[own.feed == "on"].set_index(["mode", "seed"])["units Cafe: Pie"]
    row = contrasts.loc[("stress read", "units Cafe: Pie")]
    assert row["mean"] == pytest.approx((read["on"] - read["off"]).mean())
    assert (row["a"], row["b"], row["social.feed"]) == (
        {"stress.mode": "on"},
        {"stress.mode": "off"},
        "on",
    )


def independent_names(own: pd.DataFrame) -> list[str]:
    return [name for name in own.columns if name not in ("mode", "feed", "seed")]


def test_hypotheses_are_measured_by_the_plans_outcome(
    made: tuple[Design, Path, dict[str, RunMeasures]],
) -> None:
    design, _, measured = made
    found = tables(design, measured)
    (row,) = found["hypotheses"]
    contrast = next(
        one
        for one in found["contrasts"]
        if (one["contrast"], one["measure"]) == ("stress", "units Cafe: Pie")
    )
    assert {key: row[key] for key in MeanInterval._fields} == {
        key: contrast[key] for key in MeanInterval._fields
    }
    assert row["verdict"] in ("supported", "refuted", "open")
    registered = [one for one in found["contrasts"] if one["registered"]]
    assert registered == [contrast]
    assert (row["smallest"], row["why"]) == (None, None)


def test_the_names_of_measures_are_known_before_the_runs(
    made: tuple[Design, Path, dict[str, RunMeasures]],
) -> None:
    design, _, measured = made
    for one in measured.values():
        assert set(one.total) == set(measure_names(design.scenarios[0]))


def test_two_one_sided_tests_are_those_of_statsmodels(
    made: tuple[Design, Path, dict[str, RunMeasures]],
) -> None:
    """The verdict flips where the p of statsmodels' paired TOST passes the level."""
    design, out, measured = made
    apart = [
        sum(
            independent(out / "runs" / f"mode-{mode}.feed-{feed}.s{seed}")["visits Cafe"] * sign
            for mode, sign in (("on", 0.5), ("off", -0.5))
            for feed in ("on", "blocked")
        )
        for seed in (5, 6, 7)
    ]
    assert np.std(apart) > 0
    sizes = np.linspace(0.5, 60, 60)
    (one,) = design.experiment.hypotheses
    asked = tuple(
        one.model_copy(update={"expected": "none", "measure": "visits Cafe", "smallest": size})
        for size in sizes
    )
    registered = design.experiment.model_copy(update={"hypotheses": asked})
    rows = tables(design._replace(experiment=registered), measured)["hypotheses"]
    for row, size in zip(rows, sizes, strict=True):
        p, _, _ = DescrStatsW(apart).ttost_mean(-size, size)
        assert (row["verdict"] == "supported") == (p < 0.05)
    assert {row["verdict"] for row in rows} == {"supported", "open"}


def test_what_was_found_of_no_effect_is_printed_with_its_reason(
    made: tuple[Design, Path, dict[str, RunMeasures]], capsys: pytest.CaptureFixture[str]
) -> None:
    design, out, measured = made
    (one,) = design.experiment.hypotheses
    asked = tuple(
        one.model_copy(update={"expected": "none", "measure": "visits Cafe", "smallest": size})
        for size in (1e6, None)
    )
    registered = design._replace(
        experiment=design.experiment.model_copy(update={"hypotheses": asked})
    )
    found = tables(registered, measured)
    supported, other = found["hypotheses"]
    assert supported["verdict"] == "supported"
    assert other["verdict"] in ("open", "refuted")
    other |= {"verdict": "open", "why": UNREGISTERED}  # whatever these seeds say
    console = Console(width=100, markup=False)
    print_experiment(
        registered, found, ExperimentReport(out, "0" * 64, measured, [], False), console
    )
    shown = " ".join(capsys.readouterr().out.split())
    assert "within 1e+06?" in shown
    assert "Stress that is felt sells pies. No smallest effect of interest is registered" in shown


def test_what_cannot_be_computed_is_null(made: tuple[Design, Path, dict[str, RunMeasures]]) -> None:
    design, _, measured = made
    few = {run: one for run, one in measured.items() if run == "mode-on.feed-on.s5"}
    found = tables(design, few)
    first = next(row for row in found["conditions"] if row["measure"] == "units Cafe")
    assert (first["sd"], first["n"]) == (None, 1)
    assert all(row["mean"] is None and row["n"] == 0 for row in found["contrasts"])
    assert found["hypotheses"][0]["verdict"] is None
    assert not any(tables(design, {})["conditions"])
    text = json.dumps(found, allow_nan=False)
    assert "/" not in text


def test_scripted_posts_are_a_dose(tmp_path: Path) -> None:
    town = {
        "events": [
            {
                "type": "scripted_posts",
                "author": "Notes",
                "account": True,
                "per_day": [0, 3],
                "texts": ["A pie."],
            }
        ],
        "steps": 72,
        "decider": "utility",
    }
    plan = {"outcome": {"store": "Cafe"}, "x": "scripted", "warm_up_days": 1}
    design = study(
        tmp_path, set=town, factors={}, contrasts=[], hypotheses=[], plan=plan, replicates=4
    )
    measured = run_experiment(design, tmp_path / "out", workers=0).measured
    rows = [row for row in tables(design, measured)["doses"] if row["measure"] == "units Cafe"]
    assert sum(row["run_days"] for row in rows) == 4 * 2
    assert {row["posts scripted"] for row in rows} == {0, 3}
    for row in rows:
        sold = []
        for folder in (tmp_path / "out" / "runs").iterdir():
            run = load_run(folder)
            posts = run.posts[run.posts.author == "Notes"].time.str[:10].value_counts()
            for day in ("2026-01-06", "2026-01-07"):
                if posts.get(day, 0) == row["posts scripted"]:
                    here = run.sales[(run.sales.store == "Cafe") & (run.sales.time.str[:10] == day)]
                    sold.append(here.quantity.sum())
        assert row["run_days"] == len(sold)
        assert row["mean"] == pytest.approx(np.mean(sold))


@pytest.mark.parametrize(
    ("low", "high", "expected", "says"),
    [
        (1.0, 2.0, "positive", "supported"),
        (1.0, 2.0, "negative", "refuted"),
        (-1.0, 2.0, "positive", "open"),
        (-2.0, -1.0, "negative", "supported"),
        (None, None, "negative", None),
    ],
)
def test_verdicts(low: float | None, high: float | None, expected: str, says: str | None) -> None:
    assert sign_verdict(expected, MeanInterval(0.0, 1.0, low, high, 5)) == says


@pytest.mark.parametrize(
    ("ends", "narrow", "smallest", "says"),
    [
        ((1.0, 2.0), (1.1, 1.9), None, "refuted"),
        ((-1.0, 2.0), (-0.9, 1.9), None, "open"),
        ((-1.0, 2.0), (-0.9, 1.9), 1.9, "open"),
        ((-1.0, 2.0), (-0.9, 1.9), 1.91, "supported"),
        ((0.1, 2.0), (0.2, 1.9), 1.91, "supported"),  # not 0, and too little to matter
        ((0.1, 2.0), (0.2, 1.9), 1.0, "open"),
        ((1.1, 2.0), (1.2, 1.9), 1.0, "refuted"),
        ((-2.0, -1.1), (-1.9, -1.2), 1.0, "refuted"),
        ((0.0, 0.0), (0.0, 0.0), 1.0, "supported"),
        ((0.0, 0.0), (0.0, 0.0), None, "open"),
        ((-1.0, 2.0), NOWHERE, 9.0, "open"),
        (NOWHERE, NOWHERE, 9.0, None),
    ],
)
def test_that_there_is_nothing_needs_a_smallest_effect(
    ends: Ends, narrow: Ends, smallest: float | None, says: str | None
) -> None:
    found = none_verdict(MeanInterval(0.0, 1.0, *ends, 5), narrow, smallest)
    assert found.verdict == says
    assert (found.why is not None) == (says == "open")
    assert (found.why == UNREGISTERED) == (says == "open" and smallest is None)
    assert none_verdict(MeanInterval(0.0, 1.0, *ends, 2), narrow, smallest) == Says(None)


def test_an_interval_needs_two_values() -> None:
    assert mean_interval([], 0.95) == MeanInterval(None, None, None, None, 0)
    assert mean_interval([3.0], 0.95) == MeanInterval(3.0, None, None, None, 1)
    low, high = stats.t.interval(0.9, 4, 3.0, stats.sem([1, 2, 3, 4, 5]))
    found = mean_interval([1, 2, 3, 4, 5], 0.9)
    assert (found.low, found.high) == pytest.approx((low, high))
