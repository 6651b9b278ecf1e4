"""One store: its shelves, prices, orders, sales and posts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import solara

from ..charts import sold_items, stocks
from ..counted import counted
from ..doings import amount, opened, orders_at
from ..plain import Plain, plain
from ..view import Frame
from .charts import ChartView

LINES = 20
"""Orders, sales and posts that are shown at most, the newest."""


@solara.component_vue("store.vue", vuetify=False, to_json={"now": plain})
def _Store(now: Plain, event_select: Callable[[str], None]) -> None: ...


@solara.component
def Store(
    frame: Frame, name: str, folder: Path, *, on_select: Callable[[str | None], None]
) -> None:
    """Show all about one store at a frame."""
    now = solara.use_memo(lambda: Plain(store_now(frame, name, folder)), [frame, name])
    with solara.Div(classes=["ec-inspect"]):
        _Store(now=now, event_select=on_select)
        for chart in (sold_items(frame, name), stocks(frame, name)):
            ChartView(chart).key(chart.key)


def store_now(frame: Frame, name: str, folder: Path) -> dict[str, object]:
    """Return what the browser shows of a store at a frame."""
    scene = frame.scene
    index = [store.name for store in scene.stores].index(name)
    place, now = scene.stores[index], frame.stores[index]
    run = opened(folder)
    sales = [sale for sale in frame.so_far("sales", 0) if sale.store == name]
    posts = [post for post in reversed(frame.so_far("posts", 0)) if post.author == name]
    sold: dict[str, int] = dict.fromkeys(now.posted, 0)
    for sale in sales:
        sold[sale.item] += sale.quantity
    words, time = scene.money.words, scene.clock.time
    orders = orders_at(run, name, frame.step, scene) if run else []
    return {
        "name": name,
        "step": frame.step,
        "kind": place.kind,
        "place": f"{place.x},{place.y}",
        "cash": words(now.cash),
        "visitors": now.visitors,
        "waiting": counted(now.waiting, "order waits", "orders wait"),
        "items": [
            {
                "item": item,
                "price": words(price) if price >= 0 else "not sold",
                "base": words(now.base[item]) if now.base[item] != price else "",
                "stock": amount(scene, item, now.stock.get(item, 0)).removesuffix(f" {item}"),
                "sold": amount(scene, item, sold[item]).removesuffix(f" {item}"),
            }
            for item, price in now.posted.items()
        ],
        "orders": [
            {"time": f"{time(one.step):%a %d, %H:%M}", **one._asdict()} for one in orders[:LINES]
        ],
        "sales": [
            [
                f"{time(sale.step):%a %d, %H:%M}",
                sale.buyer,
                amount(scene, sale.item, sale.quantity),
                words(sale.amount),
            ]
            for sale in reversed(sales[-LINES:])
        ],
        "posts": [[f"{time(post.step):%a %d, %H:%M}", post.text] for post in posts[:LINES]],
    }
