"""The records of a Mesa model: what its agents decided, what came of it, what it collected."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from weakref import WeakKeyDictionary

import mesa

from econsim_mesa.domains.tables import columns_of
from econsim_mesa.errors import BadInput
from econsim_mesa.llm.connect import connect
from econsim_mesa.llm.messages import ChatRequest
from econsim_mesa.llm.transport import FORMATS, Format, OnReply, Transport
from econsim_mesa.runs.call_log import CallLog
from econsim_mesa.runs.comparison import Comparison, Irreproducible
from econsim_mesa.runs.model_versions import NOT_TOLD, REFUSED_PARAMETERS, SERVER_MODEL
from econsim_mesa.runs.reader import RunTables
from econsim_mesa.runs.store import SqliteStore
from econsim_mesa.society.records import STORE_TABLES, Call, Kind, StepRecords
from econsim_mesa.toolkit.global_random import global_random_kept, seed_global_random

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

_ANSWERED = ("accepted", "repaired")


class AgentDecision(NamedTuple):
    """What one agent was asked and answered."""

    step: int
    agent: str
    kind: str  #: its class
    round: int  #: how often agents were asked before in this step
    outcome: str
    thought: str
    actions: str  #: canonical JSON: a list of objects in the order in which they were listed
    position: int  #: in which it acted among those who were asked with it: 0 first


class Result(NamedTuple):
    """What came of something that an agent asked for."""

    step: int
    agent: str
    round: int
    place: int  #: its place among what the agent asked for
    action: str
    refused: str | None  #: why it could not be done; null: it is done
    words: str


class Collected(NamedTuple):
    """What the model had collected at the end of a step, and the state of its random numbers."""

    step: int
    source: str  #: model: a reporter of it; agents; table: its new rows; random: a hash of a state
    agent: int | None  #: the agent's number, of a reporter of agents
    name: str
    value: str  #: as JSON


TABLES: dict[str, type[Any]] = {
    "decisions": AgentDecision,
    "results": Result,
    "collected": Collected,
}
"""Tables of the run of a Mesa model, beside those that the store fills by itself."""


def shapes() -> dict[str, dict[str, Kind]]:
    """Return the columns of all tables."""
    tables = {**STORE_TABLES, **TABLES}
    return {table: dict(columns_of(cast("Any", record))) for table, record in tables.items()}


class AgentRecords(NamedTuple):
    """What is recorded of an agent in a step: see ``AgentDecision`` and ``Result``."""

    agent: str
    kind: str
    outcome: str
    thought: str
    actions: str
    position: int
    results: list[tuple[str, str | None, str]]


class Recording:
    """The records of a model while it runs: kept, or compared with those that there are.

    It is the store in which calls are kept as they arrive.

    Args:
        store: Where new steps go; None: nowhere, all steps are on record.
        run: The run that is on record; None: there is none yet.
        llm: Settings of language models that hold from now on.
    """

    def __init__(
        self,
        store: SqliteStore | None,
        run: RunTables | None = None,
        llm: Mapping[str, Any] | None = None,
    ) -> None:
        self.store, self.llm = store, dict(llm or {})
        self.until = 0 if run is None else run.steps
        """Steps that are on record."""
        self.past = [] if run is None else [Call(*row) for row in run.rows("calls")]
        self._comparison = None if run is None else Comparison(run)
        self._failures: dict[tuple[int, int, str], str] = {}
        if run is not None:
            for step, agent, _, round_, outcome, *_ in run.rows("decisions"):
                if outcome not in _ANSWERED:
                    self._failures[step, round_, agent] = outcome
        self._rows: dict[str, list[Any]] = {table: [] for table in TABLES}
        self._rows_seen: dict[str, int] = {}
        self._seed = ""

    def failure(self, step: int, round_: int, agent: str) -> str | None:
        """Return why an agent's call failed on record; None: it did not, or is not on record."""
        return self._failures.get((step, round_, agent)) if step < self.until else None

    def add(self, step: int, round_: int, made: Iterable[AgentRecords]) -> None:
        """Take in what agents did in a step."""
        for agent, kind, outcome, thought, actions, position, results in made:
            row = AgentDecision(step, agent, kind, round_, outcome, thought, actions, position)
            self._rows["decisions"].append(row)
            for place, result in enumerate(results):
                self._rows["results"].append(Result(step, agent, round_, place, *result))

    def make_step(self, model: mesa.Model) -> None:
        """Let a model make a step, and keep it, or compare it with its records.

        Raises ``Irreproducible`` at the first difference.
        """
        seed_global_random(f"{self._seed}/{model.steps}")
        model.step()
        step = int(model.steps) - 1
        records = StepRecords(step, "", ())
        records.rows = {**self._rows, "collected": list(collected(model, step, self._rows_seen))}
        self._rows = {table: [] for table in TABLES}
        if self._comparison is not None and step < self.until:
            self._comparison.commit(records)
        elif self.store is not None:
            self.store.commit(records)

    def commit(self, records: StepRecords) -> None:
        """Keep nothing: a store as calls need it, whose steps are kept by ``make_step``."""

    def keep(self, call: Call) -> None:
        """Keep a call at once."""
        if self.store is not None:
            self.store.keep(call)

    def keep_server(self, step: int, told: str | None) -> None:
        """Keep what the server, asked before a step, says of the model."""
        if step >= self.until:
            self._annotate(f"{SERVER_MODEL}@{step}" if step else SERVER_MODEL, told or NOT_TOLD)

    def keep_refused_parameters(self, step: int, names: Sequence[str]) -> None:
        """Keep what the model, asked in a step, refuses of requests, so that it is left out."""
        self._annotate(f"{REFUSED_PARAMETERS}@{step}", ", ".join(names))

    def _annotate(self, key: str, value: str) -> None:
        if self.store is not None:
            self.store.annotate({key: value})

    def close(self) -> None:
        """Stop reading the records of before."""
        if self._comparison is not None:
            self._comparison.close()

    @contextmanager
    def entered(self, parameters: Mapping[str, Any]) -> Iterator[None]:
        """Have the model that is made of parameters within recorded here."""
        token = _current.set(self)
        self._seed = json.dumps(parameters, sort_keys=True)
        try:
            with closing(self), global_random_kept():
                seed_global_random(self._seed)
                yield
        finally:
            _current.reset(token)


_current: ContextVar[Recording | None] = ContextVar("recording", default=None)


class Session:
    """What all that asks for agents of one model has in common."""

    def __init__(self) -> None:
        self._recording = _current.get()
        self._step, self._round = -1, 0

    def begin(self, step: int, seed: int) -> tuple[int, random.Random]:
        """Return how often agents were asked before in a step, and random numbers for now.

        Asking that failed does not count: the same is asked again then.
        """
        if step != self._step:
            self._step, self._round = step, 0
        return self._round, random.Random(f"{seed}/{step}/{self._round}")

    def failure(self, step: int, round_: int, agent: str) -> str | None:
        """Return why an agent's call failed on record; None: it did not, or is not on record."""
        return None if self._recording is None else self._recording.failure(step, round_, agent)

    def end(self, step: int, round_: int, made: Iterable[AgentRecords]) -> None:
        """Take note that agents have acted; what they did is recorded, if the model is."""
        self._round += 1
        if self._recording is not None:
            self._recording.add(step, round_, made)

    def log(self, spec: LlmSpec) -> CallLog | None:
        """Return where calls are kept; None: nowhere."""
        recording = self._recording
        return None if recording is None else CallLog(spec, recording, recording.past)

    @property
    def asks_nobody(self) -> bool:
        """Whether all steps are on record, so that no model is asked at all."""
        return self._recording is not None and self._recording.store is None

    def changed(self, spec: LlmSpec) -> LlmSpec:
        """Return settings with what was changed in them for the rest of a run."""
        changes = self._recording.llm if self._recording is not None else {}
        return type(spec)(**{**spec.model_dump(), **changes}) if changes else spec

    def guarded(self, transport: Transport | None, spec: LlmSpec) -> Transport | None:
        """Return what sends the requests: in steps that are on record nothing is sent."""
        recording = self._recording
        if recording is None or not recording.until:
            return transport
        live = None if recording.store is None else transport or connect(spec)
        return _OnRecord(live, recording)


class _OnRecord:
    """A transport that sends nothing in steps that are on record: their replies are there."""

    def __init__(self, live: Transport | None, recording: Recording) -> None:
        self._live, self._recording = live, recording
        self.host = "" if live is None else live.host
        self.formats: tuple[Format, ...] = FORMATS if live is None else live.formats

    @property
    def refused_parameters(self) -> tuple[str, ...]:
        return () if self._live is None else self._live.refused_parameters

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, on_reply: OnReply
    ) -> None:
        """Send a request that is not on record. Raises ``Irreproducible`` for one that should be.

        What an agent is shown differs then from what it was shown, or nobody was asked.
        """
        if self._live is not None and request.step >= self._recording.until:
            await self._live.send(request, format, timeout, on_reply)
            return
        who, shown = (request.step, request.agent), request.messages[-1].content
        calls = (one for one in self._recording.past if (one.step, one.agent) == who)
        was = next((one.prompt for one in calls if one.call == request.call), None)
        field = "prompt" if was != shown else "system prompt, form of the reply or seed"
        raise Irreproducible(request.step, "calls", request.agent, field, was, shown)

    async def model_entry(self) -> str | None:
        return None if self._live is None else await self._live.model_entry()

    async def close(self) -> None:
        if self._live is not None:
            await self._live.close()


_sessions: WeakKeyDictionary[mesa.Model, Session] = WeakKeyDictionary()


def session_of(model: mesa.Model) -> Session:
    """Return the session of a model. Raises ``BadInput`` where another one is being recorded."""
    if model not in _sessions:
        recording = _current.get()
        if recording is not None and any(
            session._recording is recording for session in _sessions.values()
        ):
            raise BadInput("a recording holds one model; record the other one by itself")
        _sessions[model] = Session()
    return _sessions[model]


def collected(model: mesa.Model, step: int, rows_seen: dict[str, int]) -> Iterator[Collected]:
    """Yield what a model has collected at the end of a step, and hashes of its random states.

    ``rows_seen`` has the rows of each table of the collector that are on record, and is updated.
    """
    collector = getattr(model, "datacollector", None)
    if collector is not None:
        for name, values in collector.model_vars.items():
            if values:
                yield Collected(step, "model", None, name, _text(values[-1]))
        yield from _of_agents(model.agents, collector.agent_reporters, step)
        for kind, reporters in getattr(collector, "agenttype_reporters", {}).items():
            some = [agent for agent in model.agents if isinstance(agent, kind)]
            yield from _of_agents(some, reporters, step)
        for name, columns in collector.tables.items():
            rows = list(zip(*columns.values(), strict=True))
            new = rows[rows_seen.get(name, 0) :]
            rows_seen[name] = len(rows)
            if new:
                yield Collected(step, "table", None, name, _text(new))
    yield Collected(step, "random", None, "random", _hash(repr(model.random.getstate())))
    yield Collected(step, "random", None, "rng", _hash(_text(model.rng.bit_generator.state)))


def _of_agents(
    agents: Iterable[Any], reporters: Mapping[str, Callable[[Any], object]], step: int
) -> Iterator[Collected]:
    for name, reporter in reporters.items():
        for agent in agents:
            yield Collected(step, "agents", agent.unique_id, name, _text(reporter(agent)))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _text(value: object) -> str:
    """Return a value as JSON; of what JSON does not hold the text, without an address in memory."""
    try:
        return json.dumps(value, sort_keys=True, default=_plain)
    except (TypeError, ValueError):
        return type(value).__name__


def _plain(value: object) -> object:
    if hasattr(value, "tolist"):  # of numpy
        return value.tolist()
    shown = repr(value)
    return type(value).__name__ if " at 0x" in shown else shown
