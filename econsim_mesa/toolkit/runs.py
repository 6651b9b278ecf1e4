"""Runs of a Mesa model on disk: record one, go on with it, make it again, check it, read it."""

from __future__ import annotations

import hashlib
import inspect
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import mesa
from pydantic import JsonValue

from econsim_mesa.errors import BadInput, RunIncomplete
from econsim_mesa.evidence.offline import offline
from econsim_mesa.notebook import facts_html
from econsim_mesa.runs.bundle.crate import CRATE
from econsim_mesa.runs.bundle.deletion import delete_run
from econsim_mesa.runs.bundle.documents import write_documents
from econsim_mesa.runs.bundle.environment import note_environment
from econsim_mesa.runs.bundle.file_check import check_files
from econsim_mesa.runs.bundle.findings import Finding, Kind, incomplete, tampered
from econsim_mesa.runs.bundle.manifest import MANIFEST, bundle_id, parse, read_list
from econsim_mesa.runs.bundle.seal import seal, unseal
from econsim_mesa.runs.comparison import Irreproducible
from econsim_mesa.runs.provenance import now, provenance
from econsim_mesa.runs.reader import RunTables, ready_to_read
from econsim_mesa.runs.soundness import refuse_strange
from econsim_mesa.runs.store import DATABASE, MODEL, SqliteStore
from econsim_mesa.society.records import Kind as Column
from econsim_mesa.sqlite import damaged
from econsim_mesa.toolkit.crate import model_crate
from econsim_mesa.toolkit.recording import Recording, shapes

ModelClass = Callable[..., mesa.Model]
"""The class of a Mesa model, or whatever makes one."""
SOURCE = "model.py"
"""Name of the copy of the file that holds the model's class: to be read, never run."""
_CHANGES = "llm_changes"
"""Entry of ``meta``: settings of language models that ``resume`` changed, as JSON."""
_DOCUMENTS = ("LICENSE", "CITATION.cff")
_SEEDS = ("rng", "seed")
"""Names of the parameter by which a Mesa model takes its seed."""


class ModelRun(RunTables):
    """The run of a Mesa model on disk, finished or not.

    ``table(name)`` returns a table as a DataFrame: ``decisions``, ``results``, ``collected``,
    ``calls``. ``model`` is the model that was run, where this process ran it, else None.
    """

    def __init__(self, folder: Path, model: mesa.Model | None = None) -> None:
        super().__init__(folder, _shapes_of)
        self.model = model
        try:
            self._made = json.loads((folder / MODEL).read_text(encoding="utf-8"))
            self.model_name, self.planned_steps = str(self._made["model"]), int(self._made["steps"])
            self.parameters: dict[str, JsonValue] = dict(self._made["parameters"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise damaged(folder / MODEL, error) from error

    @property
    def status(self) -> str:
        """How it ended: running, finished, interrupted or failed."""
        return self.meta.get("status", "running")

    @property
    def source_hash(self) -> str | None:
        """SHA-256 of the file that held the model's class last; None: it came from no file."""
        later = sorted(
            self.folder.glob("model-from-*.py"), key=lambda path: int(path.stem.split("-")[2])
        )
        return _hash(later[-1].read_text(encoding="utf-8")) if later else self._made.get("source")

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it; of a run that was damaged since, how that is."""
        given = (f"{name}={value!r}" for name, value in self.parameters.items())
        try:
            calls = self.select("SELECT count(*) FROM calls")[0][0]
            decisions = self.select("SELECT count(*) FROM decisions")[0][0]
            bundle = bundle_id(self.folder) or "not sealed"
        except Exception as error:  # a notebook would show a traceback in place of the run
            return facts_html({f"damaged run of {self.model_name}": error})
        return facts_html(
            {
                "folder": self.folder,
                "model": self.model_name,
                "parameters": ", ".join(given),
                "steps": f"{self.steps} of {self.planned_steps}, {self.status}",
                "decisions, calls": f"{decisions:,}, {calls:,}",
                "bundle": bundle,
            }
        )


def load_run(folder: Path | str) -> ModelRun:
    """Open the run of a Mesa model. Raises ``BadInput``: it is none, or it is damaged."""
    folder = ready_to_read(folder)
    if not (folder / MODEL).is_file():
        raise BadInput(f"{folder} holds the run of a town; read it by econsim_mesa.load_run")
    return ModelRun(folder)


def record(
    model_class: ModelClass,
    folder: Path | str,
    /,
    *,
    steps: int,
    overwrite: bool = False,
    **parameters: Any,
) -> ModelRun:
    """Make a model, run it and keep all of it in a folder, each step and each reply at once.

    Args:
        model_class: The class of the model, which makes ``LlmAgents`` in its ``__init__``.
        folder: A new or empty folder.
        steps: Most steps; a model that sets ``running`` to False ends earlier.
        overwrite: Whether a run that lies in the folder is deleted first.
        parameters: What the class is called with: plain values, as JSON holds them. A seed is drawn
            where none is given.

    Returns:
        The run, with its model; its folder is sealed.

    Raises:
        BadInput: A parameter cannot be kept, or the folder cannot be used.
        RunIncomplete: It stopped whole before its end; ``resume`` goes on.
    """
    given = _with_seed(model_class, parameters)
    _refuse_unkept(given)
    path, source = Path(folder), _source_of(model_class)
    if overwrite:
        delete_run(path)
    made = {
        "model": f"{model_class.__module__}:{model_class.__qualname__}",
        "parameters": given,
        "steps": steps,
        "source": None if source is None else _hash(source),
    }
    files = {MODEL: json.dumps(made, indent=1, ensure_ascii=False) + "\n"}
    files |= {} if source is None else {SOURCE: source}
    meta = {"status": "running", "started": now(), **provenance()}
    store = SqliteStore.make(path, shapes(), files, meta, ())
    note_environment(path, 0)
    return _carried_out(model_class, path, Recording(store), store, steps, given)


def resume(
    folder: Path | str,
    model_class: ModelClass,
    *,
    steps: int | None = None,
    llm: Mapping[str, Any] | None = None,
) -> ModelRun:
    """Go on with a run that was stopped or killed: no reply that arrived is asked for again.

    The model is made again from its beginning, and every step that is on record is compared.

    Args:
        folder: The folder of the run.
        model_class: The class of its model.
        steps: Steps of the whole run from now on; None: as planned.
        llm: Settings of the language model that are changed, such as ``{"max_calls": 500}``.

    Raises:
        BadInput: The run is complete, or is that of a town.
        Irreproducible: A step on record comes out differently: the code has changed.
        RunIncomplete: It stopped again.
    """
    run = load_run(folder)
    planned = run.planned_steps if steps is None else steps
    if run.status == "finished" and run.steps >= planned:
        raise BadInput(f"{folder} is complete: {run.steps} steps; there is nothing to resume")
    unseal(run.folder)
    store = SqliteStore.reopen(run.folder)
    note_environment(run.folder, run.steps)
    changes = {**json.loads(run.meta.get(_CHANGES, "{}")), **(llm or {})}
    store.annotate({"status": "running", "resumed": now(), _CHANGES: json.dumps(changes)})
    _keep_source(run, model_class)
    recording = Recording(store, run, changes)
    return _carried_out(model_class, run.folder, recording, store, planned, run.parameters)


def replay(folder: Path | str, model_class: ModelClass) -> ModelRun:
    """Make a run again with the network blocked; each record must come out the same.

    Returns:
        The run, with the model as it was at its end.

    Raises:
        Irreproducible: The first difference: step, agent, field, what was recorded, what was made.
    """
    run = load_run(folder)
    recording = Recording(None, run)
    try:
        with recording.entered(run.parameters), offline():
            model = model_class(**run.parameters)
            for step in range(run.steps):
                if not model.running:
                    raise Irreproducible(step, "steps", "the model", "step", step, None)
                recording.make_step(model)
    except Irreproducible as error:
        if run.source_hash != _hash_of(model_class):
            error.add_note(f"the code is not that of the record, which is kept in {SOURCE}")
        raise
    return ModelRun(run.folder, model)


def verify(folder: Path | str, model_class: ModelClass | None = None) -> list[Finding]:
    """Check that a run is what was sealed and, with its class, that it comes out the same again.

    Returns:
        What is wrong, in words, also that the run did not reach its end; empty: nothing.

    Raises:
        BadInput: The folder holds no run of a Mesa model.
    """
    path = Path(folder)
    if not (path / MODEL).is_file():
        raise BadInput(f"{folder} holds no run of a Mesa model")
    findings = list(check_files(path))
    if findings:
        return findings
    try:
        hashes = parse(read_list(path / MANIFEST), MANIFEST)
        described = {name: digest for name, digest in hashes.items() if name != CRATE}
        run = load_run(path)
        if run.status != "finished":
            made = f"{run.status} after {run.steps:,} of {run.planned_steps:,} steps"
            findings.append(incomplete(DATABASE, f"{made}; go on by resume({str(folder)!r}, ...)"))
        if (path / CRATE).read_text(encoding="utf-8") != model_crate(run, described):
            findings.append(tampered(CRATE, "does not follow from the records"))
        elif model_class is not None:
            replay(path, model_class)
    except Irreproducible as error:
        notes = "; ".join(getattr(error, "__notes__", ()))
        text = f"{error}{notes and f' ({notes})'}"
        findings.append(Finding(Kind.irreproducible, MODEL, text))
    except BadInput as error:  # something is lacking here, such as a file that the model reads
        findings.append(Finding(Kind.unchecked, MODEL, str(error)))
    except Exception as error:  # the model cannot even be run
        text = f"{type(error).__name__}: {error}"
        findings.append(Finding(Kind.irreproducible, MODEL, text))
    return findings


def _carried_out(
    model_class: ModelClass,
    folder: Path,
    recording: Recording,
    store: SqliteStore,
    steps: int,
    parameters: Mapping[str, Any],
) -> ModelRun:
    """Make a model and its steps; whatever happens, the records are closed and sealed."""
    status = "failed"
    with ExitStack() as stack:
        stack.callback(lambda: _close(folder, store, status))
        stack.enter_context(recording.entered(parameters))
        try:
            model = model_class(**parameters)
            while model.running and model.steps < steps:
                recording.make_step(model)
            status = "finished"
        except RunIncomplete as error:
            status = "interrupted"
            raise type(error)(f"{error}\n{_how_to_go_on(model_class, store, steps)}") from error
        except KeyboardInterrupt as error:
            status = "interrupted"
            error.add_note(_how_to_go_on(model_class, store, steps))
            raise
    return ModelRun(folder, model)


def _how_to_go_on(model_class: ModelClass, store: SqliteStore, steps: int) -> str:
    """Say what there is of a run that stopped, and how to make the rest of it."""
    whole, name = 0 if store.last is None else store.last + 1, model_class.__qualname__
    return (
        f"{whole:,} of {steps:,} steps are whole in {store.folder}; go on by "
        f"resume({str(store.folder)!r}, {name}), with llm={{...}} for other settings"
    )


def _close(folder: Path, store: SqliteStore, status: str) -> None:
    try:
        store.annotate({"status": status, "finished": now()})
    finally:
        store.close()
    write_documents(folder, _DOCUMENTS)
    seal(folder, lambda hashes: model_crate(load_run(folder), hashes))


def _shapes_of(connection: sqlite3.Connection, folder: Path) -> dict[str, dict[str, Column]]:
    refuse_strange(connection, folder, shapes())
    return shapes()


def _with_seed(model_class: ModelClass, parameters: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return parameters with a seed. Raises ``BadInput`` for a model that takes none."""
    given = dict(parameters)
    if any(given.get(name) is not None for name in _SEEDS):
        return given
    for name in _parameters_of(model_class):
        if name in _SEEDS:
            return {**given, name: secrets.randbits(31)}
    raise BadInput(
        f"{model_class.__qualname__} takes no seed, so that its run could not be made again; give "
        "its __init__ a parameter rng, and hand it on: super().__init__(rng=rng)"
    )


def _parameters_of(model_class: ModelClass) -> Iterator[str]:
    """Yield the names of what a class takes, and what its bases take that it hands on to."""
    kinds = model_class.__mro__ if inspect.isclass(model_class) else (model_class,)
    for kind in kinds:
        if kind is mesa.Model or (inspect.isclass(kind) and "__init__" not in vars(kind)):
            continue
        parameters = inspect.signature(kind).parameters.values()
        yield from (one.name for one in parameters)
        if not any(one.kind is one.VAR_KEYWORD for one in parameters):
            return


def _refuse_unkept(parameters: Mapping[str, Any]) -> None:
    """Raise ``BadInput`` for a value that is not the same when it is read again."""
    for name, value in parameters.items():
        try:
            is_kept = json.loads(json.dumps(value, allow_nan=False)) == value
        except (TypeError, ValueError):
            is_kept = False
        if not is_kept:
            raise BadInput(
                f"the parameter {name} is {type(value).__name__}, which a record cannot hold; give "
                "numbers, texts, lists and dicts, and make the rest of them in __init__"
            )


def _source_of(model_class: ModelClass) -> str | None:
    """Return the text of the file that holds a class; None: it comes from no file."""
    try:
        file = inspect.getsourcefile(model_class)
        return None if file is None else Path(file).read_text(encoding="utf-8")
    except (TypeError, OSError, UnicodeDecodeError):
        return None


def _keep_source(run: ModelRun, model_class: ModelClass) -> None:
    """Keep the file of a class by which a run goes on, where it is another one than before."""
    source = _source_of(model_class)
    if source is not None and _hash(source) != run.source_hash:
        later = run.folder / f"{SOURCE.removesuffix('.py')}-from-{run.steps}.py"
        later.write_text(source, encoding="utf-8", newline="\n")


def _hash_of(model_class: ModelClass) -> str | None:
    source = _source_of(model_class)
    return None if source is None else _hash(source)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
