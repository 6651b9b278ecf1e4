"""Households give something away: by script, at random, in prompts and replies, in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from towns import Script, make, put, run, village

from econsim_mesa import EconModel, load_run
from econsim_mesa.deciders.schema import reply_type
from econsim_mesa.domains.economy.actions import Give
from econsim_mesa.evidence.ledger_check import check_ledger
from econsim_mesa.prompts.system import system_prompt
from econsim_mesa.prompts.templates import load_template
from econsim_mesa.runs.replay import replay
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.wording import Wording

HERE = (2, 2)


@pytest.mark.parametrize(
    ("gift", "cell", "reason"),
    [
        (Give("H1", "coin", 100), HERE, None),
        (Give("H1", "coin", 10**9), HERE, "has 1000 coin"),
        (Give("H1", "coin", 100), (3, 3), "H1 is not in the same cell"),
        (Give("Nobody", "coin", 1), HERE, "there is no household 'Nobody'"),
        (Give("H1", "Gold", 1), HERE, "there is no item 'Gold'"),
        (Give("H1", "Pie", 1), HERE, "has 0 Pie"),
    ],
)
def test_a_gift_moves_or_says_why_not(gift: Give, cell: tuple[int, int], reason: str) -> None:
    model = make(village(), decider=Script({0: {"H0": (gift,)}}))
    put(model, {0: HERE, 1: cell})
    before = model.town.economy.cash().copy()
    records = run(model, 1)
    moved = [(row.source, row.target, row.amount) for row in records["transfers"] if row.step == 0]
    if reason is None:
        assert ("H0", "H1", 100) in moved
        assert model.town.economy.cash()[0] == before[0] - 100
    else:
        assert ("H0", "H1", gift.quantity) not in moved
        assert [row.reason for row in records["rejections"]] == [reason]


def test_the_random_decider_gives_and_the_run_is_replayed(tmp_path: Path) -> None:
    EconModel("pizza_place", seed=1, households=200, steps=8, decider="random",
              store=tmp_path / "run").run_model()  # fmt: skip
    found = load_run(tmp_path / "run")
    gifts = found.transfers[found.transfers.reason == "gift"]
    assert len(gifts) > 0
    assert list(check_ledger(found)) == []
    assert replay(tmp_path / "run") == 8


def test_prompts_and_replies_have_it() -> None:
    scenario = load_scenario("pizza_place")
    for name in ("default", "brief"):
        assert "- give: give a household" in system_prompt(
            scenario, "Household", load_template(name)
        )
    assert "give" in json.dumps(reply_type("Household").model_json_schema())
    words = Give("H1", "Pizza", 2).in_words(Wording.of(scenario))
    assert words == "give H1 2 Pizza"
