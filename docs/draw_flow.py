"""Draw docs/flow.svg, the picture of the README: ``python docs/draw_flow.py``."""

from __future__ import annotations

from pathlib import Path

BOXES = (
    ("scenario", "one JSON file"),
    ("model", "town, clock, luck"),
    ("observation", "one frozen state"),
    ("decision", "everybody, at once"),
    ("actions", "a closed set"),
    ("domains", "economy, mobility,|social network"),
    ("records", "one transaction|a step"),
)
BOX, GAP, HEIGHT, TOP, MARGIN = 112, 26, 64, 20, 12
_ARROW = (
    '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="#555"/></marker>'
)


def left(number: int) -> int:
    """Return where a box begins, in pixels."""
    return MARGIN + number * (BOX + GAP)


def box(number: int, name: str, words: str) -> str:
    """Return one box with its name and a few words below."""
    middle = left(number) + BOX // 2
    lines = words.split("|")
    text = "".join(
        f'<text x="{middle}" y="{TOP + 40 + 14 * k}" class="s">{line}</text>'
        for k, line in enumerate(lines)
    )
    return (
        f'<rect x="{left(number)}" y="{TOP}" width="{BOX}" height="{HEIGHT}" rx="8"/>'
        f'<text x="{middle}" y="{TOP + 22}" class="n">{name}</text>{text}'
    )


def arrow(number: int) -> str:
    """Return the arrow from a box to the next."""
    y = TOP + HEIGHT // 2
    return f'<path class="a" d="M{left(number) + BOX} {y}H{left(number + 1) - 2}"/>'


def back() -> str:
    """Return the one arrow back: from the domains to the next observation."""
    start, end = left(5) + BOX // 2, left(2) + BOX // 2
    low = TOP + HEIGHT + 44
    return (
        f'<path class="a b" d="M{start} {TOP + HEIGHT}V{low}H{end}V{TOP + HEIGHT + 2}"/>'
        f'<text x="{(start + end) // 2}" y="{low - 8}" class="n">memory, stress</text>'
        f'<text x="{(start + end) // 2}" y="{low + 17}" class="s">'
        "experience: what was eaten, paid, walked, met, read</text>"
    )


def picture() -> str:
    """Return the whole picture as SVG."""
    width, height = left(len(BOXES)) - GAP + MARGIN, TOP + HEIGHT + 74
    style = (
        "rect{fill:#eef3f8;stroke:#4a6b8a}text{font-family:sans-serif;text-anchor:middle;"
        "fill:#222}.n{font-size:14px;font-weight:bold}.s{font-size:11px}"
        ".a{fill:none;stroke:#555;stroke-width:1.6;marker-end:url(#tip)}.b{stroke-dasharray:5 3}"
    )
    parts = [box(number, *words) for number, words in enumerate(BOXES)]
    parts += [arrow(number) for number in range(len(BOXES) - 1)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">\n<style>{style}</style>\n'
        f'<defs>{_ARROW}</defs>\n<rect width="100%" height="100%" style="fill:#fff;stroke:none"/>\n'
        + "\n".join([*parts, back()])
        + "\n</svg>\n"
    )


if __name__ == "__main__":
    Path(__file__).with_name("flow.svg").write_text(picture(), encoding="utf-8")
