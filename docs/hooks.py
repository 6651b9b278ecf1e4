"""What MkDocs does beyond its files: reference pages from the code, documents of the top folder.

MkDocs imports this file by its path and calls ``on_files`` when it builds the site.
"""

from __future__ import annotations

import re
from pathlib import Path

from included import ROOT, with_files
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from reference import pages

DOCUMENTS = {
    "ODD.md": "method/odd.md",
    "LIMITS.md": "method/limits.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
"""Documents of the top folder -> their place in the site."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are no files of ``docs/``."""
    made = pages() | {to: document(name) for name, to in DOCUMENTS.items()}
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Put files of the repository where a page includes them."""
    return with_files(markdown)


def document(name: str) -> str:
    """Return a document of the top folder with its links turned to the site's."""
    here = Path(DOCUMENTS[name]).parent
    text = (ROOT / name).read_text(encoding="utf-8")

    def turned(found: re.Match[str]) -> str:
        target, anchor = found[1], found[2] or ""
        if target not in DOCUMENTS:
            raise ValueError(f"{name} links to {target}, which the site does not have")
        up = "../" * len(here.parts)
        return f"]({up}{DOCUMENTS[target]}{anchor})"

    return re.sub(r"\]\(([^)#:]+)(#[^)]*)?\)", turned, text)
