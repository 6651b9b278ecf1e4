"""What the calls to a language model cost so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from econsim_mesa.runs.reader import Run
    from econsim_mesa.scenario.llm import LlmSpec
    from econsim_mesa.society.model import EconModel


class Interval(NamedTuple):
    """A low and a high figure."""

    low: float
    high: float

    def times(self, factor: float) -> Interval:
        """Return both figures times a factor."""
        return Interval(self.low * factor, self.high * factor)

    def plus(self, other: Interval) -> Interval:
        """Return the sums of the low and of the high figures."""
        return Interval(self.low + other.low, self.high + other.high)


def cost_of(run: Run, spec: LlmSpec) -> Interval | None:
    """Return the US dollars that the calls of a run cost, at the least and at the most.

    What a fork copied from its parent was paid there, and is left out. None: there were no calls,
    or no price is known.
    """
    from econsim_mesa.runs.call_log import spent_on
    from econsim_mesa.society.records import Call

    calls = [call for row in run.rows("calls") if (call := Call(*row)).step >= run.forked_at]
    if not calls or spec.model not in spec.prices:
        return None
    usage = spent_on(calls, spec)
    return Interval(usage.cost, usage.most_cost)


def calls_so_far(model: EconModel) -> str:
    """Return the calls, tokens and cost of a run in one line; empty where no LLM decides."""
    shown = []
    for decider in model.scheduler.deciders:
        progress = getattr(decider, "progress", None)
        if progress is None:
            continue
        usage = progress.usage
        words = f"{progress.done:,} calls, {progress.in_flight} in flight"
        words += f", {magnitude(usage.tokens)} tokens"
        if progress.cached_share is not None:
            words += f" ({100 * progress.cached_share:.0f} % of input cached)"
        if usage.most_cost:
            words += f", ${usage.cost:.2f}"
            words += f" to {usage.most_cost:.2f}" if usage.most_cost > usage.cost else ""
        faults = sum(progress.faults.values())
        shown.append(words + (f", {faults:,} failed attempts" if faults else ""))
    return "; ".join(shown)


def magnitude(number: float) -> str:
    """Return a large number in short.

    >>> magnitude(950), magnitude(12_345), magnitude(4_200_000)
    ('950', '12.3k', '4.2M')
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return f"{number:.0f}"
