"""A sample of the prompts: the text that was sent for the first agent, word for word."""

from __future__ import annotations

from econsim_mesa.prompts import read_prompts
from econsim_mesa.runs.reader import Run

SAMPLE = "prompt-sample.txt"
"""Name of its file in a run's folder."""


def sample_text(run: Run) -> str | None:
    """Return the prompt of the first call, or None if there was no call."""
    first = run.select("SELECT step, agent, prompt FROM calls ORDER BY step, agent, call LIMIT 1")
    if not first:
        return None
    step, agent, prompt = first[0]
    kinds = {name: kind for _, name, kind in run.rows("accounts")}
    in_use = [texts for texts in read_prompts(run.folder) if texts.step <= step]
    rules = in_use[-1].system(kinds.get(agent, "")) if in_use else ""
    return f"Sent to {agent} in step {step}.\n\n--- system\n{rules}\n\n--- user\n{prompt}\n"


def write_sample(run: Run) -> None:
    """Write the prompt of the first call beside the records, if there was a call."""
    text = sample_text(run)
    if text is not None:
        (run.folder / SAMPLE).write_text(text, encoding="utf-8", newline="\n")
