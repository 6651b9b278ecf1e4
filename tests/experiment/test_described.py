"""Descriptions of a run against counts made without the package."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import recomputed as own
from case_study import Case

from econsim_mesa.analysis.descriptive import LogOdds, describe
from econsim_mesa.analysis.descriptive.clusters import grouped
from econsim_mesa.analysis.descriptive.topics import TopicWord, topic_words
from econsim_mesa.runs.reader import Run, load_run

pytestmark = pytest.mark.soak  # whole studies, in small

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def folder(case: Case) -> Path:
    return case[1] / "runs" / "mode-on.s2"


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return load_run(folder)


@pytest.fixture(scope="module")
def told(run: Run) -> Tables:
    return describe(run)


def test_actions_are_those_that_were_decided(folder: Path, told: Tables) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for kind, text in own.table(folder, "decisions")[["kind", "actions"]].itertuples(index=False):
        counts.update((kind, one["do"]) for one in json.loads(text) or [{"do": "nothing"}])
    table = told["actions"].groupby(["kind", "action"])["actions"].sum()
    assert table.to_dict() == dict(counts)
    assert counts["Household", "move_to"] > 100
    assert told["actions"]["day"].nunique() == 7


def test_sales_and_prices(folder: Path, told: Tables) -> None:
    sales = own.table(folder, "sales")
    expected = sales.groupby([sales["time"].str[:10], "store", "item"])["amount"].sum()
    table = told["sales"].set_index(["day", "store", "item"])
    assert table["revenue"].to_dict() == expected.to_dict()
    pizza = told["prices"][told["prices"]["item"] == "Pizza"]
    assert pizza["posted"].tolist() == [2000, 1200]


def test_nobody_walks_over_night(folder: Path, told: Tables) -> None:
    steps = own.table(folder, "steps").set_index("step")["time"].str[:10]
    expected: Counter[tuple[str, str]] = Counter()
    before: dict[str, tuple[str, int, int]] = {}
    rows = own.table(folder, "agents")[["step", "agent", "x", "y"]].itertuples(index=False)
    for step, agent, x, y in rows:
        day, old_x, old_y = before.get(agent, ("", x, y))
        cells = max(abs(x - old_x), abs(y - old_y)) if day == steps[step] else 0
        expected[steps[step], agent] += cells
        before[agent] = steps[step], x, y
    table = told["distances"].set_index(["day", "household"])["cells"]
    assert table.to_dict() == dict(expected)
    assert table.sum() > 500


def test_followers_are_those_of_the_graph(run: Run, told: Tables) -> None:
    for day, last in (("2025-12-19", 11), ("2025-12-25", 83)):
        graph = run.network(last)
        table = told["followers"][told["followers"]["day"] == day].set_index("account")
        assert table["followers"].to_dict() == dict(graph.in_degree())
        assert table["follows"].to_dict() == dict(graph.out_degree())


def test_reciprocity_is_that_of_the_graph(run: Run, told: Tables) -> None:
    import networkx as nx

    kinds = dict(zip(run.accounts["name"], run.accounts["kind"], strict=True))
    for day, last in (("2025-12-19", 11), ("2025-12-25", 83)):
        people = run.network(last).subgraph(name for name in kinds if kinds[name] == "Household")
        row = told["reciprocity"].set_index("day").loc[day]
        assert row["links"] == people.number_of_edges()
        assert row["reciprocity"] == pytest.approx(nx.overall_reciprocity(people))
        assert row["density"] == pytest.approx(nx.density(people))
        followers = [count for _, count in people.in_degree()]
        assert row["followers_sd"] == pytest.approx(np.std(followers))
        posts = run.posts[run.posts["time"].str.startswith(day)]
        assert row["posts"] == posts["author"].isin(list(people)).sum()
        assert row["replies"] == 0


def test_shares_of_actions_by_stress(folder: Path, told: Tables) -> None:
    table = told["stress_and_actions"]
    agents, decisions = own.table(folder, "agents"), own.table(folder, "decisions")
    felt = agents.assign(step=agents["step"] + 1)[["step", "agent", "hunger"]]
    both = decisions[decisions["kind"] == "Household"].merge(felt, on=["step", "agent"])
    some = both[(both["hunger"] >= 25) & (both["hunger"] < 50)]
    ate = some["actions"].map(lambda text: any(one["do"] == "eat" for one in json.loads(text)))
    row = table.query("stressor == 'hunger' and level_from == 25 and action == 'eat'").iloc[0]
    assert (row["share"], row["decisions"]) == (pytest.approx(ate.mean()), len(some))


def test_hours(folder: Path, told: Tables) -> None:
    table = told["hours"].set_index("hour")
    assert table.index.tolist() == list(range(9, 21))
    sales = own.table(folder, "sales")["time"].str[11:13].astype(int).value_counts()
    assert (table["sales"] * 7).to_dict() == pytest.approx(
        sales.reindex(table.index, fill_value=0).to_dict()
    )
    assert table["moves"][9] <= 30


def test_groups_of_consumers(told: Tables) -> None:
    table = told["clusters"]
    assert len(table) == 30
    sizes = table["group"].value_counts()
    assert sizes.index[0] == 1
    assert sizes.is_monotonic_decreasing
    luck = np.random.default_rng(1)
    apart = np.concatenate([luck.normal(0, 0.1, (8, 3)), luck.normal(4, 0.1, (5, 3))])
    groups, silhouette = grouped(apart)
    assert groups.tolist() == [1] * 8 + [2] * 5
    from scipy.spatial.distance import cdist

    z = (apart - apart.mean(0)) / apart.std(0)
    gaps = cdist(z, z)
    scores = []
    for i, group in enumerate(groups):
        inside = [j for j in range(13) if groups[j] == group and j != i]
        outside = [j for j in range(13) if groups[j] != group]
        a, b = gaps[i, inside].mean(), gaps[i, outside].mean()
        scores.append((b - a) / max(a, b))
    assert silhouette == pytest.approx(np.mean(scores))
    assert grouped(np.ones((20, 2)))[0].tolist() == [0] * 20


def test_log_odds_of_a_word_by_hand(folder: Path, told: Tables) -> None:
    posts = own.table(folder, "posts")
    texts = posts[posts["kind"] == "Household"]["text"]
    about = own.about(texts, "pizza")
    one, rest = (
        Counter(re.findall(r"[^\W\d_]{2,}", " ".join(some).casefold()))
        for some in (texts[about], texts[~about])
    )
    prior = 500 * (one["pizza"] + rest["pizza"]) / (one.total() + rest.total())
    y, z = one["pizza"] + prior, rest["pizza"] + prior
    delta = math.log(y / (one.total() + 500 - y)) - math.log(z / (rest.total() + 500 - z))
    table = told["topics"]
    row = table[(table["group"] == "posts pizza") & (table["word"] == "pizza")].iloc[0]
    assert row["weight"] == pytest.approx(delta / math.sqrt(1 / y + 1 / z))
    assert row["times"] == one["pizza"]
    assert set(table["method"]) == {"log-odds with informative Dirichlet prior"}


def test_another_method_of_topics_stands_behind_the_same_interface(run: Run) -> None:
    class First:
        name = "first word"

        def topics(self, groups: Mapping[str, Sequence[str]]) -> list[TopicWord]:
            return [
                TopicWord(group, texts[0].split()[0], 1.0, 1) for group, texts in groups.items()
            ]

    table = topic_words(run, First())
    assert set(table["method"]) == {"first word"}
    assert "posts pizza" in set(table["group"])
    assert LogOdds().topics({"alone": ["one two"]}) == []
