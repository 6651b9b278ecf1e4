"""The recorder: keeps a run in a folder, and says in ``meta`` how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from econsim_mesa.domains.roster import domains_of, own_columns
from econsim_mesa.prompts import write_prompts
from econsim_mesa.runs.bundle.deletion import delete_run
from econsim_mesa.runs.bundle.environment import note_environment
from econsim_mesa.runs.bundle.run_request import RunRequest, write_request
from econsim_mesa.runs.bundle.seal import Sealed, seal_run, unseal
from econsim_mesa.runs.model_versions import NOT_TOLD, REFUSED_PARAMETERS, SERVER_MODEL
from econsim_mesa.runs.provenance import now, provenance
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.store import WAITING, RunStore, SqliteStore, in_use
from econsim_mesa.runs.summary import SUMMED_UP
from econsim_mesa.society.inputs import canonical
from econsim_mesa.society.measures import Tally
from econsim_mesa.society.records import Call, StepRecords

if TYPE_CHECKING:
    from econsim_mesa.scenario import Scenario
    from econsim_mesa.society.town import Town

End = Literal["finished", "interrupted", "failed"]


class RecordedModel(Protocol):
    """What a recorder needs of an ``EconModel``."""

    town: Town
    config: Scenario
    run_seed: int

    def to_json(self) -> str:
        """Return the resolved scenario."""

    def attach(self, store: RunStore) -> None:
        """Hand the records of each step to a store from now on."""

    def release(self) -> None:
        """Close the connections of deciders."""


class Recorder:
    """The store of a model that has made no step yet, in a new or empty folder.

    The model hands over each step and closes the recorder after the last one; whoever stops
    earlier closes it and says why. Closed, the folder is a bundle: see ``sealed``.
    """

    def __init__(self, model: RecordedModel, store: SqliteStore) -> None:
        """Take a model and the store of its run, which has all steps that are whole."""
        self._model, self._store = model, store
        self._open = True
        self._days: dict[str, Tally] | None = {} if store.last is None else None
        """The measures of each day; None: of a run that goes on they are read from its records."""
        self.folder = store.folder
        self.sealed: Sealed | None = None

    @classmethod
    def begin(
        cls,
        model: RecordedModel,
        folder: Path,
        meta: Mapping[str, str] | None = None,
        request: RunRequest | None = None,
        *,
        overwrite: bool = False,
    ) -> Recorder:
        """Return the recorder of a new run.

        Args:
            model: A model before its first step.
            folder: A new or empty folder.
            meta: Further entries of the table ``meta``.
            request: What the user asked for.
            overwrite: Whether a run that lies in the folder is deleted first.

        Raises:
            BadInput: The folder cannot be used.
        """
        folder = Path(folder)
        if overwrite:
            delete_run(folder)
        town = model.town
        entries = {"status": "running", "started": now(), "seed": str(model.run_seed)}
        store = SqliteStore.create(
            folder,
            stressors=town.stress.names,
            scenario_json=model.to_json(),
            meta={**entries, **provenance(), **(meta or {})},
            accounts=list(zip(town.roster.names, town.roster.kinds, strict=True)),
            own_tables=own_columns(domains_of(model.config)),
        )
        recorder = cls(model, store)
        note_environment(recorder.folder, 0)
        if request is not None:
            write_request(recorder.folder, request)
        store.commit(town.records)
        model.attach(recorder)
        return recorder

    @classmethod
    def reopen(cls, model: RecordedModel, folder: Path) -> Recorder:
        """Return the recorder of a run that goes on in its folder.

        ``model`` has lived through all steps that are whole there.
        """
        unseal(folder)
        recorder = cls(model, SqliteStore.reopen(folder))
        note_environment(folder, recorder.steps)
        recorder._store.annotate({"status": "running", "resumed": now()})
        model.attach(recorder)
        return recorder

    def copy_calls(self, run: Run, until: int) -> None:
        """Copy the calls that a run made before a step: the past of a fork."""
        for row in run.rows("calls"):
            if row[0] < until:
                self._store.keep(Call(*row))

    @property
    def steps(self) -> int:
        """Number of steps that are whole on disk."""
        return -1 if self._store.last is None else self._store.last + 1

    def commit(self, records: StepRecords) -> None:
        """Keep all records of one step, or none if this raises."""
        self._store.commit(records)
        if self._days is not None and records.step >= 0:
            day = self._days.setdefault(records.time[:10], Tally())
            day.add(self._model.town.measured, SUMMED_UP)

    def keep(self, call: Call) -> None:
        """Keep a call of a language model at once, apart from its step."""
        self._store.keep(call)

    def keep_prompts(self, scenario: Scenario, step: int) -> None:
        """Keep the texts by which a language model is asked from ``step`` on, and their hash."""
        entries = write_prompts(self.folder, scenario, step)
        if entries:
            self._store.annotate(entries)

    def keep_inputs(self, waiting: Iterable[tuple[int, str, str]]) -> None:
        """Keep what comes from outside before its step is whole: ``resume`` takes it up again."""
        self._store.annotate({WAITING: canonical(list(waiting))})

    def keep_server(self, step: int, told: str | None) -> None:
        """Keep what the server, asked before a step, says of the model."""
        since = f"@{step}" if step else ""
        self._store.annotate({f"{SERVER_MODEL}{since}": told or NOT_TOLD})

    def keep_refused_parameters(self, step: int, names: Sequence[str]) -> None:
        """Keep what the model, asked in a step, refuses of requests, so that it is left out."""
        self._store.annotate({f"{REFUSED_PARAMETERS}@{step}": ", ".join(names)})

    def close(self, status: End = "finished") -> None:
        """Finish: one clean database file, and a sealed folder. A second call does nothing.

        A folder that somebody still reads is sealed later, by ``econsim resume``.
        """
        if not self._open:
            return
        self._open = False
        try:
            self._model.release()
            self._store.annotate({"status": status, "finished": now()})
        finally:
            self._store.close()
        if not in_use(self.folder):
            self.sealed = seal_run(self.folder, self._days)
