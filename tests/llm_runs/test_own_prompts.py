"""A folder of prompts of one's own, from the command line to a bundle that replays elsewhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from llm_town import econsim, run_small

from econsim_mesa.experiment import load_design
from econsim_mesa.mock import MockServer
from econsim_mesa.prompts import read_prompts
from econsim_mesa.runs.inspection import prompt_at
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.replay import replay
from econsim_mesa.scenario.prompts import prompts_in

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "prompts"


def test_the_example_of_the_page_runs_and_replays_elsewhere(tmp_path: Path) -> None:
    mine, out = tmp_path / "here" / "german", tmp_path / "here" / "run"
    shutil.copytree(EXAMPLE, mine)
    assert sum(len(path.read_text().splitlines()) for path in mine.iterdir()) <= 40
    with MockServer() as server:
        ran = run_small(server.base_url, out, "--prompts", mine, "--seed", "2")
    assert ran.code == 0, ran.err
    elsewhere = tmp_path / "elsewhere"
    shutil.move(tmp_path / "here" / "run", elsewhere)
    shutil.rmtree(tmp_path / "here")
    assert replay(elsewhere) == 10
    assert econsim("verify", elsewhere).code == 0
    sent = prompt_at(elsewhere, "H1", 9)
    assert sent.system.startswith("Du bist ein Haushalt in einer kleinen Stadt.")
    assert all(exchange.proven for exchange in sent.exchanges)
    [texts] = read_prompts(elsewhere)
    assert texts.files["household.md"].startswith("Du bist")
    with load_run(elsewhere) as run:
        assert set(run.scenario.prompts.files) == {"household.md", "labels.json"}
    request = json.loads((elsewhere / "given.json").read_text(encoding="utf-8"))
    assert request["changes"]["prompts"]["folder"] == "german"


def test_what_a_template_leaves_out_is_said(tmp_path: Path) -> None:
    shown = econsim("prompt", "pizza_place", "--prompts", EXAMPLE, "--agent", "H3")
    assert shown.code == 0
    last = shown.out.splitlines()[-1]
    assert last.startswith("household.md leaves out: $day, ")
    assert "[last]" in last
    assert "$income" not in last
    assert "eat" not in last.split()
    whole = econsim("prompt", "pizza_place", "--agent", "H3")
    assert "leaves out" not in whole.out


def test_an_experiment_and_checks_take_a_folder(tmp_path: Path) -> None:
    sized = econsim("experiment", "pizza_place", "--prompts", EXAMPLE, "--dry-run")
    assert sized.code == 0, sized.err
    prompts = {"folder": "german", "files": prompts_in(EXAMPLE)}
    design = load_design("pizza_place", set={"set.prompts": prompts})
    assert all("household.md" in one.prompts.files for one in design.scenarios)
    (tmp_path / "household.md").write_text("In $twon.\n", encoding="utf-8")
    for words in (("experiment", "--dry-run"), ("check",)):
        failed = econsim(words[0], "pizza_place", "--prompts", tmp_path, *words[1:])
        assert failed.code == 2
        assert "household.md: nothing fills in $twon" in failed.err


def test_what_nothing_fills_in_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "household.md").write_text("In $twon.\n{eat} - eat\n", encoding="utf-8")
    for words in ("validate", "prompt", "run"):
        failed = econsim(words, "pizza_place", "--prompts", tmp_path)
        assert failed.code == 2
        assert "household.md: nothing fills in $twon" in failed.err
    (tmp_path / "household.md").write_text("{eaten} Hello.\n", encoding="utf-8")
    (tmp_path / "words.md").write_text("ANSWER: your post.\n", encoding="utf-8")
    failed = econsim("validate", "pizza_place", "--prompts", tmp_path)
    wrong = "a line begins with {eaten}, which is no rule; did you mean 'eat'?"
    assert failed.err.count(wrong) == 1
    (tmp_path / "words.md").unlink()
    (tmp_path / "household.md").write_text("It costs $5.\n", encoding="utf-8")
    failed = econsim("validate", "pizza_place", "--prompts", tmp_path)
    assert "household.md: a $ stands before the name of what is filled in" in failed.err


def test_all_faults_of_a_folder_are_one_error(tmp_path: Path) -> None:
    files = {
        "household.md": "In $twon.\n{eaten} Hello.\n{drunk} Bye.\nPay $mony, $5.\n",
        "store.md": "In $twon.\n",
        "summary.md": "Write $letters.\n",
        "labels.json": '{"nobodi": "x", "slept": "{x} {y}", "nobody": "{"}',
        "lexicon.txt": "good 2\n",
        "houshold.md": "Hello.\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    failed = econsim("validate", "pizza_place", "--prompts", tmp_path)
    assert failed.code == 2
    for fault in (
        "household.md: nothing fills in $twon",
        "household.md: nothing fills in $mony",
        "household.md: a $ stands before",
        "household.md: a line begins with {eaten}",
        "household.md: a line begins with {drunk}",
        "store.md: nothing fills in $twon",
        "summary.md: nothing fills in $letters",
        "did you mean 'nobody'?",
        "'slept': nothing fills in {x}",
        "'slept': nothing fills in {y}",
        "labels.json: '{'",
        "lexicon.txt: line 1",
        "houshold.md is no file of prompts",
    ):
        assert failed.err.count(fault) == 1, fault
    assert ": 13 problems" in failed.err


def test_a_folder_begins_with_what_is_in_use(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    assert econsim("prompt", "pizza_place_ja", "--write", mine).code == 0
    names = {path.name for path in mine.iterdir()}
    templates = {"household.md", "store.md", "summary.md", "ask.md", "words.md"}
    assert names == templates | {"labels.json", "lexicon.txt"}
    labels = json.loads((mine / "labels.json").read_text(encoding="utf-8"))
    assert labels["nobody"] == "誰もいない"
    again = [
        econsim("prompt", "pizza_place_ja", "--agent", "H3", *more).out
        for more in ((), ("--prompts", mine))
    ]
    assert again[0] == again[1]
    assert econsim("prompt", "pizza_place", "--write", mine).code == 2
