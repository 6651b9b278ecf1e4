"""Whether a scenario's language model can be asked at all: looked at before anything is written."""

from __future__ import annotations

from collections.abc import Iterable

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.connect import connect
from econsim_mesa.llm.keys import KEY, PROVIDER_URL, address_of, has_key
from econsim_mesa.llm.redact import Redactor, keys_of_environment
from econsim_mesa.llm.transport import model_name
from econsim_mesa.scenario.decider_traits import traits_of
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.scenario.load import to_json
from econsim_mesa.scenario.types import Scenario

_SURELY_A_KEY = 16
"""Characters: a shorter one may be a word that a scenario holds by chance."""


def asks_model(scenario: Scenario) -> bool:
    """Whether a language model decides for anybody, or writes somebody's posts."""
    return any(traits_of(name).asks_model for name in scenario.deciders)


def refuse_unready(scenario: Scenario) -> None:
    """Raise ``BadInput`` for all that the first call of a scenario would meet, as far as it shows.

    No model, no key, a key that is not for this server, a provider that cannot be used; and for a
    key that stands in the scenario, which would record it.
    """
    if not asks_model(scenario):
        return
    model_name(scenario.llm)
    kinds = map(traits_of, scenario.deciders)
    if any(kind.asks_model and not kind.has_own_transport for kind in kinds):
        _refuse_unready_server(scenario.llm)
    _refuse_recorded_key(to_json(scenario))


def _refuse_unready_server(spec: LlmSpec) -> None:
    if spec.provider == "openai" and not has_key() and address_of(spec).base == PROVIDER_URL:
        raise BadInput(
            f"no key for OpenAI: set {KEY} in the environment, or give --base-url URL for a "
            "server that needs none"
        )
    connect(spec)


def refuse_all_unready(scenarios: Iterable[Scenario]) -> None:
    """Raise ``BadInput`` where one of many scenarios is not ready; what they share is seen once."""
    seen: set[str] = set()
    for scenario in scenarios:
        settings = scenario.llm.model_dump_json()
        if asks_model(scenario) and settings not in seen:
            seen.add(settings)
            refuse_unready(scenario)


def _refuse_recorded_key(text: str) -> None:
    redactor = Redactor(*(key for key in keys_of_environment() if len(key) >= _SURELY_A_KEY))
    if redactor.clean(text) != text:
        raise BadInput(
            "the scenario, or a setting given with it, holds a key of the environment, and would "
            f"record it: take it out; a key is read from the environment ({KEY}) alone"
        )
