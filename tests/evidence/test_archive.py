"""One zip: reproducible bytes, nothing secret, and nothing believed of one that others made."""

from __future__ import annotations

import base64
import stat
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from econsim_mesa.cli import main
from econsim_mesa.evidence import archive as archive_module
from econsim_mesa.evidence.archive import pack, unpacked
from econsim_mesa.runs.bundle import MANIFEST, bundle_id
from econsim_mesa.runs.bundle.files import files_in

CANARY = "sk-Canary+7/Zq=9xW_kk-0418"
"""As in the fixture of the run."""
Copy = Callable[[Path], Path]


def test_equal_bundles_give_equal_bytes_and_verify_reads_them(
    made_run: Path, made_experiment: Path, copy_of: Copy, tmp_path: Path
) -> None:
    for folder in (made_run, made_experiment):
        copy = copy_of(folder)
        one = pack(folder, tmp_path / f"{folder.name}-1.zip")
        other = pack(copy, tmp_path / f"{folder.name}-2.zip")
        assert one.read_bytes() == other.read_bytes()
        with zipfile.ZipFile(one) as file:
            names = {name.partition("/")[2] for name in file.namelist()}
            assert names == set(files_in(folder))
            assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert {entry.external_attr >> 16 for entry in file.infolist()} == {0o100644}
        assert main(["verify", str(one)]) == 0
        with unpacked(one) as place:
            assert bundle_id(place) == bundle_id(folder)


def test_a_changed_bundle_is_not_packed(
    made_run: Path, copy_of: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(made_run)
    (folder / "LIMITS.md").write_text("none")
    assert main(["bundle", str(folder)]) == 5
    assert "tampered: LIMITS.md" in capsys.readouterr().err
    assert not folder.with_name("run.zip").exists()


def test_a_place_that_cannot_be_written_is_told_in_a_line(
    made_run: Path, copy_of: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(made_run)
    out = folder / "summary.json" / "run.zip"
    assert main(["bundle", str(folder), "--out", str(out)]) == 1
    assert capsys.readouterr().err.startswith(f"econsim: cannot write {out}")


def test_a_zip_that_is_there_stays(made_run: Path, copy_of: Copy) -> None:
    folder = copy_of(made_run)
    target = folder.with_name("run.zip")
    target.write_text("mine")
    assert main(["bundle", str(folder)]) == 2
    assert target.read_text() == "mine"


def test_no_key_is_in_the_zip_of_a_run_by_a_language_model(llm_run: Path, copy_of: Copy) -> None:
    folder = copy_of(llm_run)
    assert main(["bundle", str(folder)]) == 0
    archive = folder.with_name("llm.zip")
    raw = CANARY.encode()
    encodings = {raw, quote(CANARY, safe="").encode(), base64.b64encode(raw)[:-4],
                 base64.urlsafe_b64encode(raw)[:-4]}  # fmt: skip
    with zipfile.ZipFile(archive) as file:
        held = {entry.filename.partition("/")[2]: file.read(entry) for entry in file.infolist()}
    assert {"prompt-sample.txt", "prompts/household.md"} <= set(held)
    assert b"llm endpoint" in held["ro-crate-metadata.json"]
    for name, content in held.items():
        assert not [one for one in encodings if one in content], name
    assert not [one for one in encodings if one in archive.read_bytes()]
    assert main(["verify", str(archive), "--replay"]) == 0


def _zip(path: Path, entries: dict[str, bytes], **changes: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for field, value in changes.items():
                setattr(entry, field, value)
            file.writestr(entry, content)
    return path


def _hostile(tmp_path: Path) -> dict[str, Path]:
    """Return zips that no bundle is, by what is wrong with them."""
    link = {"external_attr": (stat.S_IFLNK | 0o777) << 16}
    made = {
        "leaves": _zip(tmp_path / "1.zip", {"a/../../evil": b"x"}),
        "absolute": _zip(tmp_path / "2.zip", {"/etc/evil": b"x"}),
        "backslash": _zip(tmp_path / "3.zip", {"a/..\\evil": b"x"}),
        "drive": _zip(tmp_path / "4.zip", {"C:/evil/..": b"x"}),
        "link": _zip(tmp_path / "5.zip", {"a/link": b"/etc/passwd"}, **link),
        "bomb": _zip(tmp_path / "6.zip", {"a/zeros": bytes(30_000_000)}),
        "two tops": _zip(tmp_path / "7.zip", {"a/x": b"", "b/x": b""}),
        "folder": _zip(tmp_path / "8.zip", {"a/": b""}),
        "control": _zip(tmp_path / "9.zip", {"a/\n": b""}),
        "empty": _zip(tmp_path / "10.zip", {}),
        "file within file": _zip(tmp_path / "11.zip", {"a/x": b"", "a/x/y": b""}),
        "foreign": _zip(tmp_path / "12.zip", {"a/x": b"no bundle"}),
    }
    made["cut"] = tmp_path / "13.zip"
    made["cut"].write_bytes(made["bomb"].read_bytes()[:-30])
    made["lies about its size"] = tmp_path / "14.zip"
    content = made["foreign"].read_bytes().replace((9).to_bytes(4, "little"), b"\1\0\0\0")
    made["lies about its size"].write_bytes(content)
    made["twice"] = tmp_path / "15.zip"
    made["twice"].write_bytes(
        _zip(tmp_path / "16.zip", {"a/x": b"1", "a/y": b"2"}).read_bytes().replace(b"a/y", b"a/x")
    )
    return made


def test_a_hostile_zip_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zips").mkdir()
    hostile = _hostile(tmp_path / "zips")
    capsys.readouterr()
    for what, path in hostile.items():
        begin = time.process_time()
        tracemalloc.start()
        assert main(["verify", str(path)]) == 2, what
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert time.process_time() - begin < 1, what
        assert most < 256_000_000, what
        assert len(capsys.readouterr().err.splitlines()) == 1, what
    assert not list(tmp_path.rglob("*evil*"))
    monkeypatch.setattr(archive_module, "MOST_FILES", 1)
    assert main(["verify", str(hostile["two tops"])]) == 2


def test_what_is_not_sealed_is_not_packed(made_run: Path, copy_of: Copy) -> None:
    folder = copy_of(made_run)
    (folder / MANIFEST).unlink()
    with pytest.raises(Exception, match="not sealed"):
        pack(folder, folder.with_name("out.zip"))
