"""Putting a question to an agent, as it was at the start of a step."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.deciders.replies import read_text
from econsim_mesa.deciders.utility import Utility
from econsim_mesa.domains.social.posts import clean_text
from econsim_mesa.errors import BadInput, RunIncomplete
from econsim_mesa.llm import loop
from econsim_mesa.llm.budget import Usage
from econsim_mesa.llm.chat import ReplyError
from econsim_mesa.llm.gateways import current_gateways
from econsim_mesa.llm.keys import address_of, name_servers
from econsim_mesa.llm.message_text import without_reasoning
from econsim_mesa.llm.messages import (
    QUESTION,
    ChatReply,
    ChatRequest,
    Message,
    ReplySchema,
    Status,
    call_seed,
)
from econsim_mesa.llm.model_listing import is_mock_server
from econsim_mesa.prompts import render, template_of
from econsim_mesa.prompts.reply_form import text_schema, thought_of
from econsim_mesa.prompts.system import question_prompt
from econsim_mesa.quoting import quoted
from econsim_mesa.runs.answer_store import Answer, asked, keep_answer
from econsim_mesa.runs.call_log import spent_on
from econsim_mesa.runs.inspection import request_of, state_at
from econsim_mesa.runs.past import read_past, settings_of
from econsim_mesa.runs.provenance import now
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.scenario import load_scenario
from econsim_mesa.scenario.address import addresses_in
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.society.decider import TakesCalls
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.records import Call
from econsim_mesa.society.requests import Request, Requests
from econsim_mesa.society.wording import Wording
from econsim_mesa.text import replace_surrogates

LONGEST_QUESTION, LONGEST_ANSWER = 1000, 4000
"""Characters."""
_SCHEMA = ReplySchema(text_schema("answer"))
"""The strict JSON Schema of what an agent answers."""
_one_at_a_time = threading.Lock()
"""Held while a question is put, so that two at once do not both spend the last of a budget."""


def ask(
    folder: Path | str,
    agent: str,
    step: int,
    question: str,
    changes: Mapping[str, Any] | None = None,
) -> Answer:
    """Put a question to an agent of a run, as it was at the start of a step, and keep the answer.

    The town is lived through again up to that step. The agent is sent its own prompt (persona,
    memory, stress, what it sees), with the question in place of the decision. One call at a time,
    to the model, at the address and within the caps of the run, on which its calls and its
    earlier questions count; ``changes`` sets ``llm.*`` otherwise for this question, by dotted
    paths. The run may still go on; nothing of it changes. Waits for the reply: from an event loop
    call it by ``asyncio.to_thread``.

    The answer is kept in ``asks.sqlite`` in the folder, failed calls as well: then its ``text`` is
    None and its ``status`` says why.

    Raises ``BadInput``: no whole step, no agent of that name, asleep, an empty question, one for
    whom no language model decides. ``RunIncomplete``: a cap of the run leaves no room for a call.
    """
    name_servers(addresses_in(changes or {}))
    run = load_run(folder)
    said = clean_text(question, LONGEST_QUESTION)
    if not said:
        raise BadInput("the question is empty; write one")
    model, view = state_at(run, step)
    request = request_of(model, view, agent)
    _refuse_silent(model, request, agent, step)
    with _one_at_a_time:
        terms = _terms(run, changes or {})
        chat = _chat(request, agent, said, terms)
        return loop.run(_put(chat, said, run.folder, terms, partial(_plan, request)))


class _Terms(NamedTuple):
    """On what terms a question is put: settings, what is spent of them, questions before."""

    spec: LlmSpec
    spent: Usage
    before: int


def _refuse_silent(model: EconModel, request: Request, agent: str, step: int) -> None:
    """Refuse those who cannot be asked. Raises ``BadInput``."""
    for decider, agents in model.scheduler.parts:
        if request.agent in agents and not isinstance(decider, TakesCalls):
            raise BadInput(
                f"{agent} cannot be asked: at step {step} the decider {decider.name!r} decides "
                "for it, not a language model; ask in a run made with --decider llm"
            )
    household = request.agent < model.town.roster.households
    if household and not request.view.awake[request.agent]:
        raise BadInput(f"{agent} is asleep at step {step}; ask at a step in which it is awake")


def _terms(run: Run, changes: Mapping[str, Any]) -> _Terms:
    """Return the settings of the run as they are now, and what is spent."""
    strange = [path for path in changes if not path.startswith("llm.")]
    if strange:
        raise BadInput(f"{strange[0]}: only settings of llm can be changed for a question")
    past = read_past(run)
    spec = load_scenario(settings_of(run, past), set=changes).llm
    before = asked(run.folder)
    return _Terms(spec, spent_on([*past.calls, *map(_as_call, before)], spec), len(before))


def _chat(request: Request, agent: str, question: str, terms: _Terms) -> ChatRequest:
    """Return the call that puts a question; asked twice, it is another call."""
    view, number = request.view, QUESTION + terms.before
    prompt = render(request)
    system = question_prompt(prompt.system, template_of(view.scenario))
    turns = (
        Message("system", system),
        Message("user", f"{prompt.user}\n[question] {quoted(question)}"),
    )
    seed = call_seed(view.seed, view.t, agent, number) if terms.spec.send_seed else None
    return ChatRequest(view.t, agent, number, turns, "AskReply", _SCHEMA, seed)


def _plan(request: Request) -> str:
    """Return what the embedded decider would have an agent do: the local test server's answer."""
    decider = Utility(request.view.scenario)
    [decision] = decider.decide(Requests(request.view, [request.agent]))
    return json.dumps({"answer": thought_of(decision.actions, Wording.of(request.view.scenario))})


async def _put(
    chat: ChatRequest, question: str, folder: Path, terms: _Terms, prepare: Callable[[], str]
) -> Answer:
    """Send a question and keep its answer as it arrives."""
    made: list[Answer] = []

    def keep(request: ChatRequest, reply: ChatReply) -> None:
        made.append(_answer(request, question, reply))
        keep_answer(folder, made[-1])

    gateway = current_gateways().gateway(terms.spec, keep, spent=terms.spent)
    try:
        if address_of(terms.spec).is_here and is_mock_server(await gateway.model_entry()):
            chat = replace(chat, prepared_reply=prepare())
        reply = await gateway.ask(chat)
    finally:
        await gateway.close()
    if reply.status is Status.over_budget and not made:
        raise RunIncomplete(
            "a limit of the run on calls, tokens or cost is spent; raise llm.max_calls, "
            "llm.max_tokens or llm.max_cost for this question"
        )
    return made[-1] if made else _answer(chat, question, reply)


def _answer(request: ChatRequest, question: str, reply: ChatReply) -> Answer:
    text = read_answer(reply)
    status = reply.status.value
    if text is None and reply.status is Status.ok:
        status = "unparseable"
    return Answer(
        asked=now(),
        agent=request.agent,
        step=request.step,
        question=question,
        text=text,
        status=status,
        model=reply.model,
        host=reply.host,
        seconds=reply.seconds,
        attempts=reply.attempts,
        faults=",".join(reply.faults),
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cached_tokens=reply.cached_tokens,
        system=request.messages[0].content,
        prompt=request.messages[-1].content,
        reply=reply.text,
    )


def read_answer(reply: ChatReply) -> str | None:
    """Return what an agent answered, on one line; None if the call brought no answer.

    A model that writes plain words in place of JSON has answered too.
    """
    if reply.status is not Status.ok or not reply.text:
        return None
    text = without_reasoning(replace_surrogates(reply.text))
    if "{" not in text:
        return clean_text(text, LONGEST_ANSWER) or None
    try:
        said, _ = read_text(text, "answer")
    except ReplyError:
        return None
    return clean_text(said, LONGEST_ANSWER) or None


def _as_call(answer: Answer) -> Call:
    """Return a question as a call, to count what it used."""
    return Call(
        answer.step,
        answer.agent,
        QUESTION,
        "",
        answer.status,
        answer.prompt,
        answer.reply,
        answer.model,
        answer.seconds,
        answer.attempts,
        answer.faults,
        answer.input_tokens,
        answer.output_tokens,
        answer.cached_tokens,
        answer.host,
        characters=len(answer.system) + len(answer.prompt),
    )
