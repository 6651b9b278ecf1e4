"""Events that change the map: keep-out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import model_validator

from econsim_mesa.scenario.base import Name
from econsim_mesa.scenario.town import Cell
from econsim_mesa.scenario.when import Event, Firing, refuse_endless

if TYPE_CHECKING:
    from econsim_mesa.society.town import Town


class KeepOut(Event):
    """Nobody enters some cells for a while, or on some days or hours; who is inside may leave."""

    lasting: ClassVar[bool] = True
    type: Literal["keep_out"] = "keep_out"
    cells: tuple[Cell, ...] = ()
    """Cells that are closed."""
    kind: Name | None = None
    """A kind of cells of the grid that is closed as well."""

    @model_validator(mode="after")
    def _complete(self) -> KeepOut:
        refuse_endless(self)
        if not self.cells and self.kind is None:
            raise ValueError("a keep-out needs cells or a kind of cells")
        return self

    def problems(self, names: Any) -> list[tuple[str, str]]:
        """Return problems of cells outside the grid and of an unknown kind."""
        width, height = names.size
        found = [
            ("cells", f"cell {list(cell)} lies outside the grid of {width} x {height}")
            for cell in self.cells
            if not (0 <= cell[0] < width and 0 <= cell[1] < height)
        ]
        if self.kind is not None and self.kind not in names.cell_kinds:
            hint = names.hint(self.kind, names.cell_kinds)
            found.append(("kind", f"no kind of cells is called {self.kind!r}; {hint}"))
        return found

    def _cells(self, town: Town) -> list[tuple[int, int]]:
        kinds = town.scenario.grid.kinds
        return [*self.cells, *(kinds[self.kind] if self.kind is not None else ())]

    def apply(self, town: Town, firing: Firing) -> str:
        """Close the cells."""
        town.mobility.space.close(self._cells(town))
        return f"keep out of {_cells_in_words(self._cells(town))}"

    def end(self, town: Town, firing: Firing) -> str:
        """Open them again."""
        town.mobility.space.reopen(self._cells(town))
        cells = self._cells(town)
        return f"{_cells_in_words(cells)} {'is' if len(cells) == 1 else 'are'} open again"


def _cells_in_words(cells: Sequence[tuple[int, int]]) -> str:
    return f"{len(cells)} cell{'s' * (len(cells) != 1)}"
