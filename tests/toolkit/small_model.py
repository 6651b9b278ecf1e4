"""A small Mesa model whose agents decide by replies that are made up from their prompts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Annotated, Any

import mesa
from memory_transport import MemoryTransport
from pydantic import Field

from econsim_mesa.llm import ChatRequest, Completion, TransportFault
from econsim_mesa.toolkit import LlmAgents, Memory, Refused, Stress

Reply = Callable[[ChatRequest], str | TransportFault]


def completion(text: str) -> Completion:
    """Return a reply with a text, as a server sends it."""
    return Completion(text, "stop", None, 50, 10, None, "m", None, None)


def transport(reply: Reply) -> MemoryTransport:
    """Return a transport that answers by a function of the request."""

    def script(_: int, request: ChatRequest) -> Completion | TransportFault:
        said = reply(request)
        return said if isinstance(said, TransportFault) else completion(said)

    return MemoryTransport(script)


def says(*entries: dict[str, Any], thought: str = "so be it") -> str:
    """Return the reply that does some things."""
    return json.dumps({"thought": thought, "do": list(entries)})


def by_prompt(request: ChatRequest) -> str:
    """Give a coin to the next person, as long as there is one."""
    name, coins = re.findall(r"\[you\] (\w+ \d+)\n\[coins\] (\d+)", request.messages[1].content)[0]
    number = int(name.split()[1])
    gift = {"give": f"Person {number % 5 + 1}", "amount": 1}
    return says(gift, thought=f"{coins} coins are enough") if int(coins) else says()


class Person(mesa.Agent):
    """Somebody with coins."""

    def __init__(self, model: mesa.Model) -> None:
        super().__init__(model)
        self.coins = 3

    def rest(self) -> str:
        """Do nothing for a while."""
        return "rested"

    def give(self, to: Person, amount: Annotated[int, Field(ge=1, le=9)]) -> str:
        """Give coins to somebody."""
        if amount > self.coins:
            raise Refused(f"you have {self.coins} coins")
        self.coins, to.coins = self.coins - amount, to.coins + amount
        return f"gave {amount} to {to.unique_id}"


class Coins(mesa.Model):
    """People who give each other coins."""

    reply: Reply = staticmethod(by_prompt)
    settings: dict[str, Any] = {"model": "m"}  # noqa: RUF012 - a test replaces it

    def __init__(self, n: int = 5, rng: int | None = None, mode: Any = "on") -> None:
        super().__init__(rng=rng)
        Person.create_agents(self, n)
        self.datacollector = mesa.DataCollector(
            {"Sum": lambda model: sum(one.coins for one in model.agents)}, {"Coins": "coins"}
        )
        self.transport = transport(type(self).reply)
        self.minds = LlmAgents(
            self,
            task="You live among friends.",
            observe=lambda agent: {"coins": agent.coins},
            actions=[Person.give, Person.rest],
            memory=Memory(),
            stress=Stress(
                {"poverty": lambda agent: (90.0 - 10 * agent.coins, "few coins")}, mode=mode
            ),
            llm=type(self).settings,
            transport=self.transport,
        )

    def step(self) -> None:
        self.random.random()
        self.last = self.minds.step(self.agents)
        self.datacollector.collect(self)
