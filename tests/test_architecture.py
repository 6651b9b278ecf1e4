"""Imports follow one table: a part uses only the parts on the lines above its own."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LLM, NET, FILES = "langchain openai tiktoken", "socket aiohttp httpx requests", "sqlite3 pathlib io"
RULES = "econsim_mesa.domains.economy econsim_mesa.domains.social econsim_mesa.mind"
ROOMS = ["body", "economy", "mobility", "social"]
EVENTS = "+".join(
    [f"domains.economy.{name}_events" for name in ("price", "supply", "transfer", "closing")]
    + ["domains.mobility.events", "domains.social.events", "society.calendar"]
)
KERNEL = "+".join(
    [f"society.{module}" for module in ("town", "action", "resolution", "domain", "view")]
    + ["society.requests", "society.observation"]
)
DOMAINS = "+".join(
    [
        f"domains.{room}.{module}"
        for room in ROOMS
        for module in ("actions", "domain", "observation")
    ]
    + ["domains.roster", "domains.economy.stores_in_mind"]
)

# Low to high; the parts of one line do not know each other. A part is a folder or a module, or
# several that stand together, with "+" between. After the colon: what it must not import besides.
# A new folder or module of the package is a new line; a module may stand apart from its folder.
LAYERS = f"""
errors version text numbers notebook scenarios           : numpy pydantic mesa {LLM}
languages                                               : numpy pydantic mesa {LLM} {NET}
read_only                                               : pydantic mesa {LLM}
society.rng society.clock                               : pydantic mesa {LLM}
sqlite                                                  : numpy pydantic mesa {LLM} {NET}
society.order society.row society.reason quoting                          : mesa {LLM} {NET} {FILES}
scenario                                                : mesa {LLM}
society.wording                                         : mesa {LLM} {NET} {FILES}
society.section                                         : mesa {LLM} {NET} {FILES}
society.records                                         : mesa {LLM} {NET} {FILES}
domains.body.records domains.economy.records domains.social.records : mesa {LLM} {NET} {FILES}
domains.tables society.measures                         : mesa {LLM} {NET} {FILES}
society.ledger                                          : mesa {LLM} {NET} {FILES}
domains.economy domains.body mind                       : mesa {LLM} {NET} {FILES}
domains.social                                          : mesa {LLM} {NET}
domains.mobility                                        : {LLM} {NET}
domains.measures                                        : {LLM} {NET}
llm                                                     : mesa {RULES}
mock                                                    : numpy pydantic mesa {LLM} {RULES}
society.agents                                          : {LLM} {NET}
society.roster society.outcomes society.attention society.individuals : mesa {LLM} {NET} {FILES}
domains.economy.state                                   : mesa {LLM} {NET} {FILES}
domains.social.state                                    : mesa {LLM} {NET}
domains.mobility.state domains.body.state               : {LLM} {NET}
domains.economy.budget                                  : mesa {LLM} {NET}
domains.economy.view domains.mobility.view domains.social.view : {LLM} {NET}
{KERNEL}                                                : {LLM} {NET}
society.settings+society.experience                     : {LLM} {NET}
{DOMAINS}                                               : {LLM} {NET}
society.build                                           : {LLM} {NET}
prompts                                                 : {LLM} {NET}
society.decider+society.scheduler+deciders : {LLM} {NET}
{EVENTS}                                                : {LLM} {NET}
runs.bundle.files+runs.bundle.manifest                  : {LLM} {NET} mesa
runs.store+runs.folders+runs.reader+runs.step_reader+runs.summary+runs.comparison+runs.token_counts+runs.provenance+runs.model_versions+runs.soundness : {LLM} {NET}
runs.bundle                                             : {LLM} {NET}
society.inputs                                          : {LLM} {NET} {FILES} mesa
society.collector+society.snapshot+runs.recorder+runs.call_log : {LLM} {NET}
society                                                 : {LLM} {NET}
runs                                                    : {LLM} {NET}
analysis                                                : {LLM} econsim_mesa.llm econsim_mesa.society.model
evidence.claim                                          : mesa pandas {LLM} {NET} {FILES}
experiment                                              : {LLM}
evidence                                                : {LLM} econsim_mesa.mind econsim_mesa.society.ledger econsim_mesa.domains.economy.market
toolkit                                                 : {LLM} econsim_mesa.domains.economy econsim_mesa.society.model
cli __init__                                            : {LLM}
studies                                                 : {LLM}
__main__                                                : {LLM}
visualization                                           : {LLM} econsim_mesa.cli
"""  # noqa: E501
BOTH_WAYS = {
    ("scenario/registry", "mind.stressors"): "names of components -> where they live: no code of",
    ("scenario/registry", "domains"): "theirs is imported before a scenario names one",
    ("scenario/registry", "deciders"): "(as above)",
    ("scenario/registry", "society.agents"): "(as above)",
    ("scenario/registry", "studies"): "(as above)",
    ("scenario/when", "society.town"): "an event is an entry of a scenario, and acts on the town",
    ("society/agents", "society.model"): "as in Mesa, a model has agents, and each its model",
    ("society/collector", "society.model"): "as in Mesa, reporters are handed the model",
    ("cli/page_server", "visualization.app"): "the command starts the page, which knows no command",
    ("cli/page", "visualization.page_file"): "(as above)",
}
"""Arrows up that are meant, and why: from a module to a module or folder."""
PHRASES = {
    "Mesa": "mesa",
    "SQL": "sqlite3 econsim_mesa.sqlite",
    "HTTP": NET,
    "files": f"{FILES} econsim_mesa.sqlite",
    "clients of language models": LLM,
    "language models": f"{LLM} econsim_mesa.llm",
    "the domains": "econsim_mesa.domains",
    "the model": "econsim_mesa.society.model",
    "how actions are resolved": "econsim_mesa.society.resolution",
    "statistics": "numpy scipy statsmodels",
}
"""What the last column of README's table of ownership speaks of."""
ROW = re.compile(r"^\| (`.+?`) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
OWNERSHIP = {
    owner: phrases.split(", ")
    for owners, phrases in ROW.findall(
        (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Ownership\n")[2]
    )
    for owner in owners.replace("`", "").split(", ")
}
"""Folder or file -> phrases about what it does not import, from README."""
MODULE_NAME = re.compile(r"econsim_mesa(\.\w+)+(:\w+)?")
IMPORTER = re.compile(r"\b(import_module|find_spec|__import__)$")
LINES = [line.split(":") for line in LAYERS.strip().splitlines()]
PARTS = [(part, forbidden) for parts, forbidden in LINES for part in parts.split()]
RANK = {part: rank for rank, (parts, _) in enumerate(LINES) for part in parts.split()}
FORBIDDEN = {part: names.split() for part, names in PARTS}
HOME = {prefix: part for part, _ in PARTS for prefix in part.split("+")}


def part_of(words: list[str]) -> str | None:
    """Return the part that a dotted name without its first word belongs to: the nearest above."""
    prefixes = (".".join(words[:length]) for length in range(len(words), 0, -1))
    return next((HOME[prefix] for prefix in prefixes if prefix in HOME), None)


def imports(tree: ast.AST, package: list[str]) -> Iterator[str]:
    """Yield the dotted names a module imports: within functions, for types and by string as well.

    A string counts if it begins with the name of the package, or is handed to ``import_module``
    or ``find_spec``; the text after a colon names an attribute.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and MODULE_NAME.fullmatch(str(node.value)):
            yield node.value.partition(":")[0]
        elif isinstance(node, ast.Call) and IMPORTER.search(ast.unparse(node.func)):
            texts = [value for value in node.args if isinstance(value, ast.Constant)]
            yield from (text.value for text in texts if isinstance(text.value, str))


def parse(source: str) -> ast.Module:
    """Return the tree of a module without its docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(None)
    return tree


def faults(source: str, package: list[str], part: str) -> list[tuple[str, str]]:
    """Return what the table does not allow in a module of a part: name of the import, fault."""
    found = []
    for name in imports(parse(source), package):
        words = name.split(".")
        if words[0] == "econsim_mesa":
            other = part_of(words[1:]) or "__init__"
            if other != part and RANK[other] >= RANK[part]:
                found.append((name, f"{part} imports {name}, which is not below it"))
        found += [
            (name, f"{part} must not know {forbidden}, but imports {name}")
            for forbidden in FORBIDDEN[part]
            if within(name, forbidden)
        ]
    return found


def within(name: str, module: str) -> bool:
    """Whether a dotted name is a module or package, lies in it, or in a sibling of it."""
    return name == module or name.startswith((f"{module}.", f"{module}_"))


def modules() -> Iterator[tuple[str, list[str], str]]:
    """Yield every module of the package, dashboard included: path, dotted name, source."""
    for path in sorted([*ROOT.glob("econsim_mesa/**/*.py"), *ROOT.glob("visualization/**/*.py")]):
        relative = path.relative_to(ROOT)
        words = list(relative.with_suffix("").parts)
        words = words if words[0] == "econsim_mesa" else ["econsim_mesa", *words]
        yield relative.as_posix(), words, path.read_text(encoding="utf-8")


def test_no_arrow_points_up() -> None:
    found, used = [], set()
    for path, words, source in modules():
        part = part_of(words[1:] if words[-1] != "__init__" else words[1:-1] or ["__init__"])
        if words[1:] in (["domains", "__init__"], ["society", "__init__"]):
            continue
        assert part, f"add {'.'.join(words[1:])} to the table of this test"
        for name, fault in faults(source, words[:-1], part):
            arrow = next((arrow for arrow in BOTH_WAYS if allows(arrow, path, name)), None)
            used.add(arrow)
            found += [f"{path}: {fault}"] if arrow is None else []
    assert not found, "\n".join(found)
    assert not (unused := BOTH_WAYS.keys() - used), f"nothing needs these any more: {unused}"


def allows(arrow: tuple[str, str], path: str, name: str) -> bool:
    """Whether an arrow up, which is allowed, is that of an import in a file."""
    return path == f"econsim_mesa/{arrow[0]}.py" and within(name, f"econsim_mesa.{arrow[1]}")


def test_the_ownership_table_of_the_readme_has_every_part() -> None:
    package = ROOT / "econsim_mesa"
    folders = {
        path.parent.relative_to(package).as_posix() + "/"
        for path in package.glob("**/__init__.py")
        if path.parent.parent in (package, package / "domains")
    }
    files = {path.name for path in package.glob("*.py") if path.stem.strip("_") == path.stem}
    assert set(OWNERSHIP) == folders - {"domains/"} | files


@pytest.mark.parametrize("owner", OWNERSHIP)
def test_the_ownership_table_of_the_readme_is_true(owner: str) -> None:
    forbidden = [name for phrase in OWNERSHIP[owner] for name in meaning(phrase, owner)]
    assert forbidden
    found = [
        f"{path} imports {name}"
        for path, words, source in modules()
        if path.startswith(f"econsim_mesa/{owner}")
        for name in imports(parse(source), words[:-1])
        if any(within(name, module) for module in forbidden)
        and not any(allows(arrow, path, name) for arrow in BOTH_WAYS)
    ]
    assert not found, "\n".join(found)


def meaning(phrase: str, owner: str) -> list[str]:
    """Return the modules that a phrase of the table's last column stands for."""
    if phrase == "any folder":
        return [f"econsim_mesa.{part.name}" for part in ROOT.glob("econsim_mesa/*/")]
    if phrase == "the other domains":
        return [f"econsim_mesa.domains.{room}" for room in ROOMS if room not in owner]
    if folder := re.fullmatch("`([a-z]+)/`", phrase):
        return [f"econsim_mesa.{folder[1]}"]
    return PHRASES[phrase].split()


def test_a_study_is_known_by_its_name_in_the_registry_alone() -> None:
    """Studies stand above all that they plug into, so an import of one is an arrow up; this
    catches those by text and for types as well."""
    knowing = [
        path
        for path, _, source in modules()
        if "/studies/" not in path and "econsim_mesa.studies" in ast.unparse(parse(source))
    ]
    assert knowing == ["econsim_mesa/scenario/registry.py"]


@pytest.mark.parametrize(
    ("part", "source", "count"),
    [
        ("domains.economy", "import mesa", 1),
        ("domains.economy", "from econsim_mesa.society.model import EconModel", 1),
        ("domains.economy", "from ..social import graph", 1),
        ("domains.economy", "from econsim_mesa.society import model", 1),
        ("domains.economy", "def f():\n    from langchain_openai import ChatOpenAI", 1),
        (
            "domains.economy",
            "from .goods import Goods\nfrom econsim_mesa.errors import BadInput",
            0,
        ),
        ("domains.economy", "if TYPE_CHECKING:\n    import mesa\nelse:\n    import sqlite3", 2),
        ("domains.economy", "if TYPE_CHECKING:\n    from econsim_mesa.society import model", 1),
        ("domains.economy", "MODEL = 'econsim_mesa.society.model:EconModel'", 1),
        ("domains.economy", "importlib.import_module('mesa.space')", 1),
        ("domains.economy", "def f():\n    'See econsim_mesa.society.model.'", 0),
        ("domains.economy", "from econsim_mesa.society import records", 0),
        ("domains.economy", "from econsim_mesa.runs.store import RunStore", 1),
        ("society", "from econsim_mesa.society import ledger\nimport mesa", 0),
    ],
)
def test_the_table_catches_planted_arrows(part: str, source: str, count: int) -> None:
    assert len(faults(source, ["econsim_mesa", *part.split(".")], part)) == count


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        ("--help", "mesa jinja2 solara langchain_openai statsmodels matplotlib pandas"),
        ("list", "mesa jinja2 solara langchain_openai statsmodels matplotlib"),
        (
            "experiment pizza_place --dry-run",
            "mesa jinja2 solara langchain_openai statsmodels pandas",
        ),
        ("validate pizza_place", "mesa jinja2 solara langchain_openai statsmodels matplotlib"),
        (
            "run pizza_place --steps 1 --quiet",
            "jinja2 solara langchain_openai statsmodels matplotlib",
        ),
    ],
)
def test_a_command_loads_only_what_it_uses(arguments: str, absent: str) -> None:
    code = f"""
import sys
from econsim_mesa.cli import main
try:
    status = main({arguments.split()!r})
except SystemExit as end:
    status = end.code
loaded = sorted(set({absent.split()!r}) & set(sys.modules))
sys.exit(status or (f"loaded {{loaded}}" if loaded else 0))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
