"""Numbers as text for people: one place for the terminal, the report and the page.

Every function returns ``UNKNOWN`` for None, and separates thousands by commas.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

UNKNOWN = "-"
"""What stands for a number that is not known."""


def significant(value: float | None, digits: int = 3) -> str:
    """Return a number with its significant digits; from 1,000 on all digits of its whole part.

    >>> significant(-0.034563), significant(999.7), significant(1234.5), significant(12.0)
    ('-0.0346', '1,000', '1,234', '12')
    >>> significant(0.123456, digits=4), significant(None)
    ('0.1235', '-')
    """
    if value is None:
        return UNKNOWN
    if abs(value) >= min(1000, 10**digits - 0.5):  # else ``g`` would write 1e+03
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def fixed(value: float | None, decimals: int = 2) -> str:
    """Return a number with so many decimals; none from 1,000 on, two digits below 0.1.

    >>> fixed(12.0), fixed(1234.5), fixed(0.01234), fixed(0.0), fixed(None)
    ('12.00', '1,234', '0.012', '0.00', '-')
    """
    if value is None:
        return UNKNOWN
    if 0 < abs(value) < 0.1:
        return f"{value:.2g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.{decimals}f}"


def short(value: float | None) -> str:
    """Return a number for a narrow column: whole, or with one decimal below 100.

    >>> short(12.0), short(12.34), short(123.4), short(None)
    ('12', '12.3', '123', '-')
    """
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"


def count(value: float | None) -> str:
    """Return a number of things; a float, which counts parts of things too, with one decimal.

    >>> count(1234567), count(12.0), count(None)
    ('1,234,567', '12.0', '-')
    """
    if value is None:
        return UNKNOWN
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def magnitude(value: float | None) -> str:
    """Return a large number with one decimal and a letter for thousands or millions.

    >>> magnitude(950), magnitude(12_345), magnitude(4_200_000)
    ('950', '12.3k', '4.2M')
    """
    if value is None:
        return UNKNOWN
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:,.1f}{letter}"
    return f"{value:.0f}"


def money(amount: float | None, decimals: int) -> str:
    """Return a sum of money; ``amount`` counts the smallest unit, 1/10**decimals of a whole.

    >>> money(123456, 2), money(123456, 0), money(-5, 2), money(None, 2)
    ('1,234.56', '123,456', '-0.05', '-')
    """
    return UNKNOWN if amount is None else f"{amount / 10**decimals:,.{decimals}f}"


def quantity(amount: int | None, decimals: int) -> str:
    """Return a quantity of an item; ``amount`` counts its smallest unit.

    >>> quantity(150, 2), quantity(3, 0)
    ('1.5', '3')
    """
    return UNKNOWN if amount is None else f"{amount / 10**decimals:g}"


def digits(amount: int, decimals: int) -> str:
    """Return an amount, given in its smallest unit, in plain digits, exactly.

    >>> digits(123450, 2), digits(5, 2), digits(1500, 0)
    ('1234.50', '0.05', '1500')
    """
    return f"{Decimal(amount).scaleb(-decimals):f}" if decimals else str(amount)


def whole_or_part(amount: int, decimals: int) -> str:
    """Return a quantity, given in its smallest unit, in plain digits, exactly.

    >>> whole_or_part(150, 2), whole_or_part(1234567800, 2), whole_or_part(300, 0)
    ('1.5', '12345678', '300')
    """
    text = digits(amount, decimals)
    return text.rstrip("0").rstrip(".") if decimals else text


def probability(p: float | None) -> str:
    """Return a p-value with three decimals.

    >>> probability(0.0123), probability(0.00001), probability(1.0), probability(None)
    ('.012', '<.001', '1', '-')
    """
    if p is None:
        return UNKNOWN
    if p < 0.001:
        return "<.001"
    return "1" if p >= 0.9995 else f"{p:.3f}".lstrip("0")


def interval(
    low: float | None, high: float | None, write: Callable[[float], str] = significant
) -> str:
    """Return the ends of an interval.

    >>> interval(-0.5, 1234.5), interval(None, None)
    ('-0.5 to 1,234', '-')
    """
    return UNKNOWN if low is None or high is None else f"{write(low)} to {write(high)}"


def with_probability(value: float | None, p: float | None) -> str:
    """Return a number with its p-value in brackets.

    >>> with_probability(2.5, 0.0123), with_probability(None, None)
    ('2.5 (.012)', '-')
    """
    return UNKNOWN if value is None else f"{significant(value)} ({probability(p)})"


def percent(share: float | None) -> str:
    """Return a share of 1 as a percentage, with all the digits that it has.

    >>> percent(0.95), percent(0.999)
    ('95 %', '99.9 %')
    """
    return UNKNOWN if share is None else f"{100 * share:.10g} %"


def counted(number: float, thing: str, things: str | None = None) -> str:
    """Return a number of things in words; ``things`` is the plural, if it is no ``thing`` + s.

    >>> counted(1, "order waits", "orders wait"), counted(1200, "step"), counted(7.5, "hour")
    ('1 order waits', '1,200 steps', '7.5 hours')
    """
    shown = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{shown} {thing if number == 1 else things or f'{thing}s'}"


def duration(seconds: float | None) -> str:
    """Return a time in words, in the unit that suits it.

    >>> duration(8.2), duration(100), duration(54_000), duration(400_000), duration(None)
    ('8 seconds', '1.7 minutes', '15 hours', '4.6 days', '-')
    """
    if seconds is None:
        return UNKNOWN
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            number = seconds / size
            return counted(round(number, 1) if number < 9.95 else round(number), unit)
    return counted(round(seconds), "second")
