"""All posts of a run, and what their text may hold.

Posts are numbered 0, 1, ... in the order of writing; everything about them is a column.
Post text is other people's text: it is cleaned before it is kept and never trusted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.errors import BadInput
from econsim_mesa.read_only import read_only

Int32 = NDArray[np.int32]

POST_LIMIT = 280
"""Most characters of a post."""

# Control characters (category Cc) that are not white space; the bidirectional controls among
# the format characters (Cf); and surrogates (Cs), which no UTF-8 file can hold.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def clean_text(text: str, limit: int = POST_LIMIT) -> str:
    r"""Return ``text`` on one line without control and bidirectional characters.

    Each run of white space becomes one space, and what exceeds ``limit`` characters is cut.
    The result may be empty. Cleaning a clean text changes nothing.

    >>> clean_text(" Pizza\n\tis \u202ecoming\x07! ")
    'Pizza is coming!'
    """
    return " ".join(_FORBIDDEN.sub("", text).split())[:limit].rstrip()


class Posts:
    """The posts of a run, oldest first, and the newest ``depth`` of each of ``agents`` authors.

    ``text`` and ``reply_to`` (-1: a reply to none) are lists indexed by post.
    """

    def __init__(self, agents: int, depth: int) -> None:
        self.agents = agents
        self.depth = depth
        self.text: list[str] = []
        self.reply_to: list[int] = []
        self._columns = np.empty((3, 1024), dtype=np.int32)
        self._last_step = -1
        self._recent = np.full((agents + 1, depth), -1, dtype=np.int32)
        self._replies = np.full((agents, depth), -1, dtype=np.int32)

    @property
    def recent(self) -> Int32:
        """Posts of each author, newest first, then -1: int32 [agents + 1, depth], read-only.

        The last row is always empty, so that the padding -1 of an array of authors finds it.
        """
        return read_only(self._recent)

    @property
    def replies(self) -> Int32:
        """Replies by others to each author, newest first, then -1: int32 [agents, depth]."""
        return read_only(self._replies)

    @property
    def count(self) -> int:
        """Number of posts."""
        return len(self.text)

    @property
    def step(self) -> Int32:
        """Step in which each post was written: int32 [count], never falling."""
        return self._column(0)

    @property
    def author(self) -> Int32:
        """Agent who wrote each post: int32 [count]."""
        return self._column(1)

    @property
    def answers(self) -> Int32:
        """Author of the post to which each replies, -1: a reply to none: int32 [count]."""
        return self._column(2)

    def append(self, t: int, author: int, text: str, reply_to: int = -1) -> int:
        """Keep a post written in step ``t`` and return its number.

        ``text`` is kept as it is given: clean it before. Raises ``BadInput`` for a step before
        that of the last post, an unknown author, or a reply to a post that does not exist.
        """
        post = len(self.text)
        if t < self._last_step:
            raise BadInput(f"a post of step {t} after one of step {self._last_step}; keep order")
        if not 0 <= author < self.agents:
            raise BadInput(f"unknown author {author}; agents are 0..{self.agents - 1}")
        if not -1 <= reply_to < post:
            raise BadInput(f"reply to the unknown post {reply_to}; posts are 0..{post - 1}")
        if post == self._columns.shape[1]:
            self._columns = np.hstack((self._columns, np.empty_like(self._columns)))
        answers = -1 if reply_to < 0 else int(self._columns[1, reply_to])
        self._columns[:, post] = t, author, answers
        self._last_step = t
        self.text.append(text)
        self.reply_to.append(int(reply_to))
        _put_first(self._recent[author], post)
        if answers not in (-1, author):
            _put_first(self._replies[answers], post)
        return post

    def since(self, t: int) -> int:
        """Return the first post written in step ``t`` or later; ``count`` if there is none."""
        # An int32 key keeps numpy from converting the whole column at each search.
        return int(np.searchsorted(self.step, np.int32(t)))

    def _column(self, row: int) -> Int32:
        return read_only(self._columns[row, : len(self.text)])

    def view(self) -> PostsView:
        """Return what can be read of them."""
        return PostsView(self.author, self.step, self.answers, self.recent, self)


def _put_first(row: Int32, post: int) -> None:
    """Put a post before those of a row, of which the last is dropped."""
    row[1:] = row[:-1]
    row[:1] = post


@dataclass(frozen=True)
class PostsView:
    """What of posts can be read at the start of a step; columns are indexed by post."""

    author: Int32
    """Number of the agent who wrote it: int32 [posts]."""
    step: Int32
    """Step in which it was written, never falling: int32 [posts]."""
    answers: Int32
    """Number of the author whom it answers, -1: a reply to nobody: int32 [posts]."""
    recent: Int32
    """Posts of each author, newest first, then -1: int32 [agents + 1, depth]."""
    _posts: Posts

    def text(self, post: int) -> str:
        """Return the text of a post."""
        return self._posts.text[post]

    def reply_to(self, post: int) -> int:
        """Return the post to which a post replies, -1: none."""
        return self._posts.reply_to[post]
