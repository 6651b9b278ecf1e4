"""What one agent did and has, read from the folder of its run: decisions, goods, orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.roster import domains_of, read_actions, tables_of
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.runs.store import DATABASE
from econsim_mesa.society.action import HOUSEHOLD, Action
from econsim_mesa.society.records import CURRENCY
from econsim_mesa.society.wording import Wording

from .view import Scene

MOST = 40
"""Decisions and orders that are read at most, the newest."""


class ActionLine(NamedTuple):
    """An action in words; ``refusal`` says why it could not be done, ``""`` if nothing did."""

    text: str
    refusal: str


class DecisionLines(NamedTuple):
    """A decision, its actions in their order."""

    step: int
    decider: str
    outcome: str
    thought: str
    actions: tuple[ActionLine, ...]
    walks_to: str
    """The place that it sets out for; ``""``: none."""
    orders_at: str
    """The store of its last order, for which it sets out if it is elsewhere; ``""``: none."""
    gives_up: bool
    """Whether it could not go on to where it went."""


class OrderLine(NamedTuple):
    """An order in words, and its outcome: ``served``, ``waits``, or why it was not served."""

    step: int
    buyer: str
    text: str
    outcome: str


def recorded_run(folder: Path) -> Run | None:
    """Return the run in a folder; None: nothing was recorded there yet."""
    return load_run(folder) if (folder / DATABASE).is_file() else None


def newest_decisions(run: Run, agent: str, until: int, scene: Scene) -> list[DecisionLines]:
    """Return the newest decisions of an agent up to a step, newest first."""
    rows = run.select(
        "SELECT step, kind, decider, outcome, thought, actions FROM decisions "
        "WHERE agent = ? AND step <= ? ORDER BY rowid DESC LIMIT ?",
        (agent, until, MOST),
    )
    refusals, wording = _refusals(run, agent, until), scene.wording
    domains = domains_of(run.scenario)
    decisions = []
    for step, kind, decider, outcome, thought, text in rows:
        actions = read_actions(text, kind, domains)
        done = [action for k, action in enumerate(actions) if (step, k) not in refusals]
        walks = [action.heads_for() for action in done if action.heads_for()]
        orders = [action.store for action in done if isinstance(action, PlaceOrder)]
        decisions.append(
            DecisionLines(
                step,
                decider,
                outcome,
                thought,
                _lines(step, actions, refusals, wording),
                walks_to=walks[-1] if walks else "",
                orders_at=orders[-1] if orders else "",
                gives_up=(step, -1) in refusals,
            )
        )
    return decisions


def _refusals(run: Run, agent: str, until: int) -> dict[tuple[int, int], str]:
    """Return the reason for each (step of the decision, index of the action) not done."""
    rows = run.select(
        "SELECT decided, action, step, reason FROM rejections WHERE agent = ? AND step <= ?",
        (agent, until),
    )
    return {
        (decided, action): reason if step == decided else f"in step {step}: {reason}"
        for decided, action, step, reason in rows
    }


def _lines(
    step: int, actions: Sequence[Action], refusals: dict[tuple[int, int], str], wording: Wording
) -> tuple[ActionLine, ...]:
    lines = [
        ActionLine(action.in_words(wording), refusals.get((step, index), ""))
        for index, action in enumerate(actions)
    ]
    if (step, -1) in refusals:
        lines.append(ActionLine("gives up its way", refusals[step, -1]))
    return tuple(lines)


def goods_held(run: Run, agent: str, until: int, scene: Scene) -> dict[str, int]:
    """Return the goods that an agent holds after a step: the sum of its records, by item."""
    held: Counter[str] = Counter()
    query = " UNION ALL ".join(
        f"SELECT {sign}, {flow.commodity}, sum({flow.amount}) FROM {table} "
        f"WHERE {account} = :who AND step <= :t GROUP BY 2"
        for table, record in tables_of(domains_of(run.scenario)).items()
        for flow in record.flows
        if flow.commodity != CURRENCY
        for sign, account in ((1, flow.target), (-1, flow.source))
        if account in record._fields
    )
    for sign, item, total in run.select(query, {"who": agent, "t": until}):
        held[item] += sign * total
    return {item: held[item] for item in scene.scenario.items if held[item]}


def newest_orders(run: Run, store: str, until: int, scene: Scene) -> list[OrderLine]:
    """Return the newest orders at a store up to a step, newest first."""
    decided = "decided" if "decided" in run.fields("orders") else "step"  # an older run's
    rows = run.select(
        f"SELECT {decided}, step, id, buyer, item, quantity FROM orders "
        "WHERE store = ? AND step <= ? ORDER BY rowid DESC LIMIT ?",
        (store, until, MOST),
    )
    if not rows:
        return []
    served = set(
        run.select('SELECT "order" FROM sales WHERE store = ? AND step <= ?', (store, until))
    )
    refused = _refused_orders(run, min(row[0] for row in rows), until)
    return [
        OrderLine(
            step,
            buyer,
            scene.wording.amount(item, quantity),
            "served" if (number,) in served else refused.get((decision, buyer, item), "waits"),
        )
        for decision, step, number, buyer, item, quantity in rows
    ]


def _refused_orders(run: Run, first: int, until: int) -> dict[tuple[int, str, str], str]:
    """Return why orders decided from step ``first`` on were not served: (step, buyer, item)."""
    refusals = run.select(
        "SELECT decided, agent, action, reason FROM rejections WHERE decided >= ? AND step <= ?",
        (first, until),
    )
    wanted = {(decided, agent) for decided, agent, _, _ in refusals}
    decided = {
        (step, agent): read_actions(actions, HOUSEHOLD, domains_of(run.scenario))
        for step, agent, actions in run.select(
            "SELECT step, agent, actions FROM decisions WHERE step BETWEEN ? AND ?", (first, until)
        )
        if (step, agent) in wanted
    }
    return {
        (step, agent, action.item): reason
        for step, agent, index, reason in refusals
        if index >= 0 and isinstance(action := decided[step, agent][index], PlaceOrder)
    }
