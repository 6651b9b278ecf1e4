"""What is printed of an experiment says what it counts, what it lacks, and cuts no number."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from case_study import Case
from rich.console import Console

from econsim_mesa.analysis.figures.style import axes_of
from econsim_mesa.cli.experiment_tables import print_experiment
from econsim_mesa.experiment.figures import figures
from econsim_mesa.experiment.level_names import label_of
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.run import ExperimentReport
from econsim_mesa.experiment.tables import tables
from econsim_mesa.experiment.types import Contrast

pytestmark = pytest.mark.soak  # whole studies, in small

Tables = dict[str, list[dict[str, Any]]]
Printed = Callable[..., str]


@pytest.fixture
def printed(case: Case, capsys: pytest.CaptureFixture[str]) -> Printed:
    """Return what is printed of tables, the case's unless told, as one line of words."""
    design, folder, measured = case

    def words(told: Tables, asked: Design = design, width: int = 100) -> str:
        console = Console(width=width, markup=False, highlight=False, emoji=False)
        print_experiment(
            asked, told, ExperimentReport(folder, "0" * 64, measured, [], False), console
        )
        return capsys.readouterr().out

    return words


def line(text: str) -> str:
    """Return a printed text in one line, tables of several lines joined."""
    return " ".join(text.split())


@pytest.fixture
def told(case: Case) -> Tables:
    design, _, measured = case
    return tables(design, measured)


@pytest.mark.parametrize("width", [79, 80, 100, 106, 107, 120])
def test_no_number_is_cut(case: Case, printed: Printed, told: Tables, width: int) -> None:
    design, _, _ = case
    dated = design.experiment.plan.model_copy(update={"event_day": "2025-12-20"})
    asked = design._replace(experiment=design.experiment.model_copy(update={"plan": dated}))
    row = {"contrast": "stress", "n": 6, "mean": -1000.25, "sd": 1.0}
    told["responses"] = [
        row | {"measure": f"units Pizza Place: {item}", "day": day, "low": -1200.5, "high": -800.5}
        for item in ("Pizza", "Soda")
        for day in range(5)
    ]
    out = printed(told, asked, width)
    assert "…" not in out
    assert out.count("-1000.2 (-1200.5, -800.5)") == 2 * (
        3 if width >= 107 else 2 if width >= 80 else 1
    )
    blocks = out[: out.index("visits  arrivals")]
    figures_of = re.findall(r"[\d,.]+ \([\d,.]+\)", blocks)
    wide = re.findall(r"[\d,.]+ \([\d,.]+\)", printed(told, asked, 400).split("visits  ")[0])
    assert sorted(figures_of) == sorted(wide)


def test_what_measures_count_is_said(printed: Printed, told: Tables) -> None:
    out = line(printed(told))
    assert "visits arrivals of households in the store's cell" in out
    assert "crowd how many others a household in the store's cell finds there" in out


def test_an_experiment_that_asks_nothing_of_the_curve_prints_none(
    case: Case, printed: Printed, told: Tables
) -> None:
    design, _, _ = case
    plan = design.experiment.plan.model_copy(update={"full": {}, "ablation": None})
    sales = design.experiment.hypotheses[1].model_copy(update={"measure": None})
    silent = design.experiment.model_copy(update={"plan": plan, "hypotheses": (sales,)})
    out = line(printed(told, design._replace(experiment=silent)))
    assert "no hypothesis is about the curve of units Pizza Place: Pizza a day" in out
    for words in ("Holm", "turns at", "as the paper computes it", "shuffled"):
        assert words not in out
    named = silent.model_copy(update={"plan": design.experiment.plan})
    out = line(printed(told, design._replace(experiment=named)))
    assert "exploratory: no hypothesis is about the curve" in out


def test_the_family_says_what_was_found(printed: Printed, told: Tables) -> None:
    for row in told["family"]:
        row |= {"found": "below 0", "p": 0.001, "adjusted": 0.003, "holds": True}
    out = line(printed(told))
    assert "ablation b2, stress below 0 .001 .003 yes" in out


def test_columns_left_out_are_told_in_words(printed: Printed, told: Tables) -> None:
    shown = told["aliased"][0]
    parts = ("day 2025-12-20, day 2025-12-21", "constant", "", "run 2, day 2025-12-20", None)
    told["aliased"] = [shown | {"column": "price", "of": of, "reads": "price: why"} for of in parts]
    out = line(printed(told))
    assert "price: it is the same in all runs of a day, so that the effects of day hold" in out
    assert "price: it never changes, so that there is nothing to hold fixed" in out
    assert "price: it is always 0" in out
    assert "price: the effects of run and day hold it fixed already; nothing is lost" in out
    assert "dropped price: why" in out
    assert "combination of" not in out


def test_a_price_that_is_held_fixed_is_told(printed: Printed, told: Tables) -> None:
    assert "held price" not in line(printed(told))
    for row in told["curves"]:
        row["controls"] = "price"
    assert "held price: fixed in curves" in line(printed(told))


def test_the_papers_figures_have_no_none_and_say_void(printed: Printed, told: Tables) -> None:
    told["published"][0] |= {"run_days": None, "dropped": None, "void": None, "correlation": None}
    out = printed(told)
    assert "None" not in out
    assert "void" in out[out.index("as the paper computes it") :].split("the tests of")[0]


def test_seeds_that_lack_a_side_are_told(case: Case, printed: Printed) -> None:
    design, _, measured = case
    few = {run: one for run, one in measured.items() if run not in ("mode-on.s3", "mode-off.s5")}
    out = line(printed(tables(design, few)))
    assert "unpaired stress: 2 of 6 seeds lack a run of one side, and are left out" in out
    assert "unpaired" not in printed(tables(design, measured))


def test_what_has_no_effect_is_one_line(case: Case, printed: Printed) -> None:
    design, _, measured = case
    same = {run: measured[run.replace("off", "on")] for run in measured}
    out = line(printed(tables(design, same)))
    assert "no measure differs in any of 6 pairs: what is varied has no effect here" in out


def test_of_many_contrasts_the_main_measures_are_printed(case: Case, printed: Printed) -> None:
    design, _, measured = case
    (one,) = design.experiment.contrasts
    many = (one, *(Contrast(name=f"again {k}", a=one.a, b=one.b) for k in range(4)))
    asked = design._replace(experiment=design.experiment.model_copy(update={"contrasts": many}))
    whole, folded = (printed(tables(each, measured), each) for each in (design, asked))
    contrast = "stress: stress on minus stress off"
    assert "stress hunger" in whole[whole.index(contrast) :]
    assert "stress hunger" not in folded[folded.index(contrast) :]
    assert "visits Pizza Place" in folded[folded.index(contrast) :]
    assert "not shown" in folded


def test_null_is_no_zero() -> None:
    levels = {"agents.Cafe.capacity_per_step": None, "llm.template": None, "stress.mode": "on"}
    assert label_of(levels) == "capacity per step unlimited, template not set, stress on"


def test_figures_have_units_and_say_what_is_raw(case: Case, told: Tables) -> None:
    design, _, measured = case
    drawn = figures(design, measured, told, label_of)
    slope, bend = "units sold per post", "units sold per post squared"
    for name, units in (("coefficients", [slope, bend]), ("ablations", [bend, slope])):
        assert [axes.get_xlabel() for axes in axes_of(drawn[name])] == units
        assert "95 % interval" in drawn[name].get_supxlabel()
    few = {run: one for run, one in measured.items() if run.endswith((".s1", ".s2"))}
    heat = figures(design, few, tables(design, few), label_of)["heat"]
    assert all("no curve" in axes.get_title(loc="left") for axes in axes_of(heat))
