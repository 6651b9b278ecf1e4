"""Regular incomes and expenses: who gets and pays what, and what households know beforehand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded import keep
from test_events import happened, model_with
from towns import Script, make, run, village

from econsim_mesa import EconModel
from econsim_mesa.domains.economy.budget import BudgetPlanner
from econsim_mesa.errors import ScenarioError
from econsim_mesa.evidence.ledger_check import check_ledger
from econsim_mesa.prompts import render, system_prompt, template_of
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.replay import replay
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.requests import Request

WAGE = {"type": "salary", "when": {"every": "day", "time": "09:00"},
        "amount": {"uniform": [100, 900]}}  # fmt: skip
RENT = {"type": "expense", "name": "rent", "when": {"every": 36}, "amount": 700}

WAGES_OF_TWO = {"traits": [], "table": {
    "source": "made up", "consent": "nobody", "licence": "CC0",
    "rows": [{"wage": "0"}, {"wage": "70"}]}}  # fmt: skip


def prompt_of(model: EconModel, household: int = 0) -> tuple[str, str]:
    view = model.look()
    system = system_prompt(model.config, "Household", template_of(model.config))
    return system, render(Request(view, household, "Household")).user


def line(text: str, label: str) -> str:
    return next((line for line in text.split("\n") if line.startswith(label)), "")


def test_each_household_gets_its_own_wage_every_time() -> None:
    model = model_with(WAGE)
    records = run(model, 40)
    paid = [row for row in records["transfers"] if row.reason == "income"]
    amounts = model.town.individuals.amounts("salary wage", model.config.events[0].amount)  # type: ignore[attr-defined]
    assert [(row.step, row.target, row.amount) for row in paid] == [
        (t, f"H{i}", int(amounts[i])) for t in (9, 33) for i in range(4)
    ]
    assert len(set(amounts.tolist())) == 4
    assert happened(records)[0] == (9, f"wage of {amounts.sum():,} coin in all for 4 households")


def test_an_expense_is_paid_whole_or_with_all_there_is_and_the_rest_is_on_record() -> None:
    model = model_with(RENT, agents__Household__count=2, agents__Household__cash=1000)
    records = run(model, 38)
    rows = [(row.step, row.source, row.target, row.due, row.paid) for row in records["payments"]]
    assert rows == [
        (0, "H0", "world", 700, 700),
        (0, "H1", "world", 700, 700),
        (36, "H0", "world", 700, 300),
        (36, "H1", "world", 700, 300),
    ]
    assert happened(records) == [
        (0, "rent: 1,400 coin from 2 households"),
        (36, "rent: 600 coin from 2 households; unpaid 800 coin by 2 households"),
    ]
    assert "could pay only 300 coin of 700 coin: rent" in model.town.memory.view().summary(0, 700)


def test_a_government_gets_what_is_paid_to_it() -> None:
    model = model_with({**RENT, "to": "government"}, agents__Government={"name": "City"})
    run(model, 1)
    assert model.town.ledger.balance(model.town.roster.government or 0, 0) == 4 * 700


def test_a_transfer_goes_to_those_who_are_drawn_anew_each_time() -> None:
    event = {"type": "transfer", "when": {"every": "step"}, "amount": 50, "share": 0.5}
    model = model_with(event, agents__Household__count=40)
    got = [{row.target for row in run(model, 1)["payments"]} for _ in range(3)]
    assert all(8 < len(some) < 32 for some in got)
    assert got[0] != got[1] != got[2]
    more = model_with(event, agents__Household__count=41)
    assert {row.target for row in run(more, 1)["payments"]} - {"H40"} == got[0]
    assert model.town.memory.view().summary(int(next(iter(got[2]))[1:]), 700).count("got 50 coin")


def test_a_government_pays_transfers_while_it_can() -> None:
    event = {"type": "transfer", "amount": 50}
    model = model_with(event, agents__Government={"name": "City", "cash": 120})
    records = run(model, 1)
    assert sorted(row.paid for row in records["payments"]) == [0, 0, 50, 50]
    assert happened(records) == [
        (0, "transfer: 100 coin for 2 households; the government cannot pay 2 more")
    ]


def test_a_grant_may_go_to_those_who_are_drawn() -> None:
    event = {"type": "grant", "item": "Tea", "share": 0.5, "chosen": "random"}
    model = model_with(event, agents__Household__count=40)
    got = {row.target for row in run(model, 1)["transfers"] if row.reason == "grant"}
    assert 8 < len(got) < 32
    assert got != {f"H{i}" for i in range(len(got))}


def test_what_comes_in_and_goes_out_a_day_and_what_is_due_before_the_next_income() -> None:
    fee = {"type": "expense", "name": "fee", "when": {"every": "day"}, "amount": 10}
    pay = {"type": "salary", "when": {"every": "day", "weekdays": ["wed"]}, "amount": 100}
    view = model_with(fee, pay, RENT).look()  # Monday, 00:00: the first fee and rent are paid
    economy = view.economy
    assert economy.income_per_day.tolist() == pytest.approx([100 / 7] * 4)
    assert economy.expenses_per_day.tolist() == pytest.approx([10 + 700 * 24 / 36] * 4)
    # fees of Tuesday and of Wednesday, which comes before the pay; one rent on Tuesday at noon
    assert economy.due.tolist() == [10 + 10 + 700] * 4
    after_pay = model_with(pay, fee).look().economy.due.tolist()
    assert after_pay == [10] * 4
    assert model_with(fee).look().economy.due.tolist() == [280] * 4
    assert not model_with().look().economy.due.any()


def test_a_household_without_income_of_its_own_waits_for_the_next_one() -> None:
    data = village(
        events=[{**WAGE, "amount": {"column": "wage"}},
                {"type": "salary", "name": "pension", "when": {"every": 40}, "amount": 5},
                {"type": "expense", "name": "fee", "when": {"every": 8}, "amount": 1}],
        agents__Household__count=2,
        agents__Household__persona=WAGES_OF_TWO,
    )  # fmt: skip
    view = make(data).look()
    assert view.economy.due.tolist() == [4, 1]  # until step 40, with a fee after it; until step 9
    assert [one.name for one in view.economy.budgets.coming(0)] == ["fee", "pension"]
    assert [one.name for one in view.economy.budgets.coming(1)] == ["fee", "wage", "pension"]


def test_what_is_due_moves_on_for_a_household_without_income_among_others_with_one() -> None:
    data = village(
        steps=200,
        events=[{**WAGE, "amount": {"column": "wage"}, "when": {"every": 300}},
                {"type": "expense", "name": "fee", "when": {"every": 200}, "amount": 1}],
        agents__Household__count=2,
        agents__Household__persona=WAGES_OF_TWO,
    )  # fmt: skip
    before = make(data).look().economy.due.tolist()
    assert before == [3, 1]  # those of steps 200, 400 and 600; that of 200
    model = make(data, decider=Script(None))
    run(model, 128)
    assert model.look().economy.due.tolist() == [4, 1]  # in step 128, 28 days end with step 800


def test_what_comes_less_often_than_once_a_year_is_not_known_and_costs_nothing() -> None:
    rare = {**RENT, "when": {"every": 600_000}}
    model = model_with(rare, {**WAGE, "when": {"every": "day", "time": "09:00"}})
    looks: list[int] = []
    when = model.config.events[0].when
    planner = BudgetPlanner(model.config, model.town.clock, model.town.individuals)
    with pytest.MonkeyPatch.context() as patch:
        holds = type(when).holds
        patch.setattr(
            type(when), "holds", lambda self, t, clock: looks.append(t) or holds(self, t, clock)
        )
        assert [one.name for one in planner.look(0).coming(0)] == ["wage"]
        assert len(looks) < 100
        known = planner.look(599_999 - 24 * 300).coming(0)
    assert (known[-1].name, known[-1].step) == ("rent", 600_000)


def test_expenses_that_come_by_other_settings_are_told_and_those_that_intervene_are_not() -> None:
    equal = {**WAGE, "amount": 500}
    intervened, changed = model_with(equal), model_with(equal)
    intervened.intervene(RENT)
    changed.reconfigure({"events": [equal, RENT]})
    for model in (intervened, changed):
        run(model, 1)
    assert not line(prompt_of(intervened)[1], "[next]")
    system, user = prompt_of(changed)
    assert "Only goods cost" not in system
    assert "you pay 700 coin (rent)" in line(user, "[next]")


def test_a_prompt_tells_each_household_what_comes_next() -> None:
    system, user = prompt_of(model_with(WAGE, RENT))
    wage = int(model_with(WAGE).look().economy.income_per_day[0])
    assert line(system, "Regular income") == (
        "Regular income and expenses of every household: wage every day at 09:00, a sum of its own "
        "each; rent of 700 coin every 36 steps."
    )
    assert line(system, "[next]") == "[next] your next income and expenses."
    assert not line(system, "Income of every household")
    assert line(user, "[next]") == (
        f"[next] you get {wage} coin (wage) Mon 09:00; you pay 700 coin (rent) Tue 12:00"
    )


def test_an_equal_income_is_told_as_ever() -> None:
    equal = {**WAGE, "amount": 500}
    system, user = prompt_of(model_with(equal))
    assert "Income of every household: 500 coin every day at 09:00. Only goods cost" in system
    assert not line(user, "[next]")
    assert not line(system, "[next]")


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({**RENT, "to": "government"}, "there is no government.* @ \\$.events\\[0\\].to"),
        ({**RENT, "amount": {"column": "rent"}}, "no persona table.* @ \\$.events\\[0\\].amount"),
        ({**RENT, "amount": -1}, "@ \\$.events\\[0\\].amount"),
        ({**WAGE, "amount": 10**15, "when": {"every": "step"}}, "income of the run is more"),
        ({**RENT, "amount": 10**12}, "expenses of the run, or of 366 days.*events\\[0\\].amount"),
    ],
)
def test_a_sum_that_does_not_fit_is_refused(
    event: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "town.json"
    path.write_text(json.dumps(village(events=[event], agents__Household__count=300)))
    with pytest.raises(ScenarioError, match=problem):
        load_scenario(path)


def test_a_run_with_budgets_is_replayed_and_its_ledger_holds(tmp_path: Path) -> None:
    windfall = {"type": "transfer", "when": {"every": 5}, "amount": 30, "share": 0.5}
    data = village(events=[WAGE, RENT, windfall], decider="utility")
    keep(make(data), tmp_path / "run", until=40)
    loaded = load_run(tmp_path / "run")
    assert set(loaded.payments["name"]) == {"rent", "transfer"}
    assert list(check_ledger(loaded)) == []
    assert replay(tmp_path / "run") == 40


def test_sums_are_the_same_when_another_event_stands_before_them() -> None:
    alone = model_with(WAGE).look().economy.income_per_day
    later = model_with({**WAGE, "name": "bonus"}, WAGE).look().economy.income_per_day
    drawn = model_with({**WAGE, "name": "bonus"}).look().economy.income_per_day
    assert np.array_equal(later, alone + drawn)
    assert not np.array_equal(drawn, alone)
