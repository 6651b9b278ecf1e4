"""What the social network records: posts, who is shown them, and changes of whom one follows."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.quoting import quoted
from econsim_mesa.society.records import NewsLine, Record, Remembered
from econsim_mesa.society.wording import Wording


class Post(Record):
    """A post; kind is the kind of its author."""

    table: ClassVar[str] = "posts"
    news: ClassVar[str] = "post"
    concerns: ClassVar = ("author",)

    step: int
    time: str
    author: str
    text: str
    kind: str
    id: int
    reply_to: int  #: id of the post that it answers; -1: none

    def remembered_by(self, name: str, wording: Wording) -> Remembered:
        """Return what was posted."""
        words = wording.say("posted: {text}", text=quoted(self.text))
        return Remembered("posts_written", "", words)

    def in_words(self, wording: Wording) -> NewsLine:
        """Return what was posted."""
        answer = "answers: " if self.reply_to >= 0 else ""
        return NewsLine(self.author, answer + self.text)


class Shown(Record):
    """A post in what a household is shown, the first time that it is asked with it there."""

    table: ClassVar[str] = "shown"

    step: int
    agent: str
    post: int  #: id of the post


class Follow(Record):
    """A change of the follower graph."""

    table: ClassVar[str] = "follows"

    step: int
    follower: str
    followed: str
    change: int  #: 1 follow, -1 unfollow
