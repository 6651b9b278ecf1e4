"""Read a JSON file that may hold anything, and say in one line what is wrong with it.

A key that begins with ``_comment`` is a remark: it is left out, whatever it holds.

Python's ``json`` lets NaN, repeated keys and integers of any length pass, and gives up with a
``RecursionError`` on deep nesting. Here each of these is a problem with its path.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.errors import Problem, ScenarioError
from econsim_mesa.scenario.paths import Path_, json_path, shown

COMMENT = "_comment"
"""Keys that begin so are remarks."""
MAX_BYTES = 50_000_000
MAX_VALUES = 1_000_000
MAX_KEYS = 20_000
MAX_ENTRIES = 250_000
"""Limits of a file that may be hostile, which fit a town of 200,000 households: at the density of
``pizza_place`` 21 MB and 614,000 values, 13,333 stores, and a row of personas each."""
MAX_DEPTH = 100
MAX_DIGITS = 30


class _Refused(NamedTuple):
    """Stands in the parsed data for a value that JSON or Python cannot carry."""

    message: str


class _Repeated(dict[str, object]):
    """A parsed object in which a key stood twice."""

    key = ""


def read_json(path: Path) -> Any:
    """Return the JSON value in a file. Raises ``ScenarioError`` for whatever is wrong with it."""
    return parse_json(_text(_bytes(path), str(path)), str(path))


def read_text(path: Path) -> str:
    """Return the text of a file of bounded size, decoded as UTF-8. Raises ``ScenarioError``."""
    return _text(_bytes(path), str(path))


def beside(name: str, folder: Path | None) -> Path:
    """Return the path of what a scenario names in its own folder, or below it.

    Raises ``ScenarioError`` if it lies elsewhere, or the scenario (``folder`` None) in none.
    """
    if folder is None:
        raise refusal(name, "a scenario that was not read from a file cannot name one")
    try:
        path = (folder / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise refusal(name, f"is no path of a file: {error}") from None
    if Path(name).is_absolute() or not path.is_relative_to(folder.resolve()):
        raise refusal(name, "must lie beside the scenario or in a folder there")
    return path


def parse_json(text: str, source: str) -> Any:
    """Return the JSON value of a text. Raises ``ScenarioError`` with every fault found."""
    if not text.strip():
        raise refusal(source, "is empty; a scenario is a JSON object, see `econsim list`")
    if text.count(",") + text.count("[") > MAX_VALUES:
        raise refusal(source, f"holds more than {MAX_VALUES:,} values")
    suspects: list[object] = []
    try:
        data = _decoder(suspects).decode(text)
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        raise refusal(source, f"not valid JSON: {error.msg} (at {at})") from None
    except RecursionError:
        raise refusal(source, f"nested deeper than {MAX_DEPTH} levels") from None
    unfit = _misshapen(data)
    if unfit is not None:
        raise refusal(source, unfit)
    if suspects or "\\u" in text:
        problems = list(_refused(data, ()))
        if problems:
            raise ScenarioError(shown(source), problems)
    return data


def refusal(source: str, message: str, path: str = "$") -> ScenarioError:
    """Return an error with one problem."""
    return ScenarioError(shown(source), [Problem(path, message)])


def _bytes(path: Path) -> bytes:
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise refusal(str(path), "is a directory; give a JSON file")
        if not stat.S_ISREG(kind):
            raise refusal(str(path), "is not a regular file; give a JSON file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise refusal(str(path), "no such file") from None
    except PermissionError:
        raise refusal(str(path), "no permission to read it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refusal(str(path), f"cannot be read: {reason}") from None
    if len(content) > MAX_BYTES:
        raise refusal(str(path), f"is larger than {MAX_BYTES // 10**6} MB")
    return content


def _text(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"not UTF-8 text (line {line}, byte {error.start}); save it as UTF-8"
        raise refusal(source, message) from None


def _decoder(suspects: list[object]) -> json.JSONDecoder:
    """Return a decoder that puts a mark in place of what it refuses and notes it in a list."""

    def refuse(message: str) -> _Refused:
        suspects.append(message)
        return _Refused(message)

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        found = [pair for pair in found if not pair[0].startswith(COMMENT)]
        parsed = dict(found)
        if len(parsed) < len(found):
            repeated = _Repeated(parsed)
            keys = [key for key, _ in found]
            repeated.key = next(key for i, key in enumerate(keys) if key in keys[:i])
            suspects.append(repeated)
            return repeated
        return parsed

    return json.JSONDecoder(
        object_pairs_hook=pairs,
        parse_constant=lambda word: refuse(f"{word} is not a JSON number"),
        parse_int=_whole(refuse),
        parse_float=_decimal(refuse),
    )


def _whole(refuse: Callable[[str], _Refused]) -> Callable[[str], Any]:
    def parse(digits: str) -> Any:
        if len(digits) > MAX_DIGITS:
            return refuse(f"a whole number of {len(digits)} digits is too large")
        return int(digits)

    return parse


def _decimal(refuse: Callable[[str], _Refused]) -> Callable[[str], Any]:
    def parse(digits: str) -> Any:
        number = float(digits)
        if number in (float("inf"), float("-inf")):
            return refuse(f"the number {digits[:MAX_DIGITS]} is too large")
        return number

    return parse


def _misshapen(data: Any) -> str | None:
    """Say what is too deep or too long in parsed data, level by level."""
    level = [data]
    for _ in range(MAX_DEPTH + 1):
        inside: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inside.extend(value.values())
                if len(value) > MAX_KEYS:
                    return f"an object with more than {MAX_KEYS:,} keys"
            elif isinstance(value, list):
                inside.extend(value)
                if len(value) > MAX_ENTRIES:
                    return f"a list with more than {MAX_ENTRIES:,} entries"
        if not inside:
            return None
        level = inside
    return f"nested deeper than {MAX_DEPTH} levels"


def _refused(value: Any, at: Path_) -> list[Problem]:
    """Return a problem for each mark, repeated key and half surrogate in parsed data."""
    if isinstance(value, _Refused):
        return [Problem(json_path(at), value.message)]
    if isinstance(value, str):
        half = any("\ud800" <= character <= "\udfff" for character in value)
        return [Problem(json_path(at), "text with half of a surrogate pair")] if half else []
    problems: list[Problem] = []
    if isinstance(value, _Repeated):
        problems.append(Problem(json_path(at), f"the key {value.key!r} stands twice"))
    if isinstance(value, dict):
        for key, one in value.items():
            problems += _refused(key, at)
            problems += _refused(one, (*at, key))
    elif isinstance(value, list):
        for i, one in enumerate(value):
            problems += _refused(one, (*at, i))
    return problems
