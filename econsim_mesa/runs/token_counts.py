"""What is to be said of the tokens that servers counted for the calls of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from econsim_mesa.llm.counts import is_plausible, is_short
from econsim_mesa.society.records import Call


def doubts(calls: Sequence[Call], most_output: int) -> Iterator[str]:
    """Yield what is wrong with the counts of a run's calls, each kind once, in words.

    ``most_output`` is the most tokens of a reply that the server was told of.
    """
    answered = [call for call in calls if call.attempts and call.reply is not None]
    total = f"{len(answered):,} calls"
    short = [call for call in answered if is_short(call, call.length)]
    if short:
        worst = min(short, key=lambda call: ((call.input_tokens or 0) / call.length, call.key))
        yield (
            f"the server counted far fewer tokens than were sent: {worst.input_tokens:,} for "
            f"{worst.length:,} characters; it may have cut the prompt (Ollama: num_ctx); so in "
            f"{len(short):,} of {total}"
        )
    unknown = sum(not is_plausible(call, call.length, call.reply) for call in answered) - len(short)
    if unknown:
        yield (
            f"what {unknown:,} of {total} used is unknown: the server counted no tokens, or a "
            "number that cannot be true; the most that they may have used fills the caps"
        )
    beyond = [n for call in answered if (n := _output(call)) > most_output]
    if beyond:
        yield (
            f"the server wrote more than it was told to in {len(beyond):,} of {total}: up to "
            f"{max(beyond):,} tokens where llm.max_output_tokens is {most_output:,}"
        )


def _output(call: Call) -> int:
    """Return the tokens of a reply; 0 where they are not known."""
    return (call.output_tokens or 0) if is_plausible(call, call.length, call.reply) else 0
