"""A kind of store of one's own: a kiosk, where what is ordered is eaten on the spot.

Run it with ``python docs/examples/own_store.py``.
"""

from econsim_mesa import EconModel
from econsim_mesa.scenario import register
from econsim_mesa.society.agents import Store


@register("store", "Kiosk")
class Kiosk(Store):
    """Sells snacks over the counter."""

    serves = True  # as in a restaurant: ordered and eaten in one step

    @property
    def takings(self) -> int:
        """Cash since the beginning, in the smallest unit of the currency."""
        return self.cash - self.model.config.agents.stores()[self.index][2].cash


if __name__ == "__main__":
    corner = {"at": [5, 5], "sells": {"Bread": {"stock": 50}, "Soda": {"stock": 50}}}
    model = EconModel("pizza_place", seed=1, steps=24, set={"agents.Kiosk": {"Corner": corner}})
    model.run_model()
    (kiosk,) = model.agents_by_type[Kiosk]
    print(f"{kiosk.name}, a {kiosk.kind}: {kiosk.takings} yen")
