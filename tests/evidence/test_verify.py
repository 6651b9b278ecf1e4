"""Verify finds what was changed in a bundle, byte by byte and where the lists were made to fit."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from econsim_mesa.cli import main
from econsim_mesa.evidence import derived_files
from econsim_mesa.evidence.verify import verify
from econsim_mesa.runs.answer_store import ASKS
from econsim_mesa.runs.bundle import DERIVED, MANIFEST, bundle_id, record_derived
from econsim_mesa.runs.bundle.crate import CRATE
from econsim_mesa.runs.bundle.files import files_in, sha256_of
from econsim_mesa.runs.bundle.findings import Finding, Kind
from econsim_mesa.runs.bundle.manifest import canonical, parse
from econsim_mesa.runs.bundle.run_crate import run_crate
from econsim_mesa.runs.bundle.seal import seal_run, unseal
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.runs.summary import KEYS_OF_LATER_CODE, SUMMARY, summarize, summary_text

Copy = Callable[[Path], Path]
PLACES = 300


def relist(folder: Path) -> None:
    """Make the manifest and the list of derived files fit what lies in the folder."""
    names = parse((folder / MANIFEST).read_text(), MANIFEST)
    (folder / MANIFEST).write_text(canonical({name: sha256_of(folder / name) for name in names}))
    if (folder / DERIVED).is_file():
        listed = parse((folder / DERIVED).read_text(), DERIVED)
        (folder / DERIVED).unlink()
        record_derived(folder, *(name for name in listed if name != MANIFEST))


def edit(folder: Path, statement: str) -> None:
    """Change the database of a run."""
    with closing(sqlite3.connect(folder / "run.sqlite")) as connection, connection:
        assert connection.execute(statement).rowcount > 0


def kinds(folder: Path, **options: bool) -> set[str]:
    return {f"{one.kind.name} {one.where}" for one in verify(folder, **options).findings}


def test_what_was_made_is_sound_also_where_no_scenario_file_is(
    made_run: Path, made_experiment: Path, copy_of: Copy
) -> None:
    for folder, files in ((made_run, 10), (made_experiment, 50)):
        copy = copy_of(folder)
        verdict = verify(copy, replay=True)
        assert verdict.findings == ()
        assert (verdict.code, verdict.bundle) == (0, sha256_of(folder / MANIFEST))
        assert verdict.files >= files


def test_a_run_sealed_before_the_summary_had_a_key_is_sound(made_run: Path, copy_of: Copy) -> None:
    copy = copy_of(made_run)
    run = load_run(copy)
    summary = summarize(run)
    (copy / SUMMARY).write_text(summary_text(summary, without=KEYS_OF_LATER_CODE))
    names = set(parse((copy / MANIFEST).read_text(), MANIFEST)) - {CRATE}
    (copy / CRATE).write_text(
        run_crate(run, summary, {name: sha256_of(copy / name) for name in names})
    )
    relist(copy)
    assert kinds(copy) == set()


@pytest.mark.soak
def test_a_byte_changed_anywhere_is_found(made_run: Path, made_experiment: Path,
                                          copy_of: Copy) -> None:  # fmt: skip
    draw = random.Random(7)
    for folder, places in ((copy_of(made_run), PLACES), (copy_of(made_experiment), 40)):
        names = [name for name in sorted(files_in(folder)) if (folder / name).stat().st_size]
        assert {MANIFEST, CRATE} <= set(names)
        missed = []
        for place in range(places):
            path = folder / names[place % len(names)]
            before = path.read_bytes()
            at = draw.randrange(len(before))
            after = bytearray(before)
            after[at] ^= draw.randrange(1, 256)
            path.write_bytes(after)
            if verify(folder).code != Kind.tampered:
                missed.append((path, at))
            path.write_bytes(before)
        assert missed == []
        assert verify(folder).code == 0


def test_a_file_added_removed_renamed_or_linked_is_found(made_run: Path, copy_of: Copy) -> None:
    folder = copy_of(made_run)
    for name in sorted(files_in(folder)):
        path, aside = folder / name, folder.parent / "aside"
        path.rename(aside)
        gone = Kind.incomplete if name == MANIFEST else Kind.tampered
        assert verify(folder).code == gone, name
        path.symlink_to(aside)
        assert verify(folder).code == Kind.tampered, name
        path.unlink()
        aside.rename(path.with_name(f"{path.name}x"))
        assert verify(folder).code == gone, name
        path.with_name(f"{path.name}x").rename(path)
    (folder / "analysis" / "more").mkdir()
    (folder / "analysis" / "more" / "note.txt").write_text("")
    assert kinds(folder) == {"tampered analysis/more/note.txt"}


def test_a_run_of_an_experiment_cannot_be_put_in_or_taken_out(
    made_experiment: Path, copy_of: Copy
) -> None:
    folder = copy_of(made_experiment)
    run = min((folder / "runs").iterdir())
    shutil.copytree(run, folder / "runs" / "more")
    assert verify(folder).code == Kind.tampered
    shutil.rmtree(folder / "runs" / "more")
    shutil.rmtree(run)
    assert kinds(folder) == {f"tampered runs/{run.name}/{MANIFEST}"}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("summary.json", '"seed": 1'),
        (CRATE, "Completed"),
        (CRATE, "No labour market"),
        (DERIVED, ""),
    ],
)
def test_lists_made_to_fit_do_not_help_what_is_computed(
    name: str, change: str, made_run: Path, copy_of: Copy
) -> None:
    folder = copy_of(made_run)
    text = (folder / name).read_text()
    assert change in text
    (folder / name).write_text(text.replace(change, change.swapcase() + " ", 1))
    if name != DERIVED:
        relist(folder)
    assert f"tampered {name}" in kinds(folder)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE agents SET cash = cash + 1 WHERE step = 20 AND agent = 'H3'", "H3"),
        ("UPDATE sales SET net = net + 1, amount = amount + 1 WHERE rowid = 3", "agents"),
        ("UPDATE sales SET quantity = quantity + 1 WHERE rowid = 3", "step"),
        ("DELETE FROM transfers WHERE rowid = 5", "step"),
        ("UPDATE stocks SET quantity = quantity + 1 WHERE step = 9 AND item = 'Soda'", "stocks"),
    ],
)
def test_money_and_goods_must_add_up(
    statement: str, what: str, made_run: Path, copy_of: Copy
) -> None:
    folder = copy_of(made_run)
    before = bundle_id(folder)
    edit(folder, statement)
    seal_run(folder)
    assert bundle_id(folder) != before
    (finding,) = verify(folder).findings
    assert (finding.kind, finding.where) == (Kind.tampered, "run.sqlite")
    assert what in finding.what


def test_a_record_edited_with_everything_made_to_fit_is_named_by_a_replay(
    made_run: Path, copy_of: Copy
) -> None:
    folder = copy_of(made_run)
    before = bundle_id(folder)
    edit(folder, "UPDATE posts SET text = 'Pizza for all!' WHERE rowid = 7")
    seal_run(folder)
    assert verify(folder).code == 0
    assert bundle_id(folder) != before
    verdict = verify(folder, replay=True)
    assert verdict.code == Kind.irreproducible
    assert "field text of table posts" in verdict.findings[0].what
    assert main(["verify", str(folder), "--replay"]) == 4


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE calls SET reply = replace(reply, 'thought', 'musing') WHERE step = 2", "reply"),
        ("UPDATE calls SET prompt = prompt || ' Buy!' WHERE step = 3 AND agent = 'H1'", "H1"),
        ("UPDATE decisions SET thought = 'I am glad.' WHERE step = 4 AND agent = 'H2'", "H2"),
        ("DELETE FROM calls WHERE step = 1 AND agent = 'H0'", "H0"),
    ],
)
def test_a_decision_must_be_what_the_model_replied_to_what_it_was_sent(
    statement: str, what: str, llm_run: Path, copy_of: Copy
) -> None:
    folder = copy_of(llm_run)
    assert verify(folder, replay=True).findings == ()
    edit(folder, statement)
    seal_run(folder)
    (finding,) = verify(folder).findings
    assert finding.kind == Kind.tampered
    assert what in finding.what


@pytest.mark.parametrize("name", ["tables.json", "plan.json", "experiment.sqlite", "run"])
def test_an_experiment_must_agree_with_its_runs(
    name: str, made_experiment: Path, copy_of: Copy
) -> None:
    folder = copy_of(made_experiment)
    if name == "experiment.sqlite":
        with closing(sqlite3.connect(folder / name)) as connection, connection:
            connection.execute("UPDATE totals SET value = value + 1 WHERE measure = 'rejected'")
    elif name == "run":
        run = min((folder / "runs").iterdir())
        edit(run, "DELETE FROM posts WHERE kind = 'Household'")
        seal_run(run)
    else:
        text = (folder / name).read_text()
        old, new = ('"seed": 1', '"seed": 4') if "tables" in name else ("pies.", "pie.")
        old, new = (old, new) if old in text else ('"keyword": "pie"', '"keyword": "tea"')
        (folder / name).write_text(text.replace(old, new, 1))
    relist(folder)
    verdict = verify(folder)
    assert verdict.code == Kind.tampered
    named = {one.where for one in verdict.findings if not one.where.endswith("/given.json")}
    assert named <= {name, "experiment.sqlite", "tables.json", CRATE}


def test_an_empty_folder_is_found(made_run: Path, made_experiment: Path, copy_of: Copy) -> None:
    for folder in (copy_of(made_run), copy_of(made_experiment)):
        for place in (folder / "void", min([*folder.glob("runs/*"), folder]) / "a" / "b"):
            place.mkdir(parents=True)
            name = place.relative_to(folder).as_posix()
            assert kinds(folder) == {f"tampered {name}"}
            place.rmdir()
        place.parent.rmdir()


def test_derived_files_that_can_be_computed_are(
    made_run: Path, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of(made_run)
    made_of: list[Path] = []

    def notes(folder: Path, findings: Sequence[Finding]) -> str:
        made_of.append(folder)
        return "<p>What came of it</p>\n"

    monkeypatch.setitem(derived_files.GENERATORS, "notes.html", notes)
    assert verify(folder).code == 0
    assert made_of == [folder]
    (folder / "notes.html").write_text("<p>Better than that</p>\n")
    record_derived(folder, "notes.html")
    assert kinds(folder) == {"tampered notes.html"}


def test_using_a_run_leaves_it_as_it_was(made_run: Path, copy_of: Copy) -> None:
    folder = copy_of(made_run)
    before = bundle_id(folder)
    run = load_run(folder)
    assert len(run.agents)
    assert run.network(step=3)
    replay(folder)
    assert main(["analyze", str(folder), "--quiet"]) == 0
    verdict = verify(folder)
    assert (verdict.code, verdict.bundle) == (0, before)


def test_an_interrupted_run_is_incomplete_until_it_is_resumed(
    half_run: Path, copy_of: Copy
) -> None:
    folder = copy_of(half_run)
    (folder / "notes.html").write_text("of half a run")
    (folder / ASKS).write_text("answers")
    record_derived(folder, "notes.html", ASKS)
    verdict = verify(folder)
    assert verdict.code == Kind.incomplete
    assert "5 of 12 steps" in verdict.findings[0].what
    model, _ = resume(folder)
    assert kinds(folder) == {f"incomplete {MANIFEST}"}  # as it would be after a kill
    while model.running:
        model.step()
    after = verify(folder, replay=True)
    assert (after.code, after.bundle == verdict.bundle) == (0, False)
    assert not (folder / "notes.html").exists()
    assert (folder / ASKS).read_text() == "answers"


def test_a_run_killed_before_it_was_sealed_is_sealed_by_resume(
    made_run: Path, copy_of: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(made_run)
    unseal(folder)
    (folder / f"{MANIFEST}.part").write_text("cut")
    assert main(["verify", str(folder)]) == 3
    assert main(["bundle", str(folder)]) == 3
    assert main(["resume", str(folder), "--quiet"]) == 0
    assert main(["verify", str(folder)]) == 0
    assert bundle_id(folder) == bundle_id(made_run)
    assert "Traceback" not in capsys.readouterr().err


def test_what_verify_says_is_one_line_a_finding(
    made_run: Path, copy_of: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(made_run)
    assert main(["verify", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["code"], told["findings"], told["bundle"]) == (0, [], bundle_id(folder))
    (folder / "LIMITS.md").write_text("none")
    (folder / "bell\x07").write_text("")
    assert main(["verify", str(folder)]) == 5
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "tampered: LIMITS.md: is not what it was when it was listed",
        "tampered: bell?: is in no list",
    ]
    assert len(said.err.splitlines()) == 1


def test_a_bundle_of_other_code_is_said_to_be_one(
    made_run: Path, copy_of: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(made_run)
    noted = json.loads((folder / "environment.json").read_text())
    noted[-1]["code"] |= {"version": "0.0.9", "commit": None}
    noted[-1]["code"]["modules"]["clock.py"] = "0" * 64
    (folder / "environment.json").write_text(json.dumps(noted))
    (folder / DERIVED).unlink()
    seal_run(folder)
    text = (folder / "summary.json").read_text().replace('"status"', '"state"', 1)
    (folder / "summary.json").write_text(text)
    relist(folder)
    assert main(["verify", str(folder)]) == 5
    assert "note: made with econsim-mesa 0.0.9, not" in capsys.readouterr().out


@pytest.mark.parametrize("where", ["nothing", "empty", "file.txt"])
def test_what_is_no_bundle_is_a_bad_argument(
    where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("no zip")
    for command in ("verify", "bundle"):
        assert main([command, str(tmp_path / where)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_time_it_takes_grows_with_the_records_alone(made_run: Path) -> None:
    import time

    run = load_run(made_run)
    records = sum(1 for table in ("agents", "decisions", "stocks") for _ in run.rows(table))
    begin = time.process_time()
    for _ in range(5):
        assert verify(made_run).code == 0
    spent = (time.process_time() - begin) / 5
    assert spent < 0.5 + 5 * records / 100_000
