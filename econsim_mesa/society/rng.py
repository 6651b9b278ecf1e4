"""Named random streams: every draw is keyed by seed, site, step and kind of agent.

A *site* is a place in the model that needs randomness. It is declared once in ``SITES`` with
the number ``k`` of uniforms that each agent gets there, and it draws once a step,
``random((n, k))``: row i belongs to the agent with the permanent dense index i of its kind.
``random`` fills row by row, so one agent more leaves all other rows as they were, and a draw
added at one site changes no other site (common random numbers).

Other distributions are made from these uniforms: inverse CDF, Gumbel for choices, argsort for
orders. ``permutation``, ``choice`` and rejection samplers are not used: they are not stable
when one agent is added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.errors import StreamError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


class Site(NamedTuple):
    """A place in the model that draws random numbers once a step."""

    columns: int
    """Uniform numbers that each agent gets there; 0: the caller says."""
    meaning: str
    """What they decide."""


SITES: dict[str, Site] = {
    "build.homes": Site(1, "home cell of a household, uniform over open cells without a store"),
    "build.days": Site(1, "which day a named day of the clock is, by its name"),
    "build.cash": Site(1, "starting cash of a household"),
    "build.endowment": Site(1, "what a household owns of an item at the start; an item each"),
    "build.tastes": Site(1, "how much a household likes an item; an item each"),
    "build.needs": Site(1, "factor on the target of a stressor; a stressor each"),
    "build.amounts": Site(1, "sum that a household gets or pays; a type and name of events each"),
    "build.traits": Site(0, "level of each persona trait of a household"),
    "build.follows": Site(0, "whom a household follows at the start"),
    "order.actions": Site(6, "order in which agents act, one column a domain"),
    "social.discovery": Site(0, "posts by strangers in a timeline"),
    "social.recommend": Site(0, "who is recommended to a household"),
    "social.shuffle": Site(1, "whose timeline a household reads when the feed is shuffled"),
    "stress.shuffle": Site(1, "whose stress a household feels when stress is shuffled"),
    "events.probability": Site(1, "whether an event with a probability happens"),
    "events.schedule": Site(2, "dose and timing of a day of posts by scripted accounts"),
    "events.share": Site(1, "who gets what only a share of the households gets"),
    "choice.plan": Site(5, "Gumbel noise of plans that are no store"),
    "choice.store": Site(1, "Gumbel noise of going to a store: one a household and store"),
    "choice.basket": Site(0, "Gumbel noise of the choice of items"),
    "choice.acts": Site(9, "smaller choices: meal, post, words of a post, follow"),
    "choice.wait": Site(1, "steps that a household waits, where attention is on change"),
    "random.acts": Site(24, "everything that the random decider does"),
    "analysis.resampling": Site(0, "resampling tests on finished runs; no run draws from it"),
}
"""All sites of the package. A user's own component declares its own with ``declare_site``."""


def declare_site(name: str, columns: int, meaning: str) -> None:
    """Add a site for a component of one's own. Raises ``StreamError`` if the name is taken."""
    site = Site(columns, meaning)
    if SITES.setdefault(name, site) != site:
        raise StreamError(f"the random site {name!r} is already declared; choose another name")


class Streams:
    """The random streams of one run. ``seed`` is a non-negative integer of any size."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._drawn: set[tuple[str, str]] = set()
        self._step = -1
        self._own: dict[str, Site] = {}
        self._generator = np.random.Generator(np.random.Philox(key=0))

    def add_sites(self, sites: Mapping[str, Site]) -> None:
        """Add sites of this run alone: those of a domain that its town has.

        Raises:
            StreamError: A site has the name of another.
        """
        for name, site in sites.items():
            if name in SITES or self._own.setdefault(name, site) != site:
                raise StreamError(f"the random site {name!r} is taken; choose another name")

    def stream(self, site: str, t: int, kind: str = "") -> np.random.Generator:
        """Return the generator of a site at step ``t`` for one kind of agent.

        ``t`` is -1 while the town is built. Equal keys give equal generators.
        """
        key = int.from_bytes(self._key(site, t, kind), "little")
        return np.random.Generator(np.random.Philox(key=key))

    def _key(self, site: str, t: int, kind: str) -> bytes:
        """Return the 16 bytes that a stream begins with. Raises ``StreamError``."""
        if site not in SITES and site not in self._own:
            raise StreamError(
                f"the random site {site!r} is not declared; add it with declare_site()"
            )
        text = f"{self.seed}\x1f{site}\x1f{t}\x1f{kind}"
        return hashlib.blake2b(text.encode(), digest_size=16).digest()

    def _begun(self, site: str, t: int, kind: str) -> np.random.Generator:
        """Return what ``stream`` returns, to be drawn from at once: the next call begins it anew.

        A new generator asks the system for entropy that no stream uses, which takes longer than
        most draws.
        """
        words = np.frombuffer(self._key(site, t, kind), dtype="<u8").astype(np.uint64)
        self._generator.bit_generator.state = {
            "bit_generator": "Philox",
            "state": {"counter": np.zeros(4, dtype=np.uint64), "key": words},
            "buffer": np.zeros(4, dtype=np.uint64),
            "buffer_pos": 4,
            "has_uint32": 0,
            "uinteger": 0,
        }
        return self._generator

    def uniforms(self, site: str, t: int, kind: str, n: int, columns: int = 0) -> Floats:
        """Draw the one batch of a site: shape (n, k), each in [0, 1).

        k is what the site declares, or ``columns`` where it leaves that to the caller.
        Raises ``StreamError`` when the site draws a second time in one step: the same
        numbers would be used twice.
        """
        known = SITES.get(site) or self._own.get(site)
        declared = 0 if known is None else known.columns
        if t != self._step:
            self._step = t
            self._drawn.clear()
        if (site, kind) in self._drawn:
            raise StreamError(
                f"the site {site!r} drew twice for {kind or 'the town'} at step {t}; "
                "declare a second site or widen its batch"
            )
        self._drawn.add((site, kind))
        return self._begun(site, t, kind).random((n, declared or columns))

    def drawn(self) -> frozenset[tuple[str, str]]:
        """Return the sites, with their kinds of agents, that drew in the present step so far."""
        return frozenset(self._drawn)

    def draw_again(self, but: frozenset[tuple[str, str]]) -> None:
        """Let all sites draw again in the present step, with equal numbers, but those given."""
        self._drawn = set(but)

    def of_pairs(self, site: str, t: int, kind: str, rows: Integers, keys: Integers) -> Floats:
        """Return one uniform for each pair of a row and a key (another agent, say), broadcast.

        For sites whose columns are too many to draw: a pair has the same number whatever other
        pairs are looked at. The numbers are the finalizer of SplitMix64 (Steele, Lea and Flood
        2014) over a counter that begins at the stream's first draw.
        """
        start = self._begun(site, t, kind).integers(2**63, dtype=np.uint64)
        counter = rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        counter = counter + keys.astype(np.uint64) * np.uint64(0xD1B54A32D192ED03) + start
        mixed = (counter ^ (counter >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
        uniform: Floats = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return uniform


def gumbel(uniforms: Floats) -> Floats:
    """Turn uniforms in [0, 1) into standard Gumbel noise (McFadden 1974), elementwise."""
    return -np.log(-np.log(np.maximum(uniforms, 2.0**-54)))


def index_below(uniforms: Floats, n: int | Integers) -> Integers:
    """Turn uniforms into integers 0 .. n - 1, elementwise."""
    return np.minimum((uniforms * n).astype(np.int64), np.asarray(n, dtype=np.int64) - 1)


def derangement(uniforms: Floats) -> Integers:
    """Return a permutation of 0 .. n - 1 without fixed points, shape (n,).

    Along the order of the drawn numbers everyone takes the place of the next, the last that
    of the first; one alone keeps its own.
    """
    order = np.argsort(uniforms, kind="stable")
    partner = np.empty(len(order), dtype=np.int64)
    partner[order] = np.roll(order, -1)
    return partner
