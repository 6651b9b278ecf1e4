"""A page of the documentation as something that runs: its blocks in order, in one folder.

- ``bash``: ``econsim ...`` runs in this process, ``python FILE`` too; ``econsim mock-server ... &``
  starts a server on a free port, which stands for the shown one from then on; ``export`` sets
  variables. A command must end
  with exit code 0, or with N where ``# exit code N`` stands behind it.
- ``json`` or ``python`` with ``title="name"``: a file of that name; ``python`` without: run, with
  the names of the page's earlier blocks.
- ``text``: what the block before it printed on stdout (on stderr, if it failed); ``...`` stands
  for anything.
- ``econsim dashboard ... &`` opens no page here: its words are parsed, and what it is to show is
  opened. (The page itself is tested in a browser.)
- ``# include FILE`` stands for a file of the repository; a block that includes parts of one is
  shown only.
- ``toml`` and ``html``: shown only.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch

from included import shows_part, with_files

from econsim_mesa.cli import main
from econsim_mesa.cli.app import command_parser
from econsim_mesa.mock import MockServer
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import load_scenario, registry

FENCE = re.compile(r"^```(\w+)((?: [^\n]*)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_ONLY = {"toml", "html", "part"}


class Block(NamedTuple):
    """A fenced block: its language, title (of a file), text, and line in the page."""

    language: str
    title: str
    text: str
    line: int


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    found = []
    for one in FENCE.finditer(page):
        title = re.search(r'title="([^"]+)"', one[2])
        line = page.count("\n", 0, one.start()) + 2
        language = "part" if shows_part(one[3]) else one[1]
        found.append(Block(language, title[1] if title else "", with_files(one[3]), line))
    if page.count("\n```") != 2 * len(found):
        raise ValueError("a fence is not closed, indented or without a language")
    return found


def shows(shown: str, printed: str) -> bool:
    """Whether a text is what was printed, with ``...`` for anything.

    >>> shows("made 5 of ...", "made 5 of 9 steps"), shows("made 5", "made 6")
    (True, False)
    """
    lines = ["\n".join(line.rstrip() for line in one.strip().splitlines()) for one in
             (shown, printed)]  # fmt: skip
    pattern = r".*?".join(re.escape(part) for part in lines[0].split("..."))
    return re.fullmatch(pattern, lines[1], re.DOTALL) is not None


class Reader:
    """Somebody who follows a page in an empty folder, the present one."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__page__"}
        self.printed = ""
        self.servers = contextlib.ExitStack()
        self.addresses: dict[str, str] = {}

    def follow(self, block: Block) -> None:
        """Do what a block says. Raises ``AssertionError`` where it says what is not so."""
        if block.language == "text":
            assert shows(block.text, self.printed), f"printed was:\n{self.printed}"
        elif block.title:
            Path(block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            code = compile("\n" * (block.line - 1) + block.text, "page", "exec", dont_inherit=True)
            self._listen(lambda: exec(code, self.names))
        elif block.language == "bash":
            self.printed = ""
            for line in block.text.replace("\\\n", " ").splitlines():
                self._command(line)
        elif block.language not in SHOWN_ONLY:
            raise ValueError(f"nobody runs a block of {block.language}")

    def _command(self, line: str) -> None:
        for shown, real in self.addresses.items():
            line = line.replace(shown, real)
        words = shlex.split(line, comments=True)
        told = re.search(r"# exit code (\d+)", line)
        wanted = int(told[1]) if told else 0
        match words:
            case []:
                return
            case ["econsim", "mock-server", *options, "&"]:
                self._serve(options)
            case ["econsim", "dashboard", *options, "&"]:
                given = command_parser().parse_args(["dashboard", *options]).given
                (load_run if Path(given).is_dir() else load_scenario)(given)
            case ["econsim", *rest]:
                code = self._listen(lambda: main(rest), more=True)
                assert code == wanted, f"{line}: exit code {code}\n{self.printed}"
            case ["export", *settings]:
                given = dict(setting.split("=", 1) for setting in settings)
                self.servers.enter_context(patch.dict(os.environ, given))
            case ["python", file]:
                self._listen(lambda: _run(file), more=True)
            case _:
                raise ValueError(f"cannot run {line!r}")

    def _serve(self, options: list[str]) -> None:
        server = self.servers.enter_context(MockServer())
        port = options[options.index("--port") + 1]
        self.addresses[f"http://127.0.0.1:{port}/v1"] = server.base_url

    def _listen(self, do: Any, more: bool = False) -> Any:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = do()
        heard = err.getvalue() if code else out.getvalue()
        self.printed = (self.printed if more else "") + heard
        return code


def _run(file: str) -> None:
    """Run a program as in a process of its own: it imports files anew, and is then forgotten."""
    imported = _take_out_modules()
    with registry.own_registrations():
        runpy.run_path(file, run_name="__main__")
    _take_out_modules()
    sys.modules.update(imported)


def _take_out_modules() -> dict[str, ModuleType]:
    """Take the modules of the present folder out of those that are imported; return them."""
    here = str(Path.cwd())
    modules = {
        name: module
        for name, module in sys.modules.items()
        if str(getattr(module, "__file__", None)).startswith(here)
    }
    for name in modules:
        del sys.modules[name]
    return modules
