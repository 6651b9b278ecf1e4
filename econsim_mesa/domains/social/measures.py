"""Measures of the social network: who posts how much, and about what."""

from __future__ import annotations

from collections import Counter

from econsim_mesa.domains.social.keywords import author_group, matches
from econsim_mesa.society.measures import Measure, MeasuredStep, Subject, keywords


def _posts_by(group: str, said: str) -> Measure:
    """Return the measure of posts by one group of authors."""
    return Measure(f"posts {group}", "posts", lambda step: step.once(_groups)[group], said=said)


def _groups(step: MeasuredStep) -> Counter[str]:
    """Return the posts by group of authors."""
    return Counter(author_group(post.kind) for post in step["posts"])


def _posts_about(step: MeasuredStep) -> Counter[Subject]:
    """Return the posts by households that match each keyword as a word."""
    return Counter(
        (keyword,)
        for post in step["posts"]
        if author_group(post.kind) == "households"
        for keyword in step.scenario.keywords
        if matches(post.text, keyword)
    )


HOUSEHOLD_POSTS = _posts_by("households", "posts by households")
STORE_POSTS = _posts_by("stores", "posts by stores")
GOVERNMENT_POSTS = _posts_by("government", "posts by the government")
SCRIPTED_POSTS = _posts_by("scripted", "posts by scripted accounts")
KEYWORD_POSTS = Measure(
    "posts {}", "household posts", _posts_about, keywords, said="household posts about {}"
)
"""The online heat of each keyword."""
