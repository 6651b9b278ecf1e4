"""Plant fifteen faults, one at a time, into a copy of the package: the named tests must see each.

``python tests/plant_faults.py`` copies the package and its tests to a temporary folder, runs
there the tests named below, which must pass, and then, for each fault, changes one piece of
text and runs the tests named for it, which must fail. A text that is not found, or found more
than once, is an error: the fault has to be planted anew. Exit code 0 only if all are caught.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("econsim_mesa", "scenarios", "visualization", "tests")
AT_ONCE = 2
SECONDS = 120

LEDGER, MARKET = "tests/society/test_ledger.py", "tests/domains/economy/test_market.py"
EVENTS, RESOLUTION = "tests/society/test_events.py", "tests/society/test_resolution.py"
HOURS = "tests/society/test_opening_hours.py"
BUNDLED = "tests/society/test_invariants.py::test_the_bundled_towns_keep_the_rules"
COMMON = "tests/society/test_common_random_numbers.py"
OBSERVATION = "tests/society/test_observation.py"


class Fault(NamedTuple):
    """A fault: in which file which text becomes which, and the tests that have to see it."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


FAULTS = (
    Fault(
        "lost penny",
        "society/ledger.py",
        "            change[taker] = change.get(taker, 0) + moved\n",
        "            change[taker] = change.get(taker, 0) + max(moved - 1, 0)\n",
        (f"{LEDGER}::test_settlement_is_one_moment", BUNDLED),
    ),
    Fault(
        "sale without stock",
        "domains/economy/market.py",
        "        if not 0 < quantity <= stock:\n",
        "        if not 0 < quantity:\n",
        (
            f"{MARKET}::test_without_stock_an_order_waits_and_expires",
            f"{RESOLUTION}::test_the_last_pie_goes_to_one_of_two_and_the_other_waits_out_its_ttl",
        ),
    ),
    Fault(
        "order settled at a closed store",
        "domains/economy/market.py",
        "        if not self.opening.is_open(t, order.store):\n",
        "        if not self.opening.is_open(order.t, order.store):\n",
        (f"{HOURS}::test_an_order_that_waits_is_not_settled_while_the_store_is_closed",),
    ),
    Fault(
        "seat kept by who has left",
        "domains/economy/seats.py",
        "        return has_seat & stayed\n",
        "        return has_seat\n",
        (
            "tests/society/test_waiting.py::test_who_sits_may_order_more_and_who_leaves_frees_the_seat",
        ),
    ),
    Fault(
        "neighbours at home counted",
        "domains/mobility/space.py",
        "        np.subtract.at(crowd_out, left, self._out(rows).astype(np.int64))\n",
        "",
        ("tests/domains/mobility/test_space.py::test_near_out_counts_those_who_are_not_at_home",),
    ),
    Fault(
        "price of the wrong day",
        "domains/economy/actions.py",
        "    seen = int(step.seen_prices[store, order.item])\n    placed",
        "    seen = int(town.economy.list_price[store, order.item])\n    placed",
        (f"{RESOLUTION}::test_the_price_of_today_is_seen_and_paid",),
    ),
    Fault(
        "buyer not at the store",
        "domains/economy/market.py",
        "            if place != order.store:\n",
        "            if place != order.store and order.t == t:\n",
        (
            f"{MARKET}::test_a_waiting_buyer_who_leaves_is_refused",
            f"{RESOLUTION}::test_who_leaves_or_sleeps_gets_nothing",
        ),
    ),
    Fault(
        "asleep agent acts",
        "domains/body/actions.py",
        "        step.asleep[by.agent] = True\n",
        "        step.asleep[by.agent] = False\n",
        (f"{RESOLUTION}::test_who_leaves_or_sleeps_gets_nothing",),
    ),
    Fault(
        "follow over the cap",
        "domains/social/graph.py",
        "self._households_followed[i] >= self.follow_cap:\n",
        "self._households_followed[i] > self.follow_cap:\n",
        (
            "tests/domains/social/test_graph.py::test_cap_counts_households_only",
            f"{RESOLUTION}::test_the_follow_cap_holds_and_room_is_made_by_unfollowing",
        ),
    ),
    Fault(
        "closed cell entered",
        "domains/mobility/travel.py",
        "    if space.any_closed:\n",
        "    if space.any_closed and t < 0:\n",
        (
            f"{EVENTS}::test_keep_out_reroutes_refuses_and_opens_again",
            "tests/domains/mobility/test_travel.py::"
            "test_a_keep_out_is_walked_around_and_forgotten_once_reopened",
        ),
    ),
    Fault(
        "stress off but shown",
        "mind/stress.py",
        '        if self.mode == "off" or lost or not self._updated:\n',
        "        if lost or not self._updated:\n",
        (
            f"{OBSERVATION}::test_stress_that_is_off_or_hidden_is_not_shown",
            "tests/mind/test_stress.py::test_off_feels_nothing_while_own_levels_go_on",
        ),
    ),
    Fault(
        "order after ttl",
        "domains/economy/market.py",
        "        if not order.rest or t < order.last:\n",
        "        if not order.rest or t <= order.last:\n",
        (
            f"{MARKET}::test_without_stock_an_order_waits_and_expires",
            f"{RESOLUTION}::test_stock_that_arrives_within_the_ttl_is_sold_and_after_it_not",
        ),
    ),
    Fault(
        "tax lost between the legs",
        "domains/economy/market.py",
        "                Leg(order.buyer, self._tax_account, 0, tax),\n",
        "                Leg(order.buyer, self._tax_account, 0, 0 * tax),\n",
        (f"{EVENTS}::test_consumption_tax_changes_the_share_and_not_the_price", BUNDLED),
    ),
    Fault(
        "reused random stream",
        "society/rng.py",
        r'        text = f"{self.seed}\x1f{site}\x1f{t}\x1f{kind}"' + "\n",
        r'        text = f"{self.seed}\x1f{t}\x1f{kind}"' + "\n",
        (
            f"{COMMON}::test_no_site_draws_the_numbers_of_another",
            f"{COMMON}::test_every_part_of_the_key_matters",
        ),
    ),
    Fault(
        "double consumption",
        "domains/body/actions.py",
        "    town.ledger.transfer(household, WORLD, item + 1, quantity)\n"
        "    town.economy.perishables.take(household, item, quantity)\n",
        "",
        (f"{RESOLUTION}::test_what_is_eaten_is_gone", BUNDLED),
    ),
)


def main() -> int:
    """Plant all faults and say how many were caught."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="econsim-faults-") as folder:
        clean = _copy(Path(folder) / "clean")
        _check_place(clean)
        every = list(dict.fromkeys(name for fault in FAULTS for name in fault.tests))
        done = _run(clean, every, "-q")
        if done.returncode != 0:
            print(done.stdout, done.stderr, "the tests fail without a fault", sep="\n")
            return 1
        with ThreadPoolExecutor(AT_ONCE) as pool:
            caught = sum(pool.map(lambda fault: _caught(fault, Path(folder)), FAULTS))
    print(f"{caught} of {len(FAULTS)} caught in {time.monotonic() - began:.0f} s")
    return 0 if caught == len(FAULTS) else 1


def _copy(to: Path) -> Path:
    """Return a new copy of the package with its tests."""
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    for part in PARTS:
        shutil.copytree(ROOT / part, to / part, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def _check_place(copy: Path) -> None:
    """Make sure that the tests see the copy, not an installed package."""
    code = "import econsim_mesa; print(econsim_mesa.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=copy, env=_environment(copy), capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    if not Path(done.stdout.strip()).resolve().is_relative_to(copy.resolve()):
        raise SystemExit(f"the copy in {copy} is hidden by {done.stdout.strip()}")


def _environment(copy: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}


def _run(copy: Path, tests: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, *tests]
    return subprocess.run(
        command, cwd=copy, env=_environment(copy), capture_output=True, text=True, check=False,
        timeout=SECONDS,
    )  # fmt: skip


def _caught(fault: Fault, folder: Path) -> bool:
    """Plant one fault; return whether each test that is named for it fails."""
    copy = _copy(folder / fault.name.replace(" ", "-"))
    _plant(fault, copy / "econsim_mesa" / fault.file)
    done = _run(copy, list(fault.tests), "-q", "--tb=no")
    failed = [
        name
        for name in fault.tests
        if any(line.startswith(f"FAILED {name}") for line in done.stdout.splitlines())
    ]
    # 1: tests were run and some failed; anything else is not a fault that was seen
    seen = done.returncode == 1 and failed == list(fault.tests)
    print(f"{'caught' if seen else 'MISSED'}: {fault.name}", flush=True)
    if not seen:
        print(done.stdout, done.stderr, sep="\n")
    return seen


def _plant(fault: Fault, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if text.count(fault.old) != 1:
        raise SystemExit(
            f"the fault {fault.name!r} cannot be planted: its text stands "
            f"{text.count(fault.old)} times in {fault.file}, not once"
        )
    file.write_text(text.replace(fault.old, fault.new), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
