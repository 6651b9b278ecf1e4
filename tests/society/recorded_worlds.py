"""Worlds that must not change by moving code: hashes of their tables, and of prompts.

``python tests/society/recorded_worlds.py`` writes the fixture anew, where a rule changed.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
import tempfile
from pathlib import Path

from econsim_mesa import EconModel
from econsim_mesa.prompts import render
from econsim_mesa.society.requests import Requests

FIXTURE = Path(__file__).with_name("recorded_worlds.json")
SCENARIOS = ("pizza_place", "pizza_place_quiet", "pizza_place_published", "two_towns")
WORLDS = [*((name, seed, None) for name in SCENARIOS for seed in (1, 2, 3)), ("crowd", 1, 24)]
PROMPTS = [*((name, 1, 40) for name in SCENARIOS), ("crowd", 1, 12)]
OF_EACH = 40
TABLES = {
    "decisions": "step, agent, kind, decider, outcome, thought, actions",
    "sales": 'step, time, store, item, quantity, price, amount, net, tax, buyer, "order"',
    "posts": "step, time, author, text, kind, id, reply_to",
    "agents": "*",
    "rejections": "step, agent, decided, action, reason",
    "transfers": "step, source, target, commodity, amount, reason",
    "consumption": "step, household, item, quantity, eaten",
    "prices": "step, store, item, base, posted",
    "follows": "step, follower, followed, change",
    "swaps": "step, id, proposer, acceptor, gave, gave_quantity, took, took_quantity",
}


def tables(name: str, seed: int, steps: int | None) -> dict[str, str]:
    """Return the hash of each table of a run of the embedded decider."""
    overrides = {} if steps is None else {"steps": steps}
    with tempfile.TemporaryDirectory() as folder:
        model = EconModel(name, seed=seed, store=Path(folder) / "run", **overrides)
        while model.running:
            model.step()
        database = sqlite3.connect(Path(folder) / "run" / "run.sqlite")
        hashes = {}
        for table, columns in TABLES.items():
            digest = hashlib.sha256()
            for row in database.execute(f"SELECT {columns} FROM {table} ORDER BY rowid"):
                digest.update(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            hashes[table] = digest.hexdigest()
        database.close()
    return hashes


def prompts(name: str, seed: int, steps: int) -> str:
    """Return the hash of the prompts that the first agents and the stores are sent at a step."""
    model = EconModel(name, seed=seed)
    for _ in range(steps):
        model.step()
    view = model.look()
    households, stores = len(model.households), len(model.stores)
    agents = [*range(min(households, OF_EACH - stores)), *range(households, households + stores)]
    digest = hashlib.sha256()
    for request in Requests(view, agents):
        prompt = render(request)
        digest.update(json.dumps([prompt.system, prompt.user], ensure_ascii=False).encode())
    return digest.hexdigest()


def key(name: str, seed: int, steps: int | None) -> str:
    """Return the name of a world in the fixture."""
    return f"{name} {seed} {steps or 'all'}"


if __name__ == "__main__":
    found = {
        "tables": {key(*world): tables(*world) for world in WORLDS},
        "prompts": {key(*world): prompts(*world) for world in PROMPTS},
    }
    (Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURE).write_text(
        json.dumps(found, indent=1) + "\n", encoding="utf-8"
    )
