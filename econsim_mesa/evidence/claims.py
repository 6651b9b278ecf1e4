"""The four claims of a run or an experiment: computed from its folder, never written by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from econsim_mesa.evidence.bundle_contents import BundleContents, read_contents
from econsim_mesa.evidence.claim import Claim, earlier, with_tests
from econsim_mesa.evidence.code_ran import code_ran
from econsim_mesa.evidence.coherent_agents import agents_coherent
from econsim_mesa.evidence.condition_tests import condition_tests
from econsim_mesa.evidence.real_place import holds_for_a_place
from econsim_mesa.runs.bundle.findings import Finding

CLAIMS = "claims.json"
"""Name of their file."""


def claims_of(contents: BundleContents, here: str = ".") -> list[Claim]:
    """Return the four claims, in their order; advice in them calls the folder ``here``."""
    first = code_ran(contents, here)
    second = with_tests(agents_coherent(contents, here), earlier(first))
    pattern = contents.study.claim(contents.design, contents.tables, first)
    third = with_tests(pattern, earlier(second), *condition_tests(contents))
    return [first, second, third, holds_for_a_place(contents, (first, second, third))]


def claims_text(folder: Path, findings: Sequence[Finding]) -> str:
    """Return the claims of a folder as their file holds them.

    ``findings`` are those of a verification of the folder, what is derived from it left out.
    """
    contents = read_contents(folder, findings)
    content = {
        "format": 1,
        "bundle": contents.bundle,
        "claims": [claim.to_dict() for claim in claims_of(contents)],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
