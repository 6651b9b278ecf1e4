"""What came of hypotheses, in sentences: units, levels, intervals, and what could be found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from econsim_mesa.cli.in_short import MOST_LINES, print_in_short
from econsim_mesa.evidence.report.forest import forest
from econsim_mesa.experiment import Design, load_design
from econsim_mesa.experiment.findings import Finding, Share, count_verdicts, findings
from econsim_mesa.experiment.load import condition_columns
from econsim_mesa.experiment.run import ExperimentReport

PIZZAS = "units Pizza Place: Pizza"
NONE = {"narrow_low": None, "narrow_high": None, "smallest": None, "why": None, "found": None,
        "x_low": None, "x_high": None, "power": None, "refuted_by": "-"}  # fmt: skip


@pytest.fixture(scope="module")
def design() -> Design:
    return load_design("pizza_place")


def asked(**values: Any) -> dict[str, Any]:
    """Return a row of the table of hypotheses: a difference that the sale made."""
    usual = {"hypothesis": "The sale sells.", "contrast": "sale under stress", "measure": PIZZAS}
    usual |= {"expected": "positive", "mean": 17.0, "sd": 10.0, "low": 1.0, "high": 33.0, "n": 4}
    return NONE | usual | {"verdict": "supported"} | values


def runs_of(design: Design, levels: dict[str, float]) -> list[dict[str, Any]]:
    """Return the table of runs: in each scenario everybody sells so many pizzas in four runs."""
    return [
        {**columns, "seed": seed, "finished": seed <= 4, PIZZAS: level if seed <= 4 else None}
        for condition in design.conditions
        for columns in [condition_columns(design, condition)]
        for seed in design.experiment.seeds
        for level in [levels[str(columns["scenario"])]]
    ]


def told(design: Design, *rows: dict[str, Any], **tables: Sequence[Any]) -> list[Finding]:
    return findings(design, {"hypotheses": rows, **tables})


def test_a_difference_has_unit_levels_days_interval_and_power(design: Design) -> None:
    runs = runs_of(design, {"pizza_place": 58.0, "pizza_place_quiet": 41.0})
    (one,) = told(design, asked(), runs=runs)
    assert one.verdict == "as expected"
    assert one.sentence == (
        "17 more Pizza sold at Pizza Place in 10 days, from 41 to 58 (+41 %); between 1 and 33 "
        "more is compatible with these 4 pairs of runs."
    )
    assert one.brief == "+17 (1 to 33): 41 to 58"
    # (t of .975 and of .8 with 3 degrees: 3.182 and .978) x 10 / sqrt(4)
    assert "a difference is found if it is 20.8 Pizza sold at Pizza Place or more" in one.power
    assert one.share == Share(17 / 41, 1 / 41, 33 / 41)


def test_levels_that_are_not_known_are_left_out(design: Design) -> None:
    runs = runs_of(design, {"pizza_place": 58.0, "pizza_place_quiet": 41.0})
    of_a_day = asked(measure="posts households on day 0")
    for (one,) in (told(design, asked()), told(design, of_a_day, runs=runs)):
        assert "from" not in one.sentence
        assert one.share is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"low": -3.0, "verdict": "open"}, "anything between 3 fewer and 33 more is compatible"),
        ({"mean": -17.0, "low": -33.0, "high": -1.0}, "between 1 and 33 fewer is compatible"),
        ({"mean": 0.0, "low": -2.0, "high": 2.0}, "No difference in Pizza sold at Pizza Place"),
        ({"low": None, "high": None, "sd": None, "n": 1}, "1 pair of runs gives no interval"),
        ({"measure": "revenue Pizza Place"}, "17 yen more paid at Pizza Place in 10 days"),
        ({"measure": "crowd Pizza Place"}, "17 more others met at Pizza Place, on average;"),
        ({"measure": "posts pizza"}, "17 more household posts about pizza in 10 days"),
        ({"mean": None, "low": None, "high": None, "n": 0, "verdict": None}, "too few"),
        ({"measure": "b2", "mean": -0.2, "low": -0.5, "high": 0.1}, "0.2 units sold per post"),
    ],
)
def test_sentences(design: Design, values: dict[str, Any], words: str) -> None:
    (one,) = told(design, asked(**values))
    assert words in one.sentence


def test_an_effect_that_was_to_be_excluded_is_or_is_not(design: Design) -> None:
    none = {"expected": "none", "smallest": 40.0, "narrow_low": 4.0, "narrow_high": 30.0}
    (one,) = told(design, asked(**none))
    assert one.sentence.endswith("A difference of 40 is excluded.")
    (other,) = told(design, asked(**none | {"narrow_high": 41.0}))
    assert other.sentence.endswith("A difference of 40 is not excluded.")


def test_a_curve_says_what_it_could_have_found(design: Design) -> None:
    shape = {"contrast": None, "measure": "verdict", "expected": "inverted U", "found": "linear"}
    shape |= {"mean": None, "verdict": "open", "why": "x does not reach far enough; power: much"}
    shape |= {"x_low": 2.0, "x_high": 14.0, "smallest": 3.4, "power": 0.58}
    (one,) = told(design, asked(**shape))
    assert one.sentence == (
        "The curve over talk is linear from 2 to 14 posts a day: x does not reach far enough."
    )
    assert one.power == (
        "An inverted U that rises by 3.4 a day to its top would be found in 58 of 100 such "
        "experiments."
    )


def test_verdicts_are_counted_most_first(design: Design) -> None:
    some = told(design, asked(), asked(verdict="open"), asked(verdict="open"), asked(verdict=None))
    counted = {"open": 2, "as expected": 1, "cannot be told": 1}
    assert list(count_verdicts(some).items()) == list(counted.items())


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("number", [0, 1, 7, 40])
def test_it_takes_few_lines_whatever_there_is(
    design: Design, width: int, number: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = [
        asked(hypothesis=f"The sale, said at some length, sells {i} more.") for i in range(number)
    ]
    tables: dict[str, Any] = {"hypotheses": rows, "decisions": [{"decider": "utility"}]}
    report = ExperimentReport(tmp_path, "0" * 64, {}, [], False)
    print_in_short(design, tables, report, Console(width=width, markup=False))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= MOST_LINES
    said = " ".join(" ".join(lines).split())
    assert "no language model" in said
    assert "about the simulation" in said
    assert "--full" in said
    assert number < 40 or "more: --full" in said


def test_a_forest_has_its_zero_and_all_its_ends_within_the_box() -> None:
    drawn = forest([("It sells.", Share(0.4, 0.02, 0.8)), ("It does not.", Share(-0.1, -0.3, 0.1))])
    assert drawn is not None
    assert [mark.text for mark in drawn.marks] == ["-40 %", "-20 %", "0", "+20 %", "+40 %",
                                                  "+60 %", "+80 %"]  # fmt: skip
    for bar in drawn.bars:
        assert 0 < bar.low < bar.x < bar.high < drawn.width
    assert drawn.bars[0].low > drawn.zero > drawn.bars[1].low
    assert drawn.bars[0].words == "+40 % (+2 % to +80 %)"
    assert forest([]) is None
