"""What every household reads: the newest posts of those it follows, and some by strangers.

The timelines of all households are read at once, with as many numpy operations for ten
thousand of them as for ten.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.domains.social.graph import FollowerGraph
from econsim_mesa.domains.social.posts import Posts
from econsim_mesa.errors import BadInput
from econsim_mesa.society.rng import Floats, Integers, derangement, index_below

Int32 = NDArray[np.int32]
Feed = Literal["on", "blocked", "shuffled"]
"""on; blocked: nobody reads; shuffled: each household reads another's timeline."""

_CELLS = 2048
"""Comparisons made at once in the search for strangers: enough to make numpy's cost small."""


class Timeline:
    """Reads the timelines of all households.

    ``size`` bounds the posts of those followed, ``discovery`` the posts by strangers, and
    ``window_steps`` is the greatest age of a post in steps: a post of step s is shown at
    steps t <= s + ``window_steps``. With ``replies`` a reply counts for the author of the post that
    it answers as if it followed the one who wrote it. ``mode`` and ``replies`` may be changed
    between steps. ``posts`` must keep at least ``size`` posts of each author; raises ``BadInput``
    if it does not.
    """

    def __init__(
        self,
        graph: FollowerGraph,
        posts: Posts,
        size: int,
        window_steps: int,
        discovery: int,
        mode: Feed = "on",
        *,
        replies: bool = False,
    ) -> None:
        if posts.depth < size:
            raise BadInput(
                f"a timeline of {size} posts needs as many of each author, not {posts.depth}; "
                f"make Posts with depth={size}"
            )
        if posts.agents != len(graph.names):
            raise BadInput(
                f"posts of {posts.agents} agents with a graph of {len(graph.names)}; "
                "both must have every agent"
            )
        self.size = size
        self.window_steps = window_steps
        self.discovery = discovery
        self.mode: Feed = mode
        self.replies = replies
        self._graph = graph
        self._posts = posts
        self._scripted = list(graph.followed_by_all)
        self._may_be_stranger = np.ones(posts.agents, dtype=np.bool_)
        self._may_be_stranger[self._scripted] = False

    def read(self, t: int, uniforms: Floats, shuffle: Floats | None = None) -> Int32:
        """Return what each household reads at step ``t``: post numbers, padded with -1.

        Int32 of shape (n, size + discovery): first the newest ``size`` posts of those whom a
        household follows, newest first; then ``discovery`` different posts by strangers (not
        itself, not followed). All posts kept so far count: read before this step's actions are
        resolved, and a post is first seen in the step after it was written.

        ``uniforms`` of shape (n, discovery) say where among the posts of the window (those by
        scripted accounts left out) the search for each post by a stranger begins; it goes on to
        younger posts, and from the youngest to the oldest. ``shuffle`` of shape (n,) is needed
        in the mode ``shuffled`` only: it gives each household the timeline of another. Raises
        ``BadInput`` where it is missing.
        """
        if self.mode == "shuffled" and shuffle is None:
            raise BadInput("a shuffled feed needs one uniform a household; give shuffle=")
        n = self._graph.households
        timelines = np.full((n, self.size + self.discovery), -1, dtype=np.int32)
        first = self._posts.since(t - self.window_steps)
        if self.mode == "blocked" or first == self._posts.count or n == 0:
            return timelines
        replies = self._posts.replies[:n, : self.size if self.replies else 0]
        self._fill_followed(timelines[:, : self.size], first, replies)
        self._fill_strangers(timelines[:, self.size :], first, uniforms, replies)
        if self.mode == "shuffled" and shuffle is not None:
            return timelines[derangement(shuffle)]
        return timelines

    def _fill_followed(self, timelines: Int32, first: int, replies: Int32) -> None:
        recent = self._posts.recent[:, : self.size]
        depth = int(np.count_nonzero((recent >= first).any(axis=0)))
        n, width = self._graph.following.shape
        found = recent[:, :depth].take(self._graph.following, axis=0).reshape(n, width * depth)
        if self._scripted:
            same = np.sort(recent[self._scripted, :depth], axis=None)[-self.size :]
            found = np.hstack((found, np.broadcast_to(same, (n, same.size))))
        if replies.size:
            found = _once(np.hstack((found, replies)))
        found.sort(axis=1)
        newest = found[:, : -self.size - 1 : -1]
        timelines[:, : newest.shape[1]] = np.where(newest >= first, newest, -1)

    def _fill_strangers(
        self, timelines: Int32, first: int, uniforms: Floats, replies: Int32
    ) -> None:
        in_window = self._posts.author[first:]
        at = np.flatnonzero(self._may_be_stranger[in_window])
        if not at.size:
            return
        pool, authors = (first + at).astype(np.int32), in_window[at]
        for column in range(self.discovery):
            start = index_below(uniforms[:, column], pool.size)
            seen = np.hstack((replies, timelines[:, :column]))
            timelines[:, column] = self._walk(start, pool, authors, seen)

    def _walk(self, start: Integers, pool: Int32, authors: Int32, seen: Int32) -> Int32:
        """Return the first post of ``pool`` from ``start`` on, cyclically, by a stranger.

        One for each household, none of them in its row of ``seen``; -1 where there is none.
        """
        found = np.full(start.size, -1, dtype=np.int32)
        rows, known, offset = np.arange(start.size), self._graph.known, 0
        while rows.size and offset < pool.size:
            length = min(pool.size - offset, max(1, _CELLS // (rows.size * known.shape[1])))
            at = (start[rows, None] + np.arange(offset, offset + length)) % pool.size
            skip = (authors[at][:, :, None] == known[rows][:, None, :]).any(axis=2)
            if seen.shape[1]:
                skip |= (pool[at][:, :, None] == seen[rows][:, None, :]).any(axis=2)
            nearest = skip.argmin(axis=1)
            line = np.arange(rows.size)
            hit = ~skip[line, nearest]
            found[rows[hit]] = pool[at[line, nearest][hit]]
            rows, offset = rows[~hit], offset + length
        return found


def _once(posts: Int32) -> Int32:
    """Return each row in ascending order, with -1 for what stands in it a second time.

    >>> _once(np.array([[7, 3, 7, -1]], dtype=np.int32)).tolist()
    [[-1, 3, 7, -1]]
    """
    ordered = np.sort(posts, axis=1)
    ordered[:, 1:][ordered[:, 1:] == ordered[:, :-1]] = -1
    return ordered
