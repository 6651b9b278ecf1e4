"""How people have felt lately, as far as their posts tell."""

from __future__ import annotations

import numpy as np

from econsim_mesa.society.rng import Floats

from .measures import sentiment
from .view import Frame

RECENT = 24
"""Steps that a post counts for what its author feels."""


def scores(frame: Frame) -> Floats:
    """Return the posts of households in a step: number of the author, sentiment; shape (2, n)."""
    scene = frame.scene
    found = [
        (scene.number[post.author], sentiment(post.text))
        for post in frame.new("posts")
        if post.kind == "Household"
    ]
    return np.array(found, dtype=float).reshape(-1, 2).T


def lately(frame: Frame) -> Floats:
    """Return the mean sentiment of each household's posts of late, -1 to 1; nan: it wrote none."""
    authors, felt = np.concatenate((np.zeros((2, 0)), *frame.series(scores)[-RECENT:]), axis=1)
    who = authors.astype(np.int64)
    count = np.bincount(who, minlength=frame.scene.households)
    total = np.bincount(who, weights=felt, minlength=frame.scene.households)
    means: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means
