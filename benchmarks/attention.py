"""What asking on change saves, and what it changes; and how much is sent, beside others.

    python benchmarks/attention.py                # 20 seeds, and one whole run's characters
    python benchmarks/attention.py --seeds 5 --json

Households of ``pizza_place`` are decided by the embedded model, asked in every step and on change
(``attention``). How often they are asked is how often a language model would be called. Ratios are
those of the means over the seeds, with the 95 % interval of the paired difference by Student's t.

Characters are those of one whole run against the local test server, which answers what the
embedded model does: the messages and the schema of the reply of each call, and the replies. The
published system sends 20,400 characters for each household in each step (measured on its public
source code, econsimulacra 0.14.1).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from econsim_mesa import EconModel, load_run
from econsim_mesa.llm.messages import ReplySchema
from econsim_mesa.mock import MockServer
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.scenario import parse_assignment

TOWN = "pizza_place"
MODES = ("every_step", "on_change")
PUBLISHED_CHARACTERS = 20_400
"""Characters that the published system sends for a household in a step."""
PLANS = ('"do":"move_to"', '"do":"order"', '"do":"eat"')
"""What marks a plan other than staying, in a recorded decision."""


class Ratio(NamedTuple):
    """A mean on change over that in every step, with a 95 % interval."""

    every_step: float
    on_change: float
    ratio: float
    low: float
    high: float


def counts(mode: str, seed: int, changes: dict[str, Any]) -> Counter[str]:
    """Return what the households of a run did, by day where that says so.

    Keys that begin with ``asked:`` count why they were asked; a household may have several
    reasons in one step.
    """
    model = EconModel(TOWN, seed=seed, set={"attention": mode, **changes})
    total: Counter[str] = Counter()
    days = model.config.steps / model.town.clock.steps_per_day
    _count_reasons(model, total)
    while model.running:
        model.step()
        records = model.town.records
        households = [row for row in records["decisions"] if row.kind == "Household"]
        sales = records["sales"]
        total["calls"] += len(households)
        total["plans a day"] += sum(
            any(plan in row.actions for plan in PLANS) for row in households
        )
        total["sales a day"] += len(sales)
        total["units a day"] += sum(row.quantity for row in sales)
        total["pizzas a day"] += sum(row.quantity for row in sales if row.item == "Pizza")
        total["revenue a day"] += sum(row.amount for row in sales)
        total["meals a day"] += sum(row.eaten for row in records["consumption"])
        total["posts a day"] += sum(row.author.startswith("H") for row in records["posts"])
        total["follows a day"] += len(records["follows"])
    by_day = {key: count / days for key, count in total.items() if key.endswith("a day")}
    return Counter({**total, **by_day})


def _count_reasons(model: EconModel, total: Counter[str]) -> None:
    """Count why households are asked, whenever they are."""
    decide: Callable[..., Any] = model.scheduler.decide

    def counted(view: Any) -> Any:
        for what, whom in view.happened.items():
            total[f"asked: {what}"] += int(whom.sum())
        total["asked: wait over"] += int(view.wait_over.sum())
        return decide(view)

    model.scheduler.decide = counted  # type: ignore[method-assign]


def compare(seeds: Sequence[int], changes: dict[str, Any]) -> tuple[dict[str, Ratio], Counter[str]]:
    """Return each measure in both modes, and why households were asked on change, per seed."""
    often, seldom = ([counts(mode, seed, changes) for seed in seeds] for mode in MODES)
    measures = [key for key in often[0] if not key.startswith("asked:")]
    ratios = {measure: _ratio(measure, often, seldom) for measure in measures}
    reasons: Counter[str] = Counter()
    for run in seldom:
        reasons.update({key: count for key, count in run.items() if key.startswith("asked:")})
    steps = len(seeds) * often[0]["calls"]
    shares = {key.removeprefix("asked: "): count / steps for key, count in reasons.most_common()}
    return ratios, Counter(shares)


def _ratio(measure: str, often: Sequence[Counter[str]], seldom: Sequence[Counter[str]]) -> Ratio:
    every = np.array([run[measure] for run in often], dtype=float)
    change = np.array([run[measure] for run in seldom], dtype=float)
    n, mean = len(every), every.mean()
    spread = (change - every).std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    half = stats.t.ppf(0.975, n - 1) * spread / mean if n > 1 else np.nan
    ratio = change.mean() / mean
    return Ratio(mean, change.mean(), ratio, ratio - half, ratio + half)


def characters(mode: str, seed: int) -> dict[str, float]:
    """Return what is sent and received in a whole run against the local test server."""
    with tempfile.TemporaryDirectory() as folder, MockServer(window=0.0) as server:
        llm = {"model": "mock", "base_url": server.base_url, "client": "direct"}
        changes = {f"llm.{key}": value for key, value in llm.items()}
        out = Path(folder) / "run"
        settings = {"decider": "llm", "attention": mode, **changes}
        model = EconModel(TOWN, seed=seed, set=settings, store=out)
        schema = _schema_length(model)
        model.run_model()
        calls = load_run(out).calls
    steps = model.config.agents.Household.count * model.config.steps
    sent = int(calls["characters"].sum()) + schema * len(calls)
    return {
        "calls": len(calls),
        "sent a call": sent / len(calls),
        "received a call": calls["reply"].str.len().mean(),
        "sent": sent,
        "received": int(calls["reply"].str.len().sum()),
        "sent of published": sent / (PUBLISHED_CHARACTERS * steps),
    }


def _schema_length(model: EconModel) -> int:
    """Return the characters of the schema of a household's reply."""
    return len(ReplySchema(ReplyForm.of("Household", model.config).schema).text)


def _table(ratios: dict[str, Ratio]) -> Iterator[str]:
    yield "| a run, or a day | every step | on change | ratio (95 %) |"
    yield "| --- | --- | --- | --- |"
    for measure, row in ratios.items():
        interval = f"{row.ratio:.3f} ({row.low:.3f} to {row.high:.3f})"
        yield f"| {measure} | {row.every_step:,.1f} | {row.on_change:,.1f} | {interval} |"


def _characters_table(sent: dict[str, dict[str, float]]) -> Iterator[str]:
    yield "| | calls | characters sent a call | received a call | sent, of the published system |"
    yield "| --- | --- | --- | --- | --- |"
    for mode, row in sent.items():
        each = f"{row['sent a call']:,.0f} | {row['received a call']:,.0f}"
        yield f"| {mode} | {row['calls']:,} | {each} | {row['sent of published']:.1%} |"
    yield f"| published | each household, each step | {PUBLISHED_CHARACTERS:,} | | 100 % |"


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="seeds 1 to N (default: 20)")
    parser.add_argument("--no-characters", action="store_true", help="leave out the test server")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--json", action="store_true", help="write JSON alone")
    options = parser.parse_args()
    changes = dict(map(parse_assignment, options.set))
    ratios, reasons = compare(range(1, options.seeds + 1), changes)
    sent = {} if options.no_characters else {mode: characters(mode, 1) for mode in MODES}
    if options.json:
        measured = {key: row._asdict() for key, row in ratios.items()}
        json.dump({"measures": measured, "reasons": reasons, "characters": sent}, sys.stdout)
        return 0
    print(*_table(ratios), "", sep="\n")
    print("Asked on change, share of household-steps:")
    print(", ".join(f"{what} {share:.1%}" for what, share in reasons.items()), "", sep="\n")
    print(*_characters_table(sent), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
