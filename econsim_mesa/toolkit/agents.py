"""Agents of any Mesa model that decide by a language model: one batch of calls a step."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import mesa
import numpy as np
from pydantic import ValidationError

from econsim_mesa.deciders.replies import ReadReply, read_reply
from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.llm.chat import Addressee, ChatModel, Question
from econsim_mesa.llm.keys import name_servers
from econsim_mesa.llm.messages import Message, ReplySchema
from econsim_mesa.llm.progress import Progress
from econsim_mesa.llm.transport import Transport
from econsim_mesa.prompts.reply_form import MOST_ENTRIES, ReplyForm
from econsim_mesa.prompts.spoken_names import SpokenNames
from econsim_mesa.quoting import quoted
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.society.action import Action, Decision, encode
from econsim_mesa.toolkit.actions import AgentAction, AgentKinds, Refused, read_actions
from econsim_mesa.toolkit.global_random import global_random_kept
from econsim_mesa.toolkit.memory import DONE, REFUSED, THOUGHT, Memory, now
from econsim_mesa.toolkit.recording import AgentRecords, session_of
from econsim_mesa.toolkit.stress import Stress

MODEL_VARIABLE = "OPENAI_MODEL"
"""Variable that names the model where the code does not."""
_OF_TOWNS = frozenset({"template", "listing", "traits", "summaries"})
"""Settings that say how a town puts its prompts."""
_PROMPT = Path(__file__).with_name("prompt.md")


class ActionResult(NamedTuple):
    """Something that an agent asked for.

    Attributes:
        verb: Name of the action.
        values: What the model said with it, by name.
        refused: Why it could not be done; None: it is done.
        words: What came of it, in words.
    """

    verb: str
    values: Mapping[str, object]
    refused: str | None
    words: str


class AgentStep(NamedTuple):
    """What became of an agent in a step.

    Attributes:
        agent: The agent.
        outcome: ``accepted`` or ``repaired``; else why there is no decision: ``refused`` (by the
            model), ``unparseable``, ``timed_out``, ``failed`` or ``over_budget``.
        thought: Its reasons.
        results: What came of each thing that it asked for, in order.
    """

    agent: mesa.Agent[Any]
    outcome: str
    thought: str
    results: list[ActionResult]


class LlmAgents:
    """Lets a language model decide for agents of any Mesa model.

    Make it at the end of the model's ``__init__`` and call ``step`` in the model's own. It needs no
    space and knows none: what an agent sees is what ``observe`` says.

    Args:
        model: The model.
        task: What every agent is told once: who they are, what matters to them.
        observe: Returns what an agent sees now: a text, or names with values.
        actions: What agents can do: functions whose first parameter is the agent and whose others
            have type hints, methods of the agents' class, or classes with a method
            ``apply(self, agent)``. The first line of the docstring tells agents what it does. One
            that cannot be done raises ``Refused``. What it returns as text is remembered.
        memory: What agents remember; None: nothing.
        stress: What weighs on them; None: nothing.
        llm: Settings of the language model, as in the section ``llm`` of a scenario, such as
            ``{"model": "gpt-4o-mini", "max_cost": 2.0}``, or its name. Not given: ``OPENAI_MODEL``
            and ``OPENAI_BASE_URL`` of the environment.
        prompt: Template of the system text in place of ours: a text or a file, in which ``$task``,
            ``$actions`` and ``$most`` are filled in.
        name: Returns the name of an agent in prompts and records (default: class and number).
        most: Most things that an agent does in a step.
        transport: What sends the requests; None: the client that ``llm`` names.

    Raises:
        BadInput: An argument cannot be used; the message says which, and what to write.
    """

    def __init__(
        self,
        model: mesa.Model,
        *,
        task: str,
        observe: Callable[[Any], str | Mapping[str, object]],
        actions: Sequence[Callable[..., Any]],
        memory: Memory | None = None,
        stress: Stress | None = None,
        llm: str | Mapping[str, Any] | LlmSpec | None = None,
        prompt: str | Path | None = None,
        name: Callable[[Any], str] | None = None,
        most: int = MOST_ENTRIES,
        transport: Transport | None = None,
    ) -> None:
        self.model, self.memory, self.stress = model, memory, stress
        self._session = session_of(model)
        needs_model = transport is None and not self._session.asks_nobody
        self.spec = self._session.changed(_spec(llm, needs_model=needs_model))
        self.actions = read_actions(actions)
        self._observe, self._name = observe, name or agent_name
        self._most = most
        self._make_form(())
        self._system = _system(prompt, task, self._form, self.actions)
        self._seed = _seed_of(model)
        self._chat = ChatModel(self.spec, self._session.guarded(transport, self.spec))
        if (log := self._session.log(self.spec)) is not None:
            self._chat.attach(log)

    @property
    def progress(self) -> Progress | None:
        """Calls, tokens and cost so far; None before the first call."""
        return self._chat.progress

    def system_prompt(self) -> str:
        """Return the system text that every agent is sent."""
        return self._system

    def prompt(self, agent: mesa.Agent[Any]) -> str:
        """Return what an agent is sent beside the system text; stress is that of its last step."""
        observed: object = self._observe(agent)
        if isinstance(observed, Mapping):
            observed = "\n".join(f"[{name}] {_shown(value)}" for name, value in observed.items())
        if not isinstance(observed, str):
            kind = type(observed).__name__
            raise EconSimError(f"observe gave {kind} for {self._name(agent)}; return a text")
        parts = [f"[you] {self._name(agent)}", observed]
        if self.memory is not None and (remembered := self.memory.summary(agent)):
            parts.append(f"[memory]\n{remembered}")
        if self.stress is not None:
            parts.append(self.stress.text(agent))
        return "\n".join(filter(None, parts))

    def name_of(self, agent: mesa.Agent[Any]) -> str:
        """Return what an agent is called in prompts and records."""
        return self._name(agent)

    def step(self, agents: Iterable[mesa.Agent[Any]]) -> list[AgentStep]:
        """Ask agents what they do now, all at once, and do it in an order drawn for this step.

        All see the model as it is before anybody acts.

        Args:
            agents: Who is asked; those that others of this step removed act no more.

        Returns:
            What became of each, in the order in which they were given.

        Raises:
            RunIncomplete: The server answers nobody, or a call failed for good and
                ``llm.on_failure`` is ``stop``; nobody has acted. ``resume`` goes on.
            EconSimError: An action failed by another error than ``Refused``.
        """
        asked, step = list(agents), now(self.model)
        round_, chance = self._session.begin(step, self._seed)
        if self.stress is not None:
            self.stress.update(asked, np.array([chance.random() for _ in asked]))
        by_name = self._named(asked)
        decided = self._decide(asked, step, round_)
        made = [
            AgentStep(agent, one.outcome, one.thought, [])
            for agent, one in zip(asked, decided, strict=True)
        ]
        order = chance.sample(range(len(asked)), len(asked))
        for place in order:
            self._act(made[place], decided[place].actions, by_name)
        positions = {place: position for position, place in enumerate(order)}
        places = range(len(asked))
        records = map(self._records, made, decided, map(positions.__getitem__, places))
        self._session.end(step, round_, records)
        return made

    def _named(self, asked: Sequence[mesa.Agent[Any]]) -> dict[str, mesa.Agent[Any]]:
        """Return all agents by their names, where somebody can name another, else those asked."""
        names_others = any(action.agents for action in self.actions.values())
        named: dict[str, mesa.Agent[Any]] = {}
        for agent in self.model.agents if names_others else asked:
            name = self._name(agent)
            if named.setdefault(name, agent) is not agent:
                raise BadInput(f"two agents are called {name!r}; give each its own name by name=")
        if names_others and tuple(named) != self._names:
            self._make_form(tuple(named))
        return named

    def _make_form(self, names: tuple[str, ...]) -> None:
        """Make the form of the reply for the names of all agents; few of them its schema lists."""
        verbs = {verb: action.row for verb, action in self.actions.items()}
        spoken, listed = SpokenNames({"account": names}), {"account": names}
        self._form = ReplyForm(
            "Decision", verbs, spoken_names=spoken, listed_names=listed, most=self._most
        )
        self._names = names
        self._schema = ReplySchema(self._form.schema)
        self._flat = ReplySchema(self._form.flat_schema)

    def _decide(self, asked: Sequence[mesa.Agent[Any]], step: int, round_: int) -> list[Decision]:
        """Return the decision of each agent; those whose call failed on record are not asked."""
        decided = {
            agent.unique_id: Decision(outcome=outcome)
            for agent in asked
            if (outcome := self._session.failure(step, round_, self._name(agent))) is not None
        }
        left = [agent for agent in asked if agent.unique_id not in decided]
        if left:
            questions = [
                partial(self._question, self._name(agent), self.prompt(agent), step, round_)
                for agent in left
            ]
            with global_random_kept(), self._chat.entered(step):
                given = self._chat.answers(questions)
                self._chat.stop_if_asked(step, given, "decisions")
            for agent, answer in zip(left, given, strict=True):
                read = answer.content or ReadReply("", (), mended=False)
                decided[agent.unique_id] = Decision(
                    read.actions, read.thought, outcome=answer.outcome
                )
        return [decided[agent.unique_id] for agent in asked]

    def _question(self, name: str, prompt: str, step: int, round_: int) -> Question[ReadReply]:
        turns = [Message("system", self._system), Message("user", prompt)]
        who = Addressee(name, step, self._seed, round=round_)
        return Question(who, turns, self._read, self._form.name, self._schema, self._flat)

    def _read(self, text: str) -> tuple[ReadReply, bool]:
        """Read a reply. Raises ``ReplyError``."""
        read = read_reply(text, self._form)
        return read, read.mended

    def _act(
        self, done: AgentStep, rows: Iterable[Action], by_name: Mapping[str, mesa.Agent[Any]]
    ) -> None:
        """Do what an agent asks for, and note what came of it."""
        agent = done.agent
        if self.memory is not None and done.thought:
            self.memory.add(agent, f"thought: {done.thought}", THOUGHT)
        for number, row in enumerate(rows):
            result = self._result_of(agent, row, by_name, is_one_too_many=number >= self._most)
            done.results.append(result)
            if self.memory is not None:
                topic = REFUSED if result.refused else DONE
                self.memory.add(agent, result.words, topic, result.verb)

    def _result_of(
        self,
        agent: mesa.Agent[Any],
        row: Action,
        by_name: Mapping[str, mesa.Agent[Any]],
        *,
        is_one_too_many: bool,
    ) -> ActionResult:
        action, values = self.actions[row.verb], row._asdict()
        said = ", ".join(
            f"{name} {quoted(value) if isinstance(value, str) else value}"
            for name, value in values.items()
            if value is not None
        )
        wish = f"{row.verb.replace('_', ' ')} {f'({said})' if said else ''}".strip()
        try:
            if agent not in self.model.agents:
                raise Refused("you are gone")
            _refuse_others(agent, action.by, "you are")
            if is_one_too_many:
                raise Refused(f"you can do {self._most} things at once")
            came = action.apply(agent, {**values, **_others(agent, action, values, by_name)})
        except Refused as refused:
            why = str(refused) or "it cannot be done"
            return ActionResult(row.verb, values, why, f"could not {wish}: {why}")
        except Exception as error:
            raise EconSimError(
                f"the action {row.verb} of {self._name(agent)} failed: {type(error).__name__}: "
                f"{error}; an action that cannot be done raises Refused"
            ) from error
        words = came if isinstance(came, str) and came else f"chose to {wish}"
        return ActionResult(row.verb, values, None, words)

    def _records(self, done: AgentStep, decided: Decision, position: int) -> AgentRecords:
        """Return what is recorded of an agent's done."""
        return AgentRecords(
            self._name(done.agent),
            type(done.agent).__name__,
            done.outcome,
            done.thought,
            encode(decided.actions),
            position,
            [(result.verb, result.refused, result.words) for result in done.results],
        )


def _shown(value: object) -> str:
    r"""Return a value on one line, as agents read it.

    >>> _shown([1 / 3, True, None, "a\n[stress] b"])
    '0.3333, yes, nothing, a [stress] b'
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{_shown(key)}: {_shown(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no"}.get(value, "nothing")  # type: ignore[arg-type]
    return f"{value:.4g}" if isinstance(value, float) else " ".join(str(value).split())


def agent_name(agent: mesa.Agent[Any]) -> str:
    """Return what an agent is called unless ``name`` says otherwise: its class and its number."""
    return f"{type(agent).__name__} {agent.unique_id}"


def _others(
    agent: mesa.Agent[Any],
    action: AgentAction,
    values: Mapping[str, Any],
    by_name: Mapping[str, mesa.Agent[Any]],
) -> dict[str, mesa.Agent[Any] | None]:
    """Return the agents that an action names. Raises ``Refused`` for one that cannot be."""
    others: dict[str, mesa.Agent[Any] | None] = {}
    for column, kinds in action.agents.items():
        name = values[column]
        if name is None:
            others[column] = None
        elif name not in by_name:
            raise Refused(f"there is nobody called {name!r}")
        elif by_name[name] is agent:
            raise Refused(f"{name} is you")
        else:
            others[column] = by_name[name]
            _refuse_others(by_name[name], kinds, f"{name} is")
    return others


def _refuse_others(agent: mesa.Agent[Any], kinds: AgentKinds, who_is: str) -> None:
    """Raise ``Refused`` for an agent of none of the classes."""
    if not isinstance(agent, kinds):
        raise Refused(f"{who_is} no {' or '.join(kind.__name__ for kind in kinds)}")


def _spec(llm: str | Mapping[str, Any] | LlmSpec | None, *, needs_model: bool) -> LlmSpec:
    """Return the settings of the language model. Raises ``BadInput``."""
    given = llm if isinstance(llm, LlmSpec) else None
    if given is None:
        settings = {"model": llm} if isinstance(llm, str) else dict(llm or {})
        if settings.get("model") is None and os.environ.get(MODEL_VARIABLE):
            settings["model"] = os.environ[MODEL_VARIABLE]
        try:
            given = LlmSpec(**settings)
        except ValidationError as error:
            faults = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise BadInput(f"llm: {'; '.join(faults)}") from None
    if given.model is None and not needs_model:
        given = given.model_copy(update={"model": "none"})
    if given.model is None:
        raise BadInput(
            f"llm: no model is chosen; give llm={{'model': NAME}}, or set {MODEL_VARIABLE}"
        )
    for name in sorted(given.model_fields_set & _OF_TOWNS):
        raise BadInput(f"llm: {name} is for towns; here prompt= and observe= say what agents read")
    if given.on_failure == "utility":
        raise BadInput("llm: on_failure 'utility' is for towns; give stop or idle")
    if given.base_url is not None:
        name_servers([given.base_url])  # it stands in the user's own code
    return given


def _system(
    prompt: str | Path | None, task: str, form: ReplyForm, actions: Mapping[str, AgentAction]
) -> str:
    """Return the system text. Raises ``BadInput`` for a template that cannot be filled in."""
    source = _PROMPT if prompt is None else prompt
    try:
        text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"prompt: {source} cannot be read: {error}") from error
    lines = [
        f"- {line}: {actions[verb].row.help}"
        for verb, forms in form.lines.items()
        for line in forms.splitlines()
    ]
    filled = {"task": task.strip(), "actions": "\n".join(lines), "most": form.most}
    try:
        whole = Template(text).substitute(filled)
    except (KeyError, ValueError) as error:
        raise BadInput(
            f"prompt: the template cannot be filled in ({error}); there are $task, $actions and "
            "$most, and a dollar sign is written $$"
        ) from None
    if "$actions" not in text and "${actions}" not in text:
        raise BadInput("prompt: the template leaves out $actions, so that nobody knows what to do")
    return whole.strip()


def _seed_of(model: mesa.Model) -> int:
    """Return a seed for the calls, made from the state of the model's own random numbers."""
    digest = hashlib.sha256(repr(model.random.getstate()).encode()).digest()
    return int.from_bytes(digest[:4], "little") >> 1
