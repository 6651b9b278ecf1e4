"""Markdown of Python objects, from their source by Griffe: signature, docstring, members."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import griffe

ROOT = Path(__file__).parents[1]
_EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\s*$).*)*", re.MULTILINE)
"""A line with a prompt and all lines to the next empty one."""
_LITERAL = re.compile(r"^::\n\n((?:(?:    .*)?\n)+)", re.MULTILINE)
"""A block of text that is shown as it stands."""
_CODE = re.compile(r"(?<!`)``(?!`)")
_WIDTH = 88
_TITLES = {
    "parameters": "Arguments", "attributes": "Attributes", "raises": "Raises",
    "returns": "Returns", "yields": "Yields",
}  # fmt: skip


def described(wanted: str) -> str:
    """Return the Markdown of an object.

    ``wanted`` is its dotted path, and after it, where not all public members with a docstring are
    shown, their names: ``-`` stands for none. A module's own text has no heading.
    """
    path, *members = wanted.split()
    found = _object(path)
    lines = [] if found.is_module else [f"### {found.name}", *_signature(found)]
    lines += _docstring(found)
    lines += _in_order(list(_members(found, members)), "###" if found.is_module else "####")
    return "\n\n".join(lines)


@cache
def _package() -> griffe.Module:
    return griffe.load("econsim_mesa", search_paths=[ROOT], docstring_parser="google")


def _object(path: str) -> Any:
    found = _package()[path.removeprefix("econsim_mesa.")]
    return found.final_target if found.is_alias else found


def _members(found: Any, wanted: Sequence[str]) -> Iterator[Any]:
    """Yield the members that are shown, in the order of the source."""
    if wanted:
        yield from (found.all_members[name] for name in wanted if name != "-")
        return
    own = [one for one in found.members.values() if not (one.is_alias or one.name.startswith("_"))]
    yield from (one for one in sorted(own, key=lambda one: one.lineno or 0) if one.docstring)


def _in_order(members: Sequence[Any], level: str) -> Iterator[str]:
    """Yield members one below the other; fields that follow each other are a list."""
    fields: list[str] = []
    for member in members:
        if member.is_attribute and not member.parent.is_module:
            fields.append(_field(member))
            continue
        if fields:
            yield "\n".join(fields)
            fields = []
        name = member.name if member.parent.is_module else f"{member.parent.name}.{member.name}"
        yield f"{level} {name}"
        yield from _signature(member)
        yield from _docstring(member)
        if member.is_class:
            yield from _in_order(list(_members(member, ())), f"{level}#")
    if fields:
        yield "\n".join(fields)


def _field(member: Any) -> str:
    typed = "" if member.annotation is None else f" (`{member.annotation}`)"
    said = "" if member.docstring is None else f": {_line(member.docstring.value)}"
    return f"- `{member.name}`{typed}{said}"


def _signature(found: Any) -> Iterator[str]:
    """Yield how an object is written, as a block of code."""
    if found.is_module:
        return
    if found.is_attribute:
        kind = "" if found.annotation is None else f": {found.annotation}"
        value = "" if found.value is None else f" = {_short(str(found.value))}"
        text = f"{found.name}{kind}{value}"
    elif found.is_class:
        bases = [str(base) for base in found.bases if str(base) not in ("ABC", "object")]
        text = f"class {found.name}({', '.join(bases)})" if bases else f"class {found.name}"
        init = found.members.get("__init__")
        if init is not None and init.is_function:
            text += f"\n\n{_call(found.name, init)}"
    else:
        begin = "async def " if "async" in found.labels else "def "
        text = begin + _call(found.name, found)
    yield f"```python\n{text}\n```"


def _call(name: str, function: Any) -> str:
    """Return a call of a function with its parameters, on lines of their own where it is long."""
    parts: list[str] = []
    for one in function.parameters:
        if one.name in ("self", "cls"):
            continue
        kind = one.kind.value
        if kind == "keyword-only" and not any(part.startswith("*") for part in parts):
            parts.append("*")
        stars = {"variadic positional": "*", "variadic keyword": "**"}.get(kind, "")
        typed = "" if one.annotation is None else f": {one.annotation}"
        default = "" if one.default is None or stars else f"{' = ' if typed else '='}{one.default}"
        parts.append(f"{stars}{one.name}{typed}{default}")
    returns = "" if function.returns is None else f" -> {function.returns}"
    line = f"{name}({', '.join(parts)}){returns}"
    if len(line) <= _WIDTH:
        return line
    inside = "".join(f"    {part},\n" for part in parts)
    return f"{name}(\n{inside}){returns}"


def _short(value: str) -> str:
    return value if len(value) <= _WIDTH and "\n" not in value else "..."


def _docstring(found: Any) -> Iterator[str]:
    if found.docstring is None:
        return
    for section in found.docstring.parsed:
        kind = section.kind.value
        if kind == "text":
            yield _prose(section.value)
        elif kind == "examples":
            yield from (_prose(text) for _, text in section.value)
        elif kind in _TITLES:
            rows = "\n".join(_entry(one, found) for one in section.value)
            yield f"{_TITLES[kind]}:\n\n{rows}"
        else:
            yield _prose(f"{section.title or kind.capitalize()}: {section.value}")


def _entry(one: Any, found: Any) -> str:
    """Return a line of a list: a parameter, an attribute, an error or what is returned."""
    name = getattr(one, "name", "") or str(one.annotation or "")
    kind = str(one.annotation or "") if getattr(one, "name", "") else ""
    if not kind and name in found.members:
        kind = str(found.members[name].annotation or "")
    typed = f" (`{kind}`)" if kind else ""
    return f"- `{name}`{typed}: {_line(one.description)}"


def _prose(text: str) -> str:
    """Return a docstring's text as Markdown: code in single quotes, examples in a block."""
    fenced = _EXAMPLE.sub(lambda found: f"```python\n{found[0]}\n```", text.strip())
    fenced = _LITERAL.sub(lambda found: f"```text\n{dedent(found[1]).rstrip()}\n```\n", fenced)
    return _CODE.sub("`", fenced)


def _line(text: str) -> str:
    return " ".join(_prose(text).split())
