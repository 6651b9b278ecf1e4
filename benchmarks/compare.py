"""Compare the engine's cost before and after a change; exit 1 if a town became slower.

    python benchmarks/compare.py --against /path/to/other/checkout     # seven pairs, interleaved
    python benchmarks/compare.py before.json after.json --tolerance 0.15

With ``--against`` both checkouts run their own ``engine.py`` in turn, so that whatever else the
machine does falls on both. The ratio is the geometric mean over the pairs of the CPU time here
over that of the other checkout, with its 95 % interval by Student's t on the logarithms. A town
became slower if the whole interval lies above 1.

Of two results of ``engine.py --json`` the ratios to bare Mesa are compared, which were measured
in the same process each: they hold on any machine.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scipy import stats

HERE = Path(__file__).resolve().parents[1]
Towns = Mapping[int, Mapping[str, float]]
"""Number of households -> figures of that town, as ``engine.py --json`` writes them."""


class Ratio(NamedTuple):
    """The cost of a town here over that in another checkout, with a 95 % interval."""

    mean: float
    low: float
    high: float


def towns(result: Mapping[str, Any]) -> dict[int, dict[str, float]]:
    """Return the figures of each town in a result, by its number of households."""
    return {town["households"]: town for town in result["towns"]}


def run_engine(checkout: Path, households: Sequence[int], repeat: int) -> Towns:
    """Run the benchmark of a checkout with that checkout's package.

    Raises ``CalledProcessError`` where the benchmark fails; what it says went to stderr.
    """
    sizes = map(str, households)
    command = [sys.executable, "benchmarks/engine.py", "--json", "--repeat", str(repeat)]
    done = subprocess.run(
        [*command, "--households", *sizes],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return towns(json.loads(done.stdout))


def pairs_of_runs(
    other: Path, households: Sequence[int], pairs: int, repeat: int
) -> Iterator[tuple[Towns, Towns]]:
    """Yield what the other checkout and this one measured, pair by pair, each first in turn."""
    for pair in range(pairs):
        order = (other, HERE) if pair % 2 == 0 else (HERE, other)
        measured = {checkout: run_engine(checkout, households, repeat) for checkout in order}
        yield measured[other], measured[HERE]
        print(f"pair {pair + 1} of {pairs} done", file=sys.stderr)


def ratio_of(before: Sequence[float], after: Sequence[float]) -> Ratio:
    """Return the ratio of paired measurements, and its interval (NaN for a single pair)."""
    logs = [math.log(b / a) for a, b in zip(before, after, strict=True)]
    mean = math.exp(sum(logs) / len(logs))
    if len(logs) == 1:
        return Ratio(mean, math.nan, math.nan)
    interval = stats.ttest_1samp(logs, 0).confidence_interval(0.95)
    return Ratio(mean, math.exp(interval.low), math.exp(interval.high))


def compare_checkouts(other: Path, households: Sequence[int], pairs: int, repeat: int) -> bool:
    """Print the ratio for each town; return whether one became slower."""
    runs = list(pairs_of_runs(other, households, pairs, repeat))
    print(f"CPU per household-step over {pairs} interleaved pairs, microseconds (median)")
    print(f"{'households':>10} {'before':>8} {'after':>8} {'ratio':>6}  95 % interval")
    slower = False
    for size in sorted(runs[0][1]):
        before, after = ([run[side][size]["total"] for run in runs] for side in (0, 1))
        ratio = ratio_of(before, after)
        slower |= ratio.low > 1
        middle = len(runs) // 2
        print(
            f"{size:>10,} {sorted(before)[middle]:>8.1f} {sorted(after)[middle]:>8.1f} "
            f"{ratio.mean:>6.2f}  {ratio.low:.2f} to {ratio.high:.2f}"
        )
    return slower


def compare_results(before: Path, after: Path, tolerance: float) -> bool:
    """Print two results beside each other; return whether a town became slower."""
    results = [towns(json.loads(path.read_text(encoding="utf-8"))) for path in (before, after)]
    slower = False
    print(f"{'households':>10} {'before':>8} {'after':>8} {'change':>8}   (times bare Mesa)")
    for size in sorted(results[0].keys() & results[1].keys()):
        first, second = (one[size]["total"] / one[size]["bare_mesa"] for one in results)
        slower |= second / first - 1 > tolerance
        print(f"{size:>10,} {first:>8.1f} {second:>8.1f} {second / first - 1:>+8.0%}")
    return slower


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare two checkouts, or two results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("results", type=Path, nargs="*", help="two results: before, after")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="the tree before")
    parser.add_argument("--pairs", type=int, default=7, help="runs of each checkout")
    parser.add_argument(
        "--households", type=int, nargs="+", default=[30, 300, 1_000, 10_000], metavar="N"
    )
    parser.add_argument(
        "--repeat", type=int, default=1, help="in a run, of which the fastest counts"
    )
    parser.add_argument("--tolerance", type=float, default=0.15, help="share that is noise")
    chosen = parser.parse_args(arguments)
    if chosen.against is None:
        if len(chosen.results) != 2:
            parser.error("give two results of engine.py --json, or --against a checkout")
        return int(compare_results(*chosen.results, chosen.tolerance))
    other = chosen.against.resolve()
    if chosen.results or not (other / "benchmarks" / "engine.py").is_file():
        parser.error(f"--against takes a checkout with benchmarks/engine.py alone, not {other}")
    if chosen.pairs < 1:
        parser.error(f"--pairs must be at least 1, not {chosen.pairs}")
    try:
        return int(compare_checkouts(other, chosen.households, chosen.pairs, chosen.repeat))
    except subprocess.CalledProcessError as error:
        print(f"compare.py: the benchmark of {error.cmd[0]} failed, see above", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
