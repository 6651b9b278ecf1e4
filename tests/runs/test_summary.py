"""The summary agrees with a direct count over the tables of the run."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pytest

from econsim_mesa import EconModel
from econsim_mesa.deciders.idle import Idle
from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.summary import (
    Attempts,
    Calls,
    Period,
    summarize,
    usable,
    who_decided,
)
from econsim_mesa.scenario import load_scenario, register
from econsim_mesa.scenario.registry import own_registrations
from econsim_mesa.society.action import Decision
from econsim_mesa.society.requests import Requests


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two and a half days of a town with decimals, a government and a scripted account."""
    folder: Path = tmp_path_factory.mktemp("summary") / "run"
    model = EconModel("two_towns", seed=2, steps=70)
    Recorder.begin(model, folder)
    model.run_model()
    return load_run(folder)


def _part(run: Run, table: str, period: str) -> pd.DataFrame:
    """Return the rows of a table in a day, or in the whole run."""
    frame = run.table(table)
    times = dict(zip(run.table("steps").step, run.table("steps").time, strict=True))
    day = frame.step.map(times).str[:10]
    return frame[(frame.step >= 0) & ((day == period) | (period == "total"))]


def _periods(run: Run) -> list[Period]:
    summary = summarize(run)
    return [*summary.days, summary.total]


def test_days_are_those_of_the_clock(run: Run) -> None:
    first, second, third, total = [period.steps for period in _periods(run)[:3]] + [
        _periods(run)[-1].steps
    ]
    assert total == 70 == run.steps
    assert second == 24
    assert 0 < first <= 24
    assert 0 < third <= 24


def test_sales(run: Run) -> None:
    decimals = {name: spec.decimals for name, spec in run.scenario.items.items()}
    assert any(decimals.values())
    sold = 0
    for period in _periods(run):
        sales = _part(run, "sales", period.period)
        whole = sales.quantity / 10.0 ** sales["item"].map(decimals)
        for store, found in period.stores.items():
            assert found.units == pytest.approx(whole[sales.store == store].sum())
            assert found.revenue == sales.amount[sales.store == store].sum()
            sold += found.revenue
    assert sold > 0


def test_posts(run: Run) -> None:
    counted = 0
    for period in _periods(run):
        posts = _part(run, "posts", period.period)
        own = posts[posts.kind == "Household"]
        assert period.posts.households == len(own)
        for word, found in period.posts.keywords.items():
            matching = own.text.str.contains(rf"\b{word}s?\b", flags=re.IGNORECASE)
            assert found == matching.sum()
            counted += found
        assert period.posts.government == (posts.kind == "Government").sum()
        assert period.posts.scripted == (posts.kind == "Account").sum()
        assert period.posts.stores == posts.kind.isin(["Restaurant", "Retailer"]).sum()
    assert counted > 0
    assert _periods(run)[-1].posts.scripted > 0


def test_stress_and_rejections(run: Run) -> None:
    for period in _periods(run):
        agents = _part(run, "agents", period.period)
        for kind, level in period.stress.items():
            assert level == pytest.approx(agents[kind].mean(), abs=1e-4)
        assert period.rejected_actions == len(_part(run, "rejections", period.period))


def test_who_decided_and_how_often(run: Run) -> None:
    summary = summarize(run)
    asked = (run.decisions.kind == "Household").sum()
    assert summary.decisions == {"utility": {"accepted": asked}}
    assert summary.decided_by.startswith("embedded utility model, not an LLM")


@pytest.mark.parametrize(
    ("decisions", "by"),
    [
        ({"llm": {"accepted": 3, "failed": 90}}, "the language model: simulated households"),
        ({"llm": {"repaired": 1, "refused": 9}}, "the language model: simulated households"),
        ({"llm": {"failed": 93}}, "nobody: a language model was asked, and no answer came"),
        ({"llm": {"timed_out": 9}, "utility": {"accepted": 2}}, "the embedded utility model"),
        ({"utility": {"fallback": 93}}, "the embedded utility model, not an LLM"),
        ({"llm": {"unparseable": 1, "refused": 9}}, "nobody: a language model was asked"),
    ],
)
def test_who_decided_is_who_was_heard(
    run: Run, decisions: dict[str, dict[str, int]], by: str
) -> None:
    summary = replace(summarize(run), decided_by=who_decided(decisions, run.scenario))
    assert summary.by_whom.startswith(by)
    heard = usable(decisions.get("llm", {}))
    assert ("language model: simulated" in summary.by_whom) == bool(heard)


@pytest.mark.parametrize(("calls", "repairs", "told"), [(360, 180, True), (200, 20, False),
                                                        (4, 2, False)])  # fmt: skip
def test_replies_that_are_paid_for_twice_are_noted(calls: int, repairs: int, told: bool) -> None:
    made = Calls(calls, repairs, calls, 0, 0, 0, ("m",), (), {}, {})
    assert (made.note_on_form is not None) == told
    if told:
        assert str(made.note_on_form).startswith(f"{repairs} of {calls - repairs} replies")


def test_a_run_without_a_step_has_no_numbers(tmp_path: Path) -> None:
    recorder = Recorder.begin(EconModel("pizza_place", seed=1), tmp_path / "run")
    recorder.close("interrupted")
    summary = summarize(load_run(recorder.folder))
    assert (summary.status, summary.steps, summary.days) == ("incomplete", 0, ())
    assert set(summary.total.stress.values()) == {None}
    assert summary.decided_by.startswith("embedded utility model")
    assert asdict(summary.total)["rejected_actions"] == 0


def test_a_decider_is_described_where_the_scenario_names_it(tmp_path: Path) -> None:
    """A run by an object that was handed over is read without the class: it has no more to say."""
    with own_registrations():

        @register("decider", "sloth")
        class Sloth(Idle):
            """Does nothing at all."""

            name = "sloth"

        folders = {"named": "sloth", "handed over": Sloth(load_scenario("pizza_place"))}
        for folder, decider in folders.items():
            EconModel(
                "pizza_place", steps=1, households=2, decider=decider, store=tmp_path / folder
            ).run_model()
        summaries = {name: summarize(load_run(tmp_path / name)) for name in folders}
    assert summaries["named"].decided_by == (
        "sloth: Does nothing at all (idle decider, not an LLM: nobody does anything)"
    )
    assert summaries["handed over"].decided_by == "sloth"


class Clumsy(Idle):
    """Everybody eats a dish that does not exist, and the first one goes home."""

    name = "clumsy"

    def decide(self, requests: Requests) -> list[Decision]:
        """Return it."""
        eat = Eat("Ambrosia", 1)
        return [
            Decision((eat, MoveTo("home")) if number == 0 else (eat,), "", self.name)
            for number in requests.agents
        ]


def test_refused_actions_stand_beside_outcomes(tmp_path: Path, run: Run) -> None:
    decider = Clumsy(load_scenario("pizza_place"))
    EconModel(
        "pizza_place", steps=2, households=3, decider=decider, store=tmp_path / "run"
    ).run_model()
    summary = summarize(load_run(tmp_path / "run"))
    assert summary.decisions == {"clumsy": {"accepted": 6}}
    assert summary.actions == {"eat": Attempts(6, 6), "move_to": Attempts(2, 0)}
    assert summarize(run).actions == {}, "the embedded household asks for what it can do"
