"""The errors of the package: one small closed family.

::

    EconSimError                exit code 1
    ├── BadInput                exit code 2: what the user gave cannot be used
    │   ├── ScenarioError       a scenario file, an override or a switch; carries problems
    │   ├── NotInstalled        exit code 3: a run needs what this machine lacks
    │   ├── UnknownName         a name that no registry knows
    │   └── NotIdentified       (analysis.design) too few runs or days for an estimate
    ├── LedgerError             a rule of the double-entry ledger would be broken
    │   └── InsufficientBalance an account would go below zero
    ├── StreamError             a random stream drawn twice, or with another shape
    ├── Irreproducible          (records.comparison) exit code 4: made again, it differs
    ├── Tampered                (experiment.damage) exit code 5: not what was sealed
    └── RunIncomplete           exit code 3: stopped whole before the end
        └── Interrupted         (cli.interrupt) exit code 130: stopped from outside

Every error says what was wrong, the value, where, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple


class EconSimError(Exception):
    """Base of all errors that this package raises on purpose."""

    exit_code = 1


class BadInput(EconSimError):
    """What the user gave cannot be used; the message says what to do."""

    exit_code = 2


class Problem(NamedTuple):
    """One thing wrong with a scenario: where (a JSON path such as ``$.steps``) and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return self.message if self.path == "$" else f"{self.message} @ {self.path}"


class ScenarioError(BadInput):
    """A scenario, an override or a switch is wrong; ``problems`` lists every fault found.

    ``source`` names the file or the argument that was read.
    """

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        lines = [f"{source}: {len(problems)} problem{'s' if len(problems) != 1 else ''}"]
        super().__init__("\n".join(lines + [f"  {problem}" for problem in problems]))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[str, tuple[Problem, ...]]]:
        """Pickle by the arguments, so that the error crosses a process boundary whole."""
        return type(self), (self.source, self.problems)


class UnknownName(BadInput):
    """A name that no registry knows; ``nearest`` is the closest known one, if any is close."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        super().__init__(f"unknown {kind} {name!r}; {hint(name, self.known)}")

    def __reduce__(self) -> tuple[type[UnknownName], tuple[str, str, tuple[str, ...]]]:
        """Pickle by the arguments."""
        return type(self), (self.kind, self.name, self.known)


class LedgerError(EconSimError):
    """A rule of the double-entry ledger would be, or is, broken."""


class InsufficientBalance(LedgerError):
    """A transfer would take ``account`` below zero in ``commodity``."""

    def __init__(self, account: str, commodity: str, amount: int, balance: int) -> None:
        self.account, self.commodity = account, commodity
        self.amount, self.balance = amount, balance
        super().__init__(
            f"{account} holds {balance} of {commodity} and cannot give {amount}; "
            "nothing was transferred"
        )


class StreamError(EconSimError):
    """A named random stream was drawn twice in a step, or is not declared."""


class NotInstalled(BadInput):
    """What was recorded needs something that this installation lacks; the message says what to do.

    A part of the user's own, an extra, or another version of the program: it is no fault of the
    record, and nothing is said of it.
    """

    exit_code = 3


class RunIncomplete(EconSimError):
    """A run stopped whole before its end; the message says how to go on."""

    exit_code = 3


_SHOWN = 40
"""Most names that advice lists."""
_NEAR = 0.7
"""How much of two names is the same, 0 to 1, if one is surely the other mistyped."""


def hint(name: str, known: Sequence[str], say: Callable[..., str] = str.format) -> str:
    """Return advice for a mistyped name: the nearest known one, or all of them, or both in doubt.

    ``say`` puts the advice into another language.

    >>> hint("Piza", ["Pizza", "Soda"])
    "did you mean 'Pizza'?"
    >>> hint("x", ["Pizza", "Soda"])
    'known: Pizza, Soda'
    >>> hint("rent", ["grant", "salary"])
    "did you mean 'grant'? known: grant, salary"
    """
    folded = {candidate.casefold(): candidate for candidate in known}
    nearest = difflib.get_close_matches(name.casefold(), list(folded), n=1)
    if not nearest:
        return _all_of(known, say)
    asked = say("did you mean {name}?", name=repr(folded[nearest[0]]))
    alike = difflib.SequenceMatcher(None, nearest[0], name.casefold()).ratio()
    return asked if alike >= _NEAR else f"{asked} {_all_of(known, say)}"


def _all_of(known: Sequence[str], say: Callable[..., str]) -> str:
    if not known:
        return say("known: none")
    names = say(", ").join(each if each.isprintable() else repr(each) for each in known[:_SHOWN])
    if len(known) <= _SHOWN:
        return say("known: {names}", names=names)
    return say("known: {names} and {more} more", names=names, more=f"{len(known) - _SHOWN:,}")
