"""An experiment is checked as a whole before its first run, and says where each fault stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from studies import STUDY, study, write

from econsim_mesa.errors import ScenarioError
from econsim_mesa.experiment import bundled, load_design
from econsim_mesa.experiment.conditions import run_id
from econsim_mesa.experiment.load import row_of


def faults(path: Path, **options: Any) -> dict[str, str]:
    with pytest.raises(ScenarioError) as caught:
        load_design(path, **options)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_conditions_are_the_cross_of_factors_and_arms(tmp_path: Path) -> None:
    arms = {"full": {}, "deaf": {"social.discovery": 0}}
    design = study(tmp_path, arms=arms, contrasts=[], hypotheses=[])
    slugs = [one.slug for one in design.conditions]
    assert slugs[:4] == [
        "full.mode-on.feed-on",
        "full.mode-on.feed-blocked",
        "full.mode-off.feed-on",
        "full.mode-off.feed-blocked",
    ]
    assert len(set(slugs)) == 8
    last = design.scenarios[-1]
    assert (last.stress.mode, last.social.feed, last.social.discovery) == ("off", "blocked", 0)
    assert last.agents.Household.count == 6
    assert run_id(design.conditions[0], 7) == "full.mode-on.feed-on.s7"
    named = {"stress.mode": "on", "social.feed": "on"}
    assert row_of(design, 0) == {"social.discovery": 1, **named}
    assert row_of(design, 4) == {"social.discovery": 0, **named}


def test_remarks_are_left_out(tmp_path: Path) -> None:
    plain = load_design(write(tmp_path)).experiment
    remarked = write(tmp_path, _comment="why", factors={**STUDY["factors"], "_comment": ["?"]})
    assert load_design(remarked).experiment == plain


def test_scenarios_may_be_a_factor_and_rows_hold_their_names(tmp_path: Path) -> None:
    factors = {"scenario": ["village.json", "pizza_place"], "stress.mode": ["on"]}
    plan = {"outcome": {"store": "Cafe"}}
    changes = {"factors": factors, "contrasts": [], "hypotheses": [], "plan": plan}
    told = faults(write(tmp_path, **changes))
    assert list(told) == ["$.plan.outcome.store"]
    assert "pizza_place has no such store" in told["$.plan.outcome.store"]
    factors["scenario"] = ["village.json"]
    assert row_of(study(tmp_path, **changes), 0) == {"scenario": "village", "stress.mode": "on"}


def test_a_scenario_is_no_experiment(tmp_path: Path) -> None:
    write(tmp_path)
    told = faults(tmp_path / "village.json")
    assert list(told) == ["$"]
    assert "run it with `econsim run`" in told["$"]


def test_every_fault_is_listed_with_its_place(tmp_path: Path) -> None:
    told = faults(
        write(
            tmp_path,
            set={"stepz": 3},
            factors={"stress.mode": ["on", "offf"], "social.feed": ["on", "on"], "seed": [1]},
            contrasts=[
                {"name": "c", "a": {"stress.mode": "on"}, "b": {"stress.mod": "off"}},
                {"name": "d", "a": {"social.feed": "loud"}, "b": {"social.feed": "on"}},
            ],
        )
    )
    assert set(told) == {
        "$.set.stepz",
        '$.factors["social.feed"][1]',
        "$.factors.seed",
        '$.contrasts[0].b["stress.mod"]',
        "$.contrasts[0].b",
        '$.contrasts[1].a["social.feed"]',
        "$.hypotheses[0].contrast",
    }
    assert "did you mean 'stress.mode'?" in told['$.contrasts[0].b["stress.mod"]']


def test_a_bad_value_of_a_factor_is_found_before_any_run(tmp_path: Path) -> None:
    path = write(tmp_path, factors={"stress.mode": ["on", "offf"]}, contrasts=[], hypotheses=[])
    told = faults(path)
    assert list(told) == ['$.factors["stress.mode"][1]']
    assert "did you mean 'off'?" in told['$.factors["stress.mode"][1]']


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"replicate": 3}, "$.replicate", "did you mean 'replicates'?"),
        ({"replicates": 0}, "$.replicates", "at least 1"),
        ({"scenario": "villlage.json"}, "$.scenario", "no such file"),
        ({"plan": ...}, "$.plan", "missing"),
        ({"factors": {"steps": list(range(1, 1000)), "grid.width": [5, 6]}}, "$.factors", "1,998"),
        ({"replicates": 90_000}, "$.replicates", "360,000 runs"),
        ({"arms": {"x": {"stress.mode": "off"}}}, '$.factors["stress.mode"]', "'x' sets it as"),
    ],
)
def test_a_single_fault(tmp_path: Path, changes: Any, place: str, words: str) -> None:
    told = faults(write(tmp_path, **changes))
    assert words in told[place]


def test_settings_reach_every_corner_of_the_file(tmp_path: Path) -> None:
    changes = {
        "replicates": 5,
        "set.agents.Household.count": 3,
        "factors.stress.mode": ["off", "on"],
        "plan.warm_up_days": 1,
        "contrasts.0.name": "renamed",
        "contrasts.1.a.social.feed": "blocked",
    }
    path = write(tmp_path, hypotheses=[])
    experiment, conditions, scenarios, *_ = load_design(path, set=changes)
    assert experiment.replicates == 5
    assert scenarios[0].agents.Household.count == 3
    assert conditions[0].settings["stress.mode"] == "off"
    assert experiment.plan.warm_up_days == 1
    assert experiment.contrasts[0].name == "renamed"
    assert experiment.contrasts[1].a["social.feed"] == "blocked"


@pytest.mark.parametrize("dotted", ["replicatez.x", "contrasts.9.name", "replicates.x"])
def test_a_setting_that_leads_nowhere_is_refused(tmp_path: Path, dotted: str) -> None:
    assert faults(write(tmp_path), set={dotted: 1})


@pytest.mark.parametrize("name", list(bundled()))
def test_bundled_experiments_load(name: str) -> None:
    if name == "sensitivity":
        pytest.importorskip("SALib", reason="SALib comes with the extra sensitivity")
    design = load_design(name)
    assert design.experiment.name == name
    assert design.experiment.hypotheses or design.experiment.screening
    assert len(design.conditions) == len(design.scenarios) > 1
    for other in design.experiment.designs:
        assert load_design(name, design=other).experiment.title


def test_the_study_itself_is_sound(tmp_path: Path) -> None:
    assert study(tmp_path).experiment.name == STUDY["name"]


def test_settings_may_name_a_folder_beside_the_experiment(tmp_path: Path) -> None:
    for name in ("mine", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ask.md").write_text(f"Answer, {name}.\n", encoding="utf-8")
    bare: dict[str, Any] = {"contrasts": [], "hypotheses": []}
    design = study(tmp_path, set={**STUDY["set"], "prompts": "mine"}, **bare)
    assert {one.prompts.files["ask.md"] for one in design.scenarios} == {"Answer, mine.\n"}
    design = study(tmp_path, factors={"prompts": ["mine", "other"]}, **bare)
    assert [one.prompts.folder for one in design.scenarios] == ["mine", "other"]
    assert [row_of(design, k) for k in range(2)] == [{"prompts": "mine"}, {"prompts": "other"}]
    (tmp_path / "other" / "household.md").write_text("In $twon.\n", encoding="utf-8")
    said = faults(write(tmp_path, factors={"prompts": ["mine", "other"]}, **bare))
    assert list(said) == ["$.factors.prompts[1]"]
    assert "household.md: nothing fills in $twon" in said["$.factors.prompts[1]"]
