"""The report: made from a bundle alone, whole, escaped, offline, with links that lead somewhere."""

from __future__ import annotations

import html
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from econsim_mesa.cli import main
from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.bundle_contents import read_contents
from econsim_mesa.evidence.claims import claims_of
from econsim_mesa.evidence.report import REPORT
from econsim_mesa.evidence.report.page import page
from econsim_mesa.evidence.report.templating import shown
from econsim_mesa.evidence.reporting import write_report
from econsim_mesa.evidence.targets import TOO_SMALL, load_targets
from econsim_mesa.evidence.verify import verify
from econsim_mesa.numbers import significant

DOCS = Path(__file__).parents[2] / "docs"


class Reader(HTMLParser):
    """Collects links, headings and open elements of a page."""

    void = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.headings: list[str] = []
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.tags.add(tag)
        self.ids.add(held.get("id") or "")
        if tag == "a":
            self.links.append((held["href"] or "", ""))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)
        if self.open and self.open[-1] == "a":
            self.links[-1] = (self.links[-1][0], data)


def section_of(text: str, name: str) -> str:
    """Return one section of a page."""
    return text.partition(f'<section id="{name}">')[2].partition("</section>")[0]


@pytest.fixture(scope="session")
def reported(made_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run with its report."""
    folder = tmp_path_factory.mktemp("report") / "run"
    shutil.copytree(made_run, folder)
    write_report(folder)
    return folder


def test_sections_stand_in_the_order_in_which_a_reader_needs_them(reported: Path) -> None:
    page = Reader((reported / REPORT).read_text())
    assert page.headings == [
        "In short",
        "Four claims",
        "Who decided",
        "What is in it, and what is not",
        "Results",
        "What to find out before acting",
        "Quality",
        "Sensitivity",
        "Behaviour under test",
        "The tests behind the claims",
        "What cannot be seen by any program",
        "Provenance",
        "How to reproduce it",
    ]
    assert not page.open


def test_a_model_that_was_asked_and_not_heard_decided_nothing(reported: Path) -> None:
    contents = read_contents(reported, ())
    for outcomes, decided, by_nobody in (({"failed": 7}, 0, True), ({"accepted": 7}, 7, False)):
        changed = contents._replace(decisions={"llm": outcomes})
        text = section_of(page(changed, claims_of(changed)), "who")
        found = re.findall("<tr.*?</tr>", text, re.DOTALL)
        rows = [re.sub("<[^>]*>", " ", row).split() for row in found if "<td" in row]
        asked = next(row for row in rows if "respondents" in row)
        assert int(asked[-1]) == decided
        assert any("nobody:" in row and row[-1] == "7" for row in rows) == by_nobody


def test_the_page_needs_no_script_no_network_and_no_other_file(reported: Path) -> None:
    text = (reported / REPORT).read_text()
    assert not Reader(text).tags & {"script", "img", "iframe", "link", "object", "form"}
    assert not re.search(r"</(p|div|h2|table)>\s*&ndash;", text)  # a part that is not there
    assert "http" not in re.sub(r"arXiv\S+", "", text)


def test_every_link_leads_to_a_file_beside_the_page_or_to_a_part_of_it(reported: Path) -> None:
    page = Reader((reported / REPORT).read_text())
    assert len(page.links) > 20
    for target, _ in page.links:
        if target.startswith("#"):
            assert target[1:] in page.ids
        else:
            assert (reported / unquote(target)).is_file(), target


def test_figures_are_those_of_the_files_that_they_link_to(reported: Path) -> None:
    summary = json.loads((reported / "summary.json").read_text())
    page = Reader((reported / REPORT).read_text())
    linked = [words for target, words in page.links if target == "summary.json"]
    for day in summary["days"]:
        assert significant(day["posts"]["households"], digits=4) in linked
        for sales in day["stores"].values():
            assert significant(sales["units"], digits=4) in linked


def test_a_reader_learns_what_it_could_be_held_against(reported: Path) -> None:
    text = html.unescape((reported / REPORT).read_text())
    held = text.partition("What it could be held against")[2].partition("</table>")[0]
    for one in load_targets().values():
        assert (one.quantity in held) == (one.status == "usable")
    assert held.count(TOO_SMALL) == 1
    assert held.count("a coefficient has its value") == 1
    assert held.count("not computed here") == 5


def test_the_first_screen_says_what_may_be_relied_on(reported: Path) -> None:
    contents = read_contents(reported, ())
    claims = claims_of(contents)

    def short(*statuses: str) -> list[str]:
        given = [one._replace(status=status)  # type: ignore[arg-type]
                 for one, status in zip(claims, statuses, strict=True)]  # fmt: skip
        text = section_of(page(contents, given), "short")
        return [re.sub(r"<[^>]+>", "", part) for part in text.split("You may not rely on this")]

    may, may_not = short("supported", "open", "not supported", "open")
    assert "what the program computes" in may
    assert "(claim 1)" in may
    assert "behave coherently. (claim 2: open)" in may_not
    assert "pattern was found. (claim 3: tested, not shown)" in may_not
    assert "people, shops or policies" in may_not
    assert "Nothing in it." in short("not supported", "open", "open", "open")[0]


def test_the_page_and_the_documentation_list_the_same_that_no_program_sees(reported: Path) -> None:
    text = html.unescape((reported / REPORT).read_text())
    documented = (DOCS / "method" / "claims.md").read_text(encoding="utf-8")
    unseen = re.findall("<li>(.*?)</li>", section_of(text, "unseen"))
    assert len(unseen) == 10
    for words in unseen:
        assert (
            words.replace("econsim verify . --replay", "`econsim verify DIR --replay`")
            in documented
        )


def test_hypotheses_and_claims_share_no_word_of_praise(reported: Path) -> None:
    contents = read_contents(reported, ())
    rows = [{"verdict": one} for one in ("supported", "refuted", "open", None)]
    changed = contents._replace(tables={"hypotheses": rows})
    words = " ".join(section_of(page(changed, claims_of(changed)), "short").split())
    told = words.partition("registered before its runs")[2]
    assert "1 as expected, 1 not as expected, 1 open, 1 not to be told" in told
    assert "supported" not in told


def test_advice_names_the_folder_that_was_given(
    made_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a run"
    shutil.copytree(made_run, folder)
    assert main(["report", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert f"econsim check '{folder}' --out '{folder}'" in shown
    for text in (shown, (folder / REPORT).read_text(), (folder / "claims.json").read_text()):
        assert "DIR" not in text


def test_commands_to_reproduce_name_the_version_and_need_nothing_else(reported: Path) -> None:
    text = (reported / REPORT).read_text()
    commands = re.search(r"<pre><code>(.*?)</code></pre>", text, re.DOTALL)
    assert commands is not None
    lines = [line.partition("#")[0].split() for line in commands[1].splitlines()]
    assert len(lines) == 3
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(reported)
        for command, *words in lines:
            assert command == "econsim"
            assert main([*words, "--quiet"]) == 0
    assert (reported / REPORT).read_text() == text


def test_a_copy_elsewhere_gives_the_same_bytes(reported: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(reported, copy)
    for name in (REPORT, "claims.json"):
        (copy / name).unlink()
    write_report(copy)
    for name in (REPORT, "claims.json", "derived.sha256"):
        assert (copy / name).read_bytes() == (reported / name).read_bytes()
    assert verify(copy).code == 0


@pytest.mark.soak
def test_an_experiment_is_reported_against_its_hypotheses(made_study: Path, tmp_path: Path) -> None:
    page = Reader((made_study / REPORT).read_text())
    assert not page.open
    for target, _ in page.links:
        assert target.startswith("#") or (made_study / unquote(target)).is_file(), target
    copy = tmp_path / "elsewhere"  # without the scenario and the experiment it was made from
    shutil.copytree(made_study, copy)
    (copy / REPORT).unlink()
    write_report(copy)
    text = (copy / REPORT).read_text()
    assert text == (made_study / REPORT).read_text()
    assert "No hypothesis was registered" in text
    assert "exploratory" in text


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_words_of_others_stay_words(evil: str, reported: Path) -> None:
    contents = read_contents(reported, ())
    scenario = contents.scenario.model_copy(
        update={"title": f"A town {evil}", "exclusions": (f"Nothing {evil}",)}
    )
    summary: dict[str, Any] = json.loads(
        json.dumps(contents.summary).replace("Pizza Place", "EVIL")
    )
    text = json.dumps(summary).replace("EVIL", json.dumps(evil)[1:-1])
    changed = contents._replace(scenario=scenario, summary=json.loads(text))
    made = page(changed, claims_of(changed))
    assert evil not in made
    assert not Reader(made).tags & {"script", "img"}


def test_a_run_without_its_summary_gets_a_report_that_says_so(
    made_run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(made_run, folder)
    (folder / "summary.json").unlink()
    (first, *_) = write_report(folder).claims
    assert first.status == "not supported"
    assert "No step was made" in (folder / REPORT).read_text()


def test_a_summary_that_lacks_something_is_refused_in_words(made_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(made_run, folder)
    summary = json.loads((folder / "summary.json").read_text())
    del summary["days"][0]["posts"]["keywords"]
    (folder / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(BadInput, match="keywords"):
        write_report(folder)


def test_values_are_shown_for_people() -> None:
    assert shown("a\u202eb\x00<") == "a b <"
    assert str(shown(None)) == "&ndash;"
    assert [shown(value) for value in (True, False)] == ["yes", "no"]
    assert [shown(value) for value in (0.0, 1234.5, 0.00012, -7)] == ["0", "1,234", "0.00012", "-7"]
