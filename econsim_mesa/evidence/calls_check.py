"""Check decisions of a language model against the replies that they are said to come from."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from econsim_mesa.deciders.llm_words import POST_SCHEMA, read_post
from econsim_mesa.deciders.replies import read_reply
from econsim_mesa.domains.social.actions import Publish
from econsim_mesa.llm.chat import ReplyError
from econsim_mesa.llm.messages import DECISION, Message, ReplySchema
from econsim_mesa.prompts import Texts, read_prompts
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.runs.bundle.findings import Finding, incomplete, tampered, unchecked
from econsim_mesa.runs.inspection import is_key_of
from econsim_mesa.runs.past import settings_by_step
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.store import DATABASE
from econsim_mesa.scenario.decider_traits import traits_of
from econsim_mesa.scenario.registry import is_built_in
from econsim_mesa.society.action import encode
from econsim_mesa.society.records import Call
from econsim_mesa.society.records import Decision as Decided

_FROM_A_REPLY = ("accepted", "repaired")
"""Outcomes of decisions that are taken from a reply as it is."""


def check_calls(run: Run, *, read_alike: bool) -> Iterator[Finding]:
    """Yield the first decision that no reply gives, and the first prompt that its key does not fit.

    The key that is recorded with a call is the hash of all that was sent. A run without calls of
    a language model yields nothing. A decider of the user's own may word its calls and read its
    replies otherwise: its decisions are passed over, and prompts that do not fit are not proven.

    Args:
        run: The run.
        read_alike: Whether the running code reads replies as the code of the run did.
    """
    calls: dict[tuple[int, str], list[Call]] = defaultdict(list)
    for row in run.rows("calls"):
        call = Call(*row)
        calls[call.step, call.agent].append(call)
    yield from _check_decisions(run, calls, read_alike=read_alike)
    yield from _check_prompts(run, itertools.chain.from_iterable(calls.values()))


def _check_prompts(run: Run, calls: Iterable[Call]) -> Iterator[Finding]:
    kinds = {name: kind for _, name, kind in run.rows("accounts")}
    deciders = {(made.step, made.agent): made.decider for made in _decisions_by_own(run)}
    texts, unproven = read_prompts(run.folder), set[str]()
    for call in calls:
        if call.call != DECISION or _is_proven(call, kinds[call.agent], texts, run):
            continue
        decider = deciders.get((call.step, call.agent))
        if decider is None:
            what = f"the prompt of {call.agent} is not that of which its key is the hash"
            yield tampered(DATABASE, f"step {call.step}: {what}")
            return
        unproven.add(decider)
    for name in sorted(unproven):
        what = "which is not of the package and may word them otherwise: they cannot be checked"
        yield unchecked(DATABASE, f"the prompts of calls by the decider {name!r}, {what}")


def _decisions_by_own(run: Run) -> Iterator[Decided]:
    """Yield the decisions by deciders that are not of the package."""
    made = (Decided(*row) for row in run.rows("decisions"))
    return (one for one in made if not is_built_in("decider", one.decider))


def _check_decisions(
    run: Run, calls: dict[tuple[int, str], list[Call]], *, read_alike: bool
) -> Iterator[Finding]:
    form_at, kinds = _forms(run), cache(traits_of)
    for row in run.rows("decisions"):
        made = Decided(*row)
        is_read_here = is_built_in("decider", made.decider) and kinds(made.decider).asks_model
        if not is_read_here or made.outcome not in _FROM_A_REPLY:
            continue
        said = calls.get((made.step, made.agent), ())
        if kinds(made.decider).acts_as:
            sound = any(_is_post(call, made) for call in said)
        else:
            form = form_at(made.step, made.kind)
            sound = any(_gives(call, made, form) for call in said)
        if not sound:
            what = (
                f"step {made.step}: the decision of {made.agent} is not what any reply to it says"
            )
            if read_alike:
                yield tampered(DATABASE, what)
            else:
                yield incomplete(
                    DATABASE,
                    f"{what} by the rules of this code, and it was made by other code, which "
                    "may have read replies otherwise; check it with that",
                )
            return


def _forms(run: Run) -> Callable[[int, str], ReplyForm]:
    """Return what gives the form of the replies of a kind of agent, by the settings of a step."""
    settings = settings_by_step(run)

    @cache
    def made(place: int, kind: str) -> ReplyForm:
        return ReplyForm.of(kind, settings[place][1])

    def form(step: int, kind: str) -> ReplyForm:
        return made(sum(since <= step for since, _ in settings) - 1, kind)

    return form


def _gives(call: Call, made: Decided, form: ReplyForm) -> bool:
    """Return whether the running code reads a decision in a reply."""
    try:
        read = read_reply(call.reply or "", form)
    except ReplyError:
        return False
    return encode(read.actions) == made.actions and read.thought == made.thought


def _is_post(call: Call, made: Decided) -> bool:
    """Return whether the running code reads the post of a decision in a reply."""
    try:
        post, _ = read_post(call.reply or "")
    except ReplyError:
        return False
    actions = json.loads(made.actions)
    return any(action["do"] == Publish.verb and action["text"] == post for action in actions)


def _is_proven(call: Call, kind: str, texts: Sequence[Texts], run: Run) -> bool:
    """Return whether a call's key is the hash of its prompt, with texts of the run."""
    return any(
        is_key_of(
            call,
            (Message("system", system), Message("user", call.prompt)),
            [schema],
            run.scenario.seed,
        )
        for used in reversed(texts)
        for system, schema in (
            (used.system(kind), ReplySchema(used.schema(kind))),
            (used.words, POST_SCHEMA),
        )
        if system
    )
