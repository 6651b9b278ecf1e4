"""``validate`` says everything that is wrong, where, and what would do."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.cli import main
from econsim_mesa.scenario import bundled

Write = Callable[..., Path]


@pytest.mark.parametrize("name", bundled())
def test_bundled_scenarios_are_valid(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", name]) == 0
    assert capsys.readouterr().out.startswith(f"{name} is valid: ")


def test_one_line_says_how_large_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "pizza_place", "--set", "agents.Household.count=1"]) == 0
    line = "pizza_place is valid: 1 household, 2 stores, 120 steps, 10 days\n"
    assert capsys.readouterr().out.startswith(line)


def test_it_says_how_each_text_is_read(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    posts = {"type": "scripted_posts", "when": {"at": 0}}
    texts = ["Pizza 7.5% off from 30 December to 2 January.", "No pizza 40% off today."]
    rumour = {"author": "Herald", "account": True, "texts": ["Pizza 40% off at Pizza Place!"]}
    events = [{**posts, "author": "Pizza Place", "texts": texts}, {**posts, **rumour}]
    assert main(["validate", str(write(events=events))]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert lines == [
        f"read: {texts[0]!r}: 7.5 % off Pizza, from 2025-12-30 00:00 to 2026-01-03 00:00 "
        "@ $.events[0].texts[0]",
        f"read: {texts[1]!r}: no announcement @ $.events[0].texts[1]",
        "read: 'Pizza 40% off at Pizza Place!': no announcement @ $.events[1].texts[0]",
    ]


def test_an_event_that_never_happens_is_noted(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    late, early = "2031-01-01T09:00", ["2001-01-01T09:00", "2001-01-02T09:00"]
    events = [
        {"type": "salary", "when": {"at": late}, "amount": 1},
        {"type": "salary", "when": {"every": "day"}, "amount": 1},
        {"type": "salary", "when": {"between": early, "every": "day"}, "amount": 1},
        {"type": "salary", "when": {"between": [0, 3], "weekdays": ["sat", "sun"]}, "amount": 1},
        {"type": "salary", "when": {"between": [0, 3], "hours": ["09:00", "10:00"]}, "amount": 1},
    ]
    path = str(write(events=events))
    assert main(["validate", path]) == 0
    notes = capsys.readouterr().out.splitlines()[1:]
    assert [note.split(" @ ")[1] for note in notes] == [
        "$.events[0].when.at",
        "$.events[2].when.between",
        "$.events[3].when.weekdays",
    ]
    assert "the salary never happens: the last of" in notes[0]
    assert "ends before the run begins" in notes[1]
    assert "no step of the run begins then" in notes[2]
    assert main(["validate", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == [note[6:] for note in notes]


def test_what_happens_in_each_step_or_is_hardly_a_reduction_is_noted(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    sale = {"type": "promotion", "store": "Pizza Place", "when": {"between": [0, 3]}}
    events = [{"type": "salary", "amount": 1}, {**sale, "percent": 0.25}, {**sale, "percent": 25}]
    assert main(["validate", str(write(events=events))]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "note: the salary happens in every step; when says how often, if less is meant "
        "@ $.events[0].when",
        "note: 0.25 is less than one percent: a share of 0.25 is 25 % @ $.events[1].percent",
    ]


def test_a_summary_that_cannot_see_all_of_its_steps_is_noted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["validate", "pizza_place", "--set", 'llm.summaries={"every": 9}', "--set"]
    assert main([*words, "memory.steps=8"]) == 0
    assert "note: a summary every 9 steps sees the last 8 only" in capsys.readouterr().out
    assert main([*words, "memory.steps=9"]) == 0
    assert "note" not in capsys.readouterr().out


def test_bundled_scenarios_need_no_note(capsys: pytest.CaptureFixture[str]) -> None:
    for name in bundled():
        assert main(["validate", name]) == 0
    assert "note" not in capsys.readouterr().out


def test_quiet_says_it_by_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "pizza_place", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_json_of_a_good_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "two_towns", "--json", "--set", "steps=24"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["valid"] is True
    assert (told["scenario"], told["steps"], told["days"]) == ("two_towns", 24, 2)


def test_every_problem_at_once(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(steps=-1, stepz=3, exclusions=...)
    assert main(["validate", str(path), "--json"]) == 2
    shown = capsys.readouterr()
    error = json.loads(shown.out)["error"]
    assert error["exit_code"] == 2
    assert {one["path"] for one in error["problems"]} == {"$.steps", "$.stepz", "$.exclusions"}
    assert shown.err.startswith(f"econsim: {path}: 3 problems\n")
    assert shown.err.count("\n") == 4


def _set(path: str, value: Any) -> list[str]:
    return ["pizza_place", "--set", f"{path}={json.dumps(value)}"]


def _file(name: str, content: bytes) -> list[str]:
    Path(name).write_bytes(content)
    return [name]


BROKEN: dict[str, Callable[[], list[str]]] = {
    "a billion households": lambda: _set("agents.Household.count", 10**9),
    "no step": lambda: _set("steps", 0),
    "negative": lambda: _set("grid.width", -3),
    "wrong type": lambda: _set("grid.width", "wide"),
    "a store outside": lambda: _set("agents.Restaurant.Pizza Place.at", [10, 2]),
    "two stores in a cell": lambda: _set("agents.Restaurant.Pizza Place.at", [8, 8]),
    "unknown item": lambda: _set("agents.Retailer.Daily Mart.sells", {"Ryce": {}}),
    "unknown mode": lambda: _set("stress.mode", "of"),
    "unknown event": lambda: _set("events", [{"type": "salery"}]),
    "not a number": lambda: _file("nan.json", b'{"steps": NaN}'),
    "not JSON": lambda: _file("no.json", b"{steps: 3}"),
    "cut short": lambda: _file("cut.json", b'{"steps": 3, '),
    "a list": lambda: _file("list.json", b"[1, 2]"),
    "empty": lambda: _file("empty.json", b""),
    "binary": lambda: _file("binary.json", bytes(range(256))),
    "deep": lambda: _file("deep.json", b"[" * 100_000),
    "key twice": lambda: _file("twice.json", b'{"steps": 1, "steps": 2}'),
    "a directory": lambda: ["."],
    "no file": lambda: ["none.json"],
    "no name": lambda: [""],
    "a null character": lambda: ["a\0b.json"],
}


OF_THE_WHOLE = (
    "not JSON", "cut short", "a list", "empty", "binary", "deep", "key twice",
    "a directory", "no file", "no name", "a null character",
)  # fmt: skip
"""Faults of a file as a whole: the message tells line and column, if any place."""


@pytest.mark.parametrize("command", ["validate", "run"])
@pytest.mark.parametrize("fault", BROKEN)
def test_bad_input_is_a_message_and_code_2(
    command: str, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = BROKEN[fault]()
    begin = time.process_time()
    assert main([command, *words]) == 2
    assert time.process_time() - begin < 1.0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("econsim: ")
    assert (" @ $" in shown.err) == (fault not in OF_THE_WHOLE)
    assert not Path("runs").exists()


def test_a_file_without_permission(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError

    path = write()
    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, whatever its mode
    assert main(["validate", str(path)]) == 2
    assert "no permission" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["validate", "run"])
def test_a_billion_households_are_refused_at_once(command: str, econsim: Any) -> None:
    begin = os.times()
    done = econsim(command, *BROKEN["a billion households"]())
    end = os.times()
    assert done.returncode == 2
    assert done.stdout == ""
    assert "must be at most" in done.stderr
    assert done.stderr.count("\n") == 1
    spent = end.children_user + end.children_system - begin.children_user - begin.children_system
    assert spent < 20.0  # a town of them takes hours; a start of Python under load a second or two
