"""The base of all scenario types: frozen, complete, and strict about what a file says."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, NoReturn, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.config import JsonDict

from econsim_mesa.text import is_visible

K = TypeVar("K")
V = TypeVar("V")


class ReadOnlyDict(dict[K, V]):
    """A dict that stays as it was made; unlike a mapping proxy it can be pickled.

    >>> ReadOnlyDict({"Rice": 9})["Rice"] = 1
    Traceback (most recent call last):
    TypeError: this mapping can be read only; make a dict of it to change a copy
    """

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this mapping can be read only; make a dict of it to change a copy")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy it by way of a plain dict."""
        return type(self), (dict(self),)


class Frozen(BaseModel):
    """A frozen pydantic model that refuses unknown keys, NaN, infinity and lossy conversions.

    Mappings in it are as frozen as its fields.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
        populate_by_name=True,
    )

    @model_validator(mode="after")
    def _freeze(self) -> Self:
        """Make mappings read-only."""
        for name, value in self.__dict__.items():
            self.__dict__[name] = _frozen(value)
        if self.__pydantic_extra__ is not None:
            object.__setattr__(self, "__pydantic_extra__", _frozen(self.__pydantic_extra__))
        return self


def _frozen(value: Any) -> Any:
    """Return a value in whose mappings and tuples no mapping can be changed."""
    if type(value) is dict:
        return ReadOnlyDict({key: _frozen(part) for key, part in value.items()})
    if type(value) is tuple and any(type(part) in (dict, tuple) for part in value):
        return tuple(map(_frozen, value))
    return value


BUILD: JsonDict = {"read": "build"}
"""Mark of a field that is read only while the town is built: a fork cannot change it."""


def build_only(default: Any = ..., **options: Any) -> Any:
    """Return a pydantic field that is read only while the town is built."""
    return Field(default, json_schema_extra=BUILD, **options)


def _visible(name: str) -> str:
    if not is_visible(name):
        raise ValueError(f"must show something; found {name!r}, which is blank")
    return name


_CONTROLS = (
    r"\x00-\x1f\x7f-\x9f"
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
)
_NOT_IN_NAMES = rf"{_CONTROLS}.,;:()$\[\]{{}}<>\"\\"
Name = Annotated[
    str, StringConstraints(pattern=rf"^[^{_NOT_IN_NAMES}]{{1,60}}$"), AfterValidator(_visible)
]
"""A name shown to people and used in dotted paths: no punctuation that separates
things in lists, no brackets, quotes or controls; not blank."""


def _countable(word: str) -> str:
    plain = re.search(f"[{_CONTROLS}]", word) is None and word == word.strip()
    if not plain or not any(unicodedata.category(one)[0] in "LNS" for one in word):
        raise ValueError(
            "must be a word or words of 1 to 40 characters with letters, digits or symbols (C++, "
            f"an emoji), without spaces around them; found {word!r}"
        )
    return word


Keyword = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_countable)]
"""A word, or some, in any script, whose posts are counted."""
