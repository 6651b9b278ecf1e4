"""Which models answered the calls of a run: their revisions, and the versions of their servers.

A model keeps its name when its weights or its server are replaced. So each call records what the
server says about itself, and here each different combination is listed once, with its steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from econsim_mesa.runs.reader import Run

NOT_TOLD = "not told by the server"
"""Stands for what a server does not say about itself."""
SERVER_MODEL = "server_model"
"""Prefix of the entries of ``meta`` that hold what the server's list says about the model."""

REFUSED_PARAMETERS = "left_out"
"""Prefix of the entries of ``meta`` that name what a model refused of requests, from a step on."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that answered calls; ``NOT_TOLD`` stands for what the server does not say."""

    model: str
    """Its name, as the server gives it."""
    revision: str
    """Its revision, as the server gives it (``system_fingerprint``)."""
    server: str
    """Headers that state the version of the server."""
    calls: int
    first_step: int
    last_step: int

    def __str__(self) -> str:
        """Describe the model in words."""
        return (
            f"{self.model} (revision: {self.revision}; server: {self.server}), "
            f"{self.calls:,} calls in steps {self.first_step} to {self.last_step}"
        )


def served_models(run: Run) -> tuple[ServedModel, ...]:
    """Return the models that answered calls of a run, in the order of their first steps."""
    rows = run.select(
        "SELECT model, coalesce(revision, :none), coalesce(server, :none), count(*), min(step), "
        "max(step) FROM calls WHERE reply IS NOT NULL OR status = 'empty' "
        "GROUP BY 1, 2, 3 ORDER BY 5, 6, 1, 2, 3",
        {"none": NOT_TOLD},
    )
    return tuple(ServedModel(*row) for row in rows)


def describe_change(models: Sequence[ServedModel]) -> str | None:
    """Describe how the model that answers changed; None if it did not, as far as servers say.

    A model whose name was changed on purpose counts as a change.
    """
    if len({(model.model, model.revision, model.server) for model in models}) < 2:
        return None
    return f"what answered changed on the way: {'; then '.join(map(str, models))}"


def refused_parameters(run: Run) -> str | None:
    """Say what of the requests of a run was left out, since the model refuses it; None: nothing."""
    named = {
        name
        for key, names in run.meta.items()
        if key.startswith(f"{REFUSED_PARAMETERS}@")
        for name in names.split(", ")
    }
    return (
        f"{', '.join(sorted(named))}: the model refuses it, and did not get it" if named else None
    )
