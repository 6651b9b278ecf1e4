"""A step whose decisions fail is made again; one that fails after them is broken off."""

from __future__ import annotations

from typing import Any

import pytest
from towns import Script, make, village

from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.errors import EconSimError
from econsim_mesa.society.action import Decision
from econsim_mesa.society.model import EconModel


class Unlucky(Script):
    """Draws its luck, and fails the first time in each step in ``fails``."""

    def __init__(self, *fails: int, error: type[BaseException] = OSError) -> None:
        super().__init__()
        self.fails, self.error = list(fails), error

    def decide(self, requests: Any) -> list[Decision]:
        view = requests.view
        luck = view.uniforms("random.acts")
        view.uniforms("choice.acts")
        if view.t in self.fails:
            self.fails.remove(view.t)
            raise self.error("no answer")
        places = ["home", "Cafe", "Shop"]
        return [Decision((MoveTo(places[int(one * 3)]),)) for one in luck[:, 0]]


def town(decider: Script) -> EconModel:
    return make(village(steps=6, social={"discovery": 2}), decider=decider, seed=3)


def everything(model: EconModel) -> list[Any]:
    """Run a model to its end, a failed step again and again, and return all its records."""
    records = []
    while model.running:
        try:
            model.step()
        except (OSError, KeyboardInterrupt):
            continue
        records.append(model.town.records.rows)
    return records


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_made_again_it_is_the_step_of_a_run_that_nothing_disturbed(
    error: type[BaseException],
) -> None:
    whole, disturbed = town(Unlucky()), town(Unlucky(0, 2, 2, 5, error=error))
    assert everything(disturbed) == everything(whole)
    assert disturbed.steps == whole.steps == 6
    one, other = (m.datacollector.get_model_vars_dataframe() for m in (disturbed, whole))
    assert one.equals(other)


def test_a_step_that_fails_after_its_decisions_is_broken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = town(Unlucky())
    model.step()

    def fails(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("econsim_mesa.society.model.experience", fails)
    with pytest.raises(OSError, match="disk full"):
        model.step()
    assert not model.running
    for _ in range(2):
        with pytest.raises(EconSimError, match="step 1 was broken off; make a new model"):
            model.step()
    assert model.steps == 1


def test_a_decider_cannot_make_the_step_in_which_it_is_asked() -> None:
    class Impatient(Script):
        def decide(self, requests: Any) -> list[Decision]:
            model.step()
            return super().decide(requests)

    model = make(decider=Impatient())
    with pytest.raises(EconSimError, match="step 0 of this model is under way"):
        model.step()


def test_a_step_of_ones_own_around_it_fails_and_goes_on_alike() -> None:
    class Counts(EconModel):
        done = 0

        def step(self) -> None:
            super().step()
            self.done += 1

    model = Counts(town(Unlucky()).config, decider=Unlucky(1), seed=3)
    assert len(everything(model)) == model.done == model.steps == 6
