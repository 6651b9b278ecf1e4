"""Broken scenarios: each gives one readable error with path and remedy, at once."""

# ruff: noqa: RUF001
from __future__ import annotations

import os
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.errors import ScenarioError
from econsim_mesa.scenario import load_scenario


class _Delete:
    """Takes a key away; its name is the same in each process that collects these tests."""

    def __repr__(self) -> str:
        return "DELETE"


DELETE = _Delete()
SHOP = {"at": [5, 5], "sells": {"Soup": {}}}
Changes = dict[str, Any]

# (changes by dotted path, words that the message must hold)
FIELDS: list[tuple[Changes, list[str]]] = [
    ({"steps": DELETE}, ["this key is missing @ $.steps"]),
    ({"exclusions": DELETE}, ["missing", '"exclusions": ["No labour market', "@ $.exclusions"]),
    ({"exclusions": []}, ["at least 1 entry", '"exclusions": [', "@ $.exclusions"]),
    ({"data_sources": DELETE}, ["missing", '"licence": "CC BY 4.0"', "@ $.data_sources"]),
    ({"stepz": 3}, ["unknown key; did you mean 'steps'? @ $.stepz"]),
    ({"grid.widht": 3}, ["did you mean 'width'? @ $.grid.widht"]),
    ({"events.2.percnt": 3}, ["did you mean 'percent'? @ $.events[2].percnt"]),
    (
        {"stress.stressors.hunger.widow": 3},
        ["did you mean 'window'? @ $.stress.stressors.hunger.widow"],
    ),
    ({"steps": "many"}, ["must be a whole number; found 'many' @ $.steps"]),
    ({"steps": 1.5}, ["must be a whole number; found 1.5 @ $.steps"]),
    ({"steps": True}, ["must be a whole number; found true @ $.steps"]),
    ({"steps": 0}, ["must be at least 1; found 0 @ $.steps"]),
    ({"steps": None}, ["found null @ $.steps"]),
    ({"agents.Household.count": 10**9}, ["at most 200000; found 1000000000"]),
    ({"agents.Household.cash": -5}, ["must be at least 0; found -5 @ $.agents.Household.cash"]),
    (
        {"agents.Household.cash": "rich"},
        [
            "must be a whole number or an object {...} with keys such as uniform, normal, "
            "lognormal; found 'rich' @ $.agents.Household.cash"
        ],
    ),
    ({"agents.Household.cash": {"uniform": [9, 1]}}, ["lower bound is above"]),
    ({"agents.Household.cash": {"uniform": [9]}}, ["@ $.agents.Household.cash.uniform[1]"]),
    ({"agents.Houshold": {"count": 3}}, ["did you mean 'Household'? @ $.agents.Houshold"]),
    (
        {"items.Pizza.price": 3.5},
        ["(in the smallest unit of the currency, such as cents); found 3.5 @ $.items.Pizza.price"],
    ),
    (
        {"llm": {"max_cost": 3}},
        ["max_cost needs a model, and llm.prices of it", "@ $.llm.max_cost"],
    ),
    ({"market.consumption_tax": 7}, ["must be at most 1; found 7 @ $.market.consumption_tax"]),
    (
        {"events": [{"type": "price_change", "item": "Brot", "percent": 1}]},
        ["no item 'Brot'", "@ $.events[0].item"],
    ),
    ({"items.Pizza.price": DELETE}, ["missing @ $.items.Pizza.price"]),
    ({"items": {"a\nb": {"price": 1}}}, ["must be a name", '@ $.items["a\\nb"]']),
    ({"items": {}}, ["at least 1 entry; found an empty object @ $.items"]),
    ({"items.Pizza.nutrition": -1}, ["at least 0; found -1 @ $.items.Pizza.nutrition"]),
    ({"stress.mode": "of"}, ["'on', 'off'", "found 'of'; did you mean 'off'? @ $.stress.mode"]),
    ({"stress.stressors.hungr": {}}, ["unknown stressor 'hungr'; did you mean 'hunger'?"]),
    ({"stress.stressors.fatigue.two_sided": True}, ["needs a target", "$.stress.stressors.fat"]),
    ({"social.recommender": {"name": "two_hops"}}, ["did you mean 'two_hop'?", ".name"]),
    ({"social.recommender.temperature": "hot"}, ["must be a number; found 'hot'"]),
    ({"events.2.type": "promo"}, ["unknown event 'promo'; did you mean 'promotion'?"]),
    ({"events.2": 7}, ["needs an object with the key 'type'", "@ $.events[2].type"]),
    ({"events": [1] * 60_000}, ["more than 50,000 entries @ $.events"]),
    ({"exclusions": [1]}, ["must be text; found 1 @ $.exclusions[0]"]),
    ({"events": {}}, ["must be a list [...]; found an empty object @ $.events"]),
    ({"clock.start": "tomorrow"}, ["a date and time such as 2025-12-19T09:00", "$.clock.start"]),
    ({"clock.start": "2025-12-19T09:00Z"}, ["without", "@ $.clock"]),
    ({"clock.start": "2025-12-19T09:30"}, ["not the beginning of a step", "@ $.clock"]),
    ({"clock.start": "2025-12-19T08:00"}, ["outside the active hours @ $.clock"]),
    ({"clock.active": ["09:00", "25:00"]}, ["a time of day such as 09:00; found '25:00'"]),
    ({"clock.active": ["21:00", "09:00"]}, ["earlier to a later hour", "@ $.clock"]),
    ({"clock.step_minutes": 50}, ["50 does not divide the active day of 720 minutes"]),
    ({"events.0.when": {"every": "dayy"}}, ["did you mean 'day'? @ $.events[0].when.every"]),
    ({"events.2.when": {"between": ["2025-12-23", 9]}}, ["$.events[2].when.between[0]"]),
    ({"format": 2}, ["found 2 @ $.format"]),
    ({"name": "Pizza Place"}, ["lower-case", "@ $.name"]),
    ({"keywords": ["!"]}, ["letters", "@ $.keywords[0]"]),
    ({"keywords": [" soup"]}, ["without spaces around", "@ $.keywords[0]"]),
    ({"keywords": ["soup", "寿司", "ＳＯＵＰ"]}, ["looks like 'soup'", "@ $.keywords[2]"]),
    ({"agents.Retailer": {"\u3164": SHOP}}, ["must show something", "@ $.agents.Retailer"]),
    ({"agents.Retailer": {"\u00a0 ": SHOP}}, ["must show something", "@ $.agents.Retailer"]),
    (
        {"agents.Retailer": {"Corner": SHOP, "Cor\u200bner": {**SHOP, "at": [1, 1]}}},
        ["looks like 'Corner'", "@ $.agents.Retailer"],
    ),
    (
        {"items.Ｐizza": {"price": 5, "nutrition": 1}},
        ["'Ｐizza' looks like 'Pizza'; choose another name @ $.items"],
    ),
    (
        {"agents.Household.persona": {"names": ["Ada", "\u2060", *map(str, range(28))]}},
        ["must show something", "$.agents.Household.persona.names[1]"],
    ),
    ({"agents.Retailer": [1]}, ["must be an object {...}; found a list of 1 @ $.agents.Retailer"]),
]

CONTENTS: list[tuple[bytes | str, str]] = [
    (b"", "is empty"),
    (b" \n\t", "is empty"),
    (b"{'steps': 1}", "not valid JSON: Expecting property name"),
    (b'{"steps": 1,\n "seed" 2}', "line 2, column 9"),
    (b'{"steps": 1', "not valid JSON"),
    (b'{"steps": 1} x', "not valid JSON: Extra data"),
    (b'{"title": "\xff"}', "not UTF-8 text (line 1, byte 11)"),
    ('{"steps": 1}'.encode("utf-16"), "not UTF-8 text"),
    (b"[1, 2]", "a scenario is a JSON object"),
    (b"null", "a scenario is a JSON object"),
    (b'{"scenario": "pizza_place", "replicates": 3}', "make it with `econsim experiment`"),
    (b'"pizza_place"', "a scenario is a JSON object"),
    (b'{"seed": 1, "grid": {"width": 1, "width": 2}}', "the key 'width' stands twice @ $.grid"),
    (b'{"stress": {"threshold": NaN}}', "NaN is not a JSON number @ $.stress.threshold"),
    (b'{"steps": -Infinity}', "-Infinity is not a JSON number @ $.steps"),
    (b'{"x": [0, 1e999]}', "1e999 is too large @ $.x[1]"),
    (b'{"steps": 1' + b"0" * 5000 + b"}", "5001 digits is too large @ $.steps"),
    (b'{"title": "\\ud800"}', "half of a surrogate pair @ $.title"),
    (b"[" * 150 + b"]" * 150, "nested deeper than 100"),
    (b"[" * 1_500_000 + b"]" * 1_500_000, "than 1,000,000 values"),
    (b"[" * 200_000 + b"]" * 200_000, "nested deeper than 100"),
    (b'{"a":' * 90_000 + b"1" + b"}" * 90_000, "nested deeper than 100"),
    (b" " * 50_000_001, "larger than 50 MB"),
    (b"[" + b"1," * 1_200_000 + b"1]", "more than 1,000,000 values"),
    (b'{"events": [' + b"1," * 300_000 + b"1]}", "more than 250,000 entries"),
]


def changed(raw: dict[str, Any], changes: Changes) -> dict[str, Any]:
    data = deepcopy(raw)
    for dotted, value in changes.items():
        here: Any = data
        *above, last = [int(key) if key.isdecimal() else key for key in dotted.split(".")]
        for key in above:
            here = here[key]
        if value is DELETE:
            del here[last]
        else:
            here[last] = value
    return data


def complaint(source: object) -> str:
    """Return the message of the error that loading gives, in less than a second of CPU."""
    begin = time.process_time()
    with pytest.raises(ScenarioError) as caught:
        load_scenario(source)  # type: ignore[arg-type]
    assert time.process_time() - begin < 1
    message = str(caught.value)
    assert "Traceback" not in message
    assert "pydantic" not in message
    assert all(line.isprintable() for line in message.splitlines())
    assert len(message) < 20_000
    return message


@pytest.mark.parametrize(("changes", "words"), FIELDS, ids=[str(one)[:50] for one, _ in FIELDS])
def test_a_wrong_field_is_named_with_its_path_and_a_remedy(
    changes: Changes,
    words: list[str],
    raw: dict[str, Any],
    write: Callable[[object], Path],
) -> None:
    load_scenario("pizza_place")  # imports are not part of the second
    message = complaint(write(changed(raw, changes)))
    for word in words:
        assert word in message
    assert ": 1 problem\n" in message


@pytest.mark.parametrize(("content", "words"), CONTENTS, ids=range(len(CONTENTS)))
def test_a_file_that_is_no_scenario_is_refused_in_one_line(
    content: bytes, words: str, write: Callable[[object], Path]
) -> None:
    message = complaint(write(content))
    assert words in message
    assert len(message.splitlines()) == 2


def test_what_is_no_readable_file_is_said(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.json"
    os.mkfifo(fifo)
    assert "is a directory" in complaint(tmp_path)
    assert "no such file" in complaint(tmp_path / "none.json")
    assert "not a regular file" in complaint(fifo)
    assert "cannot be read" in complaint("a\0b.json")
    assert "cannot be read" in complaint("x" * 5000 + ".json")
    assert "is a directory" in complaint("")
    assert "a bundled name, a path or a loaded Scenario" in complaint(None)
    assert "a bundled name, a path or a loaded Scenario" in complaint({"steps": 1})


def test_a_mistyped_bundled_name_gives_the_nearest() -> None:
    assert "did you mean 'pizza_place'?" in complaint("piza_place")


def test_a_file_without_permission_is_said(
    write: Callable[[object], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("{}")
    path.chmod(0)
    if os.geteuid() == 0:  # root may read everything

        def refuse(self: Path, *how: str) -> None:
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr(Path, "open", refuse)
    assert "no permission" in complaint(path)


def test_every_problem_is_reported_at_once(
    raw: dict[str, Any], write: Callable[[object], Path]
) -> None:
    wrong = {"steps": 0, "grid.width": "wide", "events.2.percent": 101, "stress.mode": 1, "x": 0}
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(changed(raw, wrong)))
    paths = {problem.path for problem in caught.value.problems}
    assert paths == {"$.steps", "$.grid.width", "$.events[2].percent", "$.stress.mode", "$.x"}


def test_a_flood_of_problems_is_cut(raw: dict[str, Any], write: Callable[[object], Path]) -> None:
    many = complaint(write(changed(raw, {"exclusions": [1] * 500})))
    assert "and 401 more problems" in many  # none that fits is one more
    stores = {f"S{i}": {"at": [2, 2], "sells": {"Pizza": {}}} for i in range(500)}
    assert "and more problems" in complaint(write(changed(raw, {"agents.Retailer": stores})))
