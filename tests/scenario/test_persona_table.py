"""A persona table beside the scenario becomes part of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.errors import ScenarioError
from econsim_mesa.scenario import load_scenario, to_json

AT = "$.agents.Household.persona.table"
ORIGIN = {"source": "invented", "consent": "nobody is described", "licence": "MIT"}
HEAD = "name,text,openness\n"
ROWS = 'Ada,"likes bread, and\nsoup",0\nBo,,3\nCy,,\n'


@pytest.fixture
def town(raw: dict[str, Any], tmp_path: Path) -> Any:
    """Return a function that writes a town of three with a table, and loads it."""

    def town(table: str | bytes | None, file: str = "people.csv", **changes: Any) -> Any:
        if table is not None:
            content = table if isinstance(table, bytes) else table.encode()
            (tmp_path / "people.csv").write_bytes(content)
        raw["agents"]["Household"] |= {
            "count": 3,
            "persona": {"table": {"file": file, **ORIGIN}},
        }
        path = tmp_path / "town.json"
        path.write_text(json.dumps(raw))
        return load_scenario(path, **changes)

    return town


def test_rows_are_read_and_the_resolved_scenario_holds_them(town: Any, tmp_path: Path) -> None:
    scenario = town(HEAD + ROWS)
    rows = scenario.agents.Household.persona.table.rows
    assert rows[0] == {"name": "Ada", "text": "likes bread, and\nsoup", "openness": "0"}
    assert [row["name"] for row in rows] == ["Ada", "Bo", "Cy"]
    elsewhere = tmp_path / "other" / "resolved.json"
    elsewhere.parent.mkdir()
    elsewhere.write_text(to_json(scenario))
    assert load_scenario(elsewhere) == scenario


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", list("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"))
def test_a_row_ends_at_the_end_of_a_line_only(town: Any, mark: str, end: str) -> None:
    table = f"name,text,openness\nAda,before{mark}after,0\nBo,,3\nCy,,\n".replace("\n", end)
    rows = town(table).agents.Household.persona.table.rows
    assert [row["text"] for row in rows] == [f"before{mark}after", "", ""]


@pytest.mark.parametrize(
    ("table", "path", "words"),
    [
        (None, f"{AT}.file", "no such file"),
        ("", f"{AT}.file", "needs a line of column names"),
        (HEAD, f"{AT}.file", "needs a line of column names"),
        (b"name\n\xff\n", f"{AT}.file", "not UTF-8"),
        ("name,name\na,b\n", f"{AT}.file", "each of them once"),
        (HEAD + "Ada,x\nBo,y,1\nCy,z,1\n", f"{AT}.file", "row 2 has another number of cells"),
        (HEAD + '"Ada,x,1\n', f"{AT}.file", "not a CSV table"),
        (HEAD + "Ada,,1\nBo,,1\n", f"{AT}.rows", "2 rows for 3 households"),
        (HEAD + "Ada,,1\nBo,,4\nCy,,1\n", f"{AT}.rows[1].openness", "from 0 to 3; found '4'"),
        (HEAD + "Ada,,1\nBo,,x\nCy,,1\n", f"{AT}.rows[1].openness", "found 'x'"),
        (HEAD + "Ada,,1\nAda,,1\nCy,,1\n", f"{AT}.rows[1].name", "already the name"),
        (HEAD + "Ada,,1\nH0,,1\nCy,,1\n", f"{AT}.rows[1].name", "already the name"),
        (HEAD + "Ada,,1\n\uff21da,,1\nCy,,1\n", f"{AT}.rows[1].name", "or looks like it"),
        (HEAD + "Ada,,1\n\u200b,,1\nCy,,1\n", f"{AT}.rows[1].name", "shows nothing"),
    ],
)
def test_a_table_that_does_not_fit_is_said(
    town: Any, table: str | bytes | None, path: str, words: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        town(table)
    assert [problem.path for problem in caught.value.problems] == [path], str(caught.value)
    assert words in caught.value.problems[0].message


def test_a_fault_of_a_whole_column_is_said_once(town: Any) -> None:
    with pytest.raises(ScenarioError) as caught:
        town("name,openness,mood\nA,4,1\nB,3,1\nC,7,1\n")
    first, second = caught.value.problems
    assert (first.path, second.path) == (f"{AT}.rows[0].openness", f"{AT}.rows[0].mood")
    assert "found '4' (and 1 more rows of this column)" in first.message
    assert "unknown column 'mood'" in second.message


def test_an_unknown_column_gives_the_nearest(town: Any) -> None:
    with pytest.raises(ScenarioError, match="did you mean 'openness'"):
        town("name,opennes\nA,1\nB,1\nC,1\n")


@pytest.mark.parametrize("file", ["/etc/hostname", "../secret.csv", "a\0b"])
def test_only_files_beside_the_scenario_are_read(town: Any, file: str, tmp_path: Path) -> None:
    (tmp_path.parent / "secret.csv").write_text(HEAD + ROWS)
    with pytest.raises(ScenarioError, match=r"beside the scenario|is no path"):
        town(HEAD + ROWS, file)


def test_a_link_that_leads_elsewhere_is_not_followed(town: Any, tmp_path: Path) -> None:
    (tmp_path.parent / "secret2.csv").write_text(HEAD + ROWS)
    (tmp_path / "link.csv").symlink_to(tmp_path.parent / "secret2.csv")
    with pytest.raises(ScenarioError, match="beside the scenario"):
        town(None, "link.csv")


def test_another_table_by_override_replaces_the_rows(town: Any, tmp_path: Path) -> None:
    (tmp_path / "others.csv").write_text("name\nX\nY\nZ\n")
    change = {"agents.Household.persona.table.file": "others.csv"}
    scenario = town(HEAD + ROWS, set=change)
    assert [row["name"] for row in scenario.agents.Household.persona.table.rows] == ["X", "Y", "Z"]


@pytest.mark.parametrize("missing", list(ORIGIN))
def test_a_table_needs_its_origin(town: Any, missing: str, monkeypatch: Any) -> None:
    monkeypatch.delitem(ORIGIN, missing)
    with pytest.raises(ScenarioError, match=f"missing @ .*table.{missing}"):
        town(HEAD + ROWS)
