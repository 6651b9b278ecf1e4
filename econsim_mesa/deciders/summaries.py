"""Memory summaries by a language model: now and then a household writes down what matters.

They are asked for as one batch, like decisions, and recorded as inputs of the run: a replay
takes them from the records. A call that fails leaves what was written before.
"""

from __future__ import annotations

import json

from econsim_mesa.deciders.replies import read_text
from econsim_mesa.domains.social.posts import clean_text
from econsim_mesa.llm.chat import ReplyError
from econsim_mesa.llm.messages import SUMMARY, ChatReply, ChatRequest, Message, ReplySchema, Status
from econsim_mesa.prompts import Template
from econsim_mesa.prompts.reply_form import text_schema
from econsim_mesa.prompts.system import summary_characters, summary_prompt
from econsim_mesa.society.requests import Request

RECALLED = 6
"""How many times the length of a summary is shown of what is remembered."""


SUMMARY_SCHEMA = ReplySchema(text_schema("summary"))
"""The strict JSON Schema of the reply."""


def is_due(t: int, every: int) -> bool:
    """Whether summaries are written before the decisions of step ``t``."""
    return t > 0 and t % every == 0


def summary_request(
    request: Request, template: Template, seed: int | None, *, prepare: bool = False
) -> ChatRequest:
    """Return the call that asks a household for its summary.

    Where the reply is to be prepared, it is the beginning of what the household remembers.
    """
    view = request.view
    characters = view.scenario.memory.characters
    system = summary_prompt(view.scenario, template)
    remembered = view.memory.summary(request.agent, RECALLED * characters)
    user = f"[you] {view.roster.names[request.agent]}\n[memory]\n{remembered}"
    turns = (Message("system", system), Message("user", user))
    name = view.roster.names[request.agent]
    reply = json.dumps({"summary": remembered[:characters]}) if prepare else None
    return ChatRequest(view.t, name, SUMMARY, turns, "SummaryReply", SUMMARY_SCHEMA, seed, reply)


def read_summary(reply: ChatReply, characters: int) -> str | None:
    """Return what a household wrote, cut to its length; None if the call brought nothing."""
    if reply.status is not Status.ok or not reply.text:
        return None
    try:
        written, _ = read_text(reply.text, "summary")
    except ReplyError:
        return None
    return clean_text(written, summary_characters(characters)) or None
