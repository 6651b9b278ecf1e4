"""What households write and whom they follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from econsim_mesa.deciders.utility.facts import Facts
from econsim_mesa.deciders.utility.perception import Perception
from econsim_mesa.deciders.utility.plans import felt_share, state_effect
from econsim_mesa.deciders.utility.words import FEELINGS, Subject, compose, counted, part_of_day
from econsim_mesa.domains.social.actions import Follow, Publish, Unfollow
from econsim_mesa.society.action import Action
from econsim_mesa.society.rng import Floats

POST, SUBJECT, WORDS, LOOK, FOLLOW = 0, 1, slice(2, 6), 6, 7
"""Columns of the draws for talk."""


def logistic(utility: Floats | float) -> Floats:
    """Return the chance of a binary logit choice."""
    chance: Floats = 1.0 / (1.0 + np.exp(-np.asarray(utility)))
    return chance


def post_chance(seen: Perception, facts: Facts) -> Floats:
    """Return each household's chance of writing a post in this step: (r,)."""
    terms = facts.choice.post
    overall = 0.0 if facts.own_domain_only else seen.overall
    return logistic(
        terms.constant.value
        + terms.bought.value * seen.bought
        + terms.price.value * (seen.price_change != 0)
        + terms.crowd.value * seen.met
        + terms.rejected.value * seen.rejected
        + terms.stress.value * overall
        + terms.money.value * felt_share(seen, facts, "money", "social")
        + state_effect(seen, facts, "post", "social")
    )


def talk_chances(seen: Perception, facts: Facts) -> tuple[Floats, Floats]:
    """Return the chances of writing a post and of looking at whom the network suggests: (r,).

    Who was not asked for some steps makes up for them: the chance is that of doing it in any of
    them or now. What a household met in its last step counts in one step alone.
    """
    post = post_chance(seen, facts)
    look = np.full(len(post), facts.choice.follow.look.value)
    late = np.flatnonzero(seen.unasked)
    if len(late):
        nothing = np.zeros(len(post), dtype=np.int64)
        uneventful = replace(
            seen, bought=nothing, rejected=nothing, met=nothing, price_change=nothing
        )
        quiet, steps = 1.0 - post_chance(uneventful, facts)[late], seen.unasked[late]
        post[late] = 1.0 - (1.0 - post[late]) * quiet**steps
        look[late] = 1.0 - (1.0 - look[late]) ** (steps + 1)
    return post, look


def add_talk(
    seen: Perception, facts: Facts, u: Floats, doing: list[list[Action]]
) -> dict[int, Subject]:
    """Add posts and follows to what households do; ``u`` has eight draws for each.

    Returns what those write about who post, by the place of the household in ``doing``.
    """
    post, look = talk_chances(seen, facts)
    written: dict[int, Subject] = {}
    for k in np.flatnonzero(u[:, POST] < post).tolist():
        subjects = _subjects(seen, facts, k)
        chosen = subjects[min(int(u[k, SUBJECT] * len(subjects)), len(subjects) - 1)]
        doing[k].append(Publish(compose(chosen, u[k, WORDS], facts.language)))
        written[k] = chosen
    for k in np.flatnonzero(u[:, LOOK] < look).tolist():
        doing[k] += _follow(seen, facts, k, float(u[k, FOLLOW]))
    return written


def _subjects(seen: Perception, facts: Facts, k: int) -> list[Subject]:
    """Return what a household may write about: its last step, what it feels, or the day."""
    language = facts.language
    common = {
        "hour": language.say(part_of_day(seen.hour)),
        "x": str(int(seen.x[k])),
        "y": str(int(seen.y[k])),
        "walked": counted(round(float(seen.walked[k])), "cell", language),
    }
    found = seen.subjects(k) + [
        Subject("stress", {"feeling": language.say(FEELINGS.get(name, name))})
        for name, level in seen.levels.items()
        if level[k] >= facts.choice.post.feeling.value
        and not facts.own_domain_only
        and (name in FEELINGS or name in facts.choice.states)
    ]
    return [Subject(one.kind, {**common, **one.details}) for one in found or [Subject("idle", {})]]


def _follow(seen: Perception, facts: Facts, k: int, u: float) -> list[Action]:
    """Follow the first one suggested that is relevant enough, in another's place if need be."""
    terms = facts.choice.follow
    for one in seen.suggestions(k):
        utility = terms.constant.value + terms.relevance.value * one.relevance
        if u < float(logistic(utility)):
            replaced = [Unfollow(one.replaces)] if one.replaces else []
            return [*replaced, Follow(one.name)]
    return []
