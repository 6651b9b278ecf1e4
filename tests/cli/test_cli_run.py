"""``run`` records a run in a folder and prints a table that fits, or JSON alone."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from recorded import BUNDLE

from econsim_mesa.cli import main
from econsim_mesa.errors import LedgerError
from econsim_mesa.runs.bundle.files import sha256_of
from econsim_mesa.runs.reader import export_text, fingerprint, load_run
from econsim_mesa.runs.summary import summarize
from econsim_mesa.society.snapshot import record_state
from econsim_mesa.society.town import Town

SHORT = ["--steps", "18"]


def _only_run() -> Path:
    (folder,) = Path("runs").iterdir()
    return folder


class CaseStudy(NamedTuple):
    """The case study as a process of its own: what it said, and where."""

    done: subprocess.CompletedProcess[str]
    folder: Path


@pytest.fixture(scope="module")
def case_study(tmp_path_factory: pytest.TempPathFactory) -> CaseStudy:
    folder = tmp_path_factory.mktemp("case study")
    command = [sys.executable, "-m", "econsim_mesa", "run", "pizza_place"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return CaseStudy(done, folder)


def test_the_result_says_how_often_households_were_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", "pizza_place", *SHORT, "--out", str(tmp_path / "run")]
    assert main([*command, "--set", "attention=on_change"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("asked"))
    summary = summarize(load_run(tmp_path / "run"))
    asked = sum(summary.decisions["utility"].values())
    assert line.split() == ["asked", *f"{asked} times in 540 household-steps".split(),
                            f"({asked / 540:.0%})"]  # fmt: skip


def test_the_table_says_what_happened_who_decided_and_where(case_study: CaseStudy) -> None:
    done = case_study.done
    (folder,) = (case_study.folder / "runs").iterdir()
    slow = done.stderr.splitlines()  # a log is told how far it is where that takes long
    assert all(" of 120 steps, " in line for line in slow)
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert sum(line.startswith(f"{day} Dec ") for day in range(19, 29) for line in lines) == 10
    for part in ("Pizza Place", "Daily Mart", "people pizza stores", "rejected", "hunger"):
        assert part in done.stdout
    assert "embedded utility model, not an LLM: a baseline, not a claim about people" in lines[-5]
    assert lines[-4].split() == ["seed", "1"]
    assert "120 of 120 steps, 2025-12-19 to 2025-12-28, with 30 households, in " in lines[-3]
    assert lines[-1].split() == ["run", str(folder.relative_to(case_study.folder))]
    assert folder.name.startswith("pizza_place-")
    assert {path.name for path in folder.iterdir()} == BUNDLE | {"given.json"}
    assert lines[-2].split() == ["bundle", sha256_of(folder / "manifest.sha256")]


def test_the_table_shows_the_numbers_of_summary_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "pizza_place", *SHORT, "--out", "here"]) == 0
    summary = json.loads(Path("here/summary.json").read_text())
    assert summary == json.loads(json.dumps(summarize(load_run("here")).to_dict()))
    lines = capsys.readouterr().out.splitlines()
    assert [day["period"] for day in summary["days"]] == ["2025-12-19", "2025-12-20"]
    for period in [*summary["days"], summary["total"]]:
        label = period["period"].removeprefix("2025-12-")
        (line,) = [one for one in lines if one.split()[:1] == [label]]
        stores = [f"{n:,}" for s in period["stores"].values() for n in (s["units"], s["revenue"])]
        posts = period["posts"]
        counts = [posts["households"], posts["keywords"]["pizza"], posts["stores"]]
        levels = [f"{level:.1f}" for level in period["stress"].values()]
        wanted = [*stores, *map(str, counts), *levels, str(period["rejected_actions"])]
        assert line.split()[-len(wanted) :] == wanted


def test_json_stands_alone_and_holds_the_summary(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "pizza_place", *SHORT, "--json", "--seed", "9"]) == 0
    told = json.loads(capfd.readouterr().out)
    folder = Path(told.pop("folder"))
    assert told.pop("wall_seconds") > 0
    assert told.pop("bundle") == sha256_of(folder / "manifest.sha256")
    assert told == json.loads((folder / "summary.json").read_text())
    assert (told["seed"], told["steps"], told["status"]) == (9, 18, "finished")


def test_quiet_prints_the_folder_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "pizza_place", *SHORT, "--quiet"]) == 0
    assert capsys.readouterr() == (f"{_only_run()}\n", "")


def test_a_failure_is_told_in_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("here").mkdir()
    Path("here/mine.txt").write_text("mine")
    assert main(["run", "pizza_place", *SHORT, "--out", "here", "--json"]) == 2
    shown = capsys.readouterr()
    assert "the folder here is not empty" in json.loads(shown.out)["error"]["message"]
    assert shown.err.count("\n") == 1
    assert [path.name for path in Path("here").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("error", "code"), [(LedgerError("a penny is lost"), 1), (RuntimeError("a bug"), None)]
)
def test_a_failure_in_a_step_keeps_the_steps_before_it(
    error: Exception,
    code: int | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(town: Town) -> None:
        if town.t == 3:
            raise error
        record_state(town)

    monkeypatch.setattr("econsim_mesa.society.model.record_state", fail)
    words = ["run", "pizza_place", *SHORT, "--out", "here"]
    if code is None:  # not ours: Python shows it with its traceback
        with pytest.raises(RuntimeError, match="a bug"):
            main(words)
    else:
        assert main(words) == code
        line = "econsim: a penny is lost; 3 of 18 steps are whole in here; "
        line += "go on with: econsim resume here\n"
        assert capsys.readouterr() == ("", line)
    run = load_run("here")
    assert (run.steps, run.meta["status"]) == (3, "failed")
    assert {path.name for path in Path("here").iterdir()} == BUNDLE | {"given.json"}


def test_options_and_set_reach_the_recorded_scenario() -> None:
    words = ["--seed", "5", "--decider", "idle", "--set", "stress.mode=off"]
    assert main(["run", "pizza_place", *SHORT, *words, "--out", "here"]) == 0
    scenario = load_run("here").scenario
    assert (scenario.seed, scenario.steps) == (5, 18)
    assert (scenario.decider, scenario.stress.mode) == ("idle", "off")


@pytest.mark.parametrize("file_says", ["idle", None])
def test_the_command_line_decides_who_decides(
    file_says: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--set", f"agents.Household.decider={json.dumps(file_says)}", "--decider", "random"]
    assert main(["run", "pizza_place", "--steps", "2", *words, "--out", "here"]) == 0
    decisions = load_run("here").decisions
    assert set(decisions[decisions.kind == "Household"].decider) == {"random"}
    assert "decided by the random decider, not an LLM" in capsys.readouterr().out


def test_meta_says_with_what_and_how_it_ended() -> None:
    assert main(["run", "pizza_place", *SHORT, "--quiet", "--out", "a b"]) == 0
    meta = load_run("a b").meta
    assert meta["status"] == "finished"
    assert meta["command"] == "econsim run pizza_place --steps 18 --quiet --out 'a b'"
    assert meta["seed"] == "1"
    assert meta["python"] == ".".join(map(str, sys.version_info[:3]))
    assert meta["started"] < meta["finished"]
    assert {"mesa", "numpy", "econsim-mesa", "platform", "scenario"} <= set(meta)


@pytest.mark.soak
def test_one_seed_gives_identical_content_whatever_the_hash_seed(econsim: Any) -> None:
    words = ["run", "two_towns", "--steps", "30", "--quiet", "--seed"]
    for out, hashes in (("a", "1"), ("b", "2")):
        assert econsim(*words, "3", "--out", out, PYTHONHASHSEED=hashes).returncode == 0
    assert main([*words, "4", "--out", "c"]) == 0
    a, b, c = ("\n".join(export_text(out)).encode() for out in "abc")
    assert len(a) > 10_000
    assert a == b
    assert a != c
    assert fingerprint("a") == fingerprint("b") != fingerprint("c")
    assert Path("a/summary.json").read_bytes() == Path("b/summary.json").read_bytes()


def test_a_terminal_sees_a_bar_and_a_log_does_not() -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "econsim_mesa", "run", "pizza_place", *SHORT, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    seen = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "of 18" in seen
    assert "steps/s" in seen
    assert json.loads(done.stdout)["status"] == "finished"
