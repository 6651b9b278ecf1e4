"""What a real language model does here: replies, a day in a town, coherence checks, and the sum.

``measure`` does one after the other and leaves everything in a folder. What is there is not
measured again; a town that was stopped goes on, and so do the replies. ``summary.json`` in the
folder is all that docs/real-models.md needs of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import minds

from econsim_mesa import load_run
from econsim_mesa.evidence.coherence import COHERENCE
from econsim_mesa.evidence.coherence.recorded_answers import ANSWERS
from econsim_mesa.runs.bundle.seal import is_sealed
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.store import DATABASE
from econsim_mesa.runs.summary import summarize

TOWN = "pizza_place"
MODES = ("every_step", "on_change")
CHECKS = (("hunger",), ("news", "rumour", "framing"))
"""Checks that ask a fixed number of times. Those of a group put the same questions in part."""
SUMMARY = "summary.json"
QUOTES = 6
"""Thoughts, and posts, that are quoted of a town."""
SETTINGS = {
    "llm.max_concurrency": 1,
    "llm.max_output_tokens": minds.MOST_TOKENS,
    "llm.timeout_seconds": 1800,
    "llm.deadline_seconds": 3600,
    "llm.on_failure": "idle",
}
"""For a slow server; a household whose reply is of no use does nothing in that step."""
_T = TypeVar("_T")


class Size(NamedTuple):
    """How much is measured."""

    observations: int = 60
    """Observations of ``minds.py``, in each form."""
    forms: str = ",".join(minds.FORMS)
    """Forms of a reply, with commas between."""
    households: int = 10
    """Households of the town."""
    steps: int = 12
    """Steps that they live."""
    checked: int = 4
    """Households of the town of the checks."""
    seeds: int = 3
    """Seeds of the checks."""


class Asked(NamedTuple):
    """The model that is measured."""

    name: str
    """What the page calls it."""
    url: str
    """Address of the server, up to ``/v1``."""
    model: str
    """What the server calls it."""


def measure(asked: Asked, folder: Path, size: Size) -> None:
    """Measure what is missing in a folder. Raises ``CalledProcessError`` if a part fails."""
    folder.mkdir(parents=True, exist_ok=True)
    parts: list[Callable[[Asked, Path, Size], None]] = [_measure_replies]
    parts += [partial(_live, mode=mode) for mode in MODES]
    parts += [partial(_check, names=names) for names in CHECKS]
    for part in parts:
        part(asked, folder, size)
        content = json.dumps(summary(asked.name, folder, size), indent=1, ensure_ascii=False)
        (folder / SUMMARY).write_text(content + "\n", encoding="utf-8")


def _measure_replies(asked: Asked, folder: Path, size: Size) -> None:
    """Put the observations of ``minds.py`` to the model, as far as it has not been done."""
    file = folder / "minds.json"
    figures = json.loads(file.read_text(encoding="utf-8"))["figures"] if file.exists() else {}
    missing = [
        form
        for form in size.forms.split(",")
        if figures.get(f"model, {form}", {}).get("observations") != size.observations
    ]
    if missing:
        server = ["--base-url", asked.url, "--model", asked.model]
        which = ["--observations", size.observations, "--forms", ",".join(missing)]
        _run(minds.__file__, *server, *which, "--json", file)


def _live(asked: Asked, folder: Path, size: Size, mode: str) -> None:
    """Let a town live to its end, and make it again from its records, as far as not done."""
    town, replay = _town_files(folder, mode)
    if not (town / DATABASE).is_file():
        changes = {"agents.Household.count": size.households, "attention": mode}
        _econsim("run", TOWN, "--steps", size.steps, *_options(asked, changes), "--out", town)
    elif not is_sealed(town):
        _econsim("resume", town, "--base-url", asked.url)
    if not replay.exists():
        verify = [sys.executable, "-m", "econsim_mesa", "verify", str(town), "--replay", "--json"]
        replay.write_bytes(subprocess.run(verify, stdout=subprocess.PIPE, check=False).stdout)


def _check(asked: Asked, folder: Path, size: Size, names: Sequence[str]) -> None:
    """Make some coherence checks, if they have not been made."""
    out = _check_folder(folder, names)
    out.mkdir(exist_ok=True)
    if not (out / COHERENCE).exists():
        only = [word for name in names for word in ("--only", name)]
        options = _options(asked, {"agents.Household.count": size.checked})
        _econsim("check", TOWN, *options, "--seeds", size.seeds, *only, "--out", out, "--quiet")


def _town_files(folder: Path, mode: str) -> tuple[Path, Path]:
    """Return the folder of a town's run, and the file about its replay."""
    return folder / f"town-{mode}", folder / f"town-{mode}-replay.json"


def _check_folder(folder: Path, names: Sequence[str]) -> Path:
    """Return the folder of a group of checks."""
    return folder / f"checks-{names[0]}"


def _options(asked: Asked, changes: Mapping[str, object]) -> list[object]:
    """Return the options of a command by which the model decides, with some settings."""
    settings = [f"--set={key}={value}" for key, value in {**SETTINGS, **changes}.items()]
    return ["--decider", "llm", "--model", asked.model, "--base-url", asked.url, *settings]


def _econsim(*arguments: object) -> None:
    _run("-m", "econsim_mesa", *arguments)


def _run(*arguments: object) -> None:
    """Run Python with some arguments. Raises ``CalledProcessError``."""
    print("+ python", *arguments, flush=True)
    subprocess.run([sys.executable, *map(str, arguments)], check=True)


def summary(name: str, folder: Path, size: Size) -> dict[str, Any]:
    """Return what was measured so far."""
    replies = json.loads((folder / "minds.json").read_text(encoding="utf-8"))["figures"]
    towns = {mode: _town_files(folder, mode) for mode in MODES}
    checks = [_check_folder(folder, names) for names in CHECKS]
    return {
        "model": name,
        "replies": replies,
        "towns": {mode: _town(*files) for mode, files in towns.items() if files[1].exists()},
        "checks": [_made(out, size) for out in checks if (out / COHERENCE).exists()],
    }


def _town(folder: Path, replay: Path) -> dict[str, Any]:
    """Return what happened in a town."""
    run = load_run(folder)
    result = summarize(run)
    decisions = run.decisions.query("kind == 'Household'")
    thoughts = decisions[decisions["thought"] != ""]
    posts = run.posts[run.posts["author"].isin(decisions["agent"])]
    calls = result.calls
    verdict = json.loads(replay.read_text(encoding="utf-8") or "{}")
    return {
        "households": result.households,
        "steps": result.steps,
        "decisions": len(decisions),
        "outcomes": dict(Counter(decisions["outcome"])),
        "acts": {
            verb: {"asked": acts.asked_for, "refused": acts.refused}
            for verb, acts in result.actions.items()
        },
        "units sold": sum(store.units for store in result.total.stores.values()),
        "meals": int((run.consumption["eaten"] == 1).sum()),
        "posts": result.total.posts.households,
        "calls": 0 if calls is None else calls.calls,
        "repair turns": 0 if calls is None else calls.repair_turns,
        "tokens in": 0 if calls is None else calls.input_tokens,
        "tokens out": 0 if calls is None else calls.output_tokens,
        "seconds": float(run.calls["seconds"].sum()),
        "different thoughts": int(thoughts["thought"].nunique()),
        "thoughts": _quotes(run, thoughts[["step", "agent", "thought"]].values.tolist()),
        "quoted posts": _quotes(run, posts[["step", "author", "text"]].values.tolist()),
        "replay is identical": verdict.get("code") == 0 and verdict.get("replayed", False),
    }


def _quotes(run: Run, rows: Sequence[Sequence[Any]]) -> list[dict[str, str]]:
    """Return some texts, each with when and by whom, spread over all rows."""
    times = dict(run.rows("steps"))
    return [
        {"time": f"{datetime.fromisoformat(times[step]):%a %H:%M}", "by": agent, "text": text}
        for step, agent, text in spread(rows, QUOTES)
    ]


def spread(rows: Sequence[_T], most: int) -> list[_T]:
    """Return some of the rows, in equal distances from the first one on.

    >>> spread(range(10), 3), spread(range(2), 3)
    ([0, 3, 6], [0, 1])
    """
    return list(rows) if len(rows) <= most else [rows[k * len(rows) // most] for k in range(most)]


def _made(folder: Path, size: Size) -> dict[str, Any]:
    """Return what came of a group of checks, and how many replies they took."""
    table = json.loads((folder / COHERENCE).read_text(encoding="utf-8"))
    columns = ("check", "rule", "status", "value", "low", "high", "control_value", "control")
    return {
        "households": size.checked,
        "seeds": len(table["seeds"]),
        "replies": (folder / ANSWERS).read_text(encoding="utf-8").count("\n"),
        "rows": [{column: row[column] for column in columns} for row in table["rows"]],
    }
