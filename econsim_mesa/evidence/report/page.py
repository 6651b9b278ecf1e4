"""Write the report as HTML, from templates: the claims first, then what is needed to weigh them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.evidence.bundle_contents import BundleContents, read_contents
from econsim_mesa.evidence.claim import Claim
from econsim_mesa.evidence.claims import CLAIMS, claims_of
from econsim_mesa.evidence.coherence import COHERENCE
from econsim_mesa.evidence.model_usage import model_usage
from econsim_mesa.evidence.real_place import WARNING
from econsim_mesa.evidence.report import provenance, results, simulation
from econsim_mesa.evidence.report.templating import render
from econsim_mesa.experiment.folder import TABLES
from econsim_mesa.llm.advice import describe_faults
from econsim_mesa.runs.bundle.crate import CRATE
from econsim_mesa.runs.bundle.findings import Finding
from econsim_mesa.runs.bundle.manifest import MANIFEST
from econsim_mesa.runs.folders import INDEX, PLAN
from econsim_mesa.runs.store import SCENARIO
from econsim_mesa.runs.summary import SUMMARY
from econsim_mesa.society.action import OUTCOMES

if TYPE_CHECKING:
    from markupsafe import Markup

REPORT = "report.html"
"""Name of its file."""
_FILES = {
    "CLAIMS": CLAIMS,
    "COHERENCE": COHERENCE,
    "CRATE": CRATE,
    "INDEX": INDEX,
    "MANIFEST": MANIFEST,
    "PLAN": PLAN,
    "SCENARIO": SCENARIO,
    "SUMMARY": SUMMARY,
    "TABLES": TABLES,
}
"""Files beside the page, by the names under which the templates link to them."""


def report_text(folder: Path, findings: Sequence[Finding]) -> str:
    """Return the report of a folder: equal bytes for an equal folder.

    Args:
        folder: The folder of a run or an experiment.
        findings: What a verification of the folder found, derived files left out.

    Raises:
        BadInput: The folder is neither that of a run nor of an experiment, or it is damaged.
    """
    contents = read_contents(folder, findings)
    return str(page(contents, claims_of(contents)))


def page(contents: BundleContents, claims: Sequence[Claim]) -> Markup:
    """Return the whole page, as HTML, for a run or an experiment and its claims."""
    runs = [] if contents.experiment is None else sorted(contents.experiment.measured)
    evidence = {test.evidence for claim in claims for test in claim.tests}
    calls = contents.summary.get("calls")
    return render(
        __package__,
        "report.html",
        contents=contents,
        experiment=contents.experiment,
        title=_title(contents),
        source=SUMMARY if contents.experiment is None else TABLES,
        first_run=simulation.first_run(contents),
        claims=claims,
        evidence_files={name for name in evidence if (contents.folder / name).is_file()},
        verdict_counts=results.verdict_counts(contents),
        who_decided=simulation.who_decided(contents),
        model_usage=model_usage(contents.folder, [f"runs/{run}" for run in runs]),
        included=simulation.included(contents.scenario),
        coefficients=simulation.coefficients(contents),
        results=results.experiment_results(contents),
        targets=results.usable_targets(contents.scenario),
        call_faults=describe_faults(calls["faults"]) if calls else "",
        made_with=provenance.made_with(contents),
        hashes=provenance.file_hashes(contents.folder),
        **_FILES,
        OUTCOMES=OUTCOMES,
        WARNING=WARNING,
    )


def _title(contents: BundleContents) -> str:
    design = contents.design
    return contents.scenario.title if design is None else design.experiment.title
