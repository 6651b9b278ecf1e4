"""The directed follower graph: a networkx DiGraph with a padded array of columns beside it.

The DiGraph has the agents' names as nodes, and an edge u -> v says that u follows v. The array
says the same in numbers, one row a household, so that timelines of all households are read at
once. Agents are numbered as everywhere: households first, then stores, then the government,
then scripted accounts.

A household follows at most ``follow_cap`` households; stores and the government are outside the
cap. A scripted account is followed by every household from the start, outside the cap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.errors import BadInput
from econsim_mesa.read_only import read_only
from econsim_mesa.society.rng import Floats, Integers, index_below

if TYPE_CHECKING:
    import networkx as nx

Int32 = NDArray[np.int32]

_FIRST_WIDTH = 8


class FollowListener(Protocol):
    """What is told of each change of the graph, after the change was made."""

    def followed(self, i: int, j: int) -> None:
        """Note that household ``i`` now follows agent ``j``."""

    def unfollowed(self, i: int, j: int) -> None:
        """Note that household ``i`` no longer follows agent ``j``."""


class FollowerGraph:
    """Who follows whom among all agents of a run.

    ``names`` are the names of all agents in the order of their numbers, the first
    ``households`` of them households. ``followed_by_all`` are the numbers of the scripted
    accounts, and ``say`` puts reasons into the town's language. Raises ``BadInput`` for a name
    given twice, a negative cap, or a scripted account that is a household or no agent.
    """

    def __init__(
        self,
        names: Sequence[str],
        households: int,
        follow_cap: int,
        followed_by_all: Sequence[int] = (),
        say: Callable[..., str] = str.format,
    ) -> None:
        _check_arguments(names, households, follow_cap, followed_by_all)
        self.names = tuple(names)
        self.households = households
        self.follow_cap = follow_cap
        self.followed_by_all = tuple(dict.fromkeys(int(j) for j in followed_by_all))
        self._scripted = frozenset(self.followed_by_all)
        self._chosen: list[dict[int, None]] = [{} for _ in names]
        self._chosen_by: list[dict[int, None]] = [{} for _ in names]
        self._households_followed = [0] * households
        self._follower_count = np.zeros(len(self.names), dtype=np.int64)
        self._follower_count[list(self.followed_by_all)] = households
        self._listeners: list[FollowListener] = []
        self._say = say
        self.graph = self._build_graph()
        self._known: Int32 = np.full((households, 1 + _FIRST_WIDTH), -1, dtype=np.int32)
        self._known[:, 0] = np.arange(households)

    def _build_graph(self) -> nx.DiGraph[str]:
        import networkx as nx  # takes long: only a town that is built pays for it

        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self.names)
        everybody = self.names[: self.households]
        graph.add_edges_from((u, self.names[j]) for u in everybody for j in self.followed_by_all)
        return graph

    @property
    def follower_count(self) -> Integers:
        """Households that follow each agent: int64 [agents], read-only."""
        return read_only(self._follower_count)

    @property
    def known(self) -> Int32:
        """The household itself, then ``following``: int32 [n, 1 + width], read-only."""
        return read_only(self._known)

    @property
    def following(self) -> Int32:
        """Whom each follows by choice, oldest first, -1 beyond: int32 [n, width], read-only.

        Scripted accounts are not in it. It widens when needed: read it anew each time.
        """
        return self.known[:, 1:]

    def view(self) -> FollowerGraphView:
        """Return what can be read of it, now and later."""
        return FollowerGraphView(self.names, self.households, self)

    def subscribe(self, listener: FollowListener) -> None:
        """Tell ``listener`` of each change from now on; a second time changes nothing."""
        if not any(known is listener for known in self._listeners):
            self._listeners.append(listener)

    def follow(self, i: int, j: int) -> str | None:
        """Let household ``i`` follow agent ``j``; return the reason if that is refused.

        Raises ``BadInput`` if ``i`` is no household or ``j`` no agent.
        """
        i, j = self._pair(i, j)
        refusal = self._refusal(i, j)
        if refusal is not None:
            return refusal
        degree = len(self._chosen[i])
        if degree == self.following.shape[1]:
            self._widen()
        self._known[i, 1 + degree] = j
        self._chosen[i][j] = None
        self._chosen_by[j][i] = None
        self._count(i, j, 1)
        self.graph.add_edge(self.names[i], self.names[j])
        for listener in self._listeners:
            listener.followed(i, j)
        return None

    def unfollow(self, i: int, j: int) -> str | None:
        """Let household ``i`` stop following agent ``j``; return the reason if refused.

        Raises ``BadInput`` if ``i`` is no household or ``j`` no agent.
        """
        i, j = self._pair(i, j)
        if j in self._scripted:
            return self._say("{name} cannot be unfollowed", name=self.names[j])
        if j not in self._chosen[i]:
            return self._say("does not follow {name}", name=self.names[j])
        row = self._known[i]
        at = 1 + list(self._chosen[i]).index(j)
        row[at:-1] = row[at + 1 :]
        row[-1] = -1
        del self._chosen[i][j], self._chosen_by[j][i]
        self._count(i, j, -1)
        self.graph.remove_edge(self.names[i], self.names[j])
        for listener in self._listeners:
            listener.unfollowed(i, j)
        return None

    def is_following(self, i: int, j: int) -> bool:
        """Whether household ``i`` follows agent ``j``, by choice or from the start."""
        i, j = self._pair(i, j)
        return j in self._scripted or j in self._chosen[i]

    def chosen(self, i: int) -> list[int]:
        """Return whom agent ``i`` follows by choice, in the order of following."""
        return list(self._chosen[i])

    def followed(self, i: int) -> list[int]:
        """Return all whom agent ``i`` follows: scripted accounts, then in order of following."""
        return [*(self.followed_by_all if i < self.households else ()), *self._chosen[i]]

    def followers(self, j: int) -> list[int]:
        """Return the households that follow agent ``j``, in the order in which they began."""
        return list(range(self.households)) if j in self._scripted else list(self._chosen_by[j])

    def _pair(self, i: int, j: int) -> tuple[int, int]:
        if not (0 <= i < self.households and 0 <= j < len(self.names)):
            raise BadInput(
                f"no such pair of household and agent: {i}, {j}; households are "
                f"0..{self.households - 1}, agents 0..{len(self.names) - 1}"
            )
        return int(i), int(j)

    def _refusal(self, i: int, j: int) -> str | None:
        if i == j:
            return self._say("nobody can follow oneself")
        # A scripted account answers like any other: what an agent is told must not reveal it.
        if j in self._scripted or j in self._chosen[i]:
            return self._say("already follows {name}", name=self.names[j])
        if j < self.households and self._households_followed[i] >= self.follow_cap:
            most = "already follows {number} households, the most allowed"
            return self._say(most, number=self.follow_cap)
        return None

    def _count(self, i: int, j: int, change: int) -> None:
        self._follower_count[j] += change
        if j < self.households:
            self._households_followed[i] += change

    def _widen(self) -> None:
        more = max(1, self.following.shape[1] // 8)
        padding = np.full((self.households, more), -1, dtype=np.int32)
        self._known = np.hstack((self._known, padding))


@dataclass(frozen=True)
class FollowerGraphView:
    """What of a follower graph can be read; it shows each change of the graph."""

    names: tuple[str, ...]
    """Names of all agents by number, households first."""
    households: int
    """Number of households."""
    _graph: FollowerGraph

    @property
    def follow_cap(self) -> int:
        """Most households that a household follows."""
        return self._graph.follow_cap

    @property
    def following(self) -> Int32:
        """Whom each follows by choice, oldest first, -1 beyond: int32 [households, width].

        It widens when needed: read it anew each time.
        """
        return self._graph.following

    @property
    def follower_count(self) -> Integers:
        """Households that follow each agent: int64 [agents]."""
        return self._graph.follower_count

    def is_following(self, i: int, j: int) -> bool:
        """Whether household ``i`` follows agent ``j``, by choice or from the start."""
        return self._graph.is_following(i, j)

    def chosen(self, i: int) -> list[int]:
        """Return whom agent ``i`` follows by choice, in the order of following."""
        return self._graph.chosen(i)

    def followed(self, i: int) -> list[int]:
        """Return all whom agent ``i`` follows: scripted accounts, then in order of following."""
        return self._graph.followed(i)

    def followers(self, j: int) -> list[int]:
        """Return the households that follow agent ``j``, in the order in which they began."""
        return self._graph.followers(j)


def initial_follows(uniforms: Floats) -> Integers:
    """Draw whom each household follows at the start.

    ``uniforms`` has shape (n, k), in [0, 1). Row i of the result, int64 of the same shape,
    holds k distinct households other than i, each ordered choice equally likely: by inverse
    CDF without replacement, so that no draw is ever thrown away. Where k exceeds n - 1 the
    rest is -1.
    """
    n, k = uniforms.shape
    drawn = np.full((n, k), -1, dtype=np.int64)
    taken = np.arange(n)[:, None]
    for column in range(min(k, n - 1)):
        pick = index_below(uniforms[:, column], n - 1 - column)
        for out in taken.T:
            pick += out <= pick
        drawn[:, column] = pick
        taken = np.sort(np.column_stack((taken, pick)), axis=1)
    return drawn


def _check_arguments(
    names: Sequence[str], households: int, follow_cap: int, followed_by_all: Sequence[int]
) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise BadInput(f"agents of one name: {', '.join(twice)}; give each its own name")
    if not 0 <= households <= len(names):
        raise BadInput(f"{households} households among {len(names)} agents; name every household")
    if follow_cap < 0:
        raise BadInput(f"follow cap {follow_cap} is negative; give 0 or more")
    wrong = [j for j in followed_by_all if not households <= j < len(names)]
    if wrong:
        raise BadInput(
            f"followed by all: {wrong} are not numbers of scripted accounts; "
            f"give numbers {households}..{len(names) - 1}"
        )
