"""The page about real models is what its script makes of the figures that are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import generate_real_models as page
import pytest

from econsim_mesa.mock import MockServer

TOWN: dict[str, Any] = {
    "households": 2,
    "steps": 2,
    "decisions": 3,
    "outcomes": {"accepted": 2, "unparseable": 1},
    "acts": {"eat": {"asked": 2, "refused": 1}},
    "units sold": 1,
    "meals": 1,
    "posts": 1,
    "calls": 4,
    "repair turns": 1,
    "tokens in": 4000,
    "tokens out": 200,
    "seconds": 80.0,
    "different thoughts": 1,
    "thoughts": [{"time": "Mon 09:00", "by": "H0", "text": "I eat.\n```\n# not a heading"}],
    "quoted posts": [],
    "replay is identical": True,
}
ROW = {
    "check": "hunger",
    "rule": "slope above 0",
    "status": "undecided",
    "value": 0.25,
    "low": -0.5,
    "high": 1.0,
    "control_value": 0.0,
    "control": None,
}
SUM: dict[str, Any] = {
    "model": "tiny",
    "replies": {
        "mock, now": {"observations": 2, "valid at first": 1.0},
        "model, now": {"observations": 2, "valid at first": 0.5, "thought": None},
    },
    "towns": {"every_step": TOWN},
    "checks": [{"households": 2, "seeds": 3, "replies": 30, "rows": [ROW]}],
}


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr("sys.argv", ["generate_real_models", *map(str, words)])
    return page.main()


def test_no_table_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "write", "--check") == 0, "run: docs/generate_real_models.py write"


def test_a_folder_is_put_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(page, "SUMS", tmp_path / "kept")
    page.PAGE.write_text(text, encoding="utf-8")
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps(SUM), encoding="utf-8")
    assert run(monkeypatch, "write", folder) == 0
    assert run(monkeypatch, "write", "--check") == 0
    assert "| tiny | now | 2 | 50% |" in page.PAGE.read_text(encoding="utf-8")
    page.PAGE.write_text(text.replace("# What real models did", "# Other"), encoding="utf-8")
    assert run(monkeypatch, "write", "--check") == 1


def test_replies_have_a_line_for_each_mind_and_form() -> None:
    lines = page.replies([SUM, {**SUM, "model": "other"}]).splitlines()
    assert lines[0] == "| Mind | Form | observations | valid at first | thought |"
    assert lines[2:] == [
        "| mock, no model | now | 2 | 100% |  |",
        "| tiny | now | 2 | 50% |  |",
        "| other | now | 2 | 50% |  |",
    ]


def test_what_was_refused_stands_beside_what_was_asked_for() -> None:
    assert "| of these refused | 1 (50%) |" in page.towns([SUM])
    assert "| `eat` | 2 / 1 |" in page.acts([SUM])
    assert "| replay with the network off | identical |" in page.towns([SUM])


def test_words_of_a_model_are_text_and_nothing_else() -> None:
    quoted = page.quotes([SUM])
    assert 'Mon 09:00 H0: "I eat. ``` # not a heading"' in quoted.splitlines()
    assert [line for line in quoted.splitlines() if line.startswith("```")] == ["```text", "```"]


def test_checks_say_how_many_replies_they_took() -> None:
    assert "0.25 (-0.5 to 1) | undecided | none | 30 (2 households, 3 seeds)" in page.checks([SUM])


def test_nothing_measured_is_said_so() -> None:
    assert [make([]) for make in (page.replies, page.towns, page.acts, page.quotes)] == [""] * 4


@pytest.mark.soak
def test_a_measurement_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = tmp_path / "mock"
    size = ["--observations=1", "--forms=now", "--households=2", "--steps=2", "--checked=2"]
    with MockServer() as server:
        command = ["measure", "--base-url", server.base_url, "--name", "mock", "--into", into]
        assert run(monkeypatch, *command, *size) == 0
        asked = server.stats()["requests"]
        assert run(monkeypatch, *command, *size) == 0
        assert server.stats()["requests"] == asked
    content = json.loads((into / "summary.json").read_text(encoding="utf-8"))
    assert list(content["towns"]) == ["every_step", "on_change"]
    assert all(town["replay is identical"] for town in content["towns"].values())
    assert [len(group["rows"]) for group in content["checks"]] == [1, 3]
    assert all(group["replies"] > 0 for group in content["checks"])
