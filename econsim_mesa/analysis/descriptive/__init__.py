"""Descriptions of a run, without tests: actions, trade, moves, followers, stress, words.

The published implementation describes its runs in this way. Each description is a table of counts
or means; none of them shows a cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from econsim_mesa.analysis.descriptive.actions import action_counts, stress_and_actions
from econsim_mesa.analysis.descriptive.clusters import consumer_clusters
from econsim_mesa.analysis.descriptive.hours import by_hour
from econsim_mesa.analysis.descriptive.network import followers, reciprocity
from econsim_mesa.analysis.descriptive.space import distances
from econsim_mesa.analysis.descriptive.topics import LogOdds, TopicModel, topic_words
from econsim_mesa.analysis.descriptive.trade import price_paths, sales_by_item

if TYPE_CHECKING:
    import pandas as pd

    from econsim_mesa.runs.reader import Run

__all__ = ["LogOdds", "TopicModel", "describe"]


def describe(run: Run, topics: TopicModel | None = None) -> dict[str, pd.DataFrame]:
    """Return all descriptions of a run, by name. ``topics`` finds topic words: log-odds if None."""
    return {
        "actions": action_counts(run),
        "sales": sales_by_item(run),
        "prices": price_paths(run),
        "distances": distances(run),
        "followers": followers(run),
        "reciprocity": reciprocity(run),
        "stress_and_actions": stress_and_actions(run),
        "clusters": consumer_clusters(run),
        "hours": by_hour(run),
        "topics": topic_words(run, topics or LogOdds()),
    }
