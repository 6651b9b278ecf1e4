"""The reference is made from the code and complete."""

from __future__ import annotations

import collections.abc
import inspect
import re
import sys
from pathlib import Path
from pkgutil import resolve_name

import pytest

from econsim_mesa.cli.app import COMMANDS
from econsim_mesa.domains.roster import verbs_of
from econsim_mesa.domains.social.recommend import Recommender
from econsim_mesa.domains.tables import TABLES
from econsim_mesa.evidence.coherence import CHECKS
from econsim_mesa.evidence.targets import load_targets
from econsim_mesa.experiment import bundled as experiments
from econsim_mesa.mind import Stressor
from econsim_mesa.scenario import Event, bundled, register, registry
from econsim_mesa.scenario.base import Frozen
from econsim_mesa.scenario.fields import every_field
from econsim_mesa.society.action import HOUSEHOLD, STORE, Action
from econsim_mesa.society.decider import Decider
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.records import STORE_TABLES, Record
from econsim_mesa.society.section import Section

DOCS = Path(__file__).parents[2] / "docs"
OBJECT = re.compile(r"^<!-- generated: (\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    sys.path.insert(0, str(DOCS))
    try:
        from generate_reference import pages

        return pages()
    finally:
        sys.path.remove(str(DOCS))


def test_the_pages_in_the_repository_are_those_of_the_code(pages: dict[str, str]) -> None:
    kept = {path.stem: path.read_text(encoding="utf-8") for path in DOCS.glob("reference/*.md")}
    assert kept.keys() == pages.keys()
    stale = [name for name in pages if kept[name] != pages[name]]
    assert not stale, "run: python docs/generate_reference.py"


def headings(page: str) -> set[str]:
    return set(re.findall(r"^#+ (.+)$", page, re.MULTILINE))


def keys(page: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))


def test_every_field_of_a_scenario_is_there(pages: dict[str, str]) -> None:
    found = keys(pages["scenario"])
    for key, _ in every_field():
        same_for_all = re.sub(r"^agents\.(Restaurant|Retailer)", "agents.STORES", key)
        assert same_for_all in found or key.startswith("choice."), key
    for key in ("choice.go.crowd", "llm.max_cost", "stress.stressors.hunger.target"):
        assert key in found


def test_a_field_tells_type_unit_default_and_when_it_is_read(pages: dict[str, str]) -> None:
    rows = [line for line in pages["scenario"].splitlines() if "`grid.width`" in line]
    assert rows == [
        "| `grid.width` | integer | cells | required | build | Number of columns (x). "
        "(at least 1; at most 2,000) |"
    ]


def test_every_check_and_target_is_there_with_what_was_confirmed(pages: dict[str, str]) -> None:
    assert set(CHECKS) <= keys(pages["evidence"])
    assert {f"`{name}`" for name in load_targets()} <= headings(pages["evidence"])
    assert all(one.confirmed in pages["evidence"] for one in load_targets().values())


def test_nothing_with_a_name_is_missing(pages: dict[str, str]) -> None:
    assert {f"econsim {one.name}" for one in COMMANDS} <= headings(pages["cli"])
    assert set(bundled()) | {f"{one} (experiment)" for one in experiments()} <= headings(
        pages["bundled"]
    )
    assert {*TABLES, *STORE_TABLES, "agents"} <= headings(pages["records"])
    assert {*verbs_of(HOUSEHOLD), *verbs_of(STORE)} <= keys(pages["actions"])
    assert "hypotheses.*.refuted_by" in keys(pages["experiment"])
    for kind in registry.KINDS:
        assert set(registry.names(kind)) <= keys(pages["components"])


def test_every_option_and_exit_code_is_explained(pages: dict[str, str]) -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", pages["cli"], re.MULTILINE)
    assert len(rows) > 60
    assert [name for name, meaning in rows if not meaning.strip()] == []
    assert {"0", "1", "2", "3", "4", "130"} <= {name for name, _ in rows}


def test_a_registered_component_gets_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    from generate_reference import components

    class Parameters(Frozen):
        pass

    made = type("Debt", (), {"__doc__": "Owing more than one has.", "Parameters": Parameters})
    with registry.own_registrations():
        register("stressor", "debt")(made)
        assert "| `debt` | Owing more than one has. |" in components()


PARTS = (Event, Stressor, Decider, Recommender, Action, Domain, Record, Section)
GENERIC = set(collections.abc.__all__)
PLAIN = {
    *("Any", "None", "Self", "ParametersT"),
    *("Integers", "Floats", "Booleans"),
    *("Phase", "Books", "Listing"),
}
"""Names in annotations that say enough by themselves, or stand in the introduction."""


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_what_a_part_is_handed_is_in_the_reference(part: type) -> None:
    page = (DOCS / "reference" / "parts.md").read_text(encoding="utf-8")
    listed = {name.rpartition(".")[2] for name in OBJECT.findall(page)}
    functions = {name: one for name, one in vars(part).items() if inspect.isfunction(one)}
    handed = {
        name
        for function in functions
        if function == "__init__" or not function.startswith("_")
        for annotation in inspect.get_annotations(functions[function]).values()
        for name in re.findall(r"\b[A-Z]\w+", str(annotation))
    }
    assert part.__name__ in listed | {"Decider"}
    assert handed - PLAIN - GENERIC <= listed


@pytest.mark.parametrize("page", ["parts", "python"])
def test_what_the_reference_names_is_there(page: str) -> None:
    text = (DOCS / "reference" / f"{page}.md").read_text(encoding="utf-8")
    names = OBJECT.findall(text)
    assert names
    for name in names:
        assert resolve_name(name) is not None
