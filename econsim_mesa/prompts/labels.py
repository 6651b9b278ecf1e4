"""Reading a household's prompt back: labelled lines -> what they say.

Used by the local test server, which decides from the text alone, and by the test that a prompt
says all that a decision needs (round trip with ``render``).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import NamedTuple

_N = r'"[^"]*"|[^",;:]+?'
"""A name: in quotes if it might be read as more than one."""
_LABEL = re.compile(r"^\[([a-z]+)\] ?(.*)$")
_PLACE = re.compile(r"(\d+),(\d+); home (\d+),(\d+)(; you are at home)?(?:; going to (.+))?$")
_BODY = re.compile(
    r"last meal (unknown|[\d.e+]+) h ago(?:, nights not counted)?; walked ([\d.]+) cells lately$"
)
_SHELF = re.compile(rf"({_N}) (\d+)(?: \((?:stock (\d+)|(sold out))\))?$")
_HERE = re.compile(rf"({_N}): (.*); (-?\d+) others here$")
_KNOWN = re.compile(
    rf"({_N}): (\d+) away(; found closed \d+ steps ago)?"
    r"(?:; seen (\d+) steps ago(?: with (\d+) others)?: (.*))?$"
)
_OFFER = re.compile(rf"(\d+): ({_N}) gives (\d+) ({_N}) for (\d+) ({_N})$")
_STRESS = re.compile(r"(?:^|; )([a-z_]+) (\d+): ")


class ReadShelf(NamedTuple):
    """An item, its price and its stock (-1: not said)."""

    item: str
    price: int
    stock: int


class ReadStore(NamedTuple):
    """A store as the prompt shows it; ``seen`` steps ago, -1: never; ``crowd`` -1: not said.

    ``closed``: it was found closed and has not been seen since.
    """

    name: str
    distance: int
    seen: int
    crowd: int
    shelves: tuple[ReadShelf, ...]
    closed: bool = False


class ReadOffer(NamedTuple):
    """A swap that is offered."""

    id: int
    proposer: str
    gives_quantity: int
    gives: str
    wants_quantity: int
    wants: str


class ReadPost(NamedTuple):
    """A post in the prompt."""

    id: int
    author: str
    age: int
    text: str


@dataclass
class ReadHousehold:
    """What a household's prompt says; what it does not say has the value of knowing nothing."""

    name: str = ""
    time: str = ""
    x: int = 0
    y: int = 0
    home: tuple[int, int] = (0, 0)
    at_home: bool = False
    destination: str = ""
    hours_since_meal: float = 0.0
    walked: float = 0.0
    cash: int = 0
    goods: dict[str, int] = field(default_factory=dict)
    bought: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    met: int = -1
    price_change: int = 0
    changed_item: str = ""
    here: ReadStore | None = None
    known: list[ReadStore] = field(default_factory=list)
    nearby: tuple[str, ...] = ()
    around: int = 0
    follows: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    offers: list[ReadOffer] = field(default_factory=list)
    stress: dict[str, int] = field(default_factory=dict)
    posts: list[ReadPost] = field(default_factory=list)


def parse_household(text: str) -> ReadHousehold:
    """Return what the user message of a household's prompt says.

    Lines that it does not know are passed over. Raises ``ValueError`` for a line that has a
    known label and another form.
    """
    seen, block = ReadHousehold(), ""
    for line in text.split("\n"):  # what people wrote may hold other ends of lines
        match = _LABEL.match(line) if not (block == "posts" and line.startswith("{")) else None
        if match is None:
            if block == "posts" and line.startswith("{"):
                post = json.loads(line)
                seen.posts.append(ReadPost(post["id"], post["by"], post["age"], post["text"]))
            continue
        block, rest = match.groups()
        reader = _READERS.get(block)
        if reader is not None:
            reader(seen, rest)
    return seen


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.match(text)
    if match is None:
        raise ValueError(f"not of the form of a prompt: {text[:80]!r}")
    return match


def _split(text: str, separator: str) -> list[str]:
    """Split a list, not within quotes."""
    part = rf'((?:"(?:[^"\\]|\\.)*"|.)+?)(?:{separator}|$)'
    return re.findall(part, text)


def _name(text: str) -> str:
    """Return what a name or a text in quotes says."""
    return str(json.loads(text)) if text.startswith('"') else text


def _names(text: str) -> tuple[str, ...]:
    return tuple(map(_name, _split(text, ", ")))


def _place(seen: ReadHousehold, rest: str) -> None:
    x, y, home_x, home_y, at_home, destination = _matched(_PLACE, rest).groups()
    seen.x, seen.y, seen.home = int(x), int(y), (int(home_x), int(home_y))
    seen.at_home, seen.destination = at_home is not None, _name(destination or "")


def _body(seen: ReadHousehold, rest: str) -> None:
    meal, walked = _matched(_BODY, rest).groups()
    seen.hours_since_meal = -1.0 if meal == "unknown" else float(meal)
    seen.walked = float(walked)


def _goods(seen: ReadHousehold, rest: str) -> None:
    if rest != "none":
        pairs = (part.rsplit(" ", 1) for part in _split(rest, ", "))
        seen.goods = {_name(item): int(held) for item, held in pairs}


def _last(seen: ReadHousehold, rest: str) -> None:
    rejected = []
    for part in _split(rest, "; "):
        if part.startswith("bought "):
            seen.bought = _names(part.removeprefix("bought "))
        elif part.startswith("could not: "):
            rejected.append(_name(part.removeprefix("could not: ")))
        elif match := re.fullmatch(r"met (\d+) others", part):
            seen.met = int(match.group(1))
        elif match := re.fullmatch(r"(.+) (dearer|cheaper)", part):
            seen.changed_item = _name(match.group(1))
            seen.price_change = 1 if match.group(2) == "dearer" else -1
    seen.rejected = tuple(rejected)


def _shelves(text: str) -> tuple[ReadShelf, ...]:
    found = []
    for part in _split(text, ", "):
        item, price, stock, gone = _matched(_SHELF, part).groups()
        found.append(ReadShelf(_name(item), int(price), 0 if gone else int(stock) if stock else -1))
    return tuple(found)


def _here(seen: ReadHousehold, rest: str) -> None:
    name, shelves, crowd = _matched(_HERE, rest).groups()
    seen.here = ReadStore(_name(name), 0, 0, int(crowd), _shelves(shelves))


def _known(seen: ReadHousehold, rest: str) -> None:
    name, far, closed, ago, crowd, shelves = _matched(_KNOWN, rest).groups()
    seen.known.append(
        ReadStore(
            _name(name),
            int(far),
            -1 if ago is None else int(ago),
            -1 if crowd is None else int(crowd),
            () if shelves is None else _shelves(shelves),
            closed is not None,
        )
    )


def _near(seen: ReadHousehold, rest: str) -> None:
    here, _, around = rest.rpartition("; ")
    seen.nearby = _names(here.removesuffix(" here"))
    seen.around = int(around.split(" ", 1)[0])


def _social(seen: ReadHousehold, rest: str) -> None:
    follows, _, suggested = rest.removeprefix("you follow ").partition("; suggested: ")
    seen.follows = () if follows == "nobody" else _names(follows)
    seen.suggestions = _names(suggested)


def _offer(seen: ReadHousehold, rest: str) -> None:
    number, proposer, gives_q, gives, wants_q, wants = _matched(_OFFER, rest).groups()
    proposer, gives, wants = map(_name, (proposer, gives, wants))
    seen.offers.append(ReadOffer(int(number), proposer, int(gives_q), gives, int(wants_q), wants))


_READERS = {
    "you": lambda seen, rest: setattr(seen, "name", _split(rest, "; ")[0]),
    "now": lambda seen, rest: setattr(seen, "time", rest.partition(" ")[0]),
    "cash": lambda seen, rest: setattr(seen, "cash", int(rest)),
    "stress": lambda seen, rest: seen.stress.update(
        {name: int(level) for name, level in _STRESS.findall(rest)}
    ),
    "place": _place,
    "body": _body,
    "goods": _goods,
    "last": _last,
    "here": _here,
    "known": _known,
    "near": _near,
    "social": _social,
    "offers": _offer,
}
