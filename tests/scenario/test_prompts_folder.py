"""A folder of prompts beside a scenario: found, read into the scenario, and checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.errors import ScenarioError
from econsim_mesa.scenario import load_scenario, recorded_scenario
from econsim_mesa.scenario.load import to_json

Raw = dict[str, Any]
Write = Callable[[object], Path]


def folder(path: Path, **files: str) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return path


def problems(source: Path) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        load_scenario(source)
    return [str(problem) for problem in error.value.problems]


def test_the_texts_become_part_of_the_scenario(raw: Raw, write: Write, tmp_path: Path) -> None:
    mine = folder(tmp_path / "mine", household__md="Hello.\n", README__md="For people.")
    scenario = load_scenario(write({**raw, "prompts": "mine"}))
    assert scenario.prompts.folder == "mine"
    assert scenario.prompts.files == {"household.md": "Hello.\n"}
    (mine / "household.md").unlink()
    mine.joinpath("README.md").unlink()
    mine.rmdir()
    elsewhere = tmp_path / "resolved.json"
    elsewhere.write_text(to_json(scenario), encoding="utf-8")
    assert load_scenario(elsewhere) == scenario
    assert load_scenario(scenario, set={"steps": 3}).prompts == scenario.prompts


def test_another_folder_is_read_anew(raw: Raw, write: Write, tmp_path: Path) -> None:
    folder(tmp_path / "mine", household__md="Hello.")
    folder(tmp_path / "others", store__md="Good day.")
    path = write({**raw, "prompts": {"folder": "mine"}})
    assert load_scenario(path, set={"prompts": "others"}).prompts.files == {"store.md": "Good day."}
    changed = load_scenario(path, set={"prompts.folder": "others"})
    assert changed.prompts.files == {"store.md": "Good day."}
    assert load_scenario(path, set={"prompts": {}}).prompts.files == {}


def test_it_lies_beside_the_scenario_or_below(raw: Raw, write: Write, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    folder(tmp_path / "deep" / "mine", summary__md="Write.")
    assert load_scenario(write({**raw, "prompts": "deep/mine"})).prompts.files
    for outside in ("..", str(tmp_path / "deep")):
        [problem] = problems(write({**raw, "prompts": outside}))
        assert problem.endswith("must lie beside the scenario or in a folder there @ $.prompts")
    [problem] = problems(write({**raw, "prompts": "nowhere"}))
    assert "no such folder of prompts" in problem


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"houshold__md": "x"}, "houshold.md is no file of prompts; did you mean 'household.md'?"),
        ({}, "holds none of household.md, store.md"),
        ({"labels__json": "{"}, "labels.json: not valid JSON"),
        ({"labels__json": '{"nobodi": "x"}'}, "did you mean 'nobody'?"),
        ({"labels__json": '{"slept": "{x}"}'}, "nothing fills in {x}"),
        ({"labels__json": '{"slept": "{"}'}, "labels.json: '{'"),
        ({"labels__json": '{"slept": ""}'}, "labels.json: 'slept': is empty"),
        ({"labels__json": " "}, "labels.json: is empty; leave the file out"),
        ({"household__md": "\n"}, "household.md: is empty; leave the file out"),
        ({"lexicon__txt": "good 2"}, "lexicon.txt: line 1: must be a word, a tab and a value"),
    ],
)
def test_what_is_wrong_with_it_is_said(
    files: dict[str, str], said: str, raw: Raw, write: Write, tmp_path: Path
) -> None:
    folder(tmp_path / "mine", **files)
    [problem] = problems(write({**raw, "prompts": "mine"}))
    assert problem.endswith("@ $.prompts")
    assert said in problem


def test_a_language_and_its_styles_are_known(raw: Raw, write: Write) -> None:
    [problem] = problems(write({**raw, "language": "jp"}))
    assert problem == "unknown language 'jp'; known: en, ja @ $.language"
    [problem] = problems(write({**raw, "language": "ja", "llm": {"template": "nonsense"}}))
    assert problem.endswith("@ $.llm.template")
    assert "default" in problem


def test_the_same_files_may_come_from_another_folder(
    raw: Raw, write: Write, tmp_path: Path
) -> None:
    files = {"store.md": "Good day."}
    folder(tmp_path / "mine", store__md="Good day.")
    path = write({**raw, "prompts": "mine"})
    copy = load_scenario(path, set={"prompts": {"folder": "copy", "files": files}})
    assert (copy.prompts.folder, copy.prompts.files) == ("copy", files)
    with pytest.raises(ScenarioError, match="no such folder of prompts"):
        load_scenario(path, set={"prompts.folder": "copy"})


def test_settings_name_a_folder_beside_another_file(raw: Raw, write: Write, tmp_path: Path) -> None:
    folder(tmp_path / "mine", store__md="Good day.")
    scenario = load_scenario(write(raw))
    changed = load_scenario(scenario, set={"prompts": "mine"}, folder=tmp_path)
    assert changed.prompts.files == {"store.md": "Good day."}
    with pytest.raises(ScenarioError, match="not read from a file"):
        load_scenario(scenario, set={"prompts": "mine"})


def test_a_record_is_read_whatever_the_program_says_now(raw: Raw, write: Write) -> None:
    files = {"labels.json": '{"a text of earlier days": "x", "none": ""}', "store.md": ""}
    path = write({**raw, "prompts": {"folder": "mine", "files": files}})
    assert len(problems(path)) == 3
    scenario = recorded_scenario(path, resolved=True)
    assert scenario.prompts.files == files
    assert load_scenario(scenario, set={"steps": 3}).prompts == scenario.prompts
    assert recorded_scenario(scenario, set={"steps": 3}).prompts == scenario.prompts
    with pytest.raises(ScenarioError, match="a text of earlier days"):
        load_scenario(
            scenario, set={"prompts.folder": None, "prompts.files": {**files, "ask.md": "x"}}
        )
