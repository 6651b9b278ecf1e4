"""All stressors together: modes, hiding, weights and reasons."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.errors import BadInput, EconSimError, UnknownName
from econsim_mesa.mind import Stress, Stressor
from econsim_mesa.mind.stressors import Congestion, Fatigue, Hunger, Money, Sleep
from econsim_mesa.scenario.base import Frozen
from econsim_mesa.society.rng import derangement

N = 4
CLASSES = (Hunger, Fatigue, Congestion, Money, Sleep)


@pytest.fixture
def stress(build):
    """Make a ``Stress`` of hunger and congestion for four households."""

    def make(**options):
        return Stress([build(Hunger, N), build(Congestion, N)], **options)

    return make


@pytest.fixture
def lived(stress, experience):
    """Make one that has lived through two steps, with the levels after each."""

    def make(**options):
        made = stress(**options)
        levels = []
        for t, near in enumerate(([0, 4, 5, 9], [9, 0, 0, 3])):
            made.update(experience(t, N, near=near, nutrition=[0.0, 0.0, 0.2, 9.0]))
            levels.append(made.own.copy())
        return made, levels

    return make


def test_on_feels_the_own_levels(lived):
    stress, levels = lived()
    felt = stress.felt(2)
    assert felt.levels.tolist() == levels[1].tolist()
    assert felt.overall.tolist() == pytest.approx(levels[1].mean(axis=1).tolist())
    assert felt.whose.tolist() == [0, 1, 2, 3]


def test_off_feels_nothing_while_own_levels_go_on(lived):
    stress, levels = lived(mode="off")
    felt = stress.felt(2)
    assert not felt.levels.any()
    assert not felt.overall.any()
    assert stress.feelings(0, 0.0) == []
    assert stress.own.tolist() == lived()[1][1].tolist() == levels[1].tolist()
    assert stress.own.any()


def test_frozen_stays_as_after_the_first_update_with_its_words(lived):
    stress, levels = lived(mode="frozen")
    assert stress.felt(2).levels.tolist() == levels[0].tolist()
    assert stress.own.tolist() == levels[1].tolist() != levels[0].tolist()
    (feeling,) = stress.feelings(3)
    assert (feeling.name, feeling.level) == ("congestion", 100.0)
    assert feeling.reason == "crowded: 9 others within 1 cell"
    assert stress.feelings(0) == []


def test_freeze_and_a_change_to_frozen_take_the_present_levels(lived, experience):
    stress, levels = lived(mode="on")
    stress.configure(mode="frozen")
    stress.update(experience(2, N))
    assert stress.felt(3).levels.tolist() == levels[1].tolist()
    refrozen, levels = lived(mode="frozen")
    refrozen.freeze()
    assert refrozen.felt(2).levels.tolist() == levels[1].tolist()


def test_shuffled_feels_all_levels_and_words_of_one_other(lived):
    stress, levels = lived(mode="shuffled")
    draws = np.array([[0.3], [0.1], [0.9], [0.5]])
    felt = stress.felt(2, draws)
    whose = derangement(draws[:, 0])
    assert felt.whose.tolist() == whose.tolist()
    assert not (whose == np.arange(N)).any()
    assert felt.levels.tolist() == levels[1][whose].tolist()
    assert felt.overall.tolist() == pytest.approx(levels[1][whose].mean(axis=1).tolist())
    feels_crowded = whose.tolist().index(0)
    (feeling,) = stress.feelings(feels_crowded)
    assert feeling.reason.startswith("crowded: 9 others")
    assert stress.feelings(0) == []


def test_shuffled_without_draws_is_an_error(stress):
    with pytest.raises(EconSimError, match="step 7 has no draws"):
        stress(mode="shuffled").felt(7)


def test_hidden_is_neither_felt_nor_said_nor_averaged(lived):
    stress, levels = lived(hide=["congestion"])
    felt = stress.felt(2)
    assert felt.levels[:, 1].tolist() == [0.0] * N
    assert felt.overall.tolist() == pytest.approx(levels[1][:, 0].tolist())
    assert [feeling.name for feeling in stress.feelings(0, 0.0)] == ["hunger"]
    assert stress.own[0, 1] == 100.0
    stress.configure(hide=["congestion", "hunger"])
    assert not stress.felt(2).overall.any()


def test_weights_weigh_the_overall_level(lived):
    stress, levels = lived(weights={"congestion": 3.0})
    expected = (levels[1][:, 0] + 3 * levels[1][:, 1]) / 4
    assert stress.felt(2).overall.tolist() == pytest.approx(expected.tolist())
    stress.configure(weights={"hunger": 0.0, "congestion": 0.0})
    assert not stress.felt(2).overall.any()


def test_configure_leaves_what_is_not_given(lived):
    stress, _ = lived(hide=["hunger"], mode="off")
    stress.configure(weights={"congestion": 2.0})
    assert (stress.hidden, stress.mode) == (("hunger",), "off")


@pytest.mark.parametrize("mode", ["on", "off", "frozen", "shuffled"])
def test_before_the_first_update_everything_is_zero_without_reason(stress, mode):
    made = stress(mode=mode)
    assert not made.felt(0, np.array([0.1, 0.2, 0.3, 0.4])).levels.any()
    assert made.feelings(0, 0.0) == []


def test_reasons_start_at_the_threshold(lived):
    stress, levels = lived()
    (level,) = (feeling.level for feeling in stress.feelings(0))
    assert level == levels[1][0, 1]
    assert [feeling.name for feeling in stress.feelings(0, level)] == ["congestion"]
    assert stress.feelings(0, np.nextafter(level, 200)) == []


def test_own_levels_are_read_only_and_old_ones_stay(lived, experience):
    stress, levels = lived()
    before = stress.own
    with pytest.raises(ValueError, match="read-only"):
        before[0, 0] = 1.0
    stress.update(experience(2, N))
    assert before.tolist() == levels[1].tolist()


def test_unknown_names_and_bad_weights(stress, build):
    with pytest.raises(UnknownName, match="did you mean 'hunger'"):
        stress(hide=["hungr"])
    with pytest.raises(UnknownName, match="stressor 'trust'"):
        stress(weights={"trust": 1.0})
    with pytest.raises(UnknownName, match="did you mean 'shuffled'"):
        stress(mode="shufled")
    with pytest.raises(BadInput, match="weight of stressor 'hunger' is -1"):
        stress(weights={"hunger": -1.0})
    with pytest.raises(BadInput, match="two stressors have one name"):
        Stress([build(Hunger), build(Hunger)])


def test_no_stressor_at_all(experience):
    stress = Stress([], n=3)
    stress.update(experience(0, 3))
    assert stress.felt(1).overall.tolist() == [0.0] * 3
    assert stress.feelings(0) == []


class Rejected(Stressor[Frozen]):
    """A user's own state: the number of actions rejected in the last step."""

    name = "rejected"
    title = "Had actions rejected"
    domain = "social"
    Parameters = Frozen

    def update(self, experience):
        """Return 30 for each rejected action."""
        return experience.events["rejected"] * 30.0

    def reason(self, i):
        """Say so."""
        return f"household {i} was rejected"


def test_a_state_of_ones_own(build, experience):
    stress = Stress([build(Rejected, 2)])
    stress.update(experience(0, 2, events={"rejected": np.array([0, 2])}))
    assert stress.felt(1).levels.tolist() == [[0.0], [60.0]]
    assert stress.feelings(1) == [("rejected", 60.0, "household 1 was rejected")]


@pytest.mark.parametrize("count", [-1.0, 4.0, np.nan])
def test_a_level_out_of_bounds_names_stressor_household_and_step(build, experience, count):
    stress = Stress([build(Hunger, 2), build(Rejected, 2)])
    with pytest.raises(EconSimError, match=r"'rejected' gave household 1 .* at step 5"):
        stress.update(experience(5, 2, events={"rejected": np.array([0.0, count])}))


def random_steps(experience, seed, n, count):
    """Return eventful steps of ``n`` households; row i does not depend on ``n``."""
    made = []
    for t in range(count):
        draws = np.random.default_rng([seed, t]).random((n, 8))
        made.append(
            experience(
                t,
                n,
                hour=float(t % 24),
                nutrition=np.round(draws[:, 0] * 4 * (draws[:, 1] < 0.3), 1),
                distance=np.floor(draws[:, 2] * 3),
                at_home=draws[:, 3] < 0.4,
                cash=(draws[:, 4] * 9000).astype(int),
                near=(draws[:, 5] * 9).astype(int),
                slept=draws[:, 6] < 0.4,
                fell_asleep=draws[:, 6] < 0.1,
                woke=draws[:, 7] < 0.1,
                cheapest=[300.0],
            )
        )
    return made


@given(seed=st.integers(0, 2**32), warm=st.booleans())
def test_levels_stay_in_bounds_and_repeat_exactly(build, experience, seed, warm):
    steps = random_steps(experience, seed, N, 30)
    runs = []
    for _ in range(2):
        stress = Stress([build(cls, N, warm_start=warm) for cls in CLASSES])
        runs.append([])
        for step in steps:
            stress.update(step)
            assert ((stress.own >= 0) & (stress.own <= 100)).all()
            runs[-1].append(stress.own.tolist())
    assert runs[0] == runs[1]


def test_one_household_more_changes_nobody_elses_levels(build, experience):
    apart = [cls for cls in CLASSES if cls is not Money]  # money compares households
    few, many = (Stress([build(cls, n) for cls in apart]) for n in (N, N + 1))
    for fewer, more in zip(
        random_steps(experience, 3, N, 30), random_steps(experience, 3, N + 1, 30), strict=True
    ):
        few.update(fewer)
        many.update(more)
    assert few.own.tolist() == many.own[:N].tolist()


def test_a_copy_goes_on_alike(build, experience):
    stress = Stress([build(cls, N) for cls in CLASSES])
    steps = random_steps(experience, 5, N, 20)
    for step in steps[:10]:
        stress.update(step)
    other = copy.deepcopy(stress)
    for step in steps[10:]:
        stress.update(step)
        other.update(step)
    assert stress.own.tolist() == other.own.tolist()


def test_facts_are_shown_and_no_level_is_felt(lived):
    stress, levels = lived(show="facts")
    felt = stress.felt(2)
    assert not felt.levels.any()
    assert not felt.overall.any()
    told, reasons = stress.feelings(0, 1.0), lived()[0].feelings(0, 1.0)
    assert [one.name for one in told] == [one.name for one in reasons] == ["hunger", "congestion"]
    eaten, crowd = (one.reason for one in told)
    assert eaten == stress.stressors[0].fact(0)
    assert re.fullmatch(r"ate \d+\.\d nutrition points in the last 40 steps", eaten)
    assert crowd == "9 others within 1 cell"
    assert stress.own.tolist() == levels[1].tolist()


@pytest.mark.parametrize("hide", [(), ("hunger",)])
def test_one_number_stands_for_each_level(lived, hide):
    stress, levels = lived(show="scalar", hide=hide)
    plain = lived(hide=hide)[0].felt(2)
    felt = stress.felt(2)
    assert felt.overall.tolist() == plain.overall.tolist()
    shown = [0.0 if name in hide else 1.0 for name in stress.names]
    assert felt.levels.tolist() == np.outer(plain.overall, shown).tolist()
    (only,) = stress.feelings(0, 50.0)  # congestion is at 100
    assert only == ("overall", pytest.approx(plain.overall[0]), "")
    assert stress.feelings(1, 50.0) == []
    assert stress.own.tolist() == levels[1].tolist()


def test_an_unknown_representation_is_refused(stress):
    with pytest.raises(UnknownName, match="representation of stress"):
        stress(show="poem")


@pytest.mark.parametrize("cls", CLASSES)
def test_a_fact_judges_nothing(cls, build, experience):
    """Neither a target nor a word for good or bad is in it."""
    stressor = build(cls)
    stressor.update(experience(near=7, distance=30.0, cash=5))
    fact = stressor.fact(0)
    assert fact
    assert fact != stressor.reason(0)
    for word in ("little", "much", "enough", "crowded", "lonely", "comfortable", " of "):
        assert word not in fact
