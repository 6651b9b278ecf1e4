"""Decisions held against the replies on record, by the rules of this code or of another."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

from forms import IDLE

from econsim_mesa.evidence.calls_check import check_calls
from econsim_mesa.llm.messages import DECISION, ChatRequest, Message, ReplySchema
from econsim_mesa.runs.bundle.findings import Kind
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.society.model import EconModel


def run_with_a_reply(folder: Path, reply: str) -> Path:
    """Return a run in which H0 did nothing, said to have been decided by a language model."""
    model = EconModel("pizza_place", seed=1, steps=1, households=2, decider="idle")
    recorder = Recorder.begin(model, folder)
    model.step()
    recorder.close()
    with closing(sqlite3.connect(folder / "run.sqlite")) as database, database:
        database.execute(
            "UPDATE decisions SET decider = 'llm', outcome = 'repaired', thought = 't' "
            "WHERE agent = 'H0'"
        )
        database.execute(
            "INSERT INTO calls VALUES (0, 'H0', 1, 'k', 'ok', 'p', ?, 'm', 0.1, 1, '', "
            "1, 1, 0, 'h', NULL, NULL, NULL, NULL)",
            (reply,),
        )
    return folder


def test_what_other_rules_read_is_not_checkable_here_and_no_forgery(tmp_path: Path) -> None:
    idle = {**IDLE, "thought": "t"}
    run = load_run(run_with_a_reply(tmp_path / "old", json.dumps({**idle, "stroll": "home"})))
    (here,) = check_calls(run, read_alike=True)
    assert here.kind is Kind.tampered
    (elsewhere,) = check_calls(run, read_alike=False)
    assert elsewhere.kind is Kind.incomplete
    assert "H0" in elsewhere.what
    assert "other code" in elsewhere.what
    sound = load_run(run_with_a_reply(tmp_path / "sound", json.dumps({**idle, "stroll": None})))
    assert not list(check_calls(sound, read_alike=True))


def test_a_run_of_the_form_that_came_before_is_proven(tmp_path: Path) -> None:
    wide = {"thought": "t", "sleep_hours": None, "move_to": None, "order": [], "post": None}
    folder = run_with_a_reply(tmp_path / "run", json.dumps(wide))
    prompts = folder / "prompts"  # it has no schemas
    prompts.mkdir()
    (prompts / "system-household.txt").write_text("You live here.")
    schemas = files("econsim_mesa.prompts").joinpath("wide_reply_schemas.json")
    schema = ReplySchema(json.loads(schemas.read_text())["Household"])
    turns = (Message("system", "You live here."), Message("user", "p"))
    key = ChatRequest(0, "H0", DECISION, turns, "", schema).key
    with closing(sqlite3.connect(folder / "run.sqlite")) as database, database:
        database.execute("UPDATE calls SET call = ?, key = ?", (DECISION, key))
    assert not list(check_calls(load_run(folder), read_alike=True))
    (prompts / "system-household.txt").write_text("You live elsewhere.")
    (found,) = check_calls(load_run(folder), read_alike=True)
    assert found.kind is Kind.tampered
