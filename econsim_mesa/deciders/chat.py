"""What deciders that ask a chat model have in common."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.llm.chat import AGAIN, Addressee, CallLog, ChatModel
from econsim_mesa.llm.progress import Progress
from econsim_mesa.llm.transport import Transport
from econsim_mesa.scenario.decider_traits import DeciderTraits
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.requests import Request


class AsksChatModel(DeciderTraits):
    """Base of deciders that have one chat model, and its calls kept."""

    asks_model: ClassVar[bool] = True
    in_words: ClassVar[str] = "language model: simulated households, not respondents"

    def __init__(self, scenario: Scenario, transport: Transport | None = None) -> None:
        """Take the model of a scenario; ``transport`` sends the requests in place of its own."""
        self._model = ChatModel(scenario.llm, transport)

    def attach(self, log: CallLog) -> None:
        """Keep calls in ``log`` from now on, and begin with what it holds."""
        self._model.attach(log)

    def close(self) -> None:
        """Close connections, unless other runs share them; a later call opens new ones."""
        self._model.close()

    @property
    def progress(self) -> Progress | None:
        """Calls, tokens and cost so far; None before the first call."""
        return self._model.progress


def addressee(request: Request) -> Addressee:
    """Return who is asked by a request, when."""
    view = request.view
    name = view.roster.names[request.agent]
    return Addressee(name, view.t, view.seed, lambda why: view.wording.say(AGAIN, why=why))
