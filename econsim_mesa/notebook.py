"""What a notebook shows of an object: a small table of facts."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape


def facts_html(facts: Mapping[str, object]) -> str:
    """Return facts by their names as a table of HTML, without styles of its own.

    >>> facts_html({"steps": 3, "who": "<b>"})
    '<table><tr><th>steps</th><td>3</td></tr><tr><th>who</th><td>&lt;b&gt;</td></tr></table>'
    """
    lines = (
        f"<tr><th>{escape(name)}</th><td>{escape(str(fact))}</td></tr>"
        for name, fact in facts.items()
    )
    return f"<table>{''.join(lines)}</table>"
