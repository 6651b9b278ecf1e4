"""How a mock server behaves: everything that it can be told, in one frozen object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.llm.model_listing import MOCK_OWNER
from econsim_mesa.mock.faults import checked_probabilities, checked_script
from econsim_mesa.mock.latency import Latency

FORMATS = ("json_schema", "anyOf", "json_object")
"""What of a ``response_format`` can be refused: its type, or a schema with alternatives."""
PARAMETERS = (
    *("temperature", "seed", "reasoning_effort"),
    *("max_tokens", "max_completion_tokens", "system"),
)
"""What of a request can be refused beside its form: a parameter, or the role of the system."""
PLACES = ("field", "text", "begun", "both")
REVISION = "fp_mock_1"
CACHES = {0: 0, 16: 0, 128: 1024}
"""Block of the prefix cache in tokens -> fewest tokens of a prompt that is cached at all."""

_AMOUNTS = (
    *("window", "retry_after", "drip", "hang", "cache_tokens", "revise_after"),
    *("tokens_per_second", "slots", "slowing", "per_minute", "reasoning"),
)


@dataclass(frozen=True)
class Settings:
    """Behaviour of a mock server. Raises ``BadInput`` for what makes no sense.

    ``latency`` of a reply, counted from the arrival of its request. ``window``: seconds in
    which requests are collected to be answered together (a reply never takes less). ``faults``:
    probability of each; ``script``: faults in the order of arrival, before those. ``seed`` of
    all luck. ``repeatable``: a reply that is made up is the same where the request is asked again;
    else a new one, as from a model that samples. ``gullible``: do what texts in a prompt demand.
    ``refuse_formats``: kinds of ``response_format``, or ``anyOf`` in one, answered with status
    400. ``prose``: without a ``response_format``, talk around the JSON. ``cache_block``: tokens in
    a block of the prefix cache: 16 as vLLM, 128 as OpenAI (from 1,024 tokens on), 0 none;
    ``cache_tokens``: its size. ``retry_after``, ``drip`` and ``hang`` are seconds: what a 429
    advises, between two bytes of a slow reply, and after which a hanging request is dropped.
    ``tokens_per_second`` written in each of so many ``slots`` (0: no matter, and no end of slots);
    prompt tokens that are not cached are read ten times as fast; after each reply the speed is
    ``slowing`` times what it was. ``per_minute``: requests in any minute, beyond which they are
    answered with status 429 (0: no limit). ``reasoning``: tokens that the model reasons at medium
    effort before it answers; ``reasoning_in`` a ``field`` of its own, the ``text``, the text that
    has ``begun`` in the prompt, so that no mark opens it, or ``both`` in one field with the answer,
    the text being empty. ``refuse``: parameters, or the ``system`` role,
    that are answered with status 400.
    ``revision`` is the fingerprint of the model that each reply names (empty: none);
    ``revise_after``: so many replies later it is another (0: never).
    ``owner`` of its model, as it lists it: towns prepare replies only for a server that says that
    it is this one.
    ``note_times``: the statistics say when each prompt was answered (for benchmarks).
    """

    latency: Latency = field(default_factory=Latency)
    window: float = 0.005
    faults: Mapping[str, float] = field(default_factory=dict)
    script: tuple[str, ...] = ()
    seed: int = 1
    repeatable: bool = True
    gullible: bool = False
    refuse_formats: tuple[str, ...] = ()
    prose: bool = False
    cache_block: int = 16
    cache_tokens: int = 10_000_000
    retry_after: float = 1.0
    drip: float = 1.0
    hang: float = 3600.0
    tokens_per_second: float = 0.0
    slots: int = 0
    slowing: float = 1.0
    per_minute: int = 0
    reasoning: int = 0
    reasoning_in: str = PLACES[0]
    refuse: tuple[str, ...] = ()
    revision: str = REVISION
    revise_after: int = 0
    owner: str = MOCK_OWNER
    note_times: bool = False

    def __post_init__(self) -> None:
        """Check every field."""
        checked_probabilities(self.faults)
        checked_script(self.script)
        for name in self.refuse_formats:
            if name not in FORMATS:
                raise UnknownName("response format", name, FORMATS)
        for name in self.refuse:
            if name not in PARAMETERS:
                raise UnknownName("parameter", name, PARAMETERS)
        if self.reasoning_in not in PLACES:
            raise UnknownName("place of reasoning", self.reasoning_in, PLACES)
        if self.cache_block not in CACHES:
            raise BadInput(f"a cache block of {self.cache_block} tokens; give 0, 16 or 128")
        if self.seed < 0:
            raise BadInput(f"the seed is {self.seed}; give a whole number from 0 on")
        for name in _AMOUNTS:
            if not 0 <= getattr(self, name) < float("inf"):
                raise BadInput(f"{name} is {getattr(self, name)}; give 0 or more")

    def to_json(self) -> dict[str, object]:
        """Return the settings as an object for JSON."""
        return {**vars(self), "faults": dict(self.faults), "latency": vars(self.latency)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        """Return the settings that ``to_json`` gave."""
        fields = {**data, "latency": Latency(**data["latency"])}
        for name in ("script", "refuse_formats", "refuse"):
            fields[name] = tuple(fields[name])
        return cls(**fields)
