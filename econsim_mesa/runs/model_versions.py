"""What answered the calls of a run: models in their states, on servers of their versions.

A model's name stays when its weights or its server are replaced. So what a server tells of itself
stands with every call, and here each different answer to *who was that* once, with its steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from econsim_mesa.runs.reader import Run

NOT_TOLD = "not told by the server"
"""Stands for what a server does not say of itself."""
SERVER_MODEL = "server_model"
"""How entries of ``meta`` begin that hold what the server's list of models says of ours."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What answered calls; ``NOT_TOLD`` stands for what the server does not say."""

    model: str
    """As the server names it."""
    revision: str
    """State of the model, as the server names it (``system_fingerprint``)."""
    server: str
    """Headers that tell the server's version."""
    calls: int
    first_step: int
    last_step: int

    def __str__(self) -> str:
        """Return it in words."""
        return (
            f"{self.model} (revision: {self.revision}; server: {self.server}), "
            f"{self.calls:,} calls in steps {self.first_step} to {self.last_step}"
        )


def served_models(run: Run) -> tuple[ServedModel, ...]:
    """Return what answered the calls to which a reply came, in the order of first steps."""
    rows = run.select(
        "SELECT model, coalesce(revision, :none), coalesce(server, :none), count(*), min(step), "
        "max(step) FROM calls WHERE reply IS NOT NULL OR status = 'empty' "
        "GROUP BY 1, 2, 3 ORDER BY 5, 6, 1, 2, 3",
        {"none": NOT_TOLD},
    )
    return tuple(ServedModel(*row) for row in rows)


def describe_change(found: Sequence[ServedModel]) -> str | None:
    """Say that what answered changed on the way; None: it did not, as far as servers tell.

    A model that was named otherwise on purpose is a change as well.
    """
    if len({(one.model, one.revision, one.server) for one in found}) < 2:
        return None
    return f"what answered changed on the way: {'; then '.join(map(str, found))}"
