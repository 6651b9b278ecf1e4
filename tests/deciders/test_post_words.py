"""Every post that the embedded decider can write reads like a person's."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from econsim_mesa.deciders.utility import words
from econsim_mesa.deciders.utility.words import FEELINGS, Subject, compose, counted

DETAILS = {
    "item": "Soup", "store": "Daily Mart", "price": "300", "hour": "morning", "x": "2", "y": "5",
    "reason": "no Soup left", "walked": counted(1, "cell"),
}  # fmt: skip
SUBJECTS = [
    *(Subject(kind, DETAILS) for kind in ("bought", "cheaper", "dearer", "rejected", "ate")),
    Subject("idle", DETAILS),
    *(Subject.of_crowd("Daily Mart", others, 4.0) for others in (0, 1, 3, 4, 9)),
    *(Subject("stress", {"feeling": feeling}) for feeling in FEELINGS.values()),
]
SLIPS = re.compile(
    r"\b[Aa] (a|an|the|very|e)\b|\b1 \w+s\b|[.!?] [a-z]|(?i:\b(\w+) \2\b)|^[a-z]|[{}]|"
    r"This (\w+):.*this \3|[Nn]ews\b.*\bnews\b|[Tt]oday\b.*\btoday\b|: \w+ [^.]*: "
)


def texts(subject: Subject) -> set[str]:
    """Return all texts of a subject: each opening, body, tone and closing at least once."""
    steps = [np.linspace(0, 0.999, 40) for _ in range(2)]
    subject = subject._replace(details={**DETAILS, **subject.details})
    return {
        compose(subject, np.array([opening, body, tone, 0.0]))
        for opening, body in itertools.product(*steps)
        for tone in (0.05, 0.75, 0.85, 0.95)
    }


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.kind)
def test_no_post_has_a_slip_of_language(subject: Subject) -> None:
    for text in texts(subject):
        assert not SLIPS.search(text), text


def test_one_is_told_from_many() -> None:
    assert counted(1, "other") == "1 other"
    assert words.counted(2, "cell") == "2 cells"
