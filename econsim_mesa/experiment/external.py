"""Evidence from outside: what would have to be declared before the first run to speak of a place.

It is part of the plan, and so hashed before any run. Whether it suffices is computed, never
declared: ``econsim_mesa.evidence.claims``.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from econsim_mesa.scenario.base import Frozen

Words = Annotated[str, StringConstraints(min_length=2, max_length=1000)]


class ExternalTarget(Frozen):
    """A quantity measured in the real place, with a band, against a measure of the full model."""

    name: Words
    """What it is."""
    measure: str = Field(min_length=1, max_length=200)
    """The measure of the runs that is held against it, as tables name it."""
    low: float = Field(allow_inf_nan=False)
    """Lower end of the band."""
    high: float = Field(allow_inf_nan=False)
    """Upper end of the band."""
    observed: float = Field(allow_inf_nan=False)
    """What was measured there."""
    naive: float = Field(allow_inf_nan=False)
    """What a naive baseline says, such as the value of the year before."""
    source: Words
    """Where it was published: author and year, or a data set with its version."""
    licence: Words
    """Licence of the source, or ``facts``."""
    used_in_calibration: bool
    """Whether any number of the scenario was chosen with it in view."""

    @model_validator(mode="after")
    def _band(self) -> ExternalTarget:
        if self.low > self.high:
            raise ValueError("the band ends below its beginning")
        return self


class Reviewer(Frozen):
    """Somebody outside who stands for the comparison."""

    name: Words
    """Full name."""
    affiliation: Words
    """Where they work; not where the runs were made."""


class External(Frozen):
    """The real place that the runs are to speak of."""

    population: Words
    """Whose behaviour it is."""
    place: Words
    """Where."""
    period: Words
    """When."""
    targets: tuple[ExternalTarget, ...]
    """What was measured there."""
    reviewer: Reviewer | None = None
    """The named outside reviewer; null: none yet."""
