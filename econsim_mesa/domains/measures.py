"""The measures of a town: those of the package, and those of domains of the user's own."""

from __future__ import annotations

from econsim_mesa.domains.economy.measures import ITEM_UNITS, REVENUE, UNITS
from econsim_mesa.domains.mobility.measures import CROWD, VISITORS, VISITS
from econsim_mesa.domains.social.measures import (
    GOVERNMENT_POSTS,
    HOUSEHOLD_POSTS,
    KEYWORD_POSTS,
    SCRIPTED_POSTS,
    STORE_POSTS,
)
from econsim_mesa.scenario import Scenario, lookup
from econsim_mesa.society.measures import REJECTED, STRESS, Measure

MEASURES = (
    UNITS,
    REVENUE,
    VISITS,
    CROWD,
    VISITORS,
    ITEM_UNITS,
    HOUSEHOLD_POSTS,
    KEYWORD_POSTS,
    STORE_POSTS,
    GOVERNMENT_POSTS,
    SCRIPTED_POSTS,
    STRESS,
    REJECTED,
)
"""The measures of the package, in the order in which tables have them."""


def measures_of(scenario: Scenario) -> tuple[Measure, ...]:
    """Return all measures of a scenario's town, in the order of tables."""
    return (*MEASURES, *own_measures(scenario))


def own_measures(scenario: Scenario) -> tuple[Measure, ...]:
    """Return the measures of the domains that are not of the package."""
    domains = (lookup("domain", name) for name in scenario.sections)
    return tuple(measure for domain in domains for measure in domain.measures)
