"""Coherence checks: does a decider respond to prices, hunger, crowds and news as a mind would?

Each check compares forks of one history that share all random numbers and differ in one thing. The
random agent goes through the same checks as the control: what it passes shows nothing. A check is
undecided if its interval holds the threshold.
"""

from econsim_mesa.evidence.coherence.base import Check
from econsim_mesa.evidence.coherence.check_runner import check_all
from econsim_mesa.evidence.coherence.check_table import (
    CHECKS,
    COHERENCE,
    STATUSES,
    CheckResult,
    CheckTable,
    table_of,
    write_table,
)
from econsim_mesa.evidence.coherence.estimates import Judgement

__all__ = [
    "CHECKS",
    "COHERENCE",
    "STATUSES",
    "Check",
    "CheckResult",
    "CheckTable",
    "Judgement",
    "check_all",
    "table_of",
    "write_table",
]
