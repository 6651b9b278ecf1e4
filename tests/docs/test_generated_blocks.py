"""What scripts make of a page stands between its marks, and nothing else changes."""

from __future__ import annotations

import doctest

import generated_blocks
import pytest

PAGE = "before <!-- generated: loop -->old<!-- end: loop --> after"


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    filled = generated_blocks.filled(PAGE, {"loop": "new"})
    assert filled == "before <!-- generated: loop -->\n\nnew\n\n<!-- end: loop --> after"
    assert generated_blocks.filled(filled, {"loop": "new"}) == filled


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks <!-- generated: dose -->"):
        generated_blocks.filled(PAGE, {"loop": "new", "dose": "new"})


def test_a_cell_cannot_end_its_column() -> None:
    table = generated_blocks.markdown_table(["a", "b"], [["1 | 2", "3"]])
    assert table.splitlines()[-1] == "| 1 \\| 2 | 3 |"


def test_examples_are_true() -> None:
    assert doctest.testmod(generated_blocks).failed == 0
