"""The LLM decider: one prompt an agent, all calls of a step as one batch, replies to decisions.

A call that fails for good never looks like data: the scenario's ``llm.on_failure`` says what
happens, and the decision says so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import ClassVar, NamedTuple

from econsim_mesa.deciders.chat import AsksChatModel, addressee
from econsim_mesa.deciders.replies import ReadReply, read_reply
from econsim_mesa.deciders.summaries import is_due, read_summary, summary_request
from econsim_mesa.deciders.utility import Utility
from econsim_mesa.llm.chat import Answer, Question
from econsim_mesa.llm.messages import SUMMARY, Message, ReplySchema
from econsim_mesa.llm.transport import Transport
from econsim_mesa.prompts import Prompt, render, system_prompt, template_of
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import Decision
from econsim_mesa.society.requests import Request, Requests


class _Form(NamedTuple):
    """The form of the replies of a kind of agent, with its schemas as they are sent."""

    reply: ReplyForm
    schema: ReplySchema
    flat_schema: ReplySchema

    def read(self, text: str) -> tuple[ReadReply, bool]:
        """Read a reply. Raises ``ReplyError``."""
        read = read_reply(text, self.reply)
        return read, read.mended


class Llm(AsksChatModel):
    """Decides by a chat model for households, and for stores that ask for it.

    ``transport`` sends the requests; None: the one that the scenario asks for.
    """

    name: ClassVar[str] = "llm"

    def __init__(self, scenario: Scenario, transport: Transport | None = None) -> None:
        super().__init__(scenario, transport)
        self._scenario, self._spec = scenario, scenario.llm
        self._template = template_of(scenario)
        self._systems: dict[str, str] = {}
        self._forms: dict[str, _Form] = {}
        self._fallback = Utility(scenario)

    def decide(self, requests: Requests) -> list[Decision]:
        """Return one decision for each request, in the same order.

        Raises ``RunIncomplete`` when the server answers nobody, and when a call failed for good
        and the scenario says to stop.
        """
        step = requests.view.t
        with self._model.entered(step):
            prepared = self._prepared(requests)
            questions = [
                partial(self._question, request, reply)
                for request, reply in zip(requests, prepared, strict=True)
            ]
            answers = self._model.answers(questions)
            self._model.stop_if_asked(step, answers, "decisions")
        return self._settle(requests, answers)

    def summaries(self, requests: Requests) -> list[tuple[int, str]]:
        """Return what households write down, in the steps in which they do.

        Raises ``RunIncomplete`` when the server answers nobody.
        """
        spec, step, model = self._spec.summaries, requests.view.t, self._model
        if spec is None or not len(requests) or not is_due(step, spec.every):
            return []
        with model.entered(step):
            to_write = [
                summary_request(
                    request,
                    self._template,
                    model.seed(addressee(request), SUMMARY),
                    prepare=model.is_mock,
                )
                for request in requests
            ]
            replies = model.replies(to_write)
            model.stop_if_gone(step, replies)
        characters = self._scenario.memory.characters
        read = [read_summary(reply, characters) for reply in replies]
        return [(n, text) for n, text in zip(requests.agents, read, strict=True) if text]

    def _prompt(self, request: Request) -> Prompt:
        if request.kind not in self._systems:
            text = system_prompt(self._scenario, request.kind, self._template)
            self._systems[request.kind] = text
        return render(request, self._systems[request.kind])

    def _prepared(self, requests: Requests) -> Sequence[str | None]:
        """Return what the local test server is to reply: what the embedded decider would do."""
        if not self._model.is_mock:
            return [None] * len(requests)
        decisions = self._fallback.decide(requests)
        return [
            json.dumps(self._form(request).reply.reply(decision.actions), ensure_ascii=False)
            for request, decision in zip(requests, decisions, strict=True)
        ]

    def _question(self, request: Request, prepared: str | None) -> Question[ReadReply]:
        prompt, form = self._prompt(request), self._form(request)
        turns = [Message("system", prompt.system), Message("user", prompt.user)]
        name, schema, flat = form.reply.name, form.schema, form.flat_schema
        return Question(addressee(request), turns, form.read, name, schema, flat, prepared)

    def _form(self, request: Request) -> _Form:
        """Return the form of the reply of an agent's kind."""
        if request.kind not in self._forms:
            form = ReplyForm.of(request.kind, self._scenario)
            schemas = ReplySchema(form.schema), ReplySchema(form.flat_schema)
            self._forms[request.kind] = _Form(form, *schemas)
        return self._forms[request.kind]

    def _settle(self, requests: Requests, answers: Sequence[Answer[ReadReply]]) -> list[Decision]:
        """Return the decisions, with what the scenario wants in place of failed calls."""
        decisions = [self._decision(answer) for answer in answers]
        failed = [k for k, answer in enumerate(answers) if answer.content is None]
        if failed and self._spec.on_failure == "utility":
            some = Requests(requests.view, [requests.agents[k] for k in failed])
            for k, decision in zip(failed, self._fallback.decide(some), strict=True):
                decisions[k] = decision._replace(outcome="fallback")
        return decisions

    def _decision(self, answer: Answer[ReadReply]) -> Decision:
        """Return what a reply says; nothing, if it failed."""
        if answer.content is None:
            return Decision((), "", self.name, answer.outcome)
        return Decision(answer.content.actions, answer.content.thought, self.name, answer.outcome)
