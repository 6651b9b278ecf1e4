"""Check what no single field can say of itself: that a scenario's parts fit together.

Each function looks at one part and yields its problems; all of them are reported at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from econsim_mesa.errors import Problem
from econsim_mesa.languages import language_names, styles
from econsim_mesa.scenario import registry
from econsim_mesa.scenario.actors import PersonaSpec, StoreSpec
from econsim_mesa.scenario.check_draws import columns_of_draws, household_draws, largest_amount
from econsim_mesa.scenario.check_events import event_problems
from econsim_mesa.scenario.decider_traits import traits_of
from econsim_mesa.scenario.domains import memory_topics
from econsim_mesa.scenario.hours import Hours, lies_in_week
from econsim_mesa.scenario.naming import Found, Names, scripted_accounts, unknown
from econsim_mesa.scenario.paths import Path_, json_path
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.scenario.when import DAYS_AHEAD
from econsim_mesa.society.clock import Clock
from econsim_mesa.text import appearance, is_visible

MAX_HOUSEHOLD_STEPS = 5 * 10**9
MAX_CELLS = 4 * 10**6
MAX_HISTORY = 10**8
MAX_TOTAL = 10**18
"""Most of one commodity in a town; the ledger counts in 64 bits."""

RESERVED = ("world", "you", "nobody")
"""Names that records and prompts use for something else."""


def check(scenario: Scenario) -> Iterator[Problem]:
    """Yield every problem of how the parts of a scenario fit together."""
    names = Names.of(scenario)
    parts = (_stores, _homes, _cells, _items, _people, _minds, _deciders, _sections, _size, _time)
    for part in (*parts, household_draws, _prompts):
        for path, message in part(scenario, names):
            yield Problem(json_path(path), message)
    for i, event in enumerate(scenario.events):
        for path, message in event_problems(event, scenario, names):
            yield Problem(json_path(("events", i, *path)), message)


def _prompts(scenario: Scenario, names: Names) -> Found:
    if scenario.language not in language_names():
        yield ("language",), unknown("language", scenario.language, language_names())
    elif scenario.llm.template not in (known := styles(scenario.language)):
        yield ("llm", "template"), unknown("prompt template", scenario.llm.template, known)


def _stores(scenario: Scenario, names: Names) -> Found:
    if not names.stores:
        yield ("agents",), 'there is no store; add one under "Restaurant" or "Retailer"'
    kinds = registry.names("store")
    closed = frozenset(scenario.grid.closed)
    at: dict[tuple[int, int], str] = {}
    for kind, name, store in scenario.agents.stores():
        path = ("agents", kind, name)
        if store.at in at:
            yield (*path, "at"), f"cell {list(store.at)} is already that of {at[store.at]!r}"
        at[store.at] = name
        if not _inside(store.at, names):
            yield (*path, "at"), _outside(store.at, names)
        elif store.at in closed:
            yield (*path, "at"), f"cell {list(store.at)} is closed"
        yield from _references(store, path, names)
        yield from _opening(store, path, scenario)
        if kind == "Retailer" and store.seats is not None:
            yield (*path, "seats"), "a Retailer sells to take away; seats are for a Restaurant"
    for kind in dict.fromkeys(kind for kind, _, _ in scenario.agents.stores()):
        if kind not in kinds:
            yield ("agents", kind), unknown("kind of agent", kind, kinds)


def _opening(store: StoreSpec, path: Path_, scenario: Scenario) -> Found:
    """Yield what is wrong with the hours of a store."""
    hours = store.hours_of_week
    if hours is None:
        return
    if any(moment.tzinfo is not None for span in hours.values() for moment in span):
        yield (*path, "opens"), "give local times without a time zone"
    elif not _is_ever_open(tuple(hours.items()), scenario.clock.clock()):
        yield (*path, "opens"), "no step of a week begins in these hours: it would never be open"


@lru_cache
def _is_ever_open(hours: tuple[tuple[Any, Hours], ...], clock: Clock) -> bool:
    """Whether some step of a week begins in the hours of a store; many stores have the same."""
    return any(lies_in_week(clock.time(t), dict(hours)) for t in range(clock.steps_per_week))


def _references(store: StoreSpec, path: Path_, names: Names) -> Found:
    for item in store.sells:
        if item not in names.items:
            yield (*path, "sells", item), unknown("item", item, names.items)
    deciders = registry.names("decider")
    if store.decider is not None and store.decider not in deciders:
        yield (*path, "decider"), _unknown_decider(store.decider, deciders)


def _homes(scenario: Scenario, names: Names) -> Found:
    stores = {store.at for _, _, store in scenario.agents.stores()}
    taken = {cell for cell in stores.union(scenario.grid.closed) if _inside(cell, names)}
    if len(taken) >= names.size[0] * names.size[1]:
        yield ("grid",), "no open cell without a store is left for homes"


def _cells(scenario: Scenario, names: Names) -> Found:
    grid = scenario.grid
    for i, cell in enumerate(grid.closed):
        if not _inside(cell, names):
            yield ("grid", "closed", i), _outside(cell, names)
    for kind, cells in grid.kinds.items():
        for i, cell in enumerate(cells):
            if not _inside(cell, names):
                yield ("grid", "kinds", kind, i), _outside(cell, names)


def _inside(cell: tuple[int, int], names: Names) -> bool:
    return 0 <= cell[0] < names.size[0] and 0 <= cell[1] < names.size[1]


def _outside(cell: tuple[int, int], names: Names) -> str:
    width, height = names.size
    return (
        f"cell {list(cell)} lies outside the grid of {width} x {height}: "
        f"x runs from 0 to {width - 1}, y from 0 to {height - 1}"
    )


def _items(scenario: Scenario, names: Names) -> Found:
    baskets: list[tuple[Path_, Iterable[str]]] = [
        (("agents", "Household", "endowment"), scenario.agents.Household.endowment),
    ]
    for name, parameters in scenario.stress.stressors.items():
        at = ("stress", "stressors", name, "basket")
        baskets.append((at, getattr(parameters, "basket", None) or ()))
    for path, items in baskets:
        for item in items:
            if item not in names.items:
                yield (*path, item), unknown("item", item, names.items)
    yield from _look_alike([(("items", name), name) for name in names.items])
    yield from _look_alike([(("keywords", i), word) for i, word in enumerate(scenario.keywords)])
    if scenario.currency.name in names.items:
        yield ("items", scenario.currency.name), "an item cannot have the name of the currency"
    if scenario.market.ttl > scenario.market.max_ttl:
        yield ("market", "ttl"), f"{scenario.market.ttl} is more than max_ttl"


def _people(scenario: Scenario, names: Names) -> Found:
    places: list[tuple[Path_, str]] = [
        (("agents", kind, name), name) for kind, name, _ in scenario.agents.stores()
    ]
    if names.government is not None:
        places.append((("agents", "Government", "name"), names.government))
    for section, agents in names.domain_agents.items():
        places += [((section,), name) for name in agents]
    taken: dict[str, Path_] = {}
    for path, name in places:
        if name in names.households:
            yield path, f"{name!r} is the name of a household; choose another"
        elif name in RESERVED:
            yield path, f"the name {name!r} is reserved; choose another"
        elif name in taken:
            yield path, f"the name {name!r} is already that of {json_path(taken[name])}"
        taken[name] = path
    accounts = [(("events",), name) for name in scripted_accounts(scenario, names)]
    yield from _look_alike([*((path, name) for name, path in taken.items()), *accounts])
    persona = scenario.agents.Household.persona
    if persona is not None:
        others = {*taken, *scripted_accounts(scenario, names), *RESERVED}
        yield from _persona(persona, scenario, names, others)


def _persona(spec: PersonaSpec, scenario: Scenario, names: Names, others: set[str]) -> Found:
    count = scenario.agents.Household.count
    path: Path_ = ("agents", "Household", "persona")
    for field, values in (("names", spec.names), ("texts", spec.texts)):
        if values and len(values) != count:
            yield (*path, field), f"{len(values)} entries for {count} households; give one each"
    if len(set(spec.traits)) < len(spec.traits):
        yield (*path, "traits"), "each trait may stand once"
    rows = () if spec.table is None else spec.table.rows
    shown: list[tuple[Path_, str]] = []
    for i, name in enumerate(spec.names):
        shown.append(((*path, "names", i), name))
    for i, row in enumerate(rows):
        shown.append(((*path, "table", "rows", i, "name"), row.get("name", "")))
    yield from _shown_names(shown, names, others)
    if spec.table is not None:
        yield from _rows(rows, spec, scenario, (*path, "table"))


def _rows(
    rows: Sequence[Mapping[str, str]], spec: PersonaSpec, scenario: Scenario, path: Path_
) -> Found:
    count, drawn_from = scenario.agents.Household.count, columns_of_draws(scenario)
    if len(rows) != count:
        message = f"{len(rows)} rows for {count} households; give one row each"
        yield (*path, "rows" if rows else "file"), message
    columns = ("name", "text", *spec.traits)
    for column in dict.fromkeys(column for row in rows for column in row):
        cells = [(i, row[column]) for i, row in enumerate(rows) if column in row]
        if column not in columns and column not in drawn_from:
            advice = f"{unknown('column', column, columns)} (name further traits in traits)"
            yield (*path, "rows", cells[0][0], column), advice
        elif column in spec.traits:
            yield from _levels(cells, spec.levels, column, (*path, "rows"))


def _levels(cells: list[tuple[int, str]], levels: int, column: str, path: Path_) -> Found:
    """Yield the first row of a column whose cell is no level, and how many more there are."""
    wrong = [(i, cell) for i, cell in cells if not _is_level(cell, levels)]
    if wrong:
        row, cell = wrong[0]
        more = f" (and {len(wrong) - 1:,} more rows of this column)" if len(wrong) > 1 else ""
        message = f"must be a whole number from 0 to {levels - 1}; found {cell!r}{more}"
        yield (*path, row, column), message


def _shown_names(shown: list[tuple[Path_, str]], names: Names, others: set[str]) -> Found:
    seen = {appearance(name) for name in (*names.households, *others)}
    for path, name in shown:
        look = appearance(name)
        if name.strip() and not is_visible(name):
            yield path, f"the name {name!r} shows nothing; leave it empty or choose another"
        elif look and look in seen:
            yield path, f"{name.strip()!r} is already the name of somebody else, or looks like it"
        seen.add(look)


def _look_alike(named: Iterable[tuple[Path_, str]]) -> Found:
    """Yield each name that differs from one before it, but not to the eye of a reader."""
    seen: dict[str, str] = {}
    for path, name in named:
        other = seen.setdefault(appearance(name), name)
        if other != name:
            yield path, f"{name!r} looks like {other!r}; choose another name"


def _is_level(cell: str, levels: int) -> bool:
    text = cell.strip()
    return not text or (text.isdecimal() and len(text) < 4 and int(text) < levels)


def _minds(scenario: Scenario, names: Names) -> Found:
    topics = memory_topics(scenario)
    for i, name in enumerate(scenario.memory.hide):
        if name not in topics:
            yield ("memory", "hide", i), unknown("topic of memory", name, topics)
    for i, name in enumerate(scenario.stress.hide):
        if name not in names.stressors:
            yield ("stress", "hide", i), unknown("stressor", name, names.stressors)
    for name in scenario.stress.weights:
        if name not in names.stressors:
            yield ("stress", "weights", name), unknown("stressor", name, names.stressors)
    for name in scenario.choice.states:
        if name not in names.stressors:
            yield ("choice", "states", name), unknown("stressor", name, names.stressors)
    cap, k = scenario.social.follow_cap, scenario.social.initial.k
    if k > cap:
        yield ("social", "initial", "k"), f"{k} is more than follow_cap, which is {cap}"


def _unknown_decider(name: str, known: Sequence[str]) -> str:
    text = unknown("decider", name, known)
    near = "did you mean" in text
    return text if near else f"{text}; a language model is decider llm with llm.model"


def _deciders(scenario: Scenario, names: Names) -> Found:
    known = registry.names("decider")
    chosen = scenario.agents.Household.decider
    if scenario.decider not in known:
        yield ("decider",), _unknown_decider(scenario.decider, known)
    if chosen is not None and chosen not in known:
        yield ("agents", "Household", "decider"), _unknown_decider(chosen, known)
    mixed = scenario.agents.Household.mixed
    for name in mixed:
        if name not in known:
            yield ("agents", "Household", "mixed", name), _unknown_decider(name, known)
    if sum(mixed.values()) > scenario.agents.Household.count:
        yield ("agents", "Household", "mixed"), "these are more households than there are"
    llm = scenario.llm
    if llm.max_cost is not None and llm.model not in llm.prices:
        of = (
            "a model, and llm.prices of it" if llm.model is None else f"llm.prices of {llm.model!r}"
        )
        message = f"max_cost needs {of}, per million tokens"
        yield ("llm", "max_cost"), message
    caps = [cap for cap in ("max_calls", "max_tokens", "max_cost") if getattr(llm, cap) is not None]
    if caps and len(scenario.deciders) > 1:
        asking = sorted(name for name in scenario.deciders if traits_of(name).asks_model)
        if len(asking) > 1:
            each = " and ".join(asking)
            yield ("llm", caps[0]), f"{each} would each have the cap for itself; name one of them"


def _sections(scenario: Scenario, names: Names) -> Found:
    for name, section in scenario.sections.items():
        problems = section.problems(names) if hasattr(section, "problems") else ()
        for field, message in problems:
            yield (name, field), message


def _size(scenario: Scenario, names: Names) -> Found:
    count, steps = scenario.agents.Household.count, scenario.steps
    if count * steps > MAX_HOUSEHOLD_STEPS:
        limit = f"at most {MAX_HOUSEHOLD_STEPS:,} household-steps in one run"
        yield ("steps",), f"{count:,} households x {steps:,} steps is too much work: {limit}"
    if names.size[0] * names.size[1] > MAX_CELLS:
        yield ("grid",), f"the grid has more than {MAX_CELLS:,} cells"
    for name, parameters in scenario.stress.stressors.items():
        window = getattr(parameters, "window", 0)
        if isinstance(window, int) and window * count > MAX_HISTORY:
            at = ("stress", "stressors", name, "window")
            yield at, f"{window:,} steps for {count:,} households is too long a history"
    yield from _totals(scenario, count)


def _totals(scenario: Scenario, count: int) -> Found:
    household = scenario.agents.Household
    most = largest_amount(household.cash, scenario)
    government = scenario.agents.Government
    cash = most * count + (government.cash if government else 0)
    cash += sum(store.cash for _, _, store in scenario.agents.stores())
    for i, event in enumerate(scenario.events):
        given = getattr(event, "amount", 0) if event.type in ("salary", "transfer") else 0
        if count * scenario.steps * largest_amount(given, scenario) > MAX_TOTAL:
            yield ("events", i, "amount"), "the income of the run is more than the ledger holds"
    yield from _expenses(scenario, count)
    if cash > MAX_TOTAL:
        yield ("agents", "Household", "cash"), f"all cash together is more than {MAX_TOTAL:,}"
    for item, quantity in household.endowment.items():
        if largest_amount(quantity, scenario) * count > MAX_TOTAL:
            yield (*("agents", "Household", "endowment"), item), f"more than {MAX_TOTAL:,} in all"


def _expenses(scenario: Scenario, count: int) -> Found:
    """Yield the expense with which all of the run, or all that are known ahead, are too much."""
    ahead = DAYS_AHEAD * scenario.clock.clock().steps_per_day
    times, due = count * max(scenario.steps, ahead), 0
    for i, event in enumerate(scenario.events):
        regular = event.regular_sum()
        if regular is not None and not regular.is_income:
            due += times * largest_amount(regular.amount, scenario)
            if due > MAX_TOTAL:
                message = f"the expenses of the run, or of {DAYS_AHEAD} days, are more than the "
                yield ("events", i, "amount"), message + "ledger holds"
                return


def _time(scenario: Scenario, names: Names) -> Found:
    try:
        scenario.clock.clock().time(scenario.steps)
    except OverflowError:
        yield ("steps",), "the run goes on beyond the year 9999"
