"""Pack a bundle as a zip, with the same bytes for the same bundle, and unpack it without trust.

The zip holds one folder, named by the bundle's id. Order, times and permissions are fixed.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.runs.bundle.derived import DERIVED, read_derived
from econsim_mesa.runs.bundle.file_check import runs_of
from econsim_mesa.runs.bundle.files import is_plain
from econsim_mesa.runs.bundle.manifest import MANIFEST, bundle_id, parse, read_list

MOST_FILES = 2_000_000
MOST_BYTES = 100 * 10**9
"""What a zip may hold unpacked."""
_RATIO, _SMALL = 200, 1_000_000
"""A file above the size may be so many times as large as what it is packed into."""

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_MODE = (stat.S_IFREG | 0o644) << 16
_UNIX = 3
_CHUNK = 1 << 20
_UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile)
"""What reading a foreign zip may raise; an unknown compression is a ``RuntimeError`` too."""


def pack(folder: Path, out: Path) -> Path:
    """Write a bundle and its derived files into a new zip, and return its path.

    Raises:
        BadInput: The bundle is not sealed, or the zip exists already.
        EconSimError: The zip cannot be written.
    """
    bundle = bundle_id(folder)
    if bundle is None:
        raise BadInput(f"{folder} is not sealed; go on with: econsim resume {folder}")
    part = out.with_name(f"{out.name}.part")
    try:
        if out.exists():
            raise BadInput(f"{out} is there already; give another --out, or delete it")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in sorted(_names(folder), key=str.encode):
                entry = zipfile.ZipInfo(f"econsim-{bundle[:16]}/{name}", _TIME)
                entry.external_attr, entry.create_system = _MODE, _UNIX
                entry.compress_type = zipfile.ZIP_DEFLATED
                with (folder / name).open("rb") as file, archive.open(entry, "w") as target:
                    while chunk := file.read(_CHUNK):
                        target.write(chunk)
        part.replace(out)
    except (OSError, zipfile.LargeZipFile) as error:
        raise EconSimError(f"cannot write {out}: {error}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return out


@contextmanager
def unpacked(archive: Path) -> Iterator[Path]:
    """Unpack a zip into a temporary folder, and yield that folder.

    Raises ``BadInput`` for anything that ``pack`` would not have written.
    """
    with TemporaryDirectory(prefix="econsim-") as place:
        try:
            with closing(zipfile.ZipFile(archive)) as file:
                names = _checked(file, archive)
                for entry, name in names.items():
                    _extract(file, entry, Path(place) / name)
        except _UNREADABLE as error:
            raise BadInput(f"cannot unpack {archive}: {error}") from error
        yield Path(place)


def _names(folder: Path) -> Iterator[str]:
    """Yield the names of all files of a bundle, including those of an experiment's runs."""
    listed = parse(read_list(folder / MANIFEST), MANIFEST)
    derived = read_derived(folder)[1]
    yield MANIFEST
    yield from listed.keys() | derived.keys()
    if (folder / DERIVED).is_file():
        yield DERIVED
    for run in runs_of(listed):
        yield from (f"{run}/{name}" for name in _names(folder / run) if name != MANIFEST)


def _checked(file: zipfile.ZipFile, archive: Path) -> dict[zipfile.ZipInfo, str]:
    """Return entry -> name within the bundle. Raises ``BadInput`` if one could do harm."""
    entries = file.infolist()
    if not 0 < len(entries) <= MOST_FILES:
        raise BadInput(f"{archive} holds {len(entries):,} files; at most {MOST_FILES:,} are read")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise BadInput(f"{archive} unpacks to more than {MOST_BYTES // 10**9} GB")
    names: dict[zipfile.ZipInfo, str] = {}
    top = entries[0].filename.partition("/")[0]
    for entry in entries:
        first, _, name = entry.filename.partition("/")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if first != top or not is_plain(name) or kind not in (0, stat.S_IFREG):
            raise BadInput(f"{archive} holds {entry.filename!r:.100}, which no bundle holds")
        if entry.file_size > max(_SMALL, _RATIO * entry.compress_size):
            raise BadInput(f"{archive}: {name} is packed too tightly to be what a bundle holds")
        names[entry] = name
    if len(set(names.values())) < len(names):
        raise BadInput(f"{archive} holds a name twice")
    return names


def _extract(file: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with file.open(entry) as source, path.open("xb") as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)
