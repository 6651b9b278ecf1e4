"""What the statistics say of few runs, of several models, and of hypotheses about them."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import statsmodels.formula.api as smf
from case_study import CASE, Case
from rich.console import Console
from scipy import stats
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.proportion import proportion_confint
from studies import study

from econsim_mesa.cli.experiment_tables import print_experiment
from econsim_mesa.cli.study_tables import study_tables
from econsim_mesa.errors import BadInput, ScenarioError
from econsim_mesa.evidence.bundle_contents import read_contents
from econsim_mesa.evidence.claims import claims_text
from econsim_mesa.evidence.code_ran import code_ran
from econsim_mesa.evidence.derived_files import check_derived_files
from econsim_mesa.evidence.experiment_check import check_experiment
from econsim_mesa.evidence.report import report_text
from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.figures import figures
from econsim_mesa.experiment.finalize import finalize_experiment
from econsim_mesa.experiment.folder import read_experiment
from econsim_mesa.experiment.hypotheses import hypotheses
from econsim_mesa.experiment.level_names import label_of
from econsim_mesa.experiment.pairs import by_model, name_of_contrast
from econsim_mesa.experiment.plan import plan_text
from econsim_mesa.experiment.run import ExperimentReport, run_experiment
from econsim_mesa.experiment.tables import tables
from econsim_mesa.experiment.types import Experiment
from econsim_mesa.experiment.variance import add_variance
from econsim_mesa.runs.bundle.findings import Kind
from econsim_mesa.runs.folders import is_experiment
from econsim_mesa.studies.online_offline.study import OnlineOffline
from econsim_mesa.studies.online_offline.tables import add_family

NAMES = (*OnlineOffline.tables, "variance", "cannot_identify")

pytestmark = pytest.mark.soak  # whole studies, in small


def test_two_runs_say_what_they_cannot_tell(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    design, folder, measured = case
    few = {run: one for run, one in measured.items() if run.endswith((".s1", ".s2"))}
    found = tables(design, few)
    json.dumps(found, allow_nan=False)
    for row in found["curves"]:
        assert row["verdict"] is row["b2"] is row["p"] is None
        assert row["runs"] == 2
        assert "2 runs cannot identify" in row["why"]
    assert all(row["difference"] is None for row in found["ablations"])
    assert all(row["p"] is row["holds"] is None for row in found["family"])
    assert {row["verdict"] for row in found["hypotheses"]} == {None}
    whats = {row["what"] for row in found["cannot_identify"]}
    assert {"curve of y over x", "two lines", "difference of b2"} <= whats
    console = Console(width=100, markup=False, highlight=False, emoji=False)
    print_experiment(design, found, ExperimentReport(folder, "0" * 64, few, [], False), console)
    out = capsys.readouterr().out
    assert "cannot tell" in out
    assert "errors are clustered by run" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= max(100, len(f"folder  {folder}"))


def test_every_interval_and_verdict_follows_the_plans_confidence(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    design, folder, measured = case
    plan = design.experiment.plan.model_copy(update={"confidence": 0.8})
    asked = design._replace(experiment=design.experiment.model_copy(update={"plan": plan}))
    found = tables(asked, measured)
    half = stats.t.ppf(0.9, 5)
    estimates = {
        "curves": ("b1", "b2", "straight", "slope_low", "slope_high"),
        "two_lines": ("first", "second"),
        "lags": ("slope",),
        "dispersion": ("slope",),
    }
    for name, parts in estimates.items():
        assert found[name]
        for row, part in itertools.product(found[name], parts):
            ends = row[f"{part}_low"], row[f"{part}_high"]
            if row[f"{part}_error"] is None:  # not without each of the runs
                assert ends == (None, None)
                continue
            apart = stats.t.ppf(0.9, row.get("runs", 6) - 1) * row[f"{part}_error"]
            assert ends == pytest.approx((row[part] - apart, row[part] + apart))
    for row in found["curve_checks"]:
        if row["name"].startswith("p of"):
            level = 0.4 if "line" in row["name"] else 0.2
            held = row["value"] is not None and row["value"] < level
            assert (row["needed"], row["holds"]) == (f"< {level}", held)
    for row in found["curves"]:
        b2, low = row["b2"], row["turning_low"]  # Fieller: as far as z with |t(z)| below half
        assert (low is not None) == (abs(b2 / row["b2_clustered_error"]) > half)
        if row["verdict"] != "inverted U" and row["b2_p"] < 0.2:
            assert row["verdict"] == ("concave" if b2 < 0 else "inconclusive")
    for row in found["ablations"]:
        if row["difference"] is not None:  # the middle 80 % and 60 % of the same draws
            ends = [row[key] for key in ("low", "narrow_low", "narrow_high", "high")]
            assert ends == sorted(ends)
            assert (row["p_larger"] < 0.2) == (not ends[0] <= 0 <= ends[3])
    for row in found["family"]:
        whole = row["test"] != "inverted U" or row["found"] == "inverted U"
        assert row["holds"] == (None if row["p"] is None else whole and row["adjusted"] < 0.2)
    for row in found["power"]:
        hits = round(row["rate"] * row["panels"])
        ends = proportion_confint(hits, row["panels"], alpha=0.2, method="wilson")
        assert (row["low"], row["high"]) == pytest.approx(ends)
    print_experiment(
        asked, found, ExperimentReport(folder, "0" * 64, measured, [], False), Console(width=140)
    )
    out = capsys.readouterr().out
    assert "80 % interval" in out
    assert "* p < .2" in out
    assert "95 %" not in out


def test_without_a_run_all_tables_are_there(case: Case) -> None:
    design, _, _ = case
    found = tables(design, {})
    assert set(NAMES) <= found.keys()
    assert [row["why"] for row in found["cannot_identify"][:2]] == ["no run is finished"] * 2


def test_a_test_without_a_result_stays_in_the_family(case: Case) -> None:
    """A model that failed, or days with too few posts, make no other test easier."""
    design, _, measured = case
    off = {run: one for run, one in measured.items() if run.startswith("mode-off")}
    told = tables(design, off)["family"]
    assert [row["test"] for row in told] == ["inverted U", "dispersion", "ablation"]
    assert all(row["p"] is row["found"] is row["holds"] is None for row in told)
    silent = {
        run: one._replace(days={
            day: {name: None if name.startswith("sentiment ") else value
                  for name, value in values.items()}
            for day, values in one.days.items()
        })
        for run, one in measured.items()
    }  # fmt: skip
    known = [row for row in tables(design, silent)["family"] if row["p"] is not None]
    assert [row["test"] for row in known] == ["inverted U", "ablation"]
    least = min(row["p"] for row in known)
    assert min(row["adjusted"] for row in known) == pytest.approx(min(1, 3 * least))


@pytest.mark.parametrize(("verdict", "holds"), [("inverted U", True), ("concave", False)])
def test_slopes_alone_are_no_inverted_u(case: Case, verdict: str, holds: bool) -> None:
    """Both slopes may be sure while the turning point is not."""
    design, _, measured = case
    told = tables(design, measured)
    for row in told["curves"]:
        row |= {"p": 1e-6, "verdict": verdict}
    told["family"] = []
    add_family(design, told)
    (row,) = [one for one in told["family"] if one["test"] == "inverted U"]
    assert row["adjusted"] < 0.05
    assert (row["found"], row["holds"]) == (verdict, holds)


def test_a_number_has_one_interval_wherever_it_stands(case: Case, tmp_path: Path) -> None:
    """A difference of b2 in its own table, as a hypothesis, in claim 3 and on the page."""
    design, made, measured = case
    told = tables(design, measured)
    folder = tmp_path / "sealed"
    shutil.copytree(made, folder)
    assert finalize_experiment(folder, told) is not None
    (row,) = [one for one in told["ablations"] if one["measure"] == "b2"]
    half = stats.t.ppf(0.975, 5) * row["error"]
    assert row["low"] <= row["difference"] - half
    assert row["high"] >= row["difference"] + half
    (asked,) = [one for one in told["hypotheses"] if one["measure"] == "b2"]
    ends = row["low"], row["high"]
    assert (asked["low"], asked["high"]) == ends
    claims = json.loads(claims_text(folder, ()))["claims"]
    (test,) = [one for one in claims[2]["tests"] if one["test"].startswith("the bend goes with")]
    assert f"[{ends[0]:.4g}, {ends[1]:.4g}]" in test["value"]
    page = re.sub(r"<[^>]+>", "", report_text(folder, ()))
    shown = f"{row['difference']:.4g} ({ends[0]:.4g} to {ends[1]:.4g}; 6 pairs)"
    assert page.count(shown) == 2
    assert "Difference in the bend (95 % interval)" in page


def test_a_slope_is_the_same_whatever_else_is_run(case: Case) -> None:
    """The centre of x is that of the condition: an ablation beside it moves nothing."""
    design, _, measured = case
    plan = design.experiment.plan.model_copy(update={"center": None})
    asked = design._replace(experiment=design.experiment.model_copy(update={"plan": plan}))
    alone = {run: one for run, one in measured.items() if run.startswith("mode-on")}
    both, single = (
        next(row for row in tables(asked, some)["curves"]
             if row["role"] == "primary" and row["stress.mode"] == "on")
        for some in (measured, alone)
    )  # fmt: skip
    assert both["b1"] == single["b1"]
    days = [day["curve x"] for one in alone.values() for day in list(one.days.values())[1:]]
    assert both["center"] == pytest.approx(sum(days) / len(days))  # type: ignore[arg-type]
    (row,) = [one for one in tables(asked, measured)["ablations"] if one["measure"] == "b1"]
    assert row["first"] == pytest.approx(both["b1"])


def test_a_refutation_has_range_and_power_beside_it(case: Case) -> None:
    design, _, measured = case
    told = tables(design, measured)
    (asked,) = [one for one in told["hypotheses"] if one["measure"] == "verdict"]
    (curve,) = [r for r in told["curves"] if r["role"] == "primary" and r["stress.mode"] == "on"]
    power = next(one for one in told["power"] if one["stress.mode"] == "on")
    assert power["height"] == curve["smallest"]
    assert (asked["x_low"], asked["x_high"]) == (curve["x_low"], curve["x_high"])
    assert asked["power"] == power["rate"]
    assert f"x from {curve['x_low']:.3g} to {curve['x_high']:.3g}" in asked["why"] or (
        "too few runs and days" in asked["why"]
    )
    assert f"high is found at a rate of {power['rate']:.2f}" in asked["why"]
    shape, *others = design.experiment.hypotheses
    sized = shape.model_copy(update={"smallest": 25.0})
    experiment = design.experiment.model_copy(update={"hypotheses": (sized, *others)})
    again = tables(design._replace(experiment=experiment), measured)
    sizes = {r["stress.mode"]: r["smallest"] for r in again["curves"] if r["role"] == "primary"}
    assert sizes["on"] == 25.0 != sizes["off"]
    assert again["hypotheses"][0]["smallest"] == 25.0


def test_measures_of_an_earlier_version_are_no_tampering(case: Case, tmp_path: Path) -> None:
    """An old folder opens, is not checkable by these rules, and is measured anew going on."""
    design, folder, _ = case
    old = tmp_path / "old"
    shutil.copytree(folder, old)
    with closing(sqlite3.connect(old / "experiment.sqlite")) as index, index:
        index.execute("DELETE FROM meta WHERE key = 'measures'")
        index.execute("DELETE FROM daily WHERE measure = 'sentiment authors'")
        index.execute("UPDATE totals SET value = round(value, 4) WHERE measure LIKE 'stress %'")
    index.close()
    found = read_experiment(old)
    assert not found.current
    assert finalize_experiment(old, tables(found.design, found.measured)) is not None
    findings = list(check_experiment(old))
    assert [one.kind for one in findings] == [Kind.incomplete]
    assert "rules of an earlier version" in findings[0].what
    ran = code_ran(read_contents(old, findings), "old")
    assert ran.status == "open"
    assert list(check_derived_files(old)) == []
    report = run_experiment(design, old, workers=0)
    assert report.measured == case[2]
    assert read_experiment(old).current


def test_the_folder_alone_gives_the_same_tables(case: Case, tmp_path: Path) -> None:
    design, folder, measured = case
    copy = tmp_path / "elsewhere"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("run.sqlite"))
    made = read_experiment(copy)
    assert made.unfinished == []
    assert tables(made.design, made.measured) == tables(design, measured)
    assert not is_experiment(tmp_path)
    with pytest.raises(BadInput, match="not the folder of an experiment"):
        read_experiment(tmp_path)
    (copy / "plan.json").write_text("{")
    with pytest.raises(BadInput, match=r"plan\.json"):
        read_experiment(copy)


def test_arms_and_factors_keep_their_order_on_disk(tmp_path: Path) -> None:
    arms = {"whole": {}, "blocked": {"social.feed": "blocked"}}
    factors = {"stress.mode": ["on", "off"], "agents.Household.count": [3]}
    town = {"decider": "idle", "steps": 24}
    design = study(
        tmp_path,
        set=town,
        arms=arms,
        factors=factors,
        contrasts=[],
        hypotheses=[],
        replicates=1,
    )
    measured = run_experiment(design, tmp_path / "out", workers=0).measured
    made = read_experiment(tmp_path / "out")
    assert [one.slug for one in made.design.conditions] == [one.slug for one in design.conditions]
    assert plan_text(made.design) == (tmp_path / "out" / "plan.json").read_text()
    again = json.dumps(tables(made.design, made.measured))
    assert again == json.dumps(tables(design, measured))


def test_a_screening_has_no_curves_to_show(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    design, folder, measured = case
    found = tables(design, {})
    screened = {name: rows for name, rows in found.items() if name not in NAMES}
    screened["screening"] = []
    report = ExperimentReport(folder, "0" * 64, measured, [], False)
    print_experiment(design, screened, report, Console(width=100, markup=False))
    assert "12 of 12 runs" in capsys.readouterr().out
    assert figures(design, measured, screened, label_of) == {}


def test_models_are_never_averaged_over() -> None:
    design = load_design("pizza_place_llm")
    contrast = design.experiment.contrasts[0]
    groups = by_model(design, contrast)
    assert [told["llm.model"] for told, _ in groups] == list(design.experiment.factors["llm.model"])
    for told, pairs in groups:
        ((one, other),) = pairs
        assert one.levels["llm.model"] == other.levels["llm.model"] == told["llm.model"]
        assert (one.levels["arm"], other.levels["arm"]) == ("on", "off")


def test_models_of_arms_are_never_averaged_over(tmp_path: Path) -> None:
    arms: dict[str, dict[str, Any]] = {
        "none": {"decider": "utility"},
        "small": {"llm.model": "a", "llm.base_url": "http://127.0.0.1:1/v1"},
        "large": {"llm.model": "b", "llm.base_url": "http://127.0.0.1:2/v1"},
    }
    stress = {"name": "stress", "a": {"stress.mode": "on"}, "b": {"stress.mode": "off"}}
    size = {"name": "size", "a": {"arm": "large"}, "b": {"arm": "small"}}
    design = study(
        tmp_path,
        set={"decider": "llm"},
        arms=arms,
        factors={"stress.mode": ["on", "off"]},
        contrasts=[stress, size],
        hypotheses=[],
    )
    first, second = (by_model(design, contrast) for contrast in design.experiment.contrasts)
    assert [told["llm.model"] for told, _ in first] == [None, "a", "b"]
    assert [len(pairs) for _, pairs in first] == [1, 1, 1]
    names = [name_of_contrast({"contrast": "stress", **told}) for told, _ in first]
    assert names == ["stress, no model", "stress, a", "stress, b"]
    ((told, pairs),) = second  # a contrast of two models, over stress
    assert told == {}
    assert len(pairs) == 2


def test_variance_by_seed_and_factor(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    design, _, measured = case
    plan = design.experiment.plan.model_copy(update={"variance": ("stress.mode",)})
    asked = design._replace(experiment=design.experiment.model_copy(update={"plan": plan}))
    found: dict[str, list[dict[str, Any]]] = {"variance": [], "cannot_identify": []}
    add_variance(asked, measured, found)
    rows = [
        (run.split(".")[0], run.split(".")[1], one.total["visits Pizza Place"])
        for run, one in measured.items()
    ]
    runs = pd.DataFrame(rows, columns=["mode", "seed", "y"])
    made = anova_lm(smf.ols("y ~ C(mode) + C(seed)", runs).fit())
    some = {r["source"]: r for r in found["variance"] if r["measure"] == "visits Pizza Place"}
    for source, name in (("stress.mode", "C(mode)"), ("seed", "C(seed)"), ("rest", "Residual")):
        assert some[source]["mean_square"] == pytest.approx(made.loc[name, "mean_sq"])
    assert some["stress.mode"]["note"] == "2 levels: few"
    tables_told = {name: [] for name in NAMES} | found
    for shown in study_tables(asked, tables_told, label_of):
        Console(width=100).print(shown)
    assert "variance of visits Pizza Place over runs, by source" in capsys.readouterr().out
    few = {run: one for run, one in measured.items() if run != "mode-on.s3"}
    found["variance"].clear()
    add_variance(asked, few, found)
    assert {row["seeds_left_out"] for row in found["variance"]} == {1}


def test_many_conditions_do_not_hide_what_is_asked(
    case: Case, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    design, _, measured = case
    told = tables(design, measured)

    def printed() -> str:
        for shown in study_tables(design, told, label_of):
            Console(width=100).print(shown)
        return capsys.readouterr().out

    whole = printed()
    monkeypatch.setattr("econsim_mesa.studies.online_offline.terminal.MOST_CONDITIONS", 1)
    folded = printed()
    for line in (
        "parts of the verdict",
        "by other methods",
        "slope of sales on posts so many days",
    ):
        assert line in whole
        assert line not in folded
    assert "of each of 2 conditions: they are in tables.json" in " ".join(folded.split())
    assert "the tests of the curve together" in folded


def test_no_effect_on_a_coefficient_needs_both_methods(case: Case) -> None:
    """Of a difference the wider of both narrow intervals counts, of a condition that of its t."""
    design, _, measured = case
    first = tables(design, measured)
    (row,) = [one for one in first["ablations"] if one["measure"] == "b2"]
    half = stats.t.ppf(0.95, 5)
    low, high = row["narrow_low"], row["narrow_high"]
    assert low <= row["difference"] - half * row["error"]
    assert high >= row["difference"] + half * row["error"]
    needed = max(-low, high)
    (curve,) = [
        one for one in first["curves"] if (one["role"], one["stress.mode"]) == ("primary", "off")
    ]
    ends = [curve["b2"] + sign * half * curve["b2_error"] for sign in (-1, 1)]
    enough = max(map(abs, ends))
    _, of_contrast, of_condition, _ = design.experiment.hypotheses
    asked = []
    for times in (0.99, 1.01):
        asked.append(of_contrast.model_copy(
            update={"expected": "none", "smallest": times * needed}))  # fmt: skip
        asked.append(of_condition.model_copy(
            update={"expected": "none", "measure": "b2", "smallest": times * enough}))  # fmt: skip
    registered = design.experiment.model_copy(update={"hypotheses": tuple(asked)})
    rows = hypotheses(design._replace(experiment=registered), measured, first)
    assert (rows[0]["narrow_low"], rows[0]["narrow_high"]) == pytest.approx((low, high))
    assert (rows[1]["narrow_low"], rows[1]["narrow_high"]) == pytest.approx(tuple(ends))
    assert [one["verdict"] == "supported" for one in rows] == [False, False, True, True]
    assert [one["why"] is None for one in rows] == [False, False, True, True]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"contrast": "stress"}, "$.hypotheses[0]"),
        ({"condition": {"stress.mode": "of"}}, '$.hypotheses[0].condition["stress.mode"]'),
        ({"measure": "posts pizza", "expected": "positive"}, "$.hypotheses[0].measure"),
        ({"expected": "positive"}, "$.hypotheses[0].expected"),
        ({"measure": "b1", "expected": "positive", "smallest": 1.0}, "$.hypotheses[0].smallest"),
        ({"measure": "b2", "expected": "none", "smallest": 0}, "$.hypotheses[0].smallest"),
        ({"measure": "b2", "expected": "none", "smallest": -1}, "$.hypotheses[0].smallest"),
        ({"measure": "b2", "expected": "none", "smallest": "some"}, "$.hypotheses[0].smallest"),
        ({"measure": "verdict", "expected": "none"}, "$.hypotheses[0].expected"),
    ],
)
def test_a_hypothesis_that_nothing_can_answer_is_refused(
    change: dict[str, object], path: str, tmp_path: Path
) -> None:
    data = json.loads(json.dumps(CASE))
    data["hypotheses"][0] |= change
    (tmp_path / "case.json").write_text(json.dumps(data))
    with pytest.raises(ScenarioError) as error:
        load_design(tmp_path / "case.json")
    assert path in {problem.path for problem in error.value.problems}


def test_a_plan_names_what_is_there() -> None:
    data = json.loads(json.dumps(CASE))
    data["plan"] |= {"ablation": "stres", "full": {"x": 1}}
    data["plan"]["placebo"]["outcome"]["store"] = "Daily Mar"
    with pytest.raises(ScenarioError) as error:
        load_design(Experiment.model_validate_json(json.dumps(data)))
    assert len(error.value.problems) == 3
