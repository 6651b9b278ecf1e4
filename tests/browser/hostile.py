"""A town whose every text tries to run a script in the page of whoever looks at it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

from econsim_mesa.domains.social.actions import Publish
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.action import Decision
from econsim_mesa.society.model import EconModel

RAN = "window.ran=(window.ran||0)+1"
"""What every payload does if it runs."""
PAYLOADS = (
    f"<script>{RAN}</script>",
    f"<img src=x onerror='{RAN}'>",
    f'<svg onload="{RAN}">',
    f"<svg><script>{RAN}</script></svg>",
    f"<body onload='{RAN}'>",
    f"<iframe srcdoc='<script>parent.{RAN}</script>'></iframe>",
    f'<a href="javascript:{RAN}">click</a>',
    f"<details open ontoggle='{RAN}'>",
    f"<input autofocus onfocus='{RAN}'>",
    f"<video><source onerror='{RAN}'></video>",
    f"<math><mi xlink:href='javascript:{RAN}'>m</mi></math>",
    f"<style>@import 'javascript:{RAN}'</style>",
    f'"><script>{RAN}</script>',
    f"'-({RAN})-'",
    f"</textarea></title></style><script>{RAN}</script>",
    f"[link](javascript:{RAN.replace('(', '%28').replace(')', '%29')})",
    f'![x](x"onerror="{RAN})',
    f"{{{{constructor.constructor('{RAN}')()}}}}",
    f"{{{{_c.constructor('{RAN}')()}}}} ${{{RAN}}}",
    f"&lt;img src=x onerror={RAN}&gt; &#60;script&#62;{RAN}&#60;/script&#62;",
)
NAMES = ("=1+1", "@SUM", "+44", "-2", "&lt script&gt")
"""Names of items that the format allows, and that a spreadsheet or a page may take as more."""


class Hostile:
    """Every household posts and thinks payloads, each in its turn."""

    name: ClassVar[str] = "hostile"

    def decide(self, requests: Any) -> list[Decision]:
        """Return a decision for each request: one post, and a thought that is one too."""
        texts = [said(one.agent, requests.view.t) for one in requests]
        return [Decision((Publish(text),), f"I think {text}", self.name) for text in texts]


def said(number: int, step: int) -> str:
    """Return what the household of a number says in a step."""
    return PAYLOADS[(number + step) % len(PAYLOADS)]


def scenario() -> dict[str, Any]:
    """Return a scenario with payloads wherever its format takes free text."""
    bundled = files("econsim_mesa.scenarios") / "pizza_place_quiet.json"
    data: dict[str, Any] = json.loads(bundled.read_text(encoding="utf-8"))
    data |= {"title": PAYLOADS[0], "description": PAYLOADS[1], "exclusions": list(PAYLOADS)}
    shop = next(iter(data["agents"]["Retailer"].values()))
    for name in NAMES:
        data["items"][name] = {"price": 100}
        shop["sells"][name] = {"stock": 9}
    people = [f"{i} &lt img src=x onerror=ran &gt 'onclick='ran'" for i in range(len(PAYLOADS))]
    persona = {"names": [name[:60] for name in people], "texts": list(PAYLOADS)}
    data["agents"]["Household"] |= {"count": len(PAYLOADS), "persona": persona}
    return data


def run(folder: Path, steps: int = 3) -> Path:
    """Make a run of the hostile town and return its folder."""
    path = folder / "hostile.json"
    path.write_text(json.dumps(scenario()), encoding="utf-8")
    model = EconModel(load_scenario(path), seed=1, steps=steps, decider=Hostile())
    recorder = Recorder.begin(model, folder / "hostile")
    model.run_model()
    recorder.close()
    return recorder.folder
