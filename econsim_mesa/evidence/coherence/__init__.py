"""Coherence checks: does whoever decides answer to prices, hunger, crowds and news as a mind would?

Each check compares forks of one past that share all random numbers and differ in one thing. The
random agent goes through the same checks as the control: what it passes tells nothing. An
interval that holds the threshold leaves a check undecided.
"""

from econsim_mesa.evidence.coherence.check import Check, Judged
from econsim_mesa.evidence.coherence.session import (
    CHECKS,
    COHERENCE,
    STATUSES,
    Row,
    Table,
    check_all,
    table_of,
    write_table,
)

__all__ = [
    "CHECKS",
    "COHERENCE",
    "STATUSES",
    "Check",
    "Judged",
    "Row",
    "Table",
    "check_all",
    "table_of",
    "write_table",
]
