"""Numbers of things in words: one thing, two things."""

from __future__ import annotations


def counted(number: float, thing: str, things: str = "") -> str:
    """Return a number and what it counts; ``things`` is the plural where an s is not enough.

    >>> counted(1, "order waits", "orders wait"), counted(0, "price"), counted(1200, "step")
    ('1 order waits', '0 prices', '1,200 steps')
    >>> counted(7.5, "hour")
    '7.5 hours'
    """
    shown = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{shown} {thing if number == 1 else things or f'{thing}s'}"
