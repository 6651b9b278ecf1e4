"""What a notebook shows of an object: a small table of facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape


def facts_html(facts: Mapping[str, object | Callable[[], object]]) -> str:
    """Return facts by their names as a table of HTML, without styles of its own.

    A fact that has to be read first is a function; if that fails, the table says so.

    >>> facts_html({"steps": lambda: 3, "who": "<b>"})
    '<table><tr><th>steps</th><td>3</td></tr><tr><th>who</th><td>&lt;b&gt;</td></tr></table>'
    """
    lines = (
        f"<tr><th>{escape(name)}</th><td>{escape(_text(fact))}</td></tr>"
        for name, fact in facts.items()
    )
    return f"<table>{''.join(lines)}</table>"


def counted(numbers: Mapping[str, float]) -> str:
    """Return numbers by their names in a line.

    >>> counted({"sales": 1200, "posts": 3})
    'sales 1,200, posts 3'
    """
    return ", ".join(f"{name} {number:,}" for name, number in numbers.items())


def _text(fact: object | Callable[[], object]) -> str:
    try:
        return str(fact() if callable(fact) else fact)
    except Exception as error:  # a notebook would show a traceback in place of the other facts
        return f"cannot be read: {error}"
