"""One store: its shelves, prices, orders, sales and posts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import solara

from econsim_mesa.numbers import counted, quantity
from econsim_mesa.runs.reader import Run

from ..agent_history import newest_orders, recorded_run
from ..raw_json import RawJson, raw_json
from ..run_charts import sold_items, stocks
from ..view import Frame
from .charts import ChartView

LINES = 20
"""Orders, sales and posts that are shown at most, the newest."""


@solara.component_vue("store.vue", vuetify=False, to_json={"now": raw_json})
def _Store(now: RawJson, event_select: Callable[[str], None]) -> None: ...


@solara.component
def Store(
    frame: Frame, name: str, folder: Path, *, on_select: Callable[[str | None], None]
) -> None:
    """Show all about one store at a frame."""
    now = solara.use_memo(
        lambda: RawJson(store_now(frame, name, recorded_run(folder))), [frame, name]
    )
    with solara.Div(classes=["ec-inspect"]):
        _Store(now=now, event_select=on_select)
        for chart in (sold_items(frame, name), stocks(frame, name)):
            ChartView(chart).key(chart.key)


def store_now(frame: Frame, name: str, run: Run | None) -> dict[str, object]:
    """Return what the browser shows of a store at a frame; ``run`` None: nothing is kept."""
    scene = frame.scene
    index = [store.name for store in scene.stores].index(name)
    place, now = scene.stores[index], frame.stores[index]
    sales = [sale for sale in frame.so_far("sales", 0) if sale.store == name]
    posts = [post for post in reversed(frame.so_far("posts", 0)) if post.author == name]
    sold: dict[str, int] = dict.fromkeys(now.posted, 0)
    for sale in sales:
        sold[sale.item] += sale.quantity
    money, time = scene.wording.money, scene.clock.time
    decimals = {name: item.decimals for name, item in scene.scenario.items.items()}
    orders = newest_orders(run, name, frame.step, scene) if run else []
    return {
        "name": name,
        "step": frame.step,
        "kind": place.kind,
        "place": f"{place.x},{place.y}",
        "cash": money(now.cash),
        "visitors": now.visitors,
        "waiting": counted(now.waiting, "order waits", "orders wait"),
        "items": [
            {
                "item": item,
                "price": money(price) if price >= 0 else "not sold",
                "base": money(now.base[item]) if now.base[item] != price else "",
                "stock": quantity(now.stock.get(item, 0), decimals[item]),
                "sold": quantity(sold[item], decimals[item]),
            }
            for item, price in now.posted.items()
        ],
        "orders": [
            {"time": f"{time(order.step):%a %d, %H:%M}", **order._asdict()}
            for order in orders[:LINES]
        ],
        "sales": [
            [
                f"{time(sale.step):%a %d, %H:%M}",
                sale.buyer,
                scene.wording.amount(sale.item, sale.quantity),
                money(sale.amount),
            ]
            for sale in reversed(sales[-LINES:])
        ],
        "posts": [[f"{time(post.step):%a %d, %H:%M}", post.text] for post in posts[:LINES]],
    }
