"""The charts of a run up to a step: each a pure function of a frame and of what was chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from econsim_mesa.domains.economy.measures import ITEM_UNITS, REVENUE, UNITS
from econsim_mesa.domains.measures import own_measures
from econsim_mesa.domains.social.measures import (
    GOVERNMENT_POSTS,
    HOUSEHOLD_POSTS,
    SCRIPTED_POSTS,
    STORE_POSTS,
)
from econsim_mesa.numbers import counted
from econsim_mesa.scenario.decider_traits import recorded_traits
from econsim_mesa.society.rng import Floats

from . import measures
from .chart import Chart, Line, Values
from .palette import COLORS
from .time_axis import TimeAxis, Unit, promotions, shaded, time_axis, unit_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from econsim_mesa.society.measures import Measure

    from .view import Frame

MOST_LINES = len(COLORS)
"""Lines that a chart shows at most: each has a colour of its own."""


@dataclass(frozen=True)
class Choice:
    """What a reader chose: the unit of time, the keyword, and whose sales stand beside it."""

    unit: Unit
    keyword: str
    store: str
    item: str


def all_charts(frame: Frame, choice: Choice) -> tuple[Chart, ...]:
    """Return every chart of a run, in the order in which the page shows them."""
    axis = shaded(time_axis(frame, choice.unit), promotions(frame))
    own = own_measures(frame.scene.scenario)
    return (
        *sales(frame, axis),
        *(measured(frame, axis, measure, _title(measure)) for measure in own),
        posts(frame, axis, choice.keyword),
        prices(frame, axis),
        stress(frame, axis),
        sentiment(frame, axis, choice.keyword),
        cash(frame),
        inequality(frame, axis),
        heat(frame, choice),
    )


def sales(frame: Frame, axis: TimeAxis) -> tuple[Chart, Chart]:
    """Return whole items sold and revenue of each store."""
    return measured(frame, axis, UNITS, "Sales"), measured(frame, axis, REVENUE, "Revenue")


def measured(frame: Frame, axis: TimeAxis, measure: Measure, title: str) -> Chart:
    """Return a measure with a line for each of its first subjects."""
    scene = frame.scene
    subjects = list(measure.scope(scene.scenario))[:MOST_LINES]
    unit, scale = unit_of(measure, scene)
    lines = [
        Line(
            " · ".join(subject) or title,
            _values(axis.values(frame, measure, *subject) * scale),
            color,
        )
        for subject, color in zip(subjects, COLORS, strict=False)
    ]
    of = unit if measure.per is not None else f"{unit} a {axis.unit}"
    return axis.chart(title.casefold(), title, of, lines)


def posts(frame: Frame, axis: TimeAxis, keyword: str) -> Chart:
    """Return posts by households and others, and those of households with the keyword."""
    groups = (HOUSEHOLD_POSTS, STORE_POSTS, GOVERNMENT_POSTS, SCRIPTED_POSTS)
    lines: list[Line] = []
    for group in groups:
        counts = axis.values(frame, group)
        if group is HOUSEHOLD_POSTS or counts.any():
            name = group.name.removeprefix("posts ")
            lines.append(Line(name, _values(counts), COLORS[len(lines)]))
    if keyword:
        about = axis.sums(frame.series(measures.About(keyword)))
        lines.append(Line(f"households: “{keyword}”", _values(about), COLORS[5], dashed=True))
    return axis.chart("posts", "Posts", f"posts a {axis.unit}", lines)


def prices(frame: Frame, axis: TimeAxis) -> Chart:
    """Return posted prices, the mean over each bin, of the first items for sale."""
    offers = frame.series(measures.offers)
    offered = list(dict.fromkeys(key for step in offers for key in step))
    scale = 10**frame.scene.currency.decimals
    lines = []
    several = len({store for store, _ in offered[:MOST_LINES]}) > 1
    for color, key in zip(COLORS, offered, strict=False):
        posted = [step[key].posted / scale if key in step else np.nan for step in offers]
        name = f"{key[1]} · {key[0]}" if several else key[1]
        lines.append(Line(name, _values(axis.means(posted)), color))
    left_out = len(offered) - len(lines)
    more = counted(left_out, "more price")
    note = f"{more}: click a store to see its own." if left_out > 0 else ""
    return axis.chart("prices", "Prices", frame.scene.currency.name, lines, note=note)


def stress(frame: Frame, axis: TimeAxis) -> Chart:
    """Return the median of each stressor over households, with a band of 8 in 10 of them."""
    kinds = frame.scene.stressors
    bands = axis.means(_stacked(frame, measures.stress_bands, (3, len(kinds))))
    lines = [
        Line(
            kind,
            _values(bands[:, 1, k]),
            COLORS[k % MOST_LINES],
            low=_values(bands[:, 0, k]),
            high=_values(bands[:, 2, k]),
        )
        for k, kind in enumerate(kinds)
    ]
    note = "Line: the median household. Band: 8 in 10 households."
    return axis.chart("stress", "Stress", "0 to 100", lines, range=(0, 100), note=note)


def sentiment(frame: Frame, axis: TimeAxis, keyword: str) -> Chart:
    """Return mean and sample standard deviation of sentiment; unknown where nobody wrote."""
    count, total, squares = axis.sums(_stacked(frame, measures.Sentiment(keyword), (3,))).T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
        variance = (squares - count * mean**2) / (count - 1)
        spread = np.where(count > 1, np.sqrt(np.maximum(variance, 0)), np.nan)
    line = Line("mean", _values(mean), COLORS[0], _values(mean - spread), _values(mean + spread))
    about = f"household posts with “{keyword}”" if keyword else "all household posts"
    scorer = frame.scene.scorer
    note = "Not known: there is no lexicon for the posts of this run."
    if scorer is not None:
        note = f"Of {about}, by the lexicon {scorer.name}. Band: one standard deviation."
    named = frame.scene.scenario.deciders
    kinds = {name: recorded_traits(name, named) for name in frame.outcomes}
    acting_for_writers = {kind.acts_as for kind in kinds.values()}
    if any(kind.by_formula for name, kind in kinds.items() if name not in acting_for_writers):
        note += " A formula writes by templates: the spread is theirs, and says nothing."
    return axis.chart("sentiment", "Sentiment", "-1 to 1", [line], range=(-1, 1), note=note)


def cash(frame: Frame) -> Chart:
    """Return how many households have how much cash, at the end of the step."""
    currency = frame.scene.currency
    amounts = frame.cash / 10**currency.decimals
    top = float(amounts.max()) if len(amounts) else 0.0
    width = _nice(max(top, 1.0) / 12)
    edges = np.arange(0, top + width, width)
    counts = np.bincount((amounts // width).astype(int), minlength=len(edges))
    return Chart(
        "cash",
        "Cash of households",
        "households",
        tuple(f"{low:,.0f} to {low + width:,.0f} {currency.name}" for low in edges),
        (Line("households", _values(counts[: len(edges)]), COLORS[2]),),
        kind="bars",
        ticks=tuple(_short(low) for low in edges),
        x_title=f"{currency.name}, from",
        note=f"At the end of step {frame.step}. Gini {measures.gini(frame.cash):.2f}."
        if frame.step >= 0
        else "",
    )


def inequality(frame: Frame, axis: TimeAxis) -> Chart:
    """Return the Gini coefficient of cash over time."""
    line = Line("Gini", _values(axis.means(frame.series(measures.cash_gini))), COLORS[2])
    return axis.chart("gini", "Inequality of cash", "Gini, 0 to 1", [line], range=(0, 1))


def heat(frame: Frame, choice: Choice) -> Chart:
    """Return a point for each whole day: keyword posts and units sold, with a quadratic."""
    days = time_axis(frame, "day")
    x = days.sums(frame.series(measures.About(choice.keyword)))[: days.whole]
    y = days.values(frame, ITEM_UNITS, choice.store, choice.item)[: days.whole]
    points = Line("whole days", _values(y), COLORS[0], xs=_values(x), labels=days.labels, dots=True)
    curve = fitted(x, y)
    about = f" with “{choice.keyword}”" if choice.keyword else ""
    note = "One run's days, for the eye alone: no test, no ablation attached (econsim experiment)."
    return Chart(
        "heat",
        "Online and offline heat",
        f"{choice.item} sold a day",
        (),
        (points, *([curve] if curve else [])),
        kind="points",
        x_title=f"household posts{about} a day",
        note=note,
        nothing="no whole day yet",
    )


def sold_items(frame: Frame, store: str) -> Chart:
    """Return how many of each item a store sold, by day."""
    spans = [span for span in promotions(frame) if span.store == store]
    axis = shaded(time_axis(frame, "day"), spans)
    place = next(place for place in frame.scene.stores if place.name == store)
    sums = [axis.values(frame, ITEM_UNITS, store, item) for item in place.items]
    lines = _lines(place.items, np.array(sums).reshape(len(sums), -1).T)
    return axis.chart("sold-items", "Sold", "items a day", lines)


def stocks(frame: Frame, store: str) -> Chart:
    """Return what a store had in stock at the end of each step."""
    axis = time_axis(frame, "step")
    place = next(place for place in frame.scene.stores if place.name == store)
    items = frame.scene.scenario.items
    units = [10 ** items[item].decimals for item in place.items]
    held = _stacked(frame, measures.Stock(store, place.items), (len(units),)) / units
    return axis.chart("stock", "Stock", "at the end of a step", _lines(place.items, held))


def fitted(x: Floats, y: Floats) -> Line | None:
    """Return the least-squares quadratic of y over x; None if the days cannot tell one."""
    if len(x) < 4 or len(np.unique(x)) < 3:
        return None
    at = np.linspace(x.min(), x.max(), 41)
    curve = np.polyval(np.polyfit(x, y, 2), at)
    return Line("least-squares quadratic", _values(curve), COLORS[1], xs=_values(at), dashed=True)


def _title(measure: Measure) -> str:
    """Return a measure's name without its subjects."""
    words = measure.name.replace("{}", "").strip(" :")
    return words[:1].upper() + words[1:]


def _stacked(frame: Frame, measure: Callable[[Frame], Floats], shape: tuple[int, ...]) -> Floats:
    """Return a measure of every step so far, shape (steps, ...); before step 0 without rows."""
    return np.array(frame.series(measure), dtype=float).reshape(-1, *shape)


def _lines(names: Sequence[str], values: Floats) -> tuple[Line, ...]:
    """Return a line for each of the first names from columns of values."""
    return tuple(
        Line(name, _values(values[:, i]), COLORS[i]) for i, name in enumerate(names[:MOST_LINES])
    )


def _values(numbers: Sequence[float] | NDArray[Any]) -> Values:
    """Return numbers as JSON can hold them: rounded, unknown ones None."""
    rounded = np.round(np.asarray(numbers, dtype=float), 4).tolist()
    return tuple(None if value != value else value for value in rounded)


def _nice(width: float) -> float:
    """Return the next width of 1, 2 or 5 times a power of ten, at least 1."""
    power = 10.0 ** np.floor(np.log10(width))
    return max(1.0, float(next(m * power for m in (1, 2, 5, 10) if m * power >= width)))


def _short(amount: float) -> str:
    return f"{amount / 1000:g}k" if amount >= 1000 else f"{amount:g}"
