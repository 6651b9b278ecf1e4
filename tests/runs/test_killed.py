"""A program that is killed while it derives files leaves what is known for what it is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle import DERIVED, MANIFEST, deriving, record_derived
from econsim_mesa.runs.bundle.derived import DERIVING, read_derived
from econsim_mesa.runs.bundle.file_check import check_files
from econsim_mesa.runs.bundle.files import files_in, sha256_of, write_whole
from econsim_mesa.runs.bundle.findings import Kind, code_of
from econsim_mesa.runs.bundle.manifest import canonical
from econsim_mesa.runs.bundle.seal import own_files

_TOUCHES = ("open", "os.rename", "os.remove", "os.mkdir", "os.listdir", "os.scandir")
_KILLED = 9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a sealed folder with one file of its own and two that were derived earlier."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "summary.json").write_text("{}")
    (folder / MANIFEST).write_text(canonical({"summary.json": sha256_of(folder / "summary.json")}))
    (folder / "report.html").write_text("<p>before")
    (folder / "notes").write_text("kept")
    record_derived(folder, "report.html", "notes")
    return folder


def report(folder: Path) -> None:
    """Make the report anew, with a folder of figures."""
    with deriving(folder, "report.html", "figures"):
        write_whole(folder / "report.html", "<p>after")
        (folder / "figures").mkdir(exist_ok=True)
        for name in ("a.svg", "b.svg"):
            (folder / "figures" / name).write_text(f"<svg>{name}</svg>")


def killed(work: Callable[[], None], moment: int) -> bool:
    """Do work in a process of its own that is gone at its n-th touch of a file; say if it was."""
    child = os.fork()
    if not child:
        left = [moment]

        def gone(event: str, _args: object) -> None:
            if event in _TOUCHES:
                left[0] -= 1
                if left[0] < 0:
                    os._exit(_KILLED)

        sys.addaudithook(gone)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == _KILLED


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_killed_at_any_moment_it_is_unfinished_and_made_anew_it_is_whole(folder: Path) -> None:
    moments = unfinished = 0
    while killed(lambda: report(folder), moments):
        moments += 1
        findings = list(check_files(folder))
        assert code_of(findings) in (0, Kind.incomplete), [*map(str, findings)]
        unfinished += bool(findings)
        if findings and moments % 2:  # another file is derived before that one is made anew
            (folder / "notes").write_text("kept")
            record_derived(folder, "notes")
            assert code_of(check_files(folder)) in (0, Kind.incomplete)
        report(folder)
        assert list(check_files(folder)) == []
        assert not [name for name in files_in(folder) if name.endswith(".part")]
        (folder / "report.html").write_text("<p>before")
        shutil.rmtree(folder / "figures")
        record_derived(folder, "report.html", "figures")
    assert moments > 15
    assert unfinished > 8


def test_deleting_what_is_unfinished_mends_as_well(folder: Path) -> None:
    (folder / "figures").mkdir()
    (folder / "figures" / "a.svg").write_text("<svg>")
    with pytest.raises(BadInput), deriving(folder, "figures"):
        raise BadInput("half way")
    told = [*map(str, check_files(folder))]
    assert told == [
        "incomplete: deriving.sha256: a program stopped while it made figures; make that anew, or "
        f"delete it and then: econsim report {folder}",
        "incomplete: figures/a.svg: was being made when its program stopped; make it anew, or "
        "delete it",
    ]
    (folder / "figures" / "a.svg").unlink()
    (folder / "figures").rmdir()
    record_derived(folder, "report.html")
    assert list(check_files(folder)) == []
    assert not (folder / DERIVING).exists()


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (f"{'0' * 64}  summary.json\n", DERIVING),
        (f"{'0' * 64}  {MANIFEST}\n", DERIVING),
        (f"{'1' * 64}  report.html\n", DERIVING),
        (f"{'0' * 64}  ../report.html\n", DERIVING),
        ("\udcff", DERIVING),
        (f"{'0' * 64}  figures\n", "notes"),
    ],
)
def test_nobody_bends_a_bundle_by_calling_it_unfinished(
    content: str, where: str, folder: Path
) -> None:
    (folder / DERIVING).write_text(content, errors="surrogateescape")
    (folder / "notes").write_text("bent")
    found = list(check_files(folder))
    assert code_of(found) == Kind.tampered
    assert where in {one.where for one in found if one.kind == Kind.tampered}


def test_what_is_unfinished_is_never_sealed(folder: Path) -> None:
    (folder / DERIVING).write_text(canonical({"figures": "0" * 64}))
    assert own_files(folder) == {"summary.json", "report.html", "notes"}
    with pytest.raises(BadInput):
        record_derived(folder, DERIVING)
    assert list(read_derived(folder)[1]) == ["notes", "report.html"]
    assert DERIVED not in own_files(folder)
