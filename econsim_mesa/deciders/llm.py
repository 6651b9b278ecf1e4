"""The LLM decider: one prompt an agent, all calls of a step as one batch, replies to decisions.

A reply that does not parse gets one more turn. A call that fails for good never looks like
data: the scenario's ``llm.on_failure`` says what happens, and the decision says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import ClassVar, NamedTuple

from econsim_mesa.deciders.replies import ReplyError, read_reply, replace_surrogates
from econsim_mesa.deciders.summaries import is_due, read_summary, summary_request
from econsim_mesa.deciders.utility import Utility
from econsim_mesa.errors import RunIncomplete
from econsim_mesa.llm import loop
from econsim_mesa.llm.advice import advice, describe_kind, more_room
from econsim_mesa.llm.breaker import STOPPED
from econsim_mesa.llm.gateway import Gateway
from econsim_mesa.llm.gateways import Gateways, current_gateways
from econsim_mesa.llm.keys import address_of
from econsim_mesa.llm.message_text import is_all_reasoning
from econsim_mesa.llm.messages import (
    DECISION,
    REPAIR,
    SUMMARY,
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
from econsim_mesa.prompts import Prompt, render, system_prompt, template_of
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import Decision
from econsim_mesa.society.decider import CallLog
from econsim_mesa.society.requests import Request, Requests
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


class _Answer(NamedTuple):
    """What became of one agent's request; no decision: it failed for good."""

    decision: Decision | None
    outcome: str
    reply: ChatReply
    why: str = ""
    """Why no decision could be read from the reply."""


class _Form(NamedTuple):
    """The form of the replies of a kind of agent, with its schemas as they are sent."""

    reply: ReplyForm
    schema: ReplySchema
    flat_schema: ReplySchema


class Llm:
    """Decides by a chat model for households, and for stores that ask for it.

    ``transport`` sends the requests; None: the one that the scenario asks for.
    """

    name: ClassVar[str] = "llm"

    def __init__(self, scenario: Scenario, transport: Transport | None = None) -> None:
        self._scenario, self._spec = scenario, scenario.llm
        self._gateways = None if transport is None else Gateways(lambda spec: transport)
        self._template = template_of(self._scenario)
        self._systems: dict[str, str] = {}
        self._forms: dict[str, _Form] = {}
        self._fallback = Utility(scenario)
        self._log: CallLog | None = None
        self._gateway: Gateway | None = None
        self._left_out: tuple[str, ...] = ()  #: what of the requests the server refuses
        self._answered = False  #: some call was, since the gateway was opened
        self._is_mock = False  #: the gateway leads to the local test server, which has no model

    def attach(self, log: CallLog) -> None:
        """Keep calls in ``log`` from now on, and begin with what it holds."""
        self._log, self._gateway, self._answered, self._left_out = log, None, False, ()

    def close(self) -> None:
        """Close connections, unless other runs share them; a later call opens new ones."""
        if self._gateway is not None and loop.is_running():  # it cannot be started any more at exit
            loop.run(self._gateway.close())

    @property
    def progress(self) -> Progress | None:
        """Calls, tokens and cost so far; None before the first call."""
        return None if self._gateway is None else self._gateway.progress

    def decide(self, requests: Requests) -> list[Decision]:
        """Return one decision for each request, in the same order.

        Raises ``RunIncomplete`` when the server answers nobody, and when a call failed for good
        and the scenario says to stop.
        """
        with self._asking(requests.view.t) as gateway:
            answers = loop.run(self._ask_all(gateway, requests, self._prepared(requests)))
            return self._settle(requests, answers)

    def summaries(self, requests: Requests) -> list[tuple[int, str]]:
        """Return what households write down, in the steps in which they do.

        Raises ``RunIncomplete`` when the server answers nobody.
        """
        spec = self._spec.summaries
        if spec is None or not len(requests) or not is_due(requests.view.t, spec.every):
            return []
        with self._asking(requests.view.t) as gateway:
            asked = [
                summary_request(
                    request, self._template, self._seed(request, SUMMARY), prepare=self._is_mock
                )
                for request in requests
            ]
            replies = loop.run(_ask_each(gateway, asked, self._spec.max_concurrency))
            self._stop_if_gone(requests.view.t, replies)
        characters = self._scenario.memory.characters
        read = [read_summary(reply, characters) for reply in replies]
        return [(n, text) for n, text in zip(requests.agents, read, strict=True) if text]

    def _stop_if_gone(self, step: int, replies: list[ChatReply]) -> None:
        """Stop where the server answers nobody."""
        if any(reply.status is Status.stopped for reply in replies):
            first = next(reply for reply in replies if reply.status is Status.stopped)
            to_do = advice(first.fault_text, self._spec)
            raise RunIncomplete(
                f"stopped at step {step}: {_stopped(first)}{to_do and f'; {to_do}'}"
            )

    @contextmanager
    def _asking(self, step: int) -> Iterator[Gateway]:
        """Enter a gateway. If something goes wrong, the same may be asked again."""
        gateway = self._gateway = self._gateway or self._open(step)
        try:
            yield gateway
        except BaseException:
            gateway.reset()
            raise
        finally:
            self._keep_left_out(gateway, step)

    def _keep_left_out(self, gateway: Gateway, step: int) -> None:
        """Have it on record what the model refuses of the requests, and does not get."""
        if gateway.left_out != self._left_out:
            self._left_out = gateway.left_out
            if self._log is not None:
                self._log.keep_left_out(step, self._left_out)

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
        self._is_mock = is_here and is_mock_server(entry)
        return gateway

    def _prompt(self, request: Request) -> Prompt:
        if request.kind not in self._systems:
            text = system_prompt(self._scenario, request.kind, self._template)
            self._systems[request.kind] = text
        return render(request, self._systems[request.kind])

    def _prepared(self, requests: Requests) -> Sequence[str | None]:
        """Return what the local test server is to reply: what the embedded decider would do."""
        if not self._is_mock:
            return [None] * len(requests)
        decisions = self._fallback.decide(requests)
        return [
            json.dumps(self._form(request).reply.reply(decision.actions), ensure_ascii=False)
            for request, decision in zip(requests, decisions, strict=True)
        ]

    async def _ask_all(
        self, gateway: Gateway, requests: Requests, prepared: Sequence[str | None]
    ) -> list[_Answer]:
        asking = (
            partial(self._ask, gateway, request, reply)
            for request, reply in zip(requests, prepared, strict=True)
        )
        return await loop.gather_in_order(asking, self._spec.max_concurrency)

    async def _ask(self, gateway: Gateway, request: Request, prepared: str | None) -> _Answer:
        """Ask one agent; its prompt is written when its turn comes, while others are under way.

        Recorded replies of which no decision can be made stopped the run before: it asks anew.
        """
        prompt = self._prompt(request)
        turns = [Message("system", prompt.system), Message("user", prompt.user)]
        answer = await self._converse(gateway, request, turns, prepared)
        if answer.decision is None and answer.reply.reused and self._spec.on_failure == "stop":
            return await self._converse(gateway, request, turns, prepared, anew=True)
        return answer

    async def _converse(
        self,
        gateway: Gateway,
        request: Request,
        turns: list[Message],
        prepared: str | None,
        *,
        anew: bool = False,
    ) -> _Answer:
        """Ask once, and once more if the reply cannot be used, and was not cut short.

        One that was cut would be cut again.
        """
        first = self._request(request, DECISION, turns, prepared)
        reply = await (gateway.ask_anew(first) if anew else gateway.ask(first))
        answer, why = self._read(request, reply)
        if why is None or not self._spec.repair or reply.status is Status.truncated:
            return answer
        turns = [
            *turns,
            shown_reply(reply.text),
            Message("user", _again(why, request.view.wording)),
        ]
        second = self._request(request, REPAIR, turns, prepared)
        again = await (gateway.ask_anew(second) if anew else gateway.ask(second))
        repaired, _ = self._read(request, again)
        if repaired.decision is None:
            return repaired
        return repaired._replace(decision=repaired.decision._replace(outcome="repaired"))

    def _request(
        self, request: Request, call: int, turns: list[Message], prepared: str | None
    ) -> ChatRequest:
        form, agent = self._form(request), request.view.roster.names[request.agent]
        return ChatRequest(
            request.view.t,
            agent,
            call,
            tuple(turns),
            form.reply.name,
            form.schema,
            self._seed(request, call),
            prepared,
            form.flat_schema,
        )

    def _form(self, request: Request) -> _Form:
        """Return the form of the reply of an agent's kind."""
        if request.kind not in self._forms:
            form = ReplyForm(request.kind, self._scenario)
            schemas = ReplySchema(form.schema), ReplySchema(form.flat_schema)
            self._forms[request.kind] = _Form(form, *schemas)
        return self._forms[request.kind]

    def _seed(self, request: Request, call: int) -> int | None:
        """Return the seed of one call, made from the run's."""
        if not self._spec.send_seed:
            return None
        view = request.view
        return call_seed(view.seed, view.t, view.roster.names[request.agent], call)

    def _read(self, request: Request, reply: ChatReply) -> tuple[_Answer, str | None]:
        """Return what a reply says and, if another turn may mend it, what was wrong with it."""
        if reply.status in (Status.ok, Status.truncated, Status.empty):
            self._answered = True
            try:
                read = read_reply(reply.text or "", self._form(request).reply)
            except ReplyError as error:
                why = "it is empty" if reply.status is Status.empty else str(error)
                return _Answer(None, "unparseable", reply, why), why
            outcome = "repaired" if read.mended else "accepted"
            decision = Decision(read.actions, read.thought, self.name, outcome)
            return _Answer(decision, outcome, reply), None
        return _Answer(None, _OUTCOMES[reply.status], reply), None

    def _settle(self, requests: Requests, answers: list[_Answer]) -> list[Decision]:
        """Return the decisions, with what the scenario wants in place of failed calls."""
        failed = [k for k, answer in enumerate(answers) if answer.decision is None]
        if failed:
            self._stop_if_asked(requests, [answers[k] for k in failed])
        instead = {k: Decision((), "", self.name, answers[k].outcome) for k in failed}
        if failed and self._spec.on_failure == "utility":
            some = Requests(requests.view, [requests.agents[k] for k in failed])
            for k, decision in zip(failed, self._fallback.decide(some), strict=True):
                instead[k] = decision._replace(outcome="fallback")
        return [answer.decision or instead[k] for k, answer in enumerate(answers)]

    def _stop_if_asked(self, requests: Requests, failed: list[_Answer]) -> None:
        """Stop where the scenario says so, and where no call will be answered."""
        stopped = [answer for answer in failed if answer.reply.status is Status.stopped]
        refused = (
            not self._answered and len(failed) == len(requests) and all(map(_permanent, failed))
        )
        if not (stopped or refused) and self._spec.on_failure != "stop":
            return
        first = (stopped or failed)[0]
        what = _what(first)
        if refused and not stopped:
            what = f"the server {first.reply.host} refuses all calls: {_told(first)}"
        to_do = "; ".join(filter(None, (self._pace(first), _to_do(first, self._spec))))
        raise RunIncomplete(
            f"stopped at step {requests.view.t}: {what} ({len(failed)} of {len(requests)} "
            "decisions missing); the step is dropped, replies that arrived are kept"
            f"{to_do and f'; {to_do}'}"
        )

    def _pace(self, answer: _Answer) -> str:
        """Say how fast the server answers, where a call took too long."""
        is_late = answer.reply.status is Status.timed_out or "timeout" in answer.reply.faults
        return self.progress.speed.forecast(None) if is_late and self.progress else ""


def shown_reply(text: str | None) -> Message:
    """Return what the author of an unusable reply is shown of it in the repair turn."""
    return Message("assistant", replace_surrogates(text or "")[:_REPLY_SHOWN])


async def _ask_each(gateway: Gateway, requests: list[ChatRequest], at_once: int) -> list[ChatReply]:
    return await loop.gather_in_order(
        (partial(gateway.ask, request) for request in requests), at_once
    )


def _permanent(answer: _Answer) -> bool:
    """Whether a server refused a call, and would refuse it again."""
    return answer.reply.status is Status.failed and answer.reply.permanent


def _what(answer: _Answer) -> str:
    """Say why a call failed for good."""
    reply = answer.reply
    if reply.status is Status.over_budget:
        why = reply.fault_text and f" ({reply.fault_text})"
        return f"a limit on calls, tokens or cost is spent{why}"
    if reply.status is Status.stopped:
        return _stopped(reply)
    told = _told(answer)
    return f"a call to {reply.host} ended as {answer.outcome}{told and f': {told}'}"


def _to_do(answer: _Answer, spec: LlmSpec) -> str:
    """Return what the user can do about it; empty: nothing is known."""
    if answer.reply.status is Status.over_budget:
        return "give more by --max-calls, --max-tokens or --max-cost"
    if answer.reply.status is Status.truncated:
        reasoned = is_all_reasoning(answer.reply.text or "")
        return more_room(spec, answer.reply.output_tokens, reasoned=reasoned)
    return advice(_told(answer), spec)


def _told(answer: _Answer) -> str:
    """Return what went wrong with a call, in words."""
    reply = answer.reply
    if reply.status is Status.truncated:
        if is_all_reasoning(reply.text or ""):
            return (
                f"the model reasoned for all {reply.output_tokens or 'its'} tokens before answering"
            )
        return f"truncated after {reply.output_tokens or 'the most'} tokens"
    told = reply.fault_text or answer.why or "".join(map(describe_kind, reply.faults[-1:]))
    return f"{told} (after {len(reply.faults)} attempts)" if len(reply.faults) > 1 else told


def _stopped(reply: ChatReply) -> str:
    """Say why a server is asked no more."""
    return f"the server {reply.host} {reply.fault_text or STOPPED}"


def _again(why: str, wording: Wording) -> str:
    return wording.say(
        "Your answer could not be used: {why}\n"
        "Answer again with one JSON object in the form above, and nothing else.",
        why=why,
    )
