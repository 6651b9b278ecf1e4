"""Blocks of a page that a script makes, between ``<!-- generated: NAME -->`` and an end mark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence


def filled(page: str, blocks: Mapping[str, str]) -> str:
    """Return a page with the text of each block made anew.

    Args:
        page: The page, with the marks of all blocks.
        blocks: Name of a block -> its text.

    Raises:
        ValueError: The page lacks the marks of a block.
    """
    for name, text in blocks.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        before, has_begin, rest = page.partition(begin)
        _, has_end, after = rest.partition(end)
        if not (has_begin and has_end):
            raise ValueError(f"the page lacks {begin} or {end}")
        page = f"{before}{begin}\n\n{text}\n\n{end}{after}"
    return page


def block_names(page: str) -> list[str]:
    """Return the names of all blocks of a page.

    >>> block_names("<!-- generated: loop --><!-- end: loop -->")
    ['loop']
    """
    return re.findall(r"<!-- generated: (.+?) -->", page)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def number(value: float) -> str:
    """Return a number with three figures.

    >>> number(-0.034563), number(1234.5), number(60.0)
    ('-0.0346', '1,234', '60')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
