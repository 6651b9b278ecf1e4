"""``econsim verify``: check that a bundle has not changed since it was sealed."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.model_runs import is_model_run, model_class_of
from econsim_mesa.cli.output import Output

if TYPE_CHECKING:
    from econsim_mesa.evidence.verify import Verification

_WORDS = {
    2: "not checkable here as a whole; what was checked is as sealed",
    3: "incomplete",
    4: "irreproducible: made again, its records differ",
    5: "tampered: it is not what was sealed",
}


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "folder", metavar="DIR", type=Path, help="folder or zip of a run or an experiment"
    )
    parser.add_argument(
        "--replay",
        action="store_true",
        help="also run again from the recorded inputs, without network: all records must be equal",
    )


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.evidence.archive import unpacked
    from econsim_mesa.evidence.verify import verify

    begin = time.monotonic()
    path: Path = options.folder
    with unpacked(path) if path.is_file() else nullcontext(path) as folder, _progress(output) as at:
        of_town = not is_model_run(folder)
        if not of_town:
            verdict = _verify_model(folder, replay=options.replay)
        else:
            verdict = verify(folder, replay=options.replay, on_progress=at)
    verdict = verdict._replace(folder=options.folder)
    if output.as_json:
        output.json(_as_json(verdict))
        return verdict.code
    for finding in verdict.findings:
        output.text(str(finding))
    if verdict.other_code is not None:
        output.text(
            f"note: made with {verdict.other_code}, not with the code that runs here: what is "
            "computed anew may differ for that alone; verify it with that code"
        )
    seconds = time.monotonic() - begin
    if verdict.code:
        worst = max(finding.kind for finding in verdict.findings)
        output.warn(f"econsim: {options.folder} is {_WORDS[worst]}")
    else:
        output.text(f"{options.folder}: {_sound(verdict, of_town=of_town)} ({seconds:.1f} s)")
        output.text(f"bundle  {verdict.bundle}")
        for model in verdict.model_usage.models:
            output.text(f"model   {model}")
        for change in verdict.model_usage.changes:
            output.text(f"note    {change}")
    return verdict.code


def _verify_model(folder: Path, *, replay: bool) -> Verification:
    """Verify the run of a Mesa model."""
    from econsim_mesa.evidence.verify import Verification
    from econsim_mesa.runs.bundle.manifest import MANIFEST, bundle_id, parse, read_list
    from econsim_mesa.toolkit import verify

    findings = verify(folder, model_class_of(folder) if replay else None)
    files = len(parse(read_list(folder / MANIFEST), MANIFEST)) if not findings else 0
    return Verification(folder, bundle_id(folder), files, 1, replay, tuple(findings))


@contextmanager
def _progress(output: Output) -> Iterator[Callable[[str], None]]:
    """Show the run that is being checked on a terminal; yield a function that takes its name."""
    if output.quiet or output.as_json or not sys.stderr.isatty():
        yield lambda name: None
        return
    with output.console(stderr=True).status("checking files") as status:
        yield lambda name: status.update(f"checking {name}")


def _sound(verdict: Verification, *, of_town: bool) -> str:
    again = ", made again with identical records" if verdict.replayed else ""
    runs = f" in {verdict.runs:,} runs" if verdict.runs > 1 else ""
    follow = "ledger, summaries and tables follow" if of_town else "the crate follows"
    return f"all {verdict.files:,} files{runs} as sealed, {follow} from the records{again}"


def _as_json(verdict: Verification) -> dict[str, object]:
    """Return a verdict as JSON holds it."""
    return {
        "folder": str(verdict.folder),
        "bundle": verdict.bundle,
        "code": verdict.code,
        "files": verdict.files,
        "runs": verdict.runs,
        "replayed": verdict.replayed,
        "other_code": verdict.other_code,
        "served": [asdict(model) for model in verdict.model_usage.models],
        "served_changes": list(verdict.model_usage.changes),
        "findings": [
            {"kind": finding.kind.name, "where": finding.where, "what": finding.what}
            for finding in verdict.findings
        ],
    }


COMMAND = Command(
    name="verify",
    help="Check that all files of a run are as sealed, and its figures follow from its records.",
    examples=("verify runs/first", "verify runs/first --replay", "verify first.zip"),
    configure=_configure,
    execute=_execute,
)
