"""Stress: all internal states of a run, and what of them the households see and feel.

Own levels are always computed. A mode changes only what is felt: ``on`` the own levels;
``off`` nothing; ``frozen`` the levels of one moment for ever; ``shuffled`` in each step another
household's levels, all stressors together. Hidden stressors are neither seen nor felt.

What is shown of them may be ``reasons`` (each level, and why), ``facts`` (what was counted,
without levels: none is then felt) or ``scalar`` (the overall level, felt in place of each). All
three speak at the same moments: where a level reaches the threshold.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from econsim_mesa.errors import BadInput, EconSimError, UnknownName
from econsim_mesa.mind.experience import Experience, Surroundings
from econsim_mesa.mind.feelings import Feeling
from econsim_mesa.mind.stressors.base import S, Stressor
from econsim_mesa.read_only import read_only
from econsim_mesa.scenario.base import ReadOnlyDict
from econsim_mesa.society.rng import Booleans, Floats, Integers, derangement

Mode = Literal["on", "off", "frozen", "shuffled"]
Show = Literal["reasons", "facts", "scalar"]
OVERALL = "overall"
"""The name under which the overall level is shown."""
TOLD_NEED = 0.05
"""Distance of the factor on a need from 1 from which on a household is told of it."""


@dataclass(frozen=True, slots=True)
class Felt:
    """What every household feels in one step."""

    levels: Floats
    """Levels in [0, S], shape (n, stressors); 0 for hidden ones."""
    overall: Floats
    """Weighted mean over the stressors that are not hidden, shape (n,)."""
    whose: Integers
    """The household whose levels each one feels, shape (n,); its own number but if shuffled."""


class _Moment(NamedTuple):
    """Levels and the stressors that can give reasons for them."""

    levels: Floats
    stressors: Sequence[Stressor[Any]]


class Stress:
    """All stressors of a run, in the order of the scenario.

    ``weights`` (1 unless given) are those of the overall level. ``n`` is needed only where
    there is no stressor to tell it. Before the first update every level is 0 without a reason.
    """

    def __init__(
        self,
        stressors: Sequence[Stressor[Any]],
        weights: Mapping[str, float] | None = None,
        mode: Mode = "on",
        hide: Collection[str] = (),
        *,
        show: Show = "reasons",
        n: int = 0,
    ) -> None:
        self.stressors = tuple(stressors)
        self.names = tuple(stressor.name for stressor in stressors)
        if len(set(self.names)) < len(self.names):
            raise BadInput(f"two stressors have one name: {', '.join(self.names)}")
        self.n = stressors[0].n if stressors else n
        self.mode: Mode = "on"
        self.show: Show = "reasons"
        self.hidden: tuple[str, ...] = ()
        self._weights = np.ones(len(self.names))
        self._own = np.zeros((self.n, len(self.names)))
        self._overall = np.zeros(self.n)
        self._updated = False
        self._frozen: _Moment | None = None
        self._whose: Integers | None = None
        self.configure(weights=weights or {}, mode=mode, hide=hide, show=show)

    def configure(
        self,
        *,
        weights: Mapping[str, float] | None = None,
        mode: Mode | None = None,
        hide: Collection[str] | None = None,
        show: Show | None = None,
    ) -> None:
        """Set weights, mode, hidden stressors and what is shown; what is not given stays.

        Changing to ``frozen`` freezes at the present levels. Raises ``UnknownName`` for a
        stressor or a mode that does not exist and ``BadInput`` for a negative weight.
        """
        for name in (*(weights or ()), *(hide or ())):
            if name not in self.names:
                raise UnknownName("stressor", name, self.names)
        if mode is not None and mode not in get_args(Mode):
            raise UnknownName("stress mode", mode, get_args(Mode))
        if show is not None and show not in get_args(Show):
            raise UnknownName("representation of stress", show, get_args(Show))
        self.show = self.show if show is None else show
        if weights is not None:
            self._weights = _checked_weights(self.names, weights)
        if hide is not None:
            self.hidden = tuple(name for name in self.names if name in hide)
        if mode is not None:
            if mode == "frozen" != self.mode:
                self.freeze()
            self.mode = mode
        shown = [name not in self.hidden for name in self.names]
        self._shown = np.array(shown, dtype=np.bool_)
        self._shares = self._weights * self._shown
        self._shares /= float(self._shares.sum()) or 1.0

    @property
    def own(self) -> Floats:
        """Each household's own levels, shape (n, stressors), read-only."""
        return self._own

    def overall(self) -> Floats:
        """Return the weighted mean of each household's own levels, shape (n,), whatever is felt."""
        return self._overall

    def update(self, experience: Experience) -> None:
        """Bring all stressors up to date with one step.

        Raises ``EconSimError`` if a stressor returns anything but levels in [0, S].
        """
        levels = np.empty((len(self.stressors), self.n))
        for k, stressor in enumerate(self.stressors):
            levels[k] = stressor.update(experience)
        self.take(levels, experience.t)

    def take(self, levels: Floats, t: int) -> None:
        """Make levels, shape (stressors, n), those after step ``t``.

        Raises ``EconSimError`` for one that is not in [0, S].
        """
        self._take(levels, t)
        self._updated = True
        if self.mode == "frozen" and self._frozen is None:
            self.freeze()

    def look(self, now: Surroundings, t: int) -> None:
        """Bring levels that speak of the present up to where households stand at the start of t.

        Nothing happens before the first update. Raises ``EconSimError`` as ``update`` does.
        """
        if not self._updated:
            return
        levels = self._own.T.copy()
        for k, stressor in enumerate(self.stressors):
            present = stressor.look(now)
            if present is not None:
                levels[k] = present
        self._take(levels, t)

    def _take(self, levels: Floats, t: int) -> None:
        """Make levels, shape (stressors, n), each household's own."""
        if levels.size and not (levels.min() >= 0.0 and levels.max() <= S):
            self._blame(levels, t)
        self._own = levels.T
        self._own.flags.writeable = False
        self._overall = (levels.T * self._weights).sum(axis=1) / (self._weights.sum() or 1.0)

    def _blame(self, levels: Floats, t: int) -> None:
        """Raise the error about the first level that is not in [0, S]."""
        k, i = np.argwhere(~((levels >= 0.0) & (levels <= S)))[0].tolist()
        raise EconSimError(
            f"stressor {self.names[k]!r} gave household {i} the level {levels[k, i]} at step "
            f"{t}; return levels from 0 to {S:g}"
        )

    def freeze(self) -> None:
        """Take the present levels, with their reasons, as those of mode ``frozen``.

        Before the first update there is nothing to take: that update will be frozen.
        """
        self._frozen = _Moment(self._own, copy.deepcopy(self.stressors)) if self._updated else None

    def felt(self, t: int, uniforms: Floats | None = None) -> Felt:
        """Return what every household feels in step ``t``.

        ``uniforms``, one for each household, decide whose levels are felt in mode
        ``shuffled``; ``EconSimError`` is raised if they are missing there.
        """
        self._whose = None
        if self.mode == "shuffled":
            if uniforms is None:
                raise EconSimError(
                    f"stress is shuffled, but step {t} has no draws; draw 'stress.shuffle'"
                )
            self._whose = derangement(uniforms.reshape(self.n))
        whose = np.arange(self.n) if self._whose is None else self._whose
        silent = self.mode == "off" or self.show == "facts"
        levels = np.zeros_like(self._own) if silent else self._moment().levels
        if self._whose is not None:
            levels = levels[whose]
        if self.hidden:
            levels = levels * self._shown
        overall: Floats = (levels * self._shares).sum(axis=1)
        if self.show == "scalar":
            levels = overall[:, None] * self._shown
        return Felt(read_only(levels), read_only(overall), read_only(whose))

    def feelings(self, i: int, threshold: float = 50.0) -> list[Feeling]:
        """Return what is shown to household ``i`` of levels at or above the threshold.

        Why it feels each of them; what was counted; or the overall level, without words.

        In mode ``shuffled`` they are those of the household drawn by the last ``felt``.
        """
        moment = self._moment()
        lost = self.mode == "shuffled" and self._whose is None
        if self.mode == "off" or lost or not self._updated:
            return []
        j = i if self._whose is None else int(self._whose[i])
        levels = moment.levels[j]
        high = np.flatnonzero((levels >= threshold) & self._shown).tolist()
        if self.show == "scalar":
            overall = float((levels * self._shares).sum())
            return [Feeling(OVERALL, overall, "")] if high else []
        felt = []
        for k in high:
            stressor = moment.stressors[k]
            words = stressor.fact(j) if self.show == "facts" else stressor.reason(j)
            felt.append(Feeling(self.names[k], float(levels[k]), words))
        return felt

    def need_words(self, i: int) -> list[str]:
        """Return how the needs of household ``i`` differ from those of most, in words.

        Nothing is said of hidden stressors, and of a need that is within 5 % of the usual one.
        """
        shown = zip(self.stressors, self._shown.tolist(), strict=True)
        needs = [(stressor, float(stressor.need[i])) for stressor, is_shown in shown if is_shown]
        return [
            stressor.need_words(f"{need:.2g}")
            for stressor, need in needs
            if abs(need - 1.0) >= TOLD_NEED
        ]

    def told(self, threshold: float) -> Booleans:
        """Return which stressors each household is shown something of, in the last ``felt``.

        Shape (n, stressors). Those are told that reach the threshold, are not hidden and are let
        through by the mode; see ``feelings``.
        """
        levels = self._moment().levels
        if self.mode == "off" or not self._updated:
            return np.zeros(levels.shape, dtype=np.bool_)
        if self._whose is not None:
            levels = levels[self._whose]
        return (levels >= threshold) & self._shown

    def view(self) -> StressView:
        """Return what can be read of it."""
        domains = ReadOnlyDict({one.name: one.domain for one in self.stressors})
        return StressView(self.names, domains, self)

    def _moment(self) -> _Moment:
        """Return the levels that the mode lets through, before hiding and shuffling."""
        if self.mode == "frozen" and self._frozen is not None:
            return self._frozen
        return _Moment(self._own, self.stressors)


@dataclass(frozen=True)
class StressView:
    """What of it can be read at the start of a step; levels are in ``Felt``."""

    names: tuple[str, ...]
    """Names of the stressors, in the order of the scenario."""
    domains: Mapping[str, str]
    """The domain of each, by name."""
    _stress: Stress

    def feelings(self, household: int, threshold: float = 50.0) -> list[Feeling]:
        """Return what is shown to a household; see ``Stress.feelings``."""
        return self._stress.feelings(household, threshold)

    def need_words(self, household: int) -> list[str]:
        """Return how the needs of a household differ from those of most; see ``Stress``."""
        return self._stress.need_words(household)


def _checked_weights(names: Sequence[str], weights: Mapping[str, float]) -> Floats:
    """Return the weight of each stressor, 1 where none is given."""
    for name, weight in weights.items():
        if not 0.0 <= weight < float("inf"):
            raise BadInput(f"the weight of stressor {name!r} is {weight}; give 0 or more")
    return np.array([weights.get(name, 1.0) for name in names], dtype=np.float64)
