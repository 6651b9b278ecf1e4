"""What happened, newest first, one line each: posts, sales, rejections, events, interventions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .view import Frame, Scene

MOST = 150
"""Lines that are shown at most; older ones are found by searching."""


class Story(NamedTuple):
    """One line of the feed. ``who`` can be looked at; ``where`` it is told of, ``""`` nowhere."""

    step: int
    kind: str
    who: str
    text: str
    where: str = ""


class Wanted(NamedTuple):
    """What a reader wants to see: kinds (none: all), words in it, and one name (``""``: all)."""

    kinds: tuple[str, ...] = ()
    words: str = ""
    about: str = ""

    def fits(self, story: Story) -> bool:
        """Whether a story is wanted."""
        if self.about and self.about not in (story.who, story.where):
            return False
        words = f"{story.who} {story.text} {story.where}".casefold()
        return self.words.casefold() in words


def _post(row: Any, scene: Scene) -> Story:
    answer = "answers: " if row.reply_to >= 0 else ""
    return Story(row.step, "post", row.author, answer + row.text)


def _sale(row: Any, scene: Scene) -> Story:
    whole = row.quantity / 10 ** scene.scenario.items[row.item].decimals
    text = f"buys {whole:g} {row.item} for {scene.money.words(row.amount)}"
    return Story(row.step, "sale", row.buyer, text, row.store)


def _rejection(row: Any, scene: Scene) -> Story:
    return Story(row.step, "rejection", row.agent, f"could not: {row.reason}")


def _swap(row: Any, scene: Scene) -> Story:
    gave, took = (
        _held(scene, row.gave, row.gave_quantity),
        _held(scene, row.took, row.took_quantity),
    )
    return Story(row.step, "swap", row.proposer, f"gives {gave} for {took}", row.acceptor)


def _held(scene: Scene, commodity: str, quantity: int) -> str:
    """Return an amount of an item or of money in words."""
    if commodity not in scene.scenario.items:
        return scene.money.words(quantity)
    return f"{quantity / 10 ** scene.scenario.items[commodity].decimals:g} {commodity}"


def _event(row: Any, scene: Scene) -> Story:
    return Story(row.step, "event", "", row.detail)


def _input(row: Any, scene: Scene) -> Story:
    if row.kind == "summary":
        who = str(json.loads(row.content)["agent"])
        return Story(row.step, "by hand", who, "its memory was summed up by the language model")
    return Story(row.step, "by hand", "", f"{row.kind} from outside: {row.content}")


_TOLD: dict[str, tuple[str, Callable[[Any, Scene], Story]]] = {
    "post": ("posts", _post),
    "sale": ("sales", _sale),
    "rejection": ("rejections", _rejection),
    "swap": ("swaps", _swap),
    "event": ("events", _event),
    "by hand": ("inputs", _input),
}
KINDS = tuple(_TOLD)
"""Kinds of stories, as a reader chooses among them."""


def newest(frame: Frame, wanted: Wanted, most: int = MOST) -> list[Story]:
    """Return the newest stories up to a frame that a reader wants, newest first."""
    kinds = [kind for kind in KINDS if not wanted.kinds or kind in wanted.kinds]
    streams = (_backwards(frame, *_TOLD[kind]) for kind in kinds)
    ordered = merge(*streams, key=lambda story: -story.step)
    return list(islice(filter(wanted.fits, ordered), most))


def _backwards(frame: Frame, table: str, told: Callable[[Any, Scene], Story]) -> Iterator[Story]:
    for row in reversed(frame.so_far(table, 0)):
        yield told(row, frame.scene)
