"""HTML as text: whatever is not marked as markup is escaped, so no one's words become a page."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from econsim_mesa.numbers import significant


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Part = str | int | float | None
"""What may stand in a page: markup, words, a figure, or nothing known."""


def safe(part: Part) -> Html:
    """Return a part as markup; words are escaped, and what steers text direction is left out.

    >>> safe("<b>"), safe(1234567), safe(0.123456), safe(None)
    ('&lt;b&gt;', '1,234,567', '0.1235', '&ndash;')
    """
    if isinstance(part, Html):
        return part
    if part is None:
        return Html("&ndash;")
    if isinstance(part, bool):
        return Html("yes" if part else "no")
    if isinstance(part, int | float):
        return Html(significant(part, digits=4))
    return Html(html.escape("".join(one if one.isprintable() else " " for one in part)))


def tag(name: str, *parts: Part, **attributes: str) -> Html:
    """Return an element; ``class_`` stands for ``class``.

    >>> tag("p", "a < b", class_="note")
    '<p class="note">a &lt; b</p>'
    """
    told = "".join(
        f' {key.rstrip("_")}="{html.escape(value)}"' for key, value in attributes.items()
    )
    return Html(f"<{name}{told}>{join(parts)}</{name}>")


def join(parts: Iterable[Part], between: str = "") -> Html:
    """Return parts one after the other."""
    return Html(between.join(safe(part) for part in parts))


def link(file: str, part: Part = None) -> Html:
    """Return a link to a file beside the page; its name stands for it if nothing else is given."""
    return tag("a", file if part is None else part, href=quote(file, safe="/#"))


def listed(parts: Sequence[Part]) -> Html:
    """Return a list."""
    return tag("ul", *(tag("li", part) for part in parts))


def table(head: Sequence[str], rows: Iterable[Sequence[Part]], caption: Part = None) -> Html:
    """Return a table; a cell that holds a figure alone stands to the right.

    The first cell of a row is its heading. Each of the others carries the heading of its column,
    which stands before it where a screen is too narrow for columns.
    """
    titles = tag("thead", tag("tr", *(tag("th", one, scope="col") for one in head)))
    body = tag("tbody", *(tag("tr", *_cells(head, row)) for row in rows))
    told = () if caption is None else (tag("caption", caption),)
    return tag("table", *told, titles, body)


def _cells(head: Sequence[str], row: Sequence[Part]) -> Iterator[Html]:
    yield tag("th", row[0], scope="row")
    for title, part in zip(head[1:], row[1:], strict=True):
        number = isinstance(part, int | float) and not isinstance(part, bool)
        told = {"data-of": title, **({"class_": "n"} if number else {})}
        yield tag("td", part, **told)


def section(title: str, *parts: Part, id_: str) -> Html:
    """Return a section with its heading; a part that is None is left out."""
    return tag("section", tag("h2", title), *present(*parts), id_=id_)


def present(*parts: Part) -> list[Part]:
    """Return the parts that are there.

    >>> present("a", None, 0)
    ['a', 0]
    """
    return [part for part in parts if part is not None]
