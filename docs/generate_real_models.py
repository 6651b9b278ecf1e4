"""Fill the tables of docs/real-models.md from what real language models did here.

    python docs/generate_real_models.py measure --server-python PYTHON --weights FILE --into DIR
    python docs/generate_real_models.py measure --base-url URL --model NAME --into DIR
    python docs/generate_real_models.py characters    # what a whole run sends; needs no model
    python docs/generate_real_models.py write DIR...  # take the sums of folders, write the page
    python docs/generate_real_models.py write --check # exit 1 if the page is stale

``measure`` asks one model, which it serves itself (an environment with ``xllamacpp``) or finds at
an address, and goes on where it was stopped. ``write`` keeps the sum of each folder in
``benchmarks/real_models``, by the name of the folder; the page is made from all that is there.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from generated_blocks import filled, markdown_table, number

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import attention  # noqa: E402
import model_server  # noqa: E402
import real_model  # noqa: E402

PAGE = Path(__file__).parent / "real-models.md"
SUMS = BENCHMARKS / "real_models"
"""What the page is made from: a file for each model, and that of the characters."""
CHARACTERS = "characters.json"
SHARES = ("valid at first", "share carried out", "do something", "copied", "sample copied")
"""Figures of replies that are shares; all others are numbers."""
NOTHING = "Not measured yet."
Sum = Mapping[str, Any]


def main() -> int:
    """Carry out a command; return the exit code."""
    options = _parser().parse_args()
    if options.command == "measure":
        _measure(options)
    elif options.command == "characters":
        SUMS.mkdir(exist_ok=True)
        sent = {mode: attention.characters(mode, 1) for mode in attention.MODES}
        (SUMS / CHARACTERS).write_text(json.dumps(sent, indent=1) + "\n", encoding="utf-8")
    else:
        return _write(options.folders, check=options.check)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    measure = commands.add_parser("measure", help="measure one model; goes on where it stopped")
    measure.add_argument("--into", type=Path, required=True, metavar="DIR")
    measure.add_argument("--name", help="what the page calls the model")
    measure.add_argument("--base-url", help="a running server, up to /v1")
    measure.add_argument("--model", default="any", help="what that server calls the model")
    measure.add_argument("--server-python", type=Path, help="Python with xllamacpp")
    measure.add_argument("--weights", type=Path, help="the GGUF file that it serves")
    for field, default in real_model.Size._field_defaults.items():
        measure.add_argument(f"--{field}", type=type(default), default=default)
    commands.add_parser("characters", help="count what a whole run sends; needs no model")
    write = commands.add_parser("write", help="write the page")
    write.add_argument("folders", nargs="*", type=Path, metavar="DIR")
    write.add_argument("--check", action="store_true", help="exit 1 if it is stale")
    return parser


def _measure(options: argparse.Namespace) -> None:
    server: contextlib.AbstractContextManager[str]
    if options.base_url is not None:
        server = contextlib.nullcontext(options.base_url)
        called = options.model
    elif options.server_python is not None and options.weights is not None:
        server = model_server.running(options.server_python, options.weights)
        called = options.weights.stem
    else:
        sys.exit("give --base-url, or --server-python and --weights")
    size = real_model.Size(**{name: getattr(options, name) for name in real_model.Size._fields})
    with server as url:
        asked = real_model.Asked(options.name or called, url, options.model)
        real_model.measure(asked, options.into, size)


def _write(folders: Sequence[Path], *, check: bool) -> int:
    for folder in folders:
        SUMS.mkdir(exist_ok=True)
        shutil.copyfile(folder / real_model.SUMMARY, SUMS / f"{folder.resolve().name}.json")
    old = PAGE.read_text(encoding="utf-8")
    new = filled(old, blocks())
    if check:
        return int(new != old)
    PAGE.write_text(new, encoding="utf-8", newline="\n")
    return 0


def blocks() -> dict[str, str]:
    """Return what is generated of the page, from the files that the repository holds."""
    files = sorted(SUMS.glob("*.json"))
    sums = [_read(path) for path in files if path.name != CHARACTERS]
    characters = _read(SUMS / CHARACTERS) if SUMS / CHARACTERS in files else {}
    return {
        "replies": replies(sums) or NOTHING,
        "towns": towns(sums) or NOTHING,
        "acts": acts(sums) or NOTHING,
        "quotes": quotes(sums) or NOTHING,
        "checks": checks(sums) or NOTHING,
        "characters": sent(characters) if characters else NOTHING,
    }


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def replies(sums: Sequence[Sum]) -> str:
    """Return the figures of each model in each form of a reply; of the mock, those of the first."""
    rows = {}
    for content in sums:
        for name, figures in content["replies"].items():
            mind, _, form = name.partition(", ")
            called = content["model"] if mind == "model" else f"{mind}, no model"
            rows.setdefault((called, form), figures)
    if not rows:
        return ""
    columns = list(dict.fromkeys(column for figures in rows.values() for column in figures))
    lines = [
        [called, form, *(_figure(column, figures.get(column)) for column in columns)]
        for (called, form), figures in rows.items()
    ]
    return markdown_table(["Mind", "Form", *columns], lines)


def _figure(column: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0%}" if column in SHARES else number(value)


def towns(sums: Sequence[Sum]) -> str:
    """Return what came of the towns, a column for each model and mode of attention."""
    lived = list(_lived(sums))
    rows: dict[str, list[str]] = {}
    for _, town in lived:
        for label, text in _facts(town).items():
            rows.setdefault(label, []).append(text)
    head = ["", *(label for label, _ in lived)]
    return markdown_table(head, ([label, *texts] for label, texts in rows.items())) if rows else ""


def _lived(sums: Sequence[Sum]) -> Iterator[tuple[str, Sum]]:
    """Yield each town, with the model and the mode of attention."""
    for content in sums:
        for mode, town in content["towns"].items():
            yield f"{content['model']}, `{mode}`", town


def _facts(town: Sum) -> dict[str, str]:
    """Return the lines of a town."""
    calls = max(town["calls"], 1)
    asked = sum(act["asked"] for act in town["acts"].values())
    refused = sum(act["refused"] for act in town["acts"].values())
    steps = town["households"] * town["steps"]
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in town["outcomes"].items())
    return {
        "households x steps": f"{town['households']} x {town['steps']}",
        "decisions": f"{town['decisions']} ({town['decisions'] / steps:.0%} of household-steps)",
        "of these": outcomes,
        "calls, of these to repair a reply": f"{town['calls']}, {town['repair turns']}",
        "acts asked for": f"{asked} ({asked / max(town['decisions'], 1):.2f} a decision)",
        "of these refused": f"{refused} ({refused / asked:.0%})" if asked else "0",
        "units sold": number(town["units sold"]),
        "meals": str(town["meals"]),
        "posts": str(town["posts"]),
        "thoughts that differ": str(town["different thoughts"]),
        "tokens in, a call": number(town["tokens in"] / calls),
        "tokens out, a call": number(town["tokens out"] / calls),
        "seconds, all calls": number(town["seconds"]),
        "replay with the network off": "identical" if town["replay is identical"] else "differs",
    }


def acts(sums: Sequence[Sum]) -> str:
    """Return how many acts were asked for and refused, by verb."""
    lived = list(_lived(sums))
    verbs = sorted({verb for _, town in lived for verb in town["acts"]})
    if not verbs:
        return ""
    head = ["Asked for / refused", *(label for label, _ in lived)]
    return markdown_table(
        head, ([f"`{verb}`", *(_act(town, verb) for _, town in lived)] for verb in verbs)
    )


def _act(town: Sum, verb: str) -> str:
    act = town["acts"].get(verb)
    return "" if act is None else f"{act['asked']} / {act['refused']}"


def quotes(sums: Sequence[Sum]) -> str:
    """Return some thoughts and posts of each town, as they are."""
    parts = []
    for label, town in _lived(sums):
        for what, key in (("Thoughts", "thoughts"), ("Posts", "quoted posts")):
            lines = [f'{row["time"]} {row["by"]}: "{_one_line(row["text"])}"' for row in town[key]]
            block = "\n".join(["```text", *lines, "```"]) if lines else "None."
            parts.append(f"{what} of {label}:\n\n{block}")
    return "\n\n".join(parts)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def checks(sums: Sequence[Sum]) -> str:
    """Return what came of the coherence checks of each model."""
    rows = [
        [
            content["model"],
            row["check"],
            row["rule"],
            _estimate(row),
            row["status"],
            row["control"] or "none",
            f"{group['replies']} ({group['households']} households, {group['seeds']} seeds)",
        ]
        for content in sums
        for group in content["checks"]
        for row in group["rows"]
    ]
    head = ["Model", "Check", "Rule", "Value (95 %)", "Result", "Random agent", "Replies"]
    return markdown_table(head, rows) if rows else ""


def _estimate(row: Sum) -> str:
    if row["value"] is None:
        return ""
    interval = "" if row["low"] is None else f" ({number(row['low'])} to {number(row['high'])})"
    return number(row["value"]) + interval


def sent(characters: Mapping[str, Mapping[str, float]]) -> str:
    """Return what a whole run sends and receives, beside the published system."""
    rows = [
        [
            f"`{mode}`",
            f"{row['calls']:,}",
            f"{row['sent a call']:,.0f}",
            f"{row['received a call']:,.0f}",
            f"{row['sent'] + row['received']:,.0f}",
            f"{row['sent of published']:.1%}",
        ]
        for mode, row in characters.items()
    ]
    published = ["published system", "each household, each step"]
    published += [f"{attention.PUBLISHED_CHARACTERS:,}", "", "", "100 %"]
    head = ["Attention", "Calls", "Characters sent a call", "Received a call", "Sent and received"]
    return markdown_table([*head, "Sent, of the published system"], [*rows, published])


if __name__ == "__main__":
    sys.exit(main())
