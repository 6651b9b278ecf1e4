"""A household: its Mesa agent reads the row of the town's arrays that is its own."""

from __future__ import annotations

from econsim_mesa.agents.base import Resident


class Household(Resident):
    """A household. All numbers are columns of the town; properties read its row."""

    @property
    def home(self) -> tuple[int, int]:
        """Cell of its home."""
        space = self.model.town.space
        return int(space.home_x[self.index]), int(space.home_y[self.index])

    @property
    def destination(self) -> tuple[int, int] | None:
        """Cell to which it is walking, if any."""
        space = self.model.town.space
        cell = int(space.destination[self.index])
        return None if cell < 0 else space.position(cell)

    @property
    def asleep(self) -> bool:
        """Whether it was asleep in the last step."""
        town = self.model.town
        return bool(town.sleep.asleep(town.t)[self.index])

    @property
    def stress(self) -> dict[str, float]:
        """Its own level of each stressor, 0 to 100."""
        stress = self.model.town.stress
        return dict(zip(stress.names, stress.own[self.index].tolist(), strict=True))

    @property
    def overall_stress(self) -> float:
        """Its own overall stress, 0 to 100, as the model's mode does not change it."""
        return float(self.model.town.stress.overall()[self.index])

    @property
    def follows(self) -> list[str]:
        """Names of those whom it follows."""
        town = self.model.town
        return [town.who.names[j] for j in town.graph.followed(self.index)]

    @property
    def memory(self) -> str:
        """What it remembers, in words, as a prompt would have it."""
        town = self.model.town
        return town.memory.summary(self.index, town.scenario.memory.characters)
