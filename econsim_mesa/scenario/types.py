"""The whole scenario: one frozen object that says everything about a run but its seed's luck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    SerializeAsAny,
    StringConstraints,
    field_validator,
    model_validator,
)

from econsim_mesa.languages import ENGLISH
from econsim_mesa.languages.lexicon import LEXICON
from econsim_mesa.scenario.actors import AgentsSpec, DomainAgent
from econsim_mesa.scenario.base import Frozen, Keyword, Name, ReadOnlyDict, build_only
from econsim_mesa.scenario.choice import ChoiceSpec
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.scenario.mind import AttentionOrMode, AttentionSpec, MemorySpec, StressSpec
from econsim_mesa.scenario.prompts import PromptsOrFolder, PromptsSpec
from econsim_mesa.scenario.registry import parse_all, parse_list
from econsim_mesa.scenario.social import SocialSpec
from econsim_mesa.scenario.town import ClockSpec, CurrencySpec, GridSpec, ItemSpec, MarketSpec
from econsim_mesa.scenario.when import Event

Sentence = Annotated[str, StringConstraints(min_length=3, max_length=2000)]


class DataSource(Frozen):
    """A source of numbers in this scenario."""

    name: Sentence
    """What it is, with author and year."""
    use: Sentence
    """What it is used for here."""
    licence: str = Field(min_length=2, max_length=200)
    """Its licence, or ``facts`` where only facts are taken."""


COLLECTED_HOUSEHOLDS = 5_000
"""Households up to which the DataCollector keeps everything, unless ``collect`` says otherwise."""


class CollectSpec(Frozen):
    """What the model's DataCollector keeps in memory; the folder of a run has all of it anyway."""

    agents_every: int | None = Field(None, ge=1, le=1_000_000)
    """Steps from one row of each household to the next; the last step has one too. null: 1 up to
    5,000 households, in larger towns so many that it is 5,000 rows a step on average."""
    tables: bool | None = build_only(None)
    """Whether the tables ``sales`` and ``posts`` are kept; null: up to 5,000 households."""

    def steps_between_rows(self, households: int) -> int:
        """Return the steps from one row of each household to the next, at least 1."""
        if self.agents_every is not None:
            return self.agents_every
        return max(-(-households // COLLECTED_HOUSEHOLDS), 1)

    def keeps_tables(self, households: int) -> bool:
        """Whether the tables are kept in a town of so many households."""
        return households <= COLLECTED_HOUSEHOLDS if self.tables is None else self.tables


class Scenario(Frozen):
    """A town, its people and its rules; the content of a scenario file."""

    # Any other key at the top names an installed domain: see ``sections``.
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Any]

    schema_: str | None = Field(None, alias="$schema")
    """Where editors find the JSON Schema of this file."""
    format: Literal[1] = 1
    """Version of the file format."""
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")] = build_only()
    """Short name: lower case, digits, underscores."""
    title: Sentence = build_only()
    """One line for people."""
    description: str = Field("", max_length=20_000)
    """More about it."""
    exclusions: tuple[Sentence, ...] = Field(min_length=1)
    """What this scenario leaves out, in words."""
    data_sources: tuple[DataSource, ...]
    """Where its numbers come from; may be empty if all are invented."""
    seed: int = build_only(1, ge=0, lt=2**63)
    """Seed of a run that names no other."""
    steps: int = Field(ge=1, le=1_000_000)
    """Number of steps."""
    decider: str = "utility"
    """Who decides for households: a registered decider."""
    keywords: tuple[Keyword, ...] = ()
    """Words whose household posts are counted (online heat), in the singular."""
    language: str = build_only("en")
    """Language of prompts and of the posts by the embedded decider: en or ja."""
    prompts: PromptsOrFolder = build_only(default_factory=PromptsSpec)
    """Prompts of one's own in place of those of the language: a folder beside this file."""
    clock: ClockSpec
    """Time."""
    grid: GridSpec
    """Space."""
    currency: CurrencySpec = build_only(default_factory=CurrencySpec)
    """Money."""
    items: dict[Name, ItemSpec] = build_only(min_length=1)
    """Goods, by name."""
    agents: AgentsSpec
    """Households, stores, government."""
    market: MarketSpec = Field(default_factory=MarketSpec)
    """Rules of trade."""
    social: SocialSpec = Field(default_factory=SocialSpec)
    """The social network."""
    attention: AttentionOrMode = Field(default_factory=AttentionSpec)
    """When households are asked: every_step, on_change, or an object with numbers as well."""
    memory: MemorySpec = Field(default_factory=MemorySpec)
    """What is remembered."""
    stress: StressSpec = Field(default_factory=StressSpec)
    """What weighs on people."""
    choice: ChoiceSpec = Field(default_factory=ChoiceSpec)
    """The embedded decider."""
    llm: LlmSpec = Field(default_factory=LlmSpec)
    """The language model, where one decides."""
    collect: CollectSpec = Field(default_factory=CollectSpec)
    """What the DataCollector keeps in memory."""
    events: tuple[SerializeAsAny[Event], ...] = ()
    """What happens to the town, in order."""

    @field_validator("events", mode="before")
    @classmethod
    def _registered(cls, value: object) -> object:
        return parse_list("event", value, key="type")

    @model_validator(mode="after")
    def _of_domains(self) -> Scenario:
        """Parse the sections of domains, and put them in the order of their names."""
        parsed = parse_all("domain", dict(sorted(self.__pydantic_extra__.items())))
        object.__setattr__(self, "__pydantic_extra__", ReadOnlyDict(parsed))
        return self

    @property
    def sections(self) -> Mapping[str, Any]:
        """Parameters of the domains that are not of the package, by their names, sorted.

        Each is of the type ``Parameters`` of its domain.
        """
        return self.__pydantic_extra__

    @property
    def calendar_days(self) -> int:
        """Number of calendar days of which a run has steps."""
        clock = self.clock.clock()
        return (clock.time(self.steps - 1).date() - clock.time(0).date()).days + 1

    @property
    def deciders(self) -> frozenset[str]:
        """Names of those who decide for households, and for stores that name somebody."""
        households = self.agents.Household
        stores = (store.decider for _, _, store in self.agents.stores())
        chosen = households.decider or self.decider
        return frozenset({chosen, *households.mixed, *filter(None, stores)})

    @property
    def speaks_own_english(self) -> bool:
        """Whether what posts come from is English of this program, in any style.

        No file of the user's may stand before it, but the lexicon and what asks questions.
        """
        own = self.prompts.files.keys() - {LEXICON, "ask.md"}
        return self.language == ENGLISH.name and not own

    def domain_agents(self) -> dict[str, tuple[DomainAgent, ...]]:
        """Return the agents that those domains bring, by the names of the domains."""
        return {
            name: tuple(section.agents())
            for name, section in self.sections.items()
            if hasattr(section, "agents")
        }
