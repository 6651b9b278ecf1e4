"""The roster of domains: those of the package, and those that a scenario has besides."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from econsim_mesa.domains.body.domain import Body
from econsim_mesa.domains.economy.domain import Economy
from econsim_mesa.domains.mobility.domain import Mobility
from econsim_mesa.domains.social.domain import Social
from econsim_mesa.domains.tables import TABLES, columns_of
from econsim_mesa.scenario.registry import lookup
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import HOUSEHOLD, STORE, Action, decode
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.records import Decision, Kind, Record

Domains = tuple[type[Domain], ...]
"""Classes of domains, in the order in which they settle after a phase."""
OF_PACKAGE: Domains = (Body, Mobility, Economy, Social)
"""The domains of the package, which every town has."""


def domains_of(scenario: Scenario) -> Domains:
    """Return the domains of a town: those of the package, then its own by name."""
    return (*OF_PACKAGE, *(lookup("domain", name) for name in scenario.sections))


def role_of(kind: str) -> str:
    """Return the role of a kind of agent: all kinds of stores have the same."""
    return HOUSEHOLD if kind == HOUSEHOLD else STORE


@cache
def verbs_of(role: str, domains: Domains = OF_PACKAGE) -> dict[str, type[Action]]:
    """Return the actions of a role by their verbs, in the order of their keys in a reply."""
    actions = [action for domain in domains for action in domain.actions if role in action.phases]
    return {action.verb: action for action in sorted(actions, key=lambda action: action.position)}


def offered_verbs(kind: str, scenario: Scenario) -> dict[str, type[Action]]:
    """Return the actions that a town has for a kind of agent, in the order of ``verbs_of``."""
    verbs = verbs_of(role_of(kind), domains_of(scenario))
    return {verb: action for verb, action in verbs.items() if action.exists_in(scenario)}


def read_actions(text: str, kind: str, domains: Domains = OF_PACKAGE) -> tuple[Action, ...]:
    """Return the recorded actions of an agent of a kind; also such as only others can take.

    Raises:
        BadInput: The text is no list of actions as ``encode`` writes it.
    """
    return decode(text, _known_verbs(role_of(kind), domains))


@cache
def _known_verbs(role: str, domains: Domains) -> dict[str, type[Action]]:
    """Return all actions by their verbs; where roles share a verb, the action of this one."""
    stores, households = verbs_of(STORE, domains), verbs_of(HOUSEHOLD, domains)
    return {**households, **stores, **verbs_of(role, domains)}


def outcomes_of(domains: Domains) -> dict[str, float]:
    """Return the columns of what households do and meet in a step -> what stands for nothing."""
    declared = (domain.outcomes for domain in domains)
    return {"rejected": 0} | {name: value for some in declared for name, value in some.items()}


def tables_of(domains: Domains) -> dict[str, type[Record]]:
    """Return the tables of a run by their names, with the class of their records."""
    return TABLES | {record.table: record for domain in domains for record in domain.records}


def remembered_of(domains: Domains) -> tuple[str, ...]:
    """Return the tables whose records agents remember, in the order in which they tell of a step.

    What an agent thought comes last.
    """
    concerning = [table for table, kind in tables_of(domains).items() if kind.concerns]
    return (*(table for table in concerning if table != Decision.table), Decision.table)


def own_columns(domains: Domains) -> Mapping[str, Mapping[str, Kind]]:
    """Return the columns of the tables that are not of the package, with their types."""
    own = {table: kind for table, kind in tables_of(domains).items() if table not in TABLES}
    return {table: columns_of(kind) for table, kind in own.items()}
