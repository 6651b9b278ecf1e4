"""Kinds of consumers: households grouped by what they bought, wrote, walked and felt.

Ward's method on standardised features (Ward 1963, J. American Statistical Association 58); the
number of groups, 2 to 5, maximises the mean silhouette (Rousseeuw 1987, J. Computational and
Applied Mathematics 20). Both find groups in any cloud of points: a silhouette below about .25 means
that there is no substantial structure (Kaufman and Rousseeuw 1990).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.analysis.daily import sales_in_units
from econsim_mesa.analysis.descriptive.space import distances
from econsim_mesa.runs.reader import Run
from econsim_mesa.society.rng import Floats, Integers

if TYPE_CHECKING:
    import pandas as pd

GROUPS = (2, 3, 4, 5)


def consumer_clusters(run: Run) -> pd.DataFrame:
    """Return household, its group, the silhouette of the whole grouping, and the features.

    Group 1 is the largest; all are in group 0 if there are too few households. The features are
    units of each item, posts, cells walked, and the mean stress of each kind.
    """
    table = features(run)
    groups, silhouette = grouped(table.to_numpy(float))
    table.insert(0, "group", groups)
    table.insert(1, "silhouette", silhouette)
    return table.rename_axis("household").reset_index()


def features(run: Run) -> pd.DataFrame:
    """Return the features, a row for each household."""
    import pandas as pd

    names = sorted(run.agents["agent"].unique())
    table = pd.DataFrame(index=pd.Index(names))
    sales = sales_in_units(run)
    for item in run.scenario.items:
        bought = sales[sales["item"] == item].groupby("buyer")["units"].sum()
        table[f"units {item}"] = bought
    posts = run.posts[run.posts["kind"] == "Household"]
    table["posts"] = posts.groupby("author").size()
    table["cells"] = distances(run).groupby("household")["cells"].sum()
    lived = run.agents[run.agents["step"] >= 0].groupby("agent")
    for stressor in run.stressors:
        table[f"stress {stressor}"] = lived[stressor].mean()
    return table.fillna(0.0).astype(float)


def grouped(features: Floats) -> tuple[Integers, float]:
    """Return the group of each row and the mean silhouette; (0, NaN) for rows too few or alike."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist, squareform

    sd = features.std(axis=0)
    z = (features - features.mean(axis=0))[:, sd > 0] / sd[sd > 0]
    if len(z) < 2 * GROUPS[0] or not z.size:
        return np.zeros(len(features), dtype=np.int64), float("nan")
    gaps = pdist(z)
    tree, square = linkage(z, "ward"), squareform(gaps)
    found = [fcluster(tree, k, "maxclust") for k in GROUPS if k < len(z)]
    scores = [_silhouette(square, labels) for labels in found]
    best = int(np.argmax(scores))
    return _by_size(found[best]), float(scores[best])


def _silhouette(square: Floats, labels: Integers) -> float:
    """Return the mean silhouette; a row alone in its group counts 0."""
    names = np.unique(labels)
    if len(names) < 2:
        return -1.0
    means = np.stack([square[:, labels == name].mean(axis=1) for name in names], axis=1)
    sizes = np.array([(labels == name).sum() for name in names])
    own = np.searchsorted(names, labels)
    rows = np.arange(len(labels))
    within = means[rows, own] * sizes[own] / np.maximum(sizes[own] - 1, 1)
    means[rows, own] = np.inf
    nearest = means.min(axis=1)
    widest = np.maximum(within, nearest)
    apart = np.where(widest > 0, (nearest - within) / np.where(widest > 0, widest, 1.0), 0.0)
    return float(np.where(sizes[own] > 1, apart, 0.0).mean())


def _by_size(labels: Integers) -> Integers:
    """Return the labels renamed so that 1 is the largest group; ties by first member."""
    names, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    order = names[np.lexsort((first, -sizes))]
    place = {name: number for number, name in enumerate(order.tolist(), start=1)}
    return np.array([place[name] for name in labels.tolist()], dtype=np.int64)
