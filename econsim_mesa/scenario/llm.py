"""The part of a scenario that says which language model decides, and within what limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints, field_validator

from econsim_mesa.scenario.base import Frozen

Rate = Annotated[float, Field(gt=0, le=1e9)]
Listing = Literal["given", "reversed", "alphabetical"]
TraitWords = Literal["words", "numbers", "sentences"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
Dollars = Annotated[float, Field(ge=0, le=1e6)]

_OWN_FIELDS = {
    **dict.fromkeys(("max_tokens", "max_completion_tokens"), "max_output_tokens"),
    **{name: name for name in ("model", "temperature", "response_format", "reasoning_effort")},
    "seed": "send_seed",
    **dict.fromkeys(("messages", "stream", "n", "tools", "econsim_mesa_reply")),
}
"""Fields of a request that are not for ``extra_body`` -> the setting for each, if it has one."""


class Price(Frozen):
    """Price of a model, in US dollars for a million tokens."""

    input: Dollars
    """Prompt tokens that are not cached."""
    output: Dollars
    """Completion tokens."""
    cached: Dollars | None = None
    """Prompt tokens read from the provider's cache; null: as ``input``."""
    source: str = Field("", max_length=200)
    """Where the price stands, and when it was seen there: printed beside it."""


class SummarySpec(Frozen):
    """Memory summaries written by the model, which stand before the events since then."""

    every: int = Field(12, ge=1, le=10_000)
    """Steps between two summaries of a household."""


class LlmSpec(Frozen):
    """A chat model behind an OpenAI-compatible address, or any that LangChain knows.

    Keys come from the environment only (``OPENAI_API_KEY``), and go only to servers that the user
    has named himself; a scenario never holds one.
    """

    model: str | None = Field(None, min_length=1, max_length=200)
    """Name of the model; null: none is chosen yet."""
    provider: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,40}$")] = "openai"
    """Provider as LangChain's ``init_chat_model`` names it."""
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@]+$")] | None = None
    """Address of an OpenAI-compatible server, up to ``/v1``; null: the provider's own."""
    client: Literal["langchain", "direct"] = "langchain"
    """langchain, or a direct client for OpenAI-compatible servers that costs less CPU."""
    temperature: float | None = Field(0.7, ge=0, le=2)
    """Sampling temperature; null: the server's default (some models accept no other)."""
    send_seed: bool = True
    """Whether a seed made from the run's goes with each call; it guarantees nothing."""
    reasoning_effort: Effort | None = None
    """How long a model that reasons is to do so; null: its own way."""
    extra_body: dict[str, JsonValue] = Field(default_factory=dict)
    """Further fields of each request, such as {"chat_template_kwargs": {"enable_thinking": false}};
    those that have a setting here are refused."""
    max_output_tokens: int = Field(800, ge=16, le=1_000_000)
    """Most tokens of a reply."""
    max_reasoning_tokens: int = Field(8000, ge=0, le=1_000_000)
    """Tokens that replies may have beyond those once one was cut while the model reasoned: it is
    asked again with so much more room, and from then on all are; 0: the cut reply is the end."""
    response_format: Literal[
        "auto", "json_schema", "plain_schema", "flat_schema", "json_object", "text"
    ] = "auto"
    """How the reply's form is asked for; auto: the strictest that the server knows. A plain_schema
    has no lengths of texts, a flat_schema no alternatives (anyOf) and no bounds either."""
    template: str = Field("default", pattern=r"^[a-z0-9_]{1,40}$")
    """Name of the prompt template: default, or one of its paraphrases brief, formal, story."""
    listing: Listing = "given"
    """Order in which a prompt lists actions, stores, items and people."""
    traits: TraitWords = "words"
    """How a prompt puts traits: "low openness", "openness 1 of 3", "you have little openness"."""
    repair: bool = True
    """Whether a reply that does not parse gets one more turn to repair it."""
    timeout_seconds: float | None = Field(None, gt=0, le=86_400)
    """Longest wait for one attempt; null: as long as the longest reply may take of a server as fast
    as this one has been, and a minute at least."""
    deadline_seconds: float | None = Field(None, gt=0, le=86_400)
    """Longest time for one call with all its attempts; null: as long as replies come, and an hour
    after the last one."""
    max_attempts: int = Field(6, ge=1, le=100)
    """Attempts of one call, where a failure is worth another; waits that are asked for apart."""
    breaker: int = Field(20, ge=1, le=100_000)
    """Failed attempts in a row, over all calls, after which nobody is asked any more ..."""
    breaker_seconds: float = Field(5.0, ge=0, le=3600)
    """... if they went on for so long: a short outage is waited out."""
    max_concurrency: int = Field(32, ge=1, le=4096)
    """Calls in flight at once."""
    requests_per_minute: Rate | None = None
    """Limit of the provider; null: none."""
    tokens_per_minute: Rate | None = None
    """Limit of the provider; null: none."""
    max_calls: int | None = Field(None, ge=0)
    """Most calls of a run, repair turns counted; null: no cap."""
    max_tokens: int | None = Field(None, ge=0)
    """Most tokens of a run, prompts and replies; null: no cap."""
    max_cost: float | None = Field(None, ge=0)
    """Most US dollars of a run; needs ``prices`` for the model; null: no cap."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """Price of each model that may be used."""
    on_failure: Literal["stop", "idle", "utility"] = "stop"
    """What happens when a call fails for good: stop whole, do nothing, or decide by utility."""
    summaries: SummarySpec | None = None
    """Memory summaries by the model; null: memory is put into words by rule alone."""

    @field_validator("extra_body")
    @classmethod
    def _leaves_ours(cls, fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
        for name in fields:
            if name in _OWN_FIELDS:
                setting = _OWN_FIELDS[name]
                raise ValueError(
                    f"{name!r} is set by llm.{setting}" if setting else f"{name!r} is not for it"
                )
        return fields

    @property
    def most_output_tokens(self) -> int:
        """Most tokens of a reply of a model that reasons."""
        return self.max_output_tokens + self.max_reasoning_tokens
