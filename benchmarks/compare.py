"""Compare two results of ``engine.py --json``; exit 1 if a town became slower.

    python benchmarks/compare.py before.json after.json --tolerance 0.15

Compared is the ratio to bare Mesa, measured in the same process: it holds on any machine.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def ratios(result: Mapping[str, Any]) -> dict[int, float]:
    """Return CPU per household-step over that of bare Mesa, by number of households."""
    return {one["households"]: one["total"] / one["bare_mesa"] for one in result["towns"]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both results beside each other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--tolerance", type=float, default=0.15, help="share that is noise")
    chosen = parser.parse_args(arguments)
    before, after = (
        ratios(json.loads(path.read_text(encoding="utf-8")))
        for path in (chosen.before, chosen.after)
    )
    slower = 0
    print(f"{'households':>10} {'before':>8} {'after':>8} {'change':>8}   (times bare Mesa)")
    for households in sorted(before.keys() & after.keys()):
        change = after[households] / before[households] - 1
        slower += change > chosen.tolerance
        print(f"{households:>10,} {before[households]:>8.1f} {after[households]:>8.1f} "
              f"{change:>+8.0%}")  # fmt: skip
    return int(slower > 0)


if __name__ == "__main__":
    sys.exit(main())
