"""The panels of a condition: a row for each day of each of its runs, from the measures of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from econsim_mesa.analysis.sentiment import void_of_language
from econsim_mesa.experiment.conditions import run_id
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.tables import primary
from econsim_mesa.experiment.types import AnalysisPlan
from econsim_mesa.studies.online_offline.daily_measures import CURVE, PLACEBO, SENTIMENT
from econsim_mesa.studies.online_offline.dispersion import void_of, why_void

if TYPE_CHECKING:
    import pandas as pd

DOSE = "dose"
"""Column of posts by scripted accounts on the day, whatever their words."""


class ConditionPanels(NamedTuple):
    """The run-days of a condition after the warm-up, its days' sentiment, and why that is void."""

    days: pd.DataFrame
    spreads: pd.DataFrame
    void: str | None


def condition_panels(design: Design, measured: Mapping[str, RunMeasures]) -> list[ConditionPanels]:
    """Return the panels of all conditions, in their order; those without a finished run are empty.

    Columns of ``days``: run, seed, day, those of ``run_day_panel``, ``dose``, ``weekend`` (1 on
    Saturday and Sunday), and the placebo's with ``placebo`` in front.
    """
    return [
        _panels(
            {
                run: (seed, measured[run])
                for seed in design.experiment.seeds
                if (run := run_id(condition, seed)) in measured
            },
            design.experiment.plan,
            void_of_language(scenario),
        )
        for condition, scenario in zip(design.conditions, design.scenarios, strict=True)
    ]


def x_of(plan: AnalysisPlan) -> str:
    """Return the column that explains the outcome."""
    return DOSE if plan.x == "scripted" else "x"


def axis_words(design: Design) -> tuple[str, str]:
    """Return what x and the outcome are in words."""
    plan = design.experiment.plan
    posts = "scripted posts" if plan.x == "scripted" else f"posts {plan.keyword or ''}".strip()
    return f"{posts} a day", f"{primary(plan)} a day"


def center_of(plan: AnalysisPlan, panel: ConditionPanels) -> float:
    """Return the centre of x in a condition: the plan's, else the mean over its own run-days.

    Other conditions have no say in it, so that the same runs give the same slope wherever they
    stand.
    """
    if plan.center is not None:
        return plan.center
    return float(panel.days[x_of(plan)].mean())


def _panels(
    runs: Mapping[str, tuple[int, RunMeasures]], plan: AnalysisPlan, void: str | None
) -> ConditionPanels:
    import pandas as pd

    days, spreads = [], []
    for run, (seed, measured) in runs.items():
        for day, values in list(measured.days.items())[plan.warm_up_days :]:
            named = {"run": run, "seed": seed, "day": day}
            columns = {name: v for name, v in values.items() if name.startswith(f"{PLACEBO} ")}
            columns |= _under(values, CURVE)
            if not columns:  # an index of an older version
                continue
            weekend = float(date.fromisoformat(day).weekday() >= 5)
            days.append({**named, **columns, DOSE: values["posts scripted"], "weekend": weekend})
            if sentiment := _under(values, SENTIMENT):
                spreads.append({**named, **sentiment})
    names = ["run", "seed", "day"]
    spread = _numbers(pd.DataFrame(spreads, columns=[*names, *_SPREADS]))
    return ConditionPanels(
        pd.DataFrame(days) if days else pd.DataFrame(columns=names),
        spread,
        _void((measured for _, measured in runs.values()), spread) or void,
    )


_SPREADS = ("posts", "mean", "sd", "authors", "variance", "gini", "templates")


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype(dict.fromkeys(_SPREADS, float))


def _under(values: Mapping[str, float | int | None], word: str) -> dict[str, float | int | None]:
    """Return the measures that begin with a word, without it."""
    start = f"{word} "
    return {name[len(start) :]: v for name, v in values.items() if name.startswith(start)}


def _void(runs: Iterable[RunMeasures], spread: pd.DataFrame) -> str | None:
    """Return why sentiment is void: most posts are templates.

    An index of an older version does not count them; there decisions stand for posts.
    """
    decisions: Counter[str] = Counter()
    for run in runs:
        for (decider, _), count in run.decisions.items():
            decisions[decider] += count
    templates = spread["templates"]
    if spread.empty or templates.isna().any():
        return void_of(decisions)
    return why_void(decisions) if 2 * templates.sum() > spread["posts"].sum() else None
