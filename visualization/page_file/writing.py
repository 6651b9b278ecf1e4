"""Put a run into one HTML file that opens in any browser, without Python and without a network.

The file holds the components of the live page, Vue to show them, and what they draw: as JSON,
packed by gzip, in pieces that the browser unpacks when they are looked at. Equal runs give equal
bytes.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.runs.bundle import bundle_id, deriving
from econsim_mesa.runs.bundle.files import write_whole
from econsim_mesa.runs.comparison import Irreproducible
from econsim_mesa.runs.folders import is_run

from ..replay import Replay
from .drawn import households_drawn, run_drawn, stores_drawn

PAGE = "page.html"
MOST_STEPS = 20_000
"""Steps of households in a file, all households together, unless some are asked for by name."""
HERE = Path(__file__).parent
COMPONENTS = HERE.parent / "components"
SHOWN = (
    "header", "headline", "hints", "town", "network", "chart", "chooser", "feed", "household",
    "store", "tabs", "compare", "transport", "drawing", "save",
)  # fmt: skip
"""The components of the live page that the file has."""
_VUE = re.compile(
    r"<template>(?P<template>.*)</template>\s*"
    r"(?:<script>(?P<script>.*)</script>\s*)?"
    r"(?:<style[^>]*>(?P<style>.*)</style>\s*)?\Z",
    re.DOTALL,
)


def write_page(
    folder: Path | str, file: Path | None = None, households: Sequence[str] | None = None
) -> Path:
    """Write the page of a run, and return its file.

    Args:
        folder: The folder of the run. A fork is shown beside its parent if that lies beside it.
        file: Where to; None: ``page.html`` in the folder, listed among the files that were derived
            from the run.
        households: Those whose state, memory and decisions are in it; None: as many as fit.

    Raises:
        BadInput: The folder holds no run, or the file cannot be written.
        UnknownName: There is no such household.
    """
    folder = Path(folder)
    text = page_text(folder, households)
    try:
        if file is not None:
            write_whole(file, text)
            return file
        with deriving(folder, PAGE):
            write_whole(folder / PAGE, text)
    except OSError as error:
        raise BadInput(
            f"cannot write {file or folder / PAGE}: {error.strerror or error}"
        ) from error
    return folder / PAGE


def page_text(folder: Path, households: Sequence[str] | None = None) -> str:
    """Return the page of a run as HTML; see ``write_page``."""
    if folder.is_dir() and not is_run(folder) and (folder / "runs").is_dir():
        raise BadInput(f"{folder} is an experiment; give one of its runs: {folder}/runs/...")
    run = Replay.open(folder)
    if run.history.last < 0:
        raise BadInput(f"{folder} holds no whole step yet; there is nothing to show")
    parent = None if run.parent is None else Replay.open(run.parent)
    names = _chosen(run, households)
    main = run_drawn(run, parent)
    main["saved"] = _made_of(folder)
    main["inside"], main["lacking"] = names, ""
    pieces = {f"store {name}": drawn for name, drawn in stores_drawn(run)}
    try:
        pieces |= {f"household {name}": drawn for name, drawn in households_drawn(run, names)}
    except Irreproducible as error:
        main["inside"], main["lacking"] = [], f"It cannot be lived through again: {error}"
    template = (HERE / "page.html").read_text(encoding="utf-8")
    fillings = {
        "title": f"{run.history.scene.scenario.title or folder.name} (econsim)",
        "style": "\n".join(_styles()),
        "vue": (HERE / "vue.min.js").read_text(encoding="utf-8"),
        "components": "\n".join(_component(path) for path in _components()),
        "pieces": "\n".join(_piece(name, data) for name, data in {"run": main, **pieces}.items()),
    }
    return re.sub(r"\{\{ (\w+) \}\}", lambda match: fillings[match[1]], template)


def _chosen(run: Replay, households: Sequence[str] | None) -> list[str]:
    """Return the households in the file, in their order. Raises ``UnknownName``."""
    scene = run.history.scene
    known = scene.names[: scene.households]
    if households is None:
        return list(known[: max(1, MOST_STEPS // (run.history.last + 1))])
    for name in households:
        if name not in known:
            raise UnknownName("household", name, known)
    return [name for name in known if name in households]


def _made_of(folder: Path) -> str:
    """Return in words which run the file shows."""
    sealed = bundle_id(folder)
    return f"run {folder.resolve().name}" + (
        f", bundle {sealed[:12]}" if sealed else ", not sealed"
    )


def _components() -> list[Path]:
    return [*(COMPONENTS / f"{name}.vue" for name in SHOWN), HERE / "page.vue"]


def _styles() -> Iterator[str]:
    yield (HERE.parent / "style.css").read_text(encoding="utf-8")
    yield (HERE / "page.css").read_text(encoding="utf-8")
    for path in _components():
        yield _parts(path)["style"] or ""


def _component(path: Path) -> str:
    """Return the JavaScript that makes a component known, under its name with ``ec-`` before."""
    parts = _parts(path)
    script = parts["script"] or "module.exports = {};"
    template = json.dumps(parts["template"]).replace("</", "<\\/")
    return f'component("ec-{path.stem}", {template}, function (module) {{{script}}});'


def _parts(path: Path) -> dict[str, str | None]:
    found = _VUE.match(path.read_text(encoding="utf-8"))
    assert found is not None, path
    return found.groupdict()


def _piece(name: str, data: Any) -> str:
    """Return JSON in a script element that the page unpacks by its name."""
    packed = gzip.compress(json.dumps(data, allow_nan=False).encode(), mtime=0)
    label = name.replace("&", "&amp;").replace('"', "&quot;")
    content = base64.b64encode(packed).decode()
    return f'<script type="application/gzip" data-piece="{label}">{content}</script>'
