"""What MkDocs does beyond its files: documents of the top folder, files that pages include.

MkDocs imports this file by its path and calls its functions when it builds the site.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from posixpath import normpath, relpath
from typing import Any

from included import ROOT, with_files
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

DOCUMENTS = {
    "ODD.md": "method/odd.md",
    "LIMITS.md": "method/limits.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
"""Documents of the top folder -> their place in the site."""
_LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are no files of ``docs/``."""
    for name, path in DOCUMENTS.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, path, content=linked(text, name, path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:
    """Put files of the repository where a page includes them, and turn its links to the site's."""
    path = page.file.src_uri
    if path in DOCUMENTS.values():
        return markdown
    return linked(with_files(markdown), f"docs/{path}", path)


def linked(text: str, source: str, path: str) -> str:
    """Return a page with its links to documents of the top folder turned to the site's.

    Args:
        text: The page.
        source: Its file in the repository.
        path: Its place in the site.

    Raises:
        ValueError: A document of the top folder links to what the site does not have.
    """
    here = PurePosixPath(path).parent.as_posix()

    def turned(found: re.Match[str]) -> str:
        target = normpath((PurePosixPath(source).parent / found[1]).as_posix())
        if target in DOCUMENTS:
            return f"]({relpath(DOCUMENTS[target], here)}{found[2] or ''})"
        if source in DOCUMENTS:
            raise ValueError(f"{source} links to {found[1]}, which the site does not have")
        return found[0]

    return _LINK.sub(turned, text)
