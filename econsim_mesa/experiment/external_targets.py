"""Targets in a real place, which must be declared before the first run to make claims about it.

The targets stand in a file whose hash is part of the plan; a copy lies in the experiment's folder.
``econsim_mesa.evidence.real_place`` computes whether a declaration is complete.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from statistics import fmean
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, StringConstraints, ValidationError, model_validator

from econsim_mesa.errors import ScenarioError
from econsim_mesa.scenario.base import Frozen
from econsim_mesa.scenario.read import parse_json, read_text, refusal
from econsim_mesa.scenario.wording import problems_of

TARGETS = "targets.json"
"""Name of the file of targets in an experiment's folder."""
Words = Annotated[str, StringConstraints(min_length=2, max_length=1000, pattern=r"\S\S")]
Number = Annotated[float, Field(ge=-1e15, le=1e15)]


class Place(Frozen):
    """The place, its people and the period that the targets are about."""

    population: Words
    """Whose behaviour it is."""
    place: Words
    """Where."""
    period: Words
    """When."""


class ExternalTarget(Place):
    """A quantity measured in the real place, with a band, against a measure of the full model."""

    name: Words
    """What it is."""
    measure: str = Field(min_length=1, max_length=200)
    """The measure of the runs that is held against it, as tables name it."""
    observed: Number
    """What was measured there."""
    interval: tuple[Number, Number] | None = None
    """The interval that the source gives, which is the band; null: it gives none."""
    share: float | None = Field(None, gt=0, le=0.25)
    """Where the source gives none: the band's half width, as a share of ``observed``."""
    before: tuple[Number, ...] = Field(min_length=1)
    """Other measurements of the same, such as earlier years': their mean is the naive value."""
    before_source: Words
    """What those are, and where they stand."""
    source: Words
    """Where it was published: author and year, or a data set with its version."""
    doi: str = Field(pattern=r"^10\.\d{4,9}/\S{1,200}$")
    """DOI of the source, such as ``10.2105/AJPH.2008.151415``."""
    licence: Words
    """Licence of the source, or ``facts``."""
    used_in_calibration: bool
    """Whether any number of the scenario was chosen with it in view."""

    @property
    def band(self) -> tuple[float, float]:
        """The lowest and the highest value that agree with the observation."""
        half = abs(self.observed) * (self.share or 0)
        return self.interval or (self.observed - half, self.observed + half)

    def error(self, value: float | None = None) -> float:
        """Return how far a prediction (None: the naive one) is off, as a share of ``observed``."""
        predicted = fmean(self.before) if value is None else value
        return abs(predicted - self.observed) / max(abs(self.observed), 1e-9)

    @model_validator(mode="after")
    def _is_informative(self) -> ExternalTarget:
        low, high = self.band
        if (self.interval is None) == (self.share is None):
            raise ValueError("give the source's interval, or a share where it gives none")
        if not low <= self.observed <= high or high - low > abs(self.observed):
            raise ValueError("the band must hold what was observed, and be no wider than that")
        if self.error() >= 1:
            raise ValueError("the mean of before is no better than no value at all")
        return self


class _FileFormat(Frozen):
    format: Literal[1] = 1
    targets: tuple[ExternalTarget, ...] = Field(min_length=1, max_length=1000)


class Reviewer(Frozen):
    """The outside reviewer who is responsible for the comparison."""

    name: Words
    """Full name."""
    affiliation: Words
    """Where they work; not where the runs were made."""
    statement: str = Field(min_length=20, max_length=20_000)
    """What they state about targets and comparison, in their own words."""


class External(Place):
    """The real place that the runs are meant to represent."""

    targets: str = Field(min_length=1, max_length=1000)
    """What was measured there: a JSON file of targets, by its path from this one."""
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    """SHA-256 of that file; filled in when the experiment is loaded."""
    reviewer: Reviewer | None = None
    """The named outside reviewer; null: none yet."""


class TargetsFile(NamedTuple):
    """A file of targets, read and hashed.

    ``external`` has the name of its copy in the experiment's folder, and its hash.
    """

    external: External
    text: str
    targets: list[ExternalTarget]


def read_targets(external: External, path: Path) -> TargetsFile:
    """Read the file of targets that ``external`` declares.

    Raises ``ScenarioError`` if the file is malformed, or its hash is not the declared one.
    """
    text = read_text(path)
    digest = hashlib.sha256(text.encode()).hexdigest()
    if external.sha256 not in (None, digest):
        raise refusal(str(path), f"is not the file with the SHA-256 {external.sha256}")
    data = parse_json(text, str(path))
    try:
        targets = list(_FileFormat.model_validate_json(json.dumps(data)).targets)
    except ValidationError as error:
        raise ScenarioError(str(path), problems_of(error, data, _FileFormat)) from None
    fixed = external.model_copy(update={"targets": TARGETS, "sha256": digest})
    return TargetsFile(fixed, text, targets)
