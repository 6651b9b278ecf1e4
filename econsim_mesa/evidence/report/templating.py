"""Templates of the report: escaped text, numbers for people, and no network."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.numbers import significant

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


class IntervalCell(NamedTuple):
    """What the macro ``estimate`` shows: a value, its interval, and the runs that it rests on.

    ``n`` counts runs, or pairs of runs, as ``unit`` says.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int | None = None
    unit: str = "pairs"


def render(package: str, template: str, **values: object) -> Markup:
    """Return a template as HTML, with all text in ``values`` escaped.

    Args:
        package: The package whose folder ``templates`` holds the template. A package of its own
            can import ``macros.html`` of this one.
        template: The file's name.
        values: What the template shows.

    Raises:
        BadInput: The values lack something that the template shows.
    """
    from jinja2 import UndefinedError
    from markupsafe import Markup

    try:
        return Markup(_environment(package).get_template(template).render(values))
    except UndefinedError as error:
        raise BadInput(f"the report cannot show what the files lack: {error.message}") from error


@cache
def _environment(package: str) -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(__package__)]),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def shown(value: object) -> object:
    """Return what a template prints for a value, before it is escaped.

    Numbers get four significant digits; a missing value is a dash; characters that cannot be
    printed, such as those that turn the direction of text, become spaces.

    >>> shown(0.123456), shown(True), shown(None), shown("a\u202eb")
    ('0.1235', 'yes', Markup('&ndash;'), 'a b')
    """
    from markupsafe import Markup

    if value is None:
        return Markup("&ndash;")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return significant(value, digits=4)
    if isinstance(value, str) and not isinstance(value, Markup):
        return "".join(letter if letter.isprintable() else " " for letter in value)
    return value
