"""The forms of the page as scenarios: a new town, an uploaded file, the settings of a fork."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from econsim_mesa.domains.economy.price_events import Promotion
from econsim_mesa.errors import BadInput
from econsim_mesa.llm.keys import name_servers
from econsim_mesa.scenario import Scenario, load_scenario, parse_assignment
from econsim_mesa.scenario.address import addresses_in
from econsim_mesa.scenario.overrides import SHORT
from econsim_mesa.scenario.paths import parts
from econsim_mesa.society.settings import refuse_build_only

from .scenario_files import ScenarioFiles

MOST_CHARACTERS = 2_000_000
"""Length of an uploaded scenario at most."""
_NUMBERS = {"households": SHORT["households"], "steps": "steps", "seed": "seed"}
_TEXTS = {"stress": "stress.mode", "model": "llm.model", "base_url": "llm.base_url"}


def read_upload(name: str, text: str, files: ScenarioFiles) -> Scenario:
    """Return the scenario in an uploaded text. Raises ``ScenarioError``, ``BadInput`` if too long.

    It is read like any file, in a folder of its own: a table that it names is not found.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadInput(f"the file is too long: at most {MOST_CHARACTERS:,} characters are taken")
    with tempfile.TemporaryDirectory(prefix="econsim-upload-") as folder:
        stem = "".join(char for char in name if char.isalnum() or char in "._-")[:60] or "upload"
        path = Path(folder) / f"{stem.removesuffix('.json')}.json"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        return files.open(path)


def promotion_percents(scenario: Scenario) -> list[float]:
    """Return how far each promotion goes, in percent."""
    return [event.percent for event in scenario.events if isinstance(event, Promotion)]


def form_values(scenario: Scenario) -> dict[str, object]:
    """Return what the form shows of a scenario before anybody changed it."""
    percents = promotion_percents(scenario)
    return {
        "households": scenario.agents.Household.count,
        "steps": scenario.steps,
        "seed": scenario.seed,
        "stress": scenario.stress.mode,
        "discount": percents[0] if percents else None,
        "decider": scenario.agents.Household.decider or scenario.decider,
        "model": scenario.llm.model or "",
        "base_url": scenario.llm.base_url or "",
        "max_calls": scenario.llm.max_calls,
    }


def scenario_from_form(scenario: Scenario, form: Mapping[str, Any]) -> Scenario:
    """Return a scenario with what a form changes. Raises ``ScenarioError`` with every problem.

    The address of a server that is typed into the form, and is not the scenario's, gets the key.
    """
    before = form_values(scenario)
    changes: dict[str, object] = {}
    short: dict[str, Any] = {}
    for name, path in (_NUMBERS | _TEXTS | {"max_calls": "llm.max_calls"}).items():
        if name in form and form[name] not in (before[name], ""):
            changes[path] = form[name]
    if form.get("decider", before["decider"]) != before["decider"]:
        changes["decider"] = form["decider"]
        changes["agents.Household.decider"] = None
        changes["agents.Household.mixed"] = {}
    if before["discount"] is not None and form.get("discount") not in (before["discount"], None):
        short["discount"] = form["discount"]
    changed = load_scenario(scenario, set=changes, **short)
    name_servers(addresses_in(changes))
    return changed


def fork_changes(scenario: Scenario, form: Mapping[str, Any]) -> dict[str, object]:
    """Return the dotted settings in which a fork differs from its parent's.

    ``form`` holds ``stress``, ``discount``, ``feed``, and ``lines`` of ``path=value``. Raises
    ``BadInput`` or ``ScenarioError``: not settings, not to be changed after the beginning, or
    two values for one setting.
    """
    changes: dict[str, object] = {}
    if form.get("stress", scenario.stress.mode) != scenario.stress.mode:
        changes["stress.mode"] = form["stress"]
    if form.get("feed", scenario.social.feed) != scenario.social.feed:
        changes["social.feed"] = form["feed"]
    for index, event in enumerate(scenario.events):
        percent = form.get("discount")
        if isinstance(event, Promotion) and percent not in (None, "", event.percent):
            changes[f"events.{index}.percent"] = percent
    changes.update(_assignments(str(form.get("lines", ""))[:MOST_CHARACTERS]))
    refuse_build_only(list(changes), "the fork")
    _refuse_contradiction(scenario, form, load_scenario(scenario, set=changes))
    return changes


def _assignments(lines: str) -> Iterator[tuple[str, Any]]:
    """Yield the settings in lines. Raises ``BadInput`` for one that another line sets too."""
    seen: list[list[str]] = []
    for line in filter(None, map(str.strip, lines.split("\n"))):
        path, value = parse_assignment(line)
        keys = [str(key) for key in parts(path)]
        for other in seen:
            if all(ours == theirs for ours, theirs in zip(keys, other, strict=False)):
                both = ".".join(keys if len(keys) < len(other) else other)
                raise BadInput(f"two lines set {both}: leave one")
        seen.append(keys)
        yield path, value


def _refuse_contradiction(scenario: Scenario, form: Mapping[str, Any], outcome: Scenario) -> None:
    """Refuse a fork in which a field of the form does not hold, because a line says otherwise.

    Raises ``BadInput``.
    """
    before, after = promotion_percents(scenario), promotion_percents(outcome)
    touched = before and form.get("discount") not in (None, "", before[0])
    discounts = after if touched else after[:1]
    fields = (
        ("Stress", form.get("stress", scenario.stress.mode), [outcome.stress.mode]),
        ("What people read", form.get("feed", scenario.social.feed), [outcome.social.feed]),
        ("Discount, %", form.get("discount") if touched else next(iter(before), None), discounts),
    )
    for label, chosen, outcomes in fields:
        if wrong := [value for value in outcomes if value != chosen]:
            raise BadInput(
                f"{label} is {chosen} above and {wrong[0]} in a line: say it in one of the two"
            )
