"""Fill the tables of docs/results.md from the folders of the bundled experiments.

    python docs/generate_results.py --make     # make all runs that are missing, then the tables
    python docs/generate_results.py            # the tables alone
    python docs/generate_results.py --check    # exit 1 if a table is stale, and write nothing

``--from DIR`` has a folder for each experiment (default: runs/results). A table stands between
``<!-- generated: NAME -->`` and ``<!-- end: NAME -->``. Experiments by a language model have none.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from generated_blocks import filled, markdown_table, number

from econsim_mesa.experiment import Design, bundled, load_design
from econsim_mesa.experiment.folder import TABLES, read_experiment
from econsim_mesa.experiment.level_names import label_of
from econsim_mesa.experiment.load import asks_model, condition_columns
from econsim_mesa.experiment.plan import plan_hash, plan_text
from econsim_mesa.experiment.tables import primary

PAGE = Path(__file__).parent / "results.md"
FOLDERS = Path("runs/results")
MOST_PARAMETERS = 10
"""Parameters shown of a screening, those that move the outcome most."""

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
Cell = Callable[[Row], str]


class Shown(NamedTuple):
    """What is shown of an experiment beside its hypotheses: measures of contrasts, and curves."""

    measures: tuple[str, ...] = ()
    curves: bool = False


PIZZAS, VISITS, POSTS = "units Pizza Place: Pizza", "visits Pizza Place", "posts pizza"
BESIDE = {
    "pizza_place": Shown(curves=True),
    "dose": Shown(curves=True),
    "crowding": Shown((PIZZAS, VISITS)),
    "ablations": Shown((PIZZAS, VISITS, POSTS)),
    "nulls": Shown((PIZZAS,), curves=True),
    "representations": Shown((PIZZAS, VISITS)),
    "interventions": Shown((PIZZAS, VISITS)),
}


def main() -> int:
    """Write the page's tables anew, or compare them; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="folder", type=Path, default=FOLDERS)
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.make:
        for name in experiments():
            words = ("experiment", name, "--out", str(options.folder / name), "--quiet")
            subprocess.run([sys.executable, "-m", "econsim_mesa", *words], check=True)
    old = PAGE.read_text(encoding="utf-8")
    new = filled(
        old, {name: block(name, *read(options.folder / name, name)) for name in experiments()}
    )
    if options.check:
        return int(new != old)
    PAGE.write_text(new, encoding="utf-8", newline="\n")
    return 0


def experiments() -> list[str]:
    """Return the bundled experiments that call no language model."""
    return [name for name in bundled() if not any(map(asks_model, load_design(name).scenarios))]


def read(folder: Path, name: str) -> tuple[Design, Tables]:
    """Return the design and the tables of its runs; exit if they are of another plan."""
    design = load_design(name)
    wanted, made = plan_hash(plan_text(design)), read_experiment(folder)
    if made.plan != wanted:
        sys.exit(f"{folder} was made by the plan {made.plan}, now it is {wanted}: delete it")
    if made.unfinished:
        sys.exit(f"{folder} lacks {len(made.unfinished)} runs: econsim experiment {name} goes on")
    return design, json.loads((folder / TABLES).read_text(encoding="utf-8"))


def block(name: str, design: Design, found: Tables) -> str:
    """Return what is generated of an experiment: how it was made, and what came out."""
    shown = BESIDE.get(name, Shown())
    parts = [_made(name, design)]
    if found["hypotheses"]:
        parts.append(_hypotheses(found["hypotheses"]))
    if shown.measures:
        parts.append(_contrasts(found["contrasts"], shown.measures))
    if shown.curves:
        parts.append(_curves(design, found["curves"]))
    if "screening" in found:
        parts.append(_screening(found["screening"], primary(design.experiment.plan)))
    return "\n\n".join(parts)


def _made(name: str, design: Design) -> str:
    seeds, conditions = design.experiment.seeds, len(design.conditions)
    steps = max(scenario.steps for scenario in design.scenarios)
    return (
        f"`econsim experiment {name}`: {conditions} conditions x {len(seeds)} seeds "
        f"({seeds[0]} to {seeds[-1]}), {conditions * len(seeds):,} runs of {steps} steps. "
        f"Plan `{plan_hash(plan_text(design))[:12]}`."
    )


def _hypotheses(rows: Sequence[Row]) -> str:
    return _table(
        rows,
        {
            "Registered hypothesis": lambda row: row["hypothesis"],
            "Measure": lambda row: row["measure"],
            "Expected": lambda row: row["expected"],
            "Found": lambda row: row["found"] or _estimate(row),
            "Verdict": lambda row: f"**{row['verdict'] or 'cannot tell'}**",
        },
    )


def _contrasts(rows: Sequence[Row], measures: Sequence[str]) -> str:
    """Return a line for each contrast, a column for each measure."""
    some = {(row["contrast"], row["measure"]): row for row in rows}
    names = [{"contrast": name} for name in dict.fromkeys(row["contrast"] for row in rows)]

    def of(measure: str) -> Cell:
        return lambda row: _estimate(some[row["contrast"], measure])

    columns: dict[str, Cell] = {"Paired difference per run": lambda row: row["contrast"]}
    return _table(names, columns | {measure: of(measure) for measure in measures})


def _curves(design: Design, rows: Sequence[Row]) -> str:
    """Return the primary curve of each condition."""
    words = {
        json.dumps(condition_columns(design, one)): label_of(one.levels)
        for one in design.conditions
    }
    naming = list(condition_columns(design, design.conditions[0]))
    return _table(
        [row for row in rows if row["role"] == "primary"],
        {
            "Condition": lambda row: words[json.dumps({key: row[key] for key in naming})],
            "Curve": lambda row: row["verdict"] or "cannot tell",
            "b1": lambda row: _estimate(row, "b1"),
            "b2": lambda row: _estimate(row, "b2"),
        },
    )


def _screening(rows: Sequence[Row], outcome: str) -> str:
    asked = (row for row in rows if row["measure"] == outcome and row["contrast"] is None)
    some = [row for row in asked if row["mu_star"] is not None]
    some.sort(key=lambda row: -row["mu_star"])
    return _table(
        some[:MOST_PARAMETERS],
        {
            "Parameter, from half to double": lambda row: f"`{row['parameter']}`",
            f"mu* of {outcome}": lambda row: number(row["mu_star"]),
            "mu": lambda row: number(row["mu"]),
            "sigma": lambda row: number(row["sigma"]),
        },
    )


def _estimate(row: Row, name: str = "") -> str:
    """Return an estimate with its interval; of a difference its mean."""
    low, high = (row[f"{name}_{end}" if name else end] for end in ("low", "high"))
    middle = row[name or "mean"]
    if middle is None:
        return "-"
    return number(middle) + ("" if low is None else f" ({number(low)} to {number(high)})")


def _table(rows: Sequence[Row], columns: Mapping[str, Cell]) -> str:
    return markdown_table(list(columns), ([cell(row) for cell in columns.values()] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
