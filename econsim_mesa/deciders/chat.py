"""A run's chat model as deciders ask it: all questions of a step as one batch.

A reply that cannot be read gets one more turn. A call that fails for good never looks like data:
its answer says how it ended, and where the scenario says so, or nobody will be answered, the run
stops whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Generic, NamedTuple, TypeVar

from econsim_mesa.deciders.replies import ReplyError, replace_surrogates
from econsim_mesa.errors import RunIncomplete
from econsim_mesa.llm import loop
from econsim_mesa.llm.advice import WITHOUT_REPLIES, advice, describe_kind, more_room
from econsim_mesa.llm.breaker import STOPPED
from econsim_mesa.llm.gateway import Gateway
from econsim_mesa.llm.gateways import Gateways, current_gateways
from econsim_mesa.llm.keys import address_of
from econsim_mesa.llm.messages import (
    DECISION,
    REPAIR,
    ChatReply,
    ChatRequest,
    Message,
    ReplySchema,
    Status,
    call_seed,
)
from econsim_mesa.llm.model_listing import is_mock_server
from econsim_mesa.llm.progress import Progress
from econsim_mesa.llm.transport import Transport
from econsim_mesa.scenario.decider_traits import DeciderTraits
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.decider import CallLog
from econsim_mesa.society.requests import Request
from econsim_mesa.society.wording import Wording

_OUTCOMES: dict[Status, str] = {
    Status.refused: "refused",
    Status.truncated: "unparseable",
    Status.empty: "unparseable",
    Status.timed_out: "timed_out",
    Status.failed: "failed",
    Status.stopped: "failed",
    Status.over_budget: "over_budget",
}
_REPLY_SHOWN = 4000
"""Characters of an unusable reply that its author is shown in the repair turn."""
Content = TypeVar("Content")


@dataclass(frozen=True)
class Question(Generic[Content]):
    """What one agent is asked, and how its reply is read.

    Attributes:
        request: The agent, and what it is shown.
        turns: The messages.
        read: Reads a reply: returns its content, and whether it had to be put into form by rule;
            raises ``ReplyError`` for one that cannot be used.
        name: Name of the schema.
        schema: The strict JSON Schema of the reply.
        flat_schema: One for servers that know fewer keywords; None: ``schema`` is as plain.
        prepared: What the local test server is to reply, which has no model.
    """

    request: Request
    turns: Sequence[Message]
    read: Callable[[str], tuple[Content, bool]]
    name: str
    schema: ReplySchema
    flat_schema: ReplySchema | None = None
    prepared: str | None = None


class Answer(NamedTuple, Generic[Content]):
    """What became of a question.

    Attributes:
        content: What the reply says; None: the call failed for good.
        outcome: accepted or repaired; else how it failed, as records have it.
        reply: The last reply.
        why: Why the reply could not be read.
    """

    content: Content | None
    outcome: str
    reply: ChatReply
    why: str = ""


class ChatModel:
    """Asks the model of a scenario, and keeps the calls of a run.

    ``transport`` sends the requests; None: the one that the scenario asks for.
    """

    def __init__(self, spec: LlmSpec, transport: Transport | None = None) -> None:
        self._spec = spec
        self._gateways = None if transport is None else Gateways(lambda spec: transport)
        self._log: CallLog | None = None
        self._gateway: Gateway | None = None
        self._refused_parameters: tuple[str, ...] = ()  #: what of the requests the server refuses
        self._answered = False  #: some call was, since the gateway was opened
        self.is_mock = False
        """Whether the gateway leads to the local test server, which has no model."""

    def attach(self, log: CallLog) -> None:
        """Keep calls in ``log`` from now on, and begin with what it holds."""
        self._log, self._gateway, self._answered, self._refused_parameters = log, None, False, ()

    def close(self) -> None:
        """Close connections, unless other runs share them; a later call opens new ones."""
        if self._gateway is not None and loop.is_running():  # it cannot be started any more at exit
            loop.run(self._gateway.close())

    @property
    def progress(self) -> Progress | None:
        """Calls, tokens and cost so far; None before the first call."""
        return None if self._gateway is None else self._gateway.progress

    @contextmanager
    def entered(self, step: int) -> Iterator[None]:
        """Open a gateway before the first call. If something goes wrong, the same may be asked."""
        self._gateway = gateway = self._gateway or self._open(step)
        try:
            yield
        except BaseException:
            gateway.reset()
            raise
        finally:
            self._keep_refused_parameters(gateway, step)

    def _keep_refused_parameters(self, gateway: Gateway, step: int) -> None:
        """Have it on record what the model refuses of the requests, and does not get."""
        if gateway.refused_parameters != self._refused_parameters:
            self._refused_parameters = gateway.refused_parameters
            if self._log is not None:
                self._log.keep_refused_parameters(step, self._refused_parameters)

    def _open(self, step: int) -> Gateway:
        """Return a gateway, before the first call of a run or of a part of it."""
        gateways, log, spec = self._gateways or current_gateways(), self._log, self._spec
        if log is None:
            gateway = gateways.gateway(spec, lambda request, reply: None)
        else:
            gateway = gateways.gateway(spec, log.keep_call, log.reuse(), log.spent())
        is_here = address_of(spec).is_here
        entry = loop.run(gateway.model_entry()) if is_here or log is not None else None
        if log is not None:
            log.keep_server(step, entry)
        self.is_mock = is_here and is_mock_server(entry)
        return gateway

    @property
    def _entered(self) -> Gateway:
        """The gateway, which is open inside ``entered``."""
        assert self._gateway is not None
        return self._gateway

    def replies(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """Return the reply to each request, in their order."""
        asking = (partial(self._entered.ask, request) for request in requests)
        return loop.run(loop.gather_in_order(asking, self._spec.max_concurrency))

    def answers(
        self, questions: Sequence[Callable[[], Question[Content]]]
    ) -> list[Answer[Content]]:
        """Return the answer to each question, in their order.

        A question is put into words when its turn comes, while others are under way.
        """
        asking = (partial(self._ask, question) for question in questions)
        return loop.run(loop.gather_in_order(asking, self._spec.max_concurrency))

    async def _ask(self, question: Callable[[], Question[Content]]) -> Answer[Content]:
        """Ask one agent.

        Recorded replies of which nothing can be made stopped the run before: it asks anew.
        """
        asked = question()
        answer = await self._converse(asked)
        if answer.content is None and answer.reply.reused and self._spec.on_failure == "stop":
            return await self._converse(asked, anew=True)
        return answer

    async def _converse(self, asked: Question[Content], *, anew: bool = False) -> Answer[Content]:
        """Ask once, and once more if the reply cannot be used, and was not cut short.

        One that was cut would be cut again.
        """
        gateway = self._entered
        ask = gateway.ask_anew if anew else gateway.ask
        reply = await ask(self._chat_request(asked, DECISION, asked.turns))
        answer, why = self._read(asked, reply)
        if why is None or not self._spec.repair or reply.status is Status.truncated:
            return answer
        turns = [
            *asked.turns,
            shown_reply(reply.text),
            Message("user", _again(why, asked.request.view.wording)),
        ]
        repaired, _ = self._read(asked, await ask(self._chat_request(asked, REPAIR, turns)))
        return repaired if repaired.content is None else repaired._replace(outcome="repaired")

    def _chat_request(
        self, asked: Question[Content], call: int, turns: Sequence[Message]
    ) -> ChatRequest:
        view, agent = asked.request.view, asked.request.agent
        return ChatRequest(
            view.t,
            view.roster.names[agent],
            call,
            tuple(turns),
            asked.name,
            asked.schema,
            self.seed(asked.request, call),
            asked.prepared,
            asked.flat_schema,
        )

    def seed(self, request: Request, call: int) -> int | None:
        """Return the seed of one call, made from the run's; None: none is sent."""
        if not self._spec.send_seed:
            return None
        view = request.view
        return call_seed(view.seed, view.t, view.roster.names[request.agent], call)

    def _read(
        self, asked: Question[Content], reply: ChatReply
    ) -> tuple[Answer[Content], str | None]:
        """Return what a reply says and, if another turn may mend it, what was wrong with it."""
        if reply.status not in (Status.ok, Status.truncated, Status.empty):
            return Answer(None, _OUTCOMES[reply.status], reply), None
        self._answered = True
        try:
            content, mended = asked.read(reply.text or "")
        except ReplyError as error:
            why = "it is empty" if reply.status is Status.empty else str(error)
            return Answer(None, "unparseable", reply, why), why
        return Answer(content, "repaired" if mended else "accepted", reply), None

    def stop_if_asked(self, step: int, answers: Sequence[Answer[Content]], missing: str) -> None:
        """Stop where a call failed and the scenario says so, and where no call will be answered.

        Args:
            step: The step.
            answers: Those of all that were asked in it.
            missing: What failed calls leave undone, in words, such as ``decisions``.

        Raises:
            RunIncomplete: The run stops; the error says what to do.
        """
        failed = [answer for answer in answers if answer.content is None]
        stopped = [answer for answer in failed if answer.reply.status is Status.stopped]
        refused = (
            not self._answered and len(failed) == len(answers) and all(map(_permanent, failed))
        )
        if not failed or not (stopped or refused or self._spec.on_failure == "stop"):
            return
        first = (stopped or failed)[0]
        what = _what(first)
        if refused and not stopped:
            what = f"the server {first.reply.host} refuses all calls: {_fault(first)}"
        to_do = "; ".join(filter(None, (self._pace(first), _to_do(first, self._spec))))
        raise RunIncomplete(
            f"stopped at step {step}: {what} ({len(failed)} of {len(answers)} {missing} missing); "
            "the step is dropped, replies that arrived are kept"
            f"{to_do and f'; {to_do}'}"
        )

    def _pace(self, answer: Answer[Content]) -> str:
        """Say how fast the server answers, where a call took too long."""
        is_late = answer.reply.status is Status.timed_out or "timeout" in answer.reply.faults
        return self.progress.speed.words if is_late and self.progress else ""

    def stop_if_gone(self, step: int, replies: Sequence[ChatReply]) -> None:
        """Raise ``RunIncomplete`` where the server answers nobody."""
        gone = next((reply for reply in replies if reply.status is Status.stopped), None)
        if gone is not None:
            to_do = advice(gone.fault_text, self._spec)
            raise RunIncomplete(f"stopped at step {step}: {_stopped(gone)}{to_do and f'; {to_do}'}")


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


def shown_reply(text: str | None) -> Message:
    """Return what the author of an unusable reply is shown of it in the repair turn."""
    return Message("assistant", replace_surrogates(text or "")[:_REPLY_SHOWN])


def _permanent(answer: Answer[Content]) -> bool:
    """Whether a server refused a call, and would refuse it again."""
    return answer.reply.status is Status.failed and answer.reply.permanent


def _what(answer: Answer[Content]) -> str:
    """Say why a call failed for good."""
    reply = answer.reply
    if reply.status is Status.over_budget:
        why = reply.fault_text and f" ({reply.fault_text})"
        return f"a limit on calls, tokens or cost is spent{why}"
    if reply.status is Status.stopped:
        return _stopped(reply)
    fault = _fault(answer)
    return f"a call to {reply.host} ended as {answer.outcome}{fault and f': {fault}'}"


def _to_do(answer: Answer[Content], spec: LlmSpec) -> str:
    """Return what the user can do about it; empty: nothing is known."""
    if answer.reply.status is Status.over_budget:
        return "give more by --max-calls, --max-tokens or --max-cost"
    if answer.reply.status is Status.truncated:
        return more_room(spec, answer.reply.output_tokens, reasoned=answer.reply.reasoned)
    if answer.outcome == "unparseable":
        return f"take a model that answers in the form that it is asked for; {WITHOUT_REPLIES}"
    return advice(_fault(answer), spec)


def _fault(answer: Answer[Content]) -> str:
    """Return what went wrong with a call, in words."""
    reply = answer.reply
    if reply.status is Status.truncated:
        length = f"{reply.output_tokens or 'the most'} tokens"
        return (
            f"the model reasoned, and was cut after {length} before its answer was whole"
            if reply.reasoned
            else f"truncated after {length}"
        )
    fault = reply.fault_text or answer.why or "".join(map(describe_kind, reply.faults[-1:]))
    return f"{fault} (after {len(reply.faults)} attempts)" if len(reply.faults) > 1 else fault


def _stopped(reply: ChatReply) -> str:
    """Say why a server is asked no more."""
    return f"the server {reply.host} {reply.fault_text or STOPPED}"


def _again(why: str, wording: Wording) -> str:
    return wording.say(
        "Your answer could not be used: {why}\n"
        "Answer again with one JSON object in the form above, and nothing else.",
        why=why,
    )
