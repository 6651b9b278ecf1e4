"""The embedded decider acts, and a chat model writes the posts: words and nothing else.

Who posts, when, and about what is decided by the embedded model, as it is without a chat model;
what a post says of it is the chat model's. It reads what a chat model reads that decides, then
what the post is about, in words that do not judge it: neither the tone nor the text that the
embedded decider would have drawn. So one call is made for each post: in ``pizza_place`` 6 % of
those that decisions would take.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from econsim_mesa.deciders.chat import AsksChatModel, addressee
from econsim_mesa.deciders.replies import read_text
from econsim_mesa.deciders.utility import Utility
from econsim_mesa.deciders.utility.words import Subject, about
from econsim_mesa.domains.social.actions import Publish
from econsim_mesa.domains.social.posts import clean_text
from econsim_mesa.llm.chat import Answer, Question, ReplyError
from econsim_mesa.llm.messages import Message, ReplySchema
from econsim_mesa.llm.transport import Transport
from econsim_mesa.prompts import Prompt, render, template_of
from econsim_mesa.prompts.reply_form import text_schema
from econsim_mesa.prompts.system import words_prompt
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import Decision
from econsim_mesa.society.requests import Request, Requests

_POST = "post"
POST_SCHEMA = ReplySchema(text_schema(_POST))
"""The strict JSON Schema of the reply."""


class UtilityLlmWords(AsksChatModel):
    """Decides as the embedded decider does, but for the texts of posts, which a chat model writes.

    A decision whose post it wrote bears its name; others are the embedded decider's.
    ``transport`` sends the requests; None: the one that the scenario asks for.
    """

    name: ClassVar[str] = "utility_llm_words"
    acts_as: ClassVar[str] = Utility.name
    in_words: ClassVar[str] = (
        "embedded utility model, whose posts a language model wrote: a baseline, "
        "not a claim about people"
    )

    def __init__(self, scenario: Scenario, transport: Transport | None = None) -> None:
        super().__init__(scenario, transport)
        self._on_failure = scenario.llm.on_failure
        self._embedded = Utility(scenario)
        self._system = words_prompt(scenario, template_of(scenario))

    def decide(self, requests: Requests) -> list[Decision]:
        """Return one decision for each request, in the same order.

        Raises ``RunIncomplete`` when the server answers nobody, and when a call failed for good
        and the scenario says to stop.
        """
        decisions, subjects = self._embedded.decide_and_say(requests)
        if not subjects:
            return decisions
        places = {agent: k for k, agent in enumerate(requests.agents) if agent in subjects}
        posting = Requests(requests.view, tuple(places))
        answers = self._ask(posting, subjects, [decisions[k] for k in places.values()])
        for k, answer in zip(places.values(), answers, strict=True):
            decisions[k] = self._worded(decisions[k], answer)
        return decisions

    def _ask(
        self, posting: Requests, subjects: dict[int, Subject], drafts: Sequence[Decision]
    ) -> list[Answer[str]]:
        step = posting.view.t
        with self._model.entered(step):
            questions = [
                partial(self._question, request, subjects[request.agent], draft)
                for request, draft in zip(posting, drafts, strict=True)
            ]
            answers = self._model.answers(questions)
            self._model.stop_if_asked(step, answers, "posts")
        return answers

    def _question(self, request: Request, subject: Subject, draft: Decision) -> Question[str]:
        """Return what a household is asked; the local test server is to reply with the draft."""
        prompt = post_prompt(request, subject, self._system)
        turns = [Message("system", prompt.system), Message("user", prompt.user)]
        prepared = (
            json.dumps({_POST: _text_of(draft)}, ensure_ascii=False)
            if self._model.is_mock
            else None
        )
        return Question(
            addressee(request), turns, read_post, "PostReply", POST_SCHEMA, prepared=prepared
        )

    def _worded(self, draft: Decision, answer: Answer[str]) -> Decision:
        """Return a decision with the post that was written; without one, what is wanted then."""
        if answer.content is None and self._on_failure == "utility":
            return draft._replace(outcome="fallback")
        actions = tuple(
            action._replace(text=answer.content) if isinstance(action, Publish) else action
            for action in draft.actions
            if answer.content is not None or not isinstance(action, Publish)
        )
        return draft._replace(actions=actions, decider=self.name, outcome=answer.outcome)


def post_prompt(request: Request, subject: Subject, system: str) -> Prompt:
    """Return what a household is sent that posts about a subject: its situation, then that."""
    situation = render(request, system)
    return Prompt(
        system,
        {**situation.parts, "about": f"[about] {about(subject, request.view.wording.language)}"},
    )


def read_post(text: str) -> tuple[str, bool]:
    """Return the post in a reply, and whether the reply had to be put into form by rule.

    A post that is too long is cut. Raises ``ReplyError`` for a reply that holds none.
    """
    said, mended = read_text(text, _POST)
    post = clean_text(said)
    if not post:
        raise ReplyError("it holds a post without words")
    return post, mended or post != said


def _text_of(decision: Decision) -> str:
    """Return the text of a decision's post."""
    return next(action.text for action in decision.actions if isinstance(action, Publish))
