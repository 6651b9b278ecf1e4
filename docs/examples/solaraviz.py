"""EconModel in Mesa's own SolaraViz: solara run docs/examples/solaraviz.py."""

from econsim_mesa.visualization.in_mesa import Charts, Network, Town
from mesa.visualization import Slider, SolaraViz, make_plot_component

from econsim_mesa import EconModel

page = SolaraViz(
    EconModel("pizza_place", seed=1),
    components=[Town, Network, Charts, make_plot_component(["units_sold", "keyword_posts"])],
    model_params={
        "config": "pizza_place",
        "seed": 1,
        "households": Slider("Households", value=30, min=10, max=100, step=10),
        "discount": Slider("Discount, %", value=40, min=0, max=90, step=10),
        "stress": {"type": "Checkbox", "value": True, "label": "Stress"},
    },
    name="Pizza place",
)
page  # noqa: B018  (solara shows what is called page)
