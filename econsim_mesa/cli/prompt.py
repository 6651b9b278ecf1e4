"""``econsim prompt``: the prompt of an agent at a step, and the length of each part.

For a scenario this is the prompt that would be sent; for a run, the prompt and its reply.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import add_prompts, add_scenario, scenario_of, whole
from econsim_mesa.cli.output import Output
from econsim_mesa.errors import BadInput
from econsim_mesa.scenario.decider_traits import traits_of
from econsim_mesa.scenario.registry import is_built_in
from econsim_mesa.society.action import HOUSEHOLD

if TYPE_CHECKING:
    from econsim_mesa.prompts import Prompt
    from econsim_mesa.runs.inspection import PromptRecord
    from econsim_mesa.society.requests import Request

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English, servers charge by their own count; of other scripts a character is
about a token."""


def _configure(parser: ArgumentParser) -> None:
    add_scenario(parser)
    add_prompts(parser)
    parser.add_argument(
        "--write",
        metavar="DIR",
        type=Path,
        help="write the templates and labels in use into a new folder, to change them there",
    )
    parser.add_argument(
        "--agent", metavar="ID", default="H0", help="name of a household or a store (default: H0)"
    )
    parser.add_argument(
        "--step",
        metavar="N",
        type=whole,
        default=0,
        help="step of the prompt (default: 0); of a scenario, the embedded decider decides until "
        "then",
    )
    parser.add_argument("--seed", metavar="N", type=whole, help="seed of all random numbers")


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.runs.store import DATABASE

    folder = Path(options.scenario)
    if options.write is not None:
        return _write(options, output)
    if not (folder / DATABASE).is_file():
        _print_prompt(_rendered(options), None, options, output)
        _print_left_out(options, output)
        _warn_of_own_words(options, output)
        return 0
    if options.set or options.prompts or options.seed is not None:
        message = "whose settings are past; leave --set, --prompts and --seed out"
        raise BadInput(f"{folder} is a run, {message}")
    from econsim_mesa.runs.inspection import prompt_at

    sent = prompt_at(folder, options.agent, options.step)
    _print_prompt({"system": sent.system, "user": sent.user}, sent, options, output)
    return 0


def _rendered(options: Namespace) -> dict[str, str]:
    """Return the parts of a prompt of a scenario, after steps made by the embedded decider."""
    from econsim_mesa.deciders.utility import Utility
    from econsim_mesa.prompts import render
    from econsim_mesa.runs.inspection import request_of
    from econsim_mesa.society.model import EconModel

    scenario = scenario_of(options)
    if not 0 <= options.step < scenario.steps:
        raise BadInput(f"--step {options.step}: the run has steps 0 to {scenario.steps - 1}")
    decider = scenario.agents.Household.decider or scenario.decider
    kind = traits_of(decider)
    embedded = (kind.acts_as or Utility.name) if kind.asks_model else decider
    model = EconModel(scenario, seed=scenario.seed, decider=embedded)
    for _ in range(options.step):
        model.step()
    request = request_of(model, model.look(), options.agent)
    writes = bool(kind.acts_as) and request.kind == HOUSEHOLD
    prompt = _prompt_of_post(request) if writes else render(request)
    return {"system": prompt.system, **{k: text for k, text in prompt.parts.items() if text}}


def _prompt_of_post(request: Request) -> Prompt:
    """Return the prompt for a household's post. Raises ``BadInput`` where it writes none."""
    from econsim_mesa.deciders.llm_words import post_prompt
    from econsim_mesa.deciders.utility import Utility
    from econsim_mesa.prompts import template_of
    from econsim_mesa.prompts.system import words_prompt
    from econsim_mesa.society.requests import Requests

    view, agent = request.view, request.agent
    scenario = view.scenario
    _, subjects = Utility(scenario).decide_and_say(Requests(view, [agent]))
    if agent not in subjects:
        raise BadInput(
            f"{view.roster.names[agent]} writes no post at step {view.t}, and nothing else is "
            "asked of the model; name another step or household"
        )
    system = words_prompt(scenario, template_of(scenario))
    return post_prompt(request, subjects[agent], system)


def _write(options: Namespace, output: Output) -> int:
    """Write the templates and labels of a scenario into a new folder."""
    from econsim_mesa.prompts.folder import write_prompts_folder

    for name in write_prompts_folder(scenario_of(options), options.write):
        output.text(f"{options.write / name}")
    return 0


def _warn_of_own_words(options: Namespace, output: Output) -> None:
    """Say that a model's decider of the user's own may be sent other prompts."""
    scenario = scenario_of(options)
    decider = scenario.agents.Household.decider or scenario.decider
    if traits_of(decider).asks_model and not is_built_in("decider", decider):
        output.warn(f"{decider} is a decider of your own: it may word its calls otherwise")


def _print_left_out(options: Namespace, output: Output) -> None:
    """Say what the templates of a folder of prompts do not tell."""
    from econsim_mesa.prompts.folder import left_out

    for name, missing in left_out(scenario_of(options)).items():
        if missing and not output.as_json:
            output.text(f"{name} leaves out: {', '.join(missing)}")


def _print_prompt(
    parts: dict[str, str], sent: PromptRecord | None, options: Namespace, output: Output
) -> None:
    """Print the parts of a prompt with their sizes; if ``sent``, by a run, with the reply."""
    sizes = {name: len(text) for name, text in parts.items()}
    if output.as_json:
        described = {"agent": options.agent, "step": options.step, "parts": parts, "sizes": sizes}
        output.json(described | ({} if sent is None else _replies(sent)))
        return
    if not output.quiet:
        for text in parts.values():
            output.text(text)
        output.text("")
    for name, text in (*parts.items(), ("in all", "".join(parts.values()))):
        tokens = _tokens(text)
        output.text(f"{name:<12}{len(text):>6,} characters  about {tokens:>5,} tokens")
    if sent is not None:
        _print_replies(sent, output)


def _tokens(text: str) -> int:
    """Return about how many tokens a text has."""
    plain = sum(map(str.isascii, text))
    return len(text) - plain - (-plain // CHARACTERS_PER_TOKEN)


def _replies(sent: PromptRecord) -> dict[str, object]:
    calls = [
        {
            "call": exchange.call.call,
            "status": exchange.call.status,
            "proven": exchange.proven,
            "reply": exchange.call.reply,
        }
        for exchange in sent.exchanges
    ]
    return {"origin": sent.origin, "calls": calls}


def _print_replies(sent: PromptRecord, output: Output) -> None:
    if sent.origin == "relived":
        output.text("not sent: no language model was asked there; this is what it would have read")
    for call, _, proven in sent.exchanges:
        proof = "" if proven else "; the prompt is NOT what was sent: its hash differs"
        output.text(f"\ncall {call.call}: {call.status}{proof}")
        if not output.quiet and call.reply is not None:
            output.text(call.reply)


COMMAND = Command(
    name="prompt",
    help="Print the prompt of an agent, from a scenario or a recorded run, and its length.",
    examples=(
        "prompt pizza_place --agent H3 --step 20",
        "prompt runs/llm --agent H3 --step 20",
    ),
    configure=_configure,
    execute=_execute,
)
