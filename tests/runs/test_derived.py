"""What was made later is listed apart, names the bundle's id, and never changes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle import DERIVED, MANIFEST, bundle_id, record_derived
from econsim_mesa.runs.bundle.derived import UNSEALED, read_derived
from econsim_mesa.runs.bundle.files import sha256_of
from econsim_mesa.runs.bundle.manifest import NotCanonical, canonical, parse


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a sealed folder with one file of its own."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "summary.json").write_text("{}")
    hashes = {"summary.json": sha256_of(folder / "summary.json")}
    (folder / MANIFEST).write_text(canonical(hashes))
    return folder


def test_files_and_whole_folders_are_listed_and_name_the_bundle(folder: Path) -> None:
    before = bundle_id(folder)
    (folder / "analysis" / "deep").mkdir(parents=True)
    (folder / "report.html").write_text("<p>")
    (folder / "analysis" / "deep" / "a b.csv").write_text("1")
    record_derived(folder, folder / "report.html", "analysis")
    made_of, listed = read_derived(folder)
    assert made_of == bundle_id(folder) == before
    assert listed == {
        name: sha256_of(folder / name) for name in ("analysis/deep/a b.csv", "report.html")
    }


def test_what_is_made_anew_replaces_and_what_is_gone_is_forgotten(folder: Path) -> None:
    (folder / "analysis").mkdir()
    for name in ("one", "two"):
        (folder / "analysis" / name).write_text(name)
    record_derived(folder, "analysis")
    (folder / "analysis" / "one").unlink()
    (folder / "analysis" / "two").write_text("new")
    (folder / "report.html").write_text("<p>")
    record_derived(str(folder), "analysis", Path("report.html"))
    assert list(read_derived(folder)[1]) == ["analysis/two", "report.html"]
    assert read_derived(folder)[1]["analysis/two"] == sha256_of(folder / "analysis" / "two")


def test_a_path_from_here_is_understood(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    (folder / "report.html").write_text("<p>")
    record_derived("run", Path("run/report.html"))
    assert list(read_derived(folder)[1]) == ["report.html"]


@pytest.mark.parametrize("path", ["../else", "..", "summary.json", MANIFEST, DERIVED, "link"])
def test_what_is_not_derived_is_refused(folder: Path, path: str) -> None:
    (folder.parent / "else").write_text("")
    (folder / "link").symlink_to(folder / "summary.json")
    (folder / DERIVED).write_text(f"{bundle_id(folder)}  {MANIFEST}\n")
    with pytest.raises(BadInput):
        record_derived(folder, path)


def test_only_answers_of_agents_outlast_a_change_of_the_bundle(folder: Path) -> None:
    (folder / "asks.sqlite").write_text("answers")
    (folder / "report.html").write_text("<p>")
    record_derived(folder, "asks.sqlite", "report.html")
    (folder / MANIFEST).write_text("")
    record_derived(folder)
    assert read_derived(folder) == (
        bundle_id(folder),
        {"asks.sqlite": sha256_of(folder / "asks.sqlite")},
    )


def test_before_the_end_of_a_run_the_list_names_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "asks.sqlite").write_text("answers")
    record_derived(tmp_path, "asks.sqlite")
    assert read_derived(tmp_path)[0] == UNSEALED


@pytest.mark.parametrize(
    "text",
    [
        "x",
        f"{'0' * 64}  a",
        f"{'0' * 64} a\n",
        f"{'A' * 64}  a\n",
        f"{'0' * 64}  ../a\n",
        f"{'0' * 64}  /a\n",
        f"{'0' * 64}  a/./b\n",
        f"{'0' * 64}  a\\b\n",
        f"{'0' * 64}  a\r\n",
        f"{'0' * 64}  a\n" * 2,
    ],
)
def test_lines_in_any_other_form_are_refused(text: str) -> None:
    with pytest.raises(NotCanonical):
        parse(text, MANIFEST)


def test_the_canonical_form_is_read_back() -> None:
    hashes = {"ä": "0" * 64, "b c/d": "1" * 64, "Z": "2" * 64}
    assert parse(canonical(hashes), MANIFEST) == hashes
    assert list(parse(canonical(hashes), MANIFEST)) == ["Z", "b c/d", "ä"]
