"""Parts of the report about results: hypotheses, the pattern and its rivals, days of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from econsim_mesa.evidence.report.claims_part import VERDICTS
from econsim_mesa.evidence.report.html import Html, Part, join, link, section, table, tag
from econsim_mesa.evidence.report.outside_part import measurements
from econsim_mesa.evidence.subject import Subject
from econsim_mesa.experiment.folder import TABLES
from econsim_mesa.experiment.plan import PLAN
from econsim_mesa.experiment.types import Hypothesis
from econsim_mesa.numbers import percent
from econsim_mesa.runs.summary import SUMMARY

Row = Mapping[str, Any]


def results(subject: Subject) -> Html:
    """Return what was found: of an experiment against what was expected, of a run by day."""
    parts = _of_run(subject) if subject.made is None else _of_experiment(subject)
    return section("Results", *parts, id_="results")


def _of_run(subject: Subject) -> list[Part]:
    days = subject.summary.get("days", ())
    if not days:
        return [tag("p", "No step was made.")]
    stores = list(days[0]["stores"])
    words = list(days[0]["posts"]["keywords"])
    head = ["Day", *(f"Units, {name}" for name in stores), "Posts by households",
            *(f"naming {word}" for word in words), "Rejected actions"]  # fmt: skip
    rows = [
        (day["period"], *(link(SUMMARY, day["stores"][name]["units"]) for name in stores),
         link(SUMMARY, day["posts"]["households"]),
         *(link(SUMMARY, day["posts"]["keywords"][word]) for word in words),
         link(SUMMARY, day["rejected_actions"]))
        for day in days
    ]  # fmt: skip
    told = (
        "One run under one seed: its figures describe what happened in it and estimate nothing. "
        "Another seed gives other figures; only an experiment gives intervals."
    )
    return [tag("p", told), table(head, rows)]


def _of_experiment(subject: Subject) -> list[Part]:
    parts: list[Part] = [_hypotheses(subject)]
    if subject.design is not None:
        parts += subject.study.report(subject.design, subject.tables)
    contrasts = subject.tables.get("contrasts", ())
    gaps = subject.tables.get("cannot_identify", ())
    if contrasts:
        told = join((
            "All other differences, ", link(TABLES, len(contrasts)),
            " in all, were not registered before the runs: exploratory. They are in ",
            link(TABLES), ".",
        ))  # fmt: skip
        parts.append(tag("p", told))
    if gaps:
        parts.append(tag("p", link(TABLES, len(gaps)), " estimates could not be made from these "
                         "runs and days, and are given as missing."))  # fmt: skip
    return parts


def _hypotheses(subject: Subject) -> Html:
    found = subject.tables.get("hypotheses", ())
    if not found:
        return tag("p", "No hypothesis was registered, so everything found is exploratory.")
    rows = [
        (one["hypothesis"], one["expected"], _answer(one), tag("strong", _verdict(one)),
         one["refuted_by"])
        for one in found
    ]  # fmt: skip
    found_by = f"Found ({_held(subject)})"
    head = ("Registered before the runs", "Expected", found_by, "Verdict", "Would refute it")
    caption = join((
        "As fixed in ", link(PLAN), ". The verdicts are about these simulations, not about people; "
        "open: neither shown nor excluded, as where the interval holds zero. Intervals: ",
        _level(subject), ", the same for a number wherever it stands",
    ))  # fmt: skip
    return table(head, rows, caption)


def _verdict(one: Row) -> str:
    verdict = one["verdict"]
    why = f": {one['why']}" if one.get("why") else ""
    return "cannot be told" if verdict is None else f"{VERDICTS.get(verdict, verdict)}{why}"


def _answer(one: Row) -> Part:
    """Return what was found: a shape, or a mean with its interval."""
    if one.get("found") is not None:
        return link(TABLES, join((one["found"], " (", one.get("n"), " runs)")))
    what = "runs" if one.get("contrast") is None else "pairs"
    return estimate(one.get("mean"), one.get("low"), one.get("high"), one.get("n"), what)


def estimate(
    value: float | None,
    low: float | None,
    high: float | None,
    n: int | None = None,
    what: str = "pairs",
) -> Part:
    """Return a value with its interval, linked to the tables."""
    if value is None:
        return None
    held: Part = "no interval" if low is None or high is None else join((low, " to ", high))
    runs = f"; {n} {what}" if n is not None else ""
    return link(TABLES, join((value, " (", held, runs, ")")))


def _level(subject: Subject) -> str:
    """Return the confidence of the plan."""
    made = subject.made
    return "" if made is None else percent(made.design.experiment.plan.confidence)


def _held(subject: Subject) -> str:
    """Return what intervals are called: by the confidence of the plan."""
    return f"{_level(subject)} interval".strip()


def before_acting(subject: Subject) -> Html:
    """Return what would have to be found out before anybody acts on this."""
    title, id_ = "What to find out before acting", "before-acting"
    hypotheses = () if subject.made is None else subject.made.design.experiment.hypotheses
    if not hypotheses:
        rows: list[tuple[Part, ...]] = [
            ("That anything here holds for people", "That the decider acts as people do",
             "People in the same situation who do otherwise",
             "Observations of real people in a named place and period"),
            ("That a cause was found", "That nothing else differed",
             "The same result with the cause switched off", "An ablation: none is attached"),
        ]  # fmt: skip
    else:
        rows = [_to_find_out(one) for one in hypotheses]
    head = ("If you rely on", "it leans on", "It would be refuted by", "What is missing")
    return section(title, table(head, rows), measurements(subject), id_=id_)


def _to_find_out(one: Hypothesis) -> tuple[Part, ...]:
    return one.statement, one.leans_on or "not stated", one.refuted_by, one.missing or "not stated"
