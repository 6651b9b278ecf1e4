"""``econsim prompt``: what an agent would be sent at a step, and how long each part is."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import add_scenario, scenario_of, whole
from econsim_mesa.cli.screen import Screen
from econsim_mesa.errors import BadInput, UnknownName

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English; the server's own count is the one that is paid."""


def _configure(parser: ArgumentParser) -> None:
    add_scenario(parser)
    parser.add_argument(
        "--agent", metavar="ID", default="H0", help="name of a household or a store (default: H0)"
    )
    parser.add_argument(
        "--step",
        metavar="N",
        type=whole,
        default=0,
        help="step at which it would be asked; the embedded decider makes those before it",
    )
    parser.add_argument("--seed", metavar="N", type=whole, help="seed of all luck")


def _execute(options: Namespace, screen: Screen) -> int:
    from econsim_mesa.model import EconModel
    from econsim_mesa.observation import Request, observe
    from econsim_mesa.prompts import render

    scenario = scenario_of(options)
    if not 0 <= options.step < scenario.steps:
        raise BadInput(f"--step {options.step}: the run has steps 0 to {scenario.steps - 1}")
    embedded = scenario.decider if scenario.decider != "llm" else "utility"
    model = EconModel(scenario, seed=scenario.seed, decider=embedded)
    who = model.town.who
    number = who.number.get(options.agent)
    if number is None or number >= who.households + who.stores:
        raise UnknownName("agent", options.agent, who.names[: who.households + who.stores])
    for _ in range(options.step):
        model.step()
    model.town.begin(options.step)
    view = observe(model.town)
    prompt = render(Request(view, number, who.kinds[number]))
    parts = {"system": prompt.system, **{k: text for k, text in prompt.parts.items() if text}}
    sizes = {name: len(text) for name, text in parts.items()}
    if screen.json:
        screen.emit({"agent": options.agent, "step": options.step, "parts": parts, "sizes": sizes})
        return 0
    if not screen.quiet:
        for text in parts.values():
            screen.say(text)
        screen.say("")
    for name, size in (*sizes.items(), ("in all", sum(sizes.values()))):
        tokens = -(-size // CHARACTERS_PER_TOKEN)
        screen.say(f"{name:<12}{size:>6,} characters  about {tokens:>5,} tokens")
    return 0


COMMAND = Command(
    name="prompt",
    help="Print what an agent would be sent, with characters and estimated tokens of each part.",
    examples=("prompt pizza_place --agent H3 --step 20",),
    configure=_configure,
    execute=_execute,
)
