"""The state of the social network: who follows whom, all posts, and what they are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat
from typing import Self

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.domains.social.exposure import Exposure
from econsim_mesa.domains.social.graph import FollowerGraph
from econsim_mesa.domains.social.posts import Posts
from econsim_mesa.domains.social.recommend import Recommender
from econsim_mesa.domains.social.records import Post, Shown
from econsim_mesa.domains.social.timeline import Timeline
from econsim_mesa.mind import Topics
from econsim_mesa.mind.topics import tone_of
from econsim_mesa.scenario.registry import lookup
from econsim_mesa.scenario.social import SocialSpec
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.clock import Clock
from econsim_mesa.society.records import StepRecords
from econsim_mesa.society.rng import Booleans, Floats
from econsim_mesa.society.roster import Roster
from econsim_mesa.society.wording import Wording

_STORES_BOUGHT_AT = 4
"""Stores where a household bought last that are suggested to it."""
_FOLLOWERS_SUGGESTED = 3
"""Followers of a household that are suggested to it."""


@dataclass
class SocialState:
    """Accounts, what they follow, and what they post and read."""

    roster: Roster
    graph: FollowerGraph
    """Who follows whom."""
    posts: Posts
    """All posts, by their numbers."""
    topics: Topics
    """What each post is about."""
    timeline: Timeline
    """Which posts a household may read in a step."""
    recommender: Recommender
    """Whom a household might like to follow."""
    texts_used: Counter[int] = field(default_factory=Counter)
    """Posts that each event has made so far, by the number of the event."""
    exposure: Exposure = field(default_factory=Exposure)
    """Which posts households have been shown."""
    bought_at: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Stores where households bought last, newest first, as agents."""

    @classmethod
    def of(cls, scenario: Scenario, roster: Roster, items: Sequence[str], clock: Clock) -> Self:
        """Return the network of a scenario, in which nobody follows anybody yet."""
        social = scenario.social
        graph = FollowerGraph(
            roster.names,
            roster.households,
            social.follow_cap,
            [roster.number[name] for name in roster.scripted],
            Wording.of(scenario).language,
        )
        posts = Posts(len(roster.names), max(social.timeline.posts, 1))
        timeline = Timeline(
            graph,
            posts,
            social.timeline.posts,
            timeline_steps(scenario),
            social.discovery,
            mode=social.feed,
            replies=social.replies,
        )
        name = social.recommender.name  # type: ignore[attr-defined]
        recommender = lookup("recommender", name)(graph.view(), social.recommender)
        graph.subscribe(recommender)
        topics = Topics(roster.store_names, items, clock, tone_of(scenario))
        return cls(roster, graph, posts, topics, timeline, recommender)

    def publish(self, records: StepRecords, author: int, text: str, reply_to: int = -1) -> int:
        """Append a post, which followers may read from the next step on, with its record.

        Args:
            records: Of the present step.
            author: Number of the agent.
            text: The post.
            reply_to: Number of the post that it answers; -1: none.

        Returns:
            The number of the post.
        """
        roster, t = self.roster, records.step
        number = self.posts.append(t, author, text, reply_to)
        self.topics.read(number, author - roster.households, text, t)
        records["posts"].append(
            Post(
                t,
                records.time,
                roster.names[author],
                text,
                roster.kinds[author],
                number,
                reply_to,
            )
        )
        return number

    def note_buyers(self, records: StepRecords) -> None:
        """Note where households bought in a step."""
        number, households = self.roster.number, self.roster.households
        for sale in records["sales"]:
            buyer, store = number[sale.buyer], number[sale.store]
            if buyer < households:
                others = (one for one in self.bought_at.get(buyer, ()) if one != store)
                self.bought_at[buyer] = (store, *others)[:_STORES_BOUGHT_AT]

    def suggest(self, i: int, uniforms: Floats, store: int, settings: SocialSpec) -> list[int]:
        """Return agents whom a household does not follow and might like to, best first.

        Args:
            i: The household.
            uniforms: Draws of the recommender, in [0, 1).
            store: Number of the store, as an agent, in whose cell it is; -1: none.
            settings: Who is suggested besides those that the recommender has.
        """
        back, stores = list[int](), list[int]()
        if settings.follow_back:
            followers = reversed(self.graph.followers(i))
            new = (j for j in followers if not self.graph.is_following(i, j))
            back = list(islice(new, _FOLLOWERS_SUGGESTED))
        if settings.suggest_stores:
            known = (store, *self.bought_at.get(i, ()))
            stores = [j for j in known if j >= 0 and not self.graph.is_following(i, j)]
        return list(dict.fromkeys([*back, *self.recommender.suggest(i, uniforms), *stores]))

    def show(self, records: StepRecords, feed: NDArray[np.int32], asked: Booleans) -> None:
        """Record which posts households are shown for the first time.

        Args:
            records: Of the present step.
            feed: What each may read: int32 [households, posts], -1 beyond.
            asked: Who is asked, and so reads: bool [households].
        """
        t, names = records.step, self.roster.names
        oldest = self.posts.since(t - self.timeline.window_steps)
        households, posts = self.exposure.first_shown(feed, asked, oldest)
        who = map(names.__getitem__, households)
        records["shown"].extend(map(Shown, repeat(t), who, posts))


def timeline_steps(scenario: Scenario) -> int:
    """Return the steps that a timeline reaches back; at least the last one."""
    hours = scenario.social.timeline.hours
    return max(int(hours * 60 // scenario.clock.step_minutes), 1)
