"""The base of all scenario types: frozen, complete, and strict about what a file says."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict


class Frozen(BaseModel):
    """A frozen pydantic model that refuses unknown keys, NaN, infinity and lossy conversions."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
        populate_by_name=True,
    )


BUILD: JsonDict = {"read": "build"}
"""Mark of a field that is read only while the town is built: a fork cannot change it."""


def build_only(default: Any = ..., **options: Any) -> Any:
    """Return a pydantic field that is read only while the town is built."""
    return Field(default, json_schema_extra=BUILD, **options)


_NOT_IN_NAMES = (
    r"\x00-\x1f\x7f-\x9f.,;:()$\[\]{}<>\"\\"
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
)
Name = Annotated[str, StringConstraints(pattern=rf"^[^{_NOT_IN_NAMES}]{{1,60}}$")]
"""A name shown to people and used in dotted paths: no punctuation that separates
things in lists, no brackets, quotes or controls."""
