"""Sections: what installed domains take from a scenario, by their names at its top."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import pytest
from pydantic import Field

from econsim_mesa import EconModel
from econsim_mesa.errors import BadInput, NotInstalled, ScenarioError, UnknownName
from econsim_mesa.experiment.load import load_design
from econsim_mesa.scenario import (
    Frozen,
    Names,
    build_only_keys,
    json_schema,
    load_scenario,
    recorded_scenario,
    register,
    registry,
    to_json,
)
from econsim_mesa.scenario.actors import DomainAgent
from econsim_mesa.scenario.base import build_only
from econsim_mesa.scenario.fields import every_field
from econsim_mesa.scenario.missing import refuse_missing
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.records import Record

Raw = dict[str, Any]
Write = Callable[[object], Path]


class Loan(Record):
    """A book that is lent."""

    table: ClassVar[str] = "loans"

    step: int
    household: str
    book: str


class Shelf(Frozen):
    """A shelf."""

    books: int = 3
    """Its books."""


class Library(Domain):
    """Lends books."""

    name: ClassVar[str] = "library"
    memory_topics: ClassVar[dict[str, float]] = {"loans": 2.0}
    records: ClassVar[tuple[type, ...]] = (Loan,)

    class Parameters(Frozen):
        """The library of a town."""

        at: tuple[int, int] = build_only()
        """Its cell."""
        books: int = 3
        """How many books it has."""
        shelves: dict[str, Shelf] = Field(default_factory=dict)
        """Its shelves, by name."""
        librarian: str = "Librarian"
        """Who works there."""

        def problems(self, names: Names) -> list[tuple[str, str]]:
            """Return a problem if the library stands outside the town."""
            inside = all(x < size for x, size in zip(self.at, names.size, strict=True))
            return [] if inside else [("at", "the library stands outside the town")]

        def agents(self) -> tuple[DomainAgent, ...]:
            """Return who works there."""
            return (DomainAgent(self.librarian, "Librarian"),)


class Choir(Domain):
    """Sings."""

    name: ClassVar[str] = "choir"

    class Parameters(Frozen):
        """The choir of a town."""


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with registry.own_registrations():
        register("domain", "library")(Library)
        register("domain", "choir")(Choir)
        yield


@pytest.fixture
def town(raw: Raw) -> Raw:
    return raw | {"library": {"at": [3, 4], "books": 5}}


def problems(source: object, **settings: Any) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(source, **settings)  # type: ignore[arg-type]
    return [str(problem) for problem in caught.value.problems]


def test_a_section_is_the_parameters_of_its_domain(town: Raw, write: Write) -> None:
    scenario = load_scenario(write(town))
    assert scenario.sections == {"library": Library.Parameters(at=(3, 4), books=5)}
    assert load_scenario("pizza_place").sections == {}


def test_sections_stand_last_in_json_in_the_order_of_their_names(town: Raw, write: Write) -> None:
    scenario = load_scenario(write({"library": town["library"], "choir": {}} | town))
    other = load_scenario(write(town | {"choir": {}}))
    assert list(scenario.sections) == ["choir", "library"]
    assert to_json(scenario) == to_json(other)
    data = json.loads(to_json(scenario))
    assert list(data)[-2:] == ["choir", "library"]
    assert data["library"] == {
        "at": [3, 4],
        "books": 5,
        "shelves": {},
        "librarian": "Librarian",
    }
    assert load_scenario(write(data)) == scenario
    assert to_json(load_scenario(write(data))) == to_json(scenario)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"at": [3, 4], "boks": 5}, "unknown key; did you mean 'books'? @ $.library.boks"),
        ({"at": [3, "4"]}, "must be a whole number; found '4' @ $.library.at[1]"),
        ({}, "this key is missing @ $.library.at"),
        (None, "must be an object {...} with keys such as at, books, shelves; found null @ $.lib"),
        ({"at": [3, 99]}, "the library stands outside the town @ $.library.at"),
        ({"at": [3, 4], "shelves": {"A": {"book": 1}}}, "did you mean 'books'? @ $.library.shelve"),
    ],
)
def test_a_wrong_section_is_told_like_a_wrong_field(
    section: object, message: str, raw: Raw, write: Write
) -> None:
    (problem,) = problems(write(raw | {"library": section}))
    assert message in problem


def test_problems_of_fields_and_of_sections_are_told_together(town: Raw, write: Write) -> None:
    town |= {"steps": 0, "libary": {}, "library": {"books": "many"}}
    assert problems(write(town)) == [
        "must be at least 1; found 0 @ $.steps",
        "this key is missing @ $.library.at",
        "must be a whole number; found 'many' @ $.library.books",
        "unknown key; did you mean 'library'? @ $.libary",
    ]


def test_a_key_that_is_neither_may_be_a_domain_that_is_not_installed(
    raw: Raw, write: Write
) -> None:
    (problem,) = problems(write(raw | {"weather": {"rain": 0.2}}))
    assert problem.startswith("unknown key; known: $schema, format, ")
    assert "choir, library; if 'weather' is a domain: install the package that brings it" in problem
    assert problem.endswith("that registers it: --with FILE.py @ $.weather")
    assert problems(write(raw | {"stepz": 3})) == ["unknown key; did you mean 'steps'? @ $.stepz"]


@pytest.mark.parametrize("name", ["economy", "mobility", "body"])
def test_domains_of_the_package_have_no_section(name: str, raw: Raw, write: Write) -> None:
    (problem,) = problems(write(raw | {name: {}}))
    assert problem.startswith("unknown key; ")
    with pytest.raises(UnknownName):
        registry.parameters_type("domain", name)


@pytest.mark.parametrize("name", ["economy", "social"])
def test_the_name_of_a_domain_of_the_package_is_taken(name: str) -> None:
    with pytest.raises(BadInput, match="already registered"):
        register("domain", name)(Choir)


@pytest.mark.parametrize("name", ["grid", "steps", "memory", "name", "events"])
def test_the_name_of_a_field_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match=f"{name!r}: that is a key of every scenario"):
        register("domain", name)(Choir)


@pytest.mark.parametrize("name", ["a.b", "Library", "", "1st", "$schema"])
def test_a_name_that_no_path_can_hold_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="must begin with a lower-case letter"):
        register("domain", name)(Choir)


def test_a_domain_needs_parameters_and_its_own_name() -> None:
    with pytest.raises(BadInput, match="needs a nested class Parameters, a subclass of Frozen"):
        register("domain", "bare")(type("Bare", (), {}))
    with pytest.raises(BadInput, match="'church' has another name of its own: 'choir'"):
        register("domain", "church")(Choir)


def test_paths_set_fields_of_sections_and_whole_sections(town: Raw, write: Write) -> None:
    path = write(town)
    changed = load_scenario(path, set={"library.books": 7, "library.shelves.A": {}})
    assert changed.sections["library"].books == 7
    assert changed.sections["library"].shelves == {"A": Shelf()}
    joined = load_scenario("pizza_place", set={"library": {"at": [1, 2]}})
    assert joined.sections["library"].at == (1, 2)
    assert problems(path, set={"library.boks": 7}) == [
        "no such field to set; did you mean 'books'? @ $.library.boks"
    ]
    assert problems("pizza_place", set={"library.books": 7}) == [
        "no such field to set; this scenario has no section 'library'; set it as a whole, "
        "library={...} @ $.library"
    ]
    (problem,) = problems("pizza_place", set={"weather.rain": 7})
    assert "if 'weather' is a domain: install" in problem


def test_fields_of_a_section_vary_in_an_experiment(town: Raw, tmp_path: Path) -> None:
    (tmp_path / "town.json").write_text(json.dumps(town))
    plan = {
        "name": "books",
        "title": "Books",
        "scenario": "town.json",
        "replicates": 2,
        "factors": {"library.books": [1, 2]},
        "plan": {"outcome": {"store": "Pizza Place", "item": "Pizza"}, "keyword": "pizza"},
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    design = load_design(tmp_path / "plan.json", set={"library.librarian": "Ann"})
    sections = [scenario.sections["library"] for scenario in design.scenarios]
    assert [(section.books, section.librarian) for section in sections] == [(1, "Ann"), (2, "Ann")]


def test_what_is_read_at_build_only_is_marked_and_refused_later(town: Raw, write: Write) -> None:
    patterns = [pattern for pattern, _ in every_field() if pattern.startswith("library")]
    assert patterns == [
        "library",
        "library.at",
        "library.books",
        "library.shelves",
        "library.shelves.*.books",
        "library.librarian",
    ]
    assert {"library", "library.at"} == {key for key in build_only_keys() if "library" in key}
    model = EconModel(write(town))
    model.reconfigure({"library.books": 2})
    model.step()
    assert model.config.sections["library"].books == 2
    for change in ({"library.at": [1, 1]}, {"library": {"at": [3, 4]}}, {"choir": {}}):
        with pytest.raises(ScenarioError, match="read only while the town is built"):
            model.reconfigure(change)


def test_the_schema_offers_installed_domains_and_refuses_others(town: Raw) -> None:
    schema = json_schema()
    assert schema["properties"]["library"]["description"] == "Lends books."
    validator = jsonschema.Draft202012Validator(schema)
    town["events"].append({"type": "salary", "amount": 1, "when": {"after": {"record": "loans"}}})
    town["memory"] = {"hide": ["loans", "prices", "all"]}
    validator.validate(town)
    assert not validator.is_valid(town | {"libary": {}})
    assert not validator.is_valid(town | {"library": {"at": [3, 4], "boks": 3}})
    assert not validator.is_valid(town | {"memory": {"hide": ["lones"]}})


def test_events_may_name_the_agents_of_a_domain(town: Raw, write: Write) -> None:
    post = {"type": "scripted_posts", "author": "Librarian", "texts": ["New books."]}
    scenario = load_scenario(write(town | {"events": [post]}))
    assert Names.of(scenario).domain_agents == {"library": ("Librarian",)}
    assert "nobody is called 'Librarian'" in problems("pizza_place", set={"events": [post]})[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"library.librarian": "H3"}, "'H3' is the name of a household"),
        ({"library.librarian": "Pizza Place"}, "is already that of $.agents.Restaurant"),
        ({"library.librarian": "nobody"}, "the name 'nobody' is reserved"),
        ({"library.librarian": "Ｐizza Place"}, "looks like 'Pizza Place'"),  # noqa: RUF001
        (
            {"events": [{"type": "scripted_posts", "author": "Librarian", "account": True,
                         "texts": ["x"]}]},
            "'Librarian' is no account of its own",
        ),
    ],
)  # fmt: skip
def test_a_name_that_somebody_has_is_one_problem(
    changes: Raw, message: str, town: Raw, write: Write
) -> None:
    (problem,) = problems(write(town), set=changes)
    assert message in problem


def test_topics_of_memory_are_those_of_the_domains_in_the_scenario(town: Raw, write: Write) -> None:
    path = write(town)
    assert load_scenario(path, set={"memory.hide": ["loans"]}).memory.hide == ("loans",)
    assert problems(path, set={"memory.hide": ["lones"]}) == [
        "unknown topic of memory 'lones'; did you mean 'loans'? @ $.memory.hide[0]"
    ]
    assert "'loans'" in problems("pizza_place", set={"memory.hide": ["loans"]})[0]


@pytest.mark.parametrize(
    ("after", "message"),
    [
        ({"record": "lones"}, "unknown table 'lones'; did you mean 'loans'?"),
        ({"record": "prices"}, "unknown table 'prices'"),
        ({"record": "loans", "where": {"bok": "x"}}, "unknown column of loans 'bok'; did you mean"),
    ],
)
def test_events_wait_for_records_of_a_domain(
    after: Raw, message: str, town: Raw, write: Write
) -> None:
    event = {"type": "salary", "amount": 1, "when": {"after": {"record": "loans"}}}
    path = write(town | {"events": [event]})
    scenario = load_scenario(path, set={"events.0.when.after.where": {"book": "Ulysses"}})
    assert scenario.events[0].when.after is not None
    (problem,) = problems(path, set={"events.0.when.after": after})
    assert message in problem
    (problem,) = problems("pizza_place", set={"events": [event]})
    assert "unknown table 'loans'" in problem


def test_a_recorded_scenario_names_the_domain_that_is_missing(town: Raw, write: Write) -> None:
    path = write(town)
    with registry.own_registrations():
        with pytest.raises(NotInstalled, match=r"domain 'library': .* econsim_mesa\.domain"):
            recorded_scenario(path)
        with pytest.raises(NotInstalled, match="without the domain 'library'"):
            refuse_missing({"library.books": 7, "stress.mode": "off"})
        refuse_missing({"stepz": 3, "$schema": "x", "memory": {}})


def test_a_domain_comes_by_an_entry_point(
    town: Raw, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.metadata import EntryPoint

    group = "econsim_mesa.domain"
    points = [EntryPoint(name, f"{__name__}:Library", group) for name in ("library", "grid")]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if "domain" in group else [])
    with registry.own_registrations():
        assert load_scenario(write(town)).sections["library"].books == 5
        with pytest.raises(BadInput, match="'grid': that is a key of every scenario"):
            registry.title("domain", "grid")
