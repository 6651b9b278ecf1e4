"""The four claims of a run or an experiment: computed from its folder, never written by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from econsim_mesa.evidence.claim import Claim, earlier, with_tests
from econsim_mesa.evidence.code_ran import code_ran
from econsim_mesa.evidence.coherent_agents import agents_coherent
from econsim_mesa.evidence.condition_tests import condition_tests
from econsim_mesa.evidence.place import holds_for_a_place
from econsim_mesa.evidence.subject import Subject, read_subject
from econsim_mesa.runs.bundle.findings import Finding

CLAIMS = "claims.json"
"""Name of their file."""


def claims_of(subject: Subject, here: str = ".") -> list[Claim]:
    """Return the four claims, in their order; advice in them calls the folder ``here``."""
    first = code_ran(subject, here)
    second = with_tests(agents_coherent(subject, here), earlier(first))
    pattern = subject.study.claim(subject.design, subject.tables, first)
    third = with_tests(pattern, earlier(second), *condition_tests(subject))
    return [first, second, third, holds_for_a_place(subject, (first, second, third))]


def claims_text(folder: Path, findings: Sequence[Finding]) -> str:
    """Return the claims of a folder as their file holds them.

    ``findings`` are those of a verification of the folder, what is derived from it left out.
    """
    subject = read_subject(folder, findings)
    told = {
        "format": 1,
        "bundle": subject.bundle,
        "claims": [claim.to_dict() for claim in claims_of(subject)],
    }
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
