"""Templates of the page: agents' text is never more than text, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

PAGE = Path(str(files("econsim_mesa.visualization")))
VUE = sorted(PAGE.rglob("*.vue"))
SOURCES = sorted(PAGE.rglob("*.py"))
UNSAFE = re.compile(
    r"v-html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|"
    r"srcdoc|:href|javascript:|Vue\.compile|setTimeout\(\s*[\"'`]"
)
ELSEWHERE = re.compile(
    r"https?://(?!www\.w3\.org/|127\.0\.0\.1:)|cdn|import\(|@import", re.IGNORECASE
)
PROMPTS = re.compile(r"Markdown|HTML\(|unsafe_innerHTML|CommandConsole|\bexec\(|\beval\(|pickle")


@pytest.mark.parametrize("path", VUE, ids=lambda path: path.name)
def test_a_template_writes_text_only_and_loads_nothing(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not UNSAFE.search(source)
    assert not ELSEWHERE.search(source)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_the_page_has_no_markdown_and_no_python_prompt(path: Path) -> None:
    assert not PROMPTS.search(path.read_text(encoding="utf-8"))


def test_what_is_looked_for_would_be_found() -> None:
    assert len(VUE) > 5 < len(SOURCES)
    for text in ('<p v-html="post">', "e.innerHTML = post", ':href="post"', "eval(post)"):
        assert UNSAFE.search(text)
    for text in ("https://cdn.example/x.js", "import('x')"):
        assert ELSEWHERE.search(text)
    assert not ELSEWHERE.search('xmlns="http://www.w3.org/2000/svg"')
    assert PROMPTS.search("solara.Markdown(post)")
