"""Every tutorial is true: its commands, files and programs run, and print what it shows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from included import definition
from tutorial_reader import Block, Reader, blocks, shows

from econsim_mesa.llm import loop
from econsim_mesa.scenario import registry

pytestmark = pytest.mark.soak  # each page, carried out

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "coming-from-mesa-llm.md", *sorted((DOCS / "tutorials").glob("*.md"))]


@pytest.fixture(autouse=True)
def _nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Import from the page's folder; forget what it registered and imported, and its loop.

    One process is enough for an experiment of a page.
    """
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.syspath_prepend(tmp_path)
    with registry.own_registrations():
        yield
    loop.stop()
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_true(page: Path) -> None:
    reader = Reader()
    with reader.servers:
        for block in blocks(page.read_text(encoding="utf-8")):
            try:
                reader.follow(block)
            except Exception as error:
                error.add_note(f"in {page.relative_to(DOCS.parent)}, line {block.line}")
                raise


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("bash", "econsim validate no_such_town"),
        ("bash", "econsim list # exit code 2"),
        ("bash", "rm -rf /"),
        ("python", "assert False"),
        ("text", "something else"),
        ("ruby", "1"),
    ],
)
def test_a_block_that_is_not_true_is_found(language: str, text: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        Reader().follow(Block(language, "", text, 1))


def test_a_fence_that_would_be_skipped_is_found() -> None:
    with pytest.raises(ValueError, match="fence"):
        blocks("# Page\n\n```\nno language\n```\n")


def test_what_is_shown_is_compared_line_by_line() -> None:
    assert shows("a\n...\nd", "a  \nb\nc\nd\n")
    assert not shows("a\nd", "a\nb\nd")


SOURCE = """
import os

@final
class Loan:
    step: int

    @property
    def name(self):
        return 1

def f(): ...
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Loan:", "@final\nclass Loan:\n    step: int\n"),
        ("Loan.name", "@property\ndef name(self):\n    return 1\n"),
        ("f", "def f(): ...\n"),
    ],
)
def test_a_page_includes_a_definition_of_a_file(name: str, text: str) -> None:
    assert definition(SOURCE, name) == text


def test_a_page_that_includes_what_is_gone_is_found() -> None:
    with pytest.raises(ValueError, match=r"'Loan\.gone'"):
        definition(SOURCE, "Loan.gone")
