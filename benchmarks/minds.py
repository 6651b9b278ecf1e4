"""What minds do with the form of a reply: the same observations, in the form before and in today's.

    python benchmarks/minds.py --server-python PYTHON --weights FILE.gguf --json minds.json
    python benchmarks/minds.py --base-url http://127.0.0.1:8080/v1 --observations 12
    python benchmarks/minds.py                                 # the mock alone

60 observations of `pizza_place` (seed 1, lived by the embedded decider until then) are put to a
model. *before* is the form with a key for each verb; its prompts, schema and the mock's replies
stand in ``minds_before.json``, made from the code that had it. *now* is rendered by this code, with
a strict schema; *flat* and *text* are what servers get that know less. Each reply is resolved: the
town is lived again up to that step, the household does what the reply says and then nothing for 12
steps, and all others go on. An act is carried out if it is not refused in that time. The form
before is resolved under the rules before: swaps, and no intentions.

``--server-python`` is the interpreter of an environment with ``xllamacpp``, which serves the
weights on one thread (``model_server.py``); ``--base-url`` is a server that runs already.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from model_server import running

from econsim_mesa import EconModel
from econsim_mesa.deciders.replies import ReplyError, read_reply
from econsim_mesa.deciders.utility import Utility
from econsim_mesa.mock.cache import tokens_of
from econsim_mesa.prompts import render
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.society.action import Action, Decision
from econsim_mesa.society.requests import Request, Requests

BEFORE = Path(__file__).with_name("minds_before.json")
RULES_BEFORE = {"market.swaps": True, "market.intentions": False}
FORMS = ("before", "now", "flat", "text")
STEPS_AFTER = 12
MOST_TOKENS = 400
SAMPLES = ("private reasoning, one or two sentences", "<")
"""What only a copy of the form of an answer says."""
SHORTEST_COPY = 12
"""Characters from which on a text that stands in the prompt counts as copied."""


class Question(NamedTuple):
    """An observation in a form: what is sent, how the reply is read, and in which town it acts."""

    step: int
    household: str
    system: str
    prompt: str
    schema: Mapping[str, Any] | None
    prepared: str
    form: ReplyForm


class Said(NamedTuple):
    """A reply as it came."""

    text: str
    input_tokens: int
    output_tokens: int
    seconds: float


class Outcome(NamedTuple):
    """What a reply was worth."""

    valid: bool
    acts: int
    carried_out: int
    is_copy: bool
    is_sample: bool
    thought: int
    said: Said


class Once:
    """Decides as the embedded decider does, but for one household, which acts in one step only."""

    name: ClassVar[str] = "once"

    def __init__(self, scenario: Scenario, step: int, household: int) -> None:
        self._embedded = Utility(scenario)
        self.step, self.household = step, household
        self.actions: tuple[Action, ...] = ()

    def decide(self, requests: Requests) -> list[Decision]:
        """Return one decision for each request, in the same order."""
        decisions = self._embedded.decide(requests)
        t = requests.view.t
        for k, agent in enumerate(requests.agents):
            if agent == self.household and t >= self.step:
                actions = self.actions if t == self.step else ()
                decisions[k] = Decision(actions, "", self.name)
        return decisions


def questions(form: str, most: int) -> Iterator[Question]:
    """Yield the first observations in a form, spread over all of them."""
    data = json.loads(BEFORE.read_text(encoding="utf-8"))
    changes = RULES_BEFORE if form == "before" else {}
    scenario = load_scenario(data["scenario"], set=changes)
    reply_form = ReplyForm("Household", scenario)
    every = max(len(data["observations"]) // most, 1)
    schemas = {"before": data["schema"], "now": reply_form.schema, "flat": reply_form.flat_schema}
    for seen in data["observations"][::every][:most]:
        step, household = seen["step"], seen["household"]
        system, prompt, prepared = data["system"], seen["prompt"], seen["prepared"]
        if form != "before":
            request = _request(scenario, data["seed"], step, household)
            shown = render(request)
            system, prompt = shown.system, shown.user
            [decision] = Utility(scenario).decide(Requests(request.view, [request.agent]))
            prepared = json.dumps(reply_form.reply(decision.actions), ensure_ascii=False)
        yield Question(step, household, system, prompt, schemas.get(form), prepared, reply_form)


def _request(scenario: Scenario, seed: int, step: int, household: str) -> Request:
    """Return the request for the decision of a household at a step."""
    model = EconModel(scenario, seed=seed)
    for _ in range(step):
        model.step()
    return Request(model.look(), model.town.roster.number[household], "Household")


def ask_mock(question: Question) -> Said:
    """Return what the local test server replies, which has no model."""
    prompt = f"{question.system}\n{question.prompt}"
    return Said(question.prepared, tokens_of(prompt), tokens_of(question.prepared), 0.0)


def ask_server(url: str, question: Question, temperature: float) -> Said:
    """Return what a model replies, sampled with the same seed in each form."""
    body: dict[str, Any] = {
        "model": "any",
        "messages": [
            {"role": "system", "content": question.system},
            {"role": "user", "content": question.prompt},
        ],
        "temperature": temperature,
        "seed": 1,
        "max_tokens": MOST_TOKENS,
    }
    if question.schema is not None:
        schema = {"name": "reply", "strict": True, "schema": question.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    headers = {"Content-Type": "application/json"}
    begin = time.monotonic()
    request = HttpRequest(f"{url}/chat/completions", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=1800) as reply:
        data = json.load(reply)
    usage = data["usage"]
    return Said(
        data["choices"][0]["message"]["content"],
        usage["prompt_tokens"],
        usage["completion_tokens"],
        time.monotonic() - begin,
    )


def judge(question: Question, said: Said) -> Outcome:
    """Return what became of a reply in the town."""
    try:
        read = read_reply(said.text, question.form)
    except ReplyError:
        return Outcome(False, 0, 0, False, _is_sample(said.text), 0, said)
    posts = [action.text for action in read.actions if hasattr(action, "text")]
    shown = f"{question.system}\n{question.prompt}"
    return Outcome(
        True,
        len(read.actions),
        len(read.actions) - refused(question, read.actions),
        any(_is_copy(text, shown) for text in (read.thought, *posts)),
        _is_sample(read.thought) or any(map(_is_sample, posts)),
        len(read.thought),
        said,
    )


def refused(question: Question, actions: Sequence[Action]) -> int:
    """Return how many of some actions come to nothing, lived in the town for some steps."""
    scenario = question.form.scenario
    decider = Once(scenario, question.step, int(question.household[1:]))
    decider.actions = tuple(actions)
    model = EconModel(scenario, seed=scenario.seed, decider=decider)
    places: set[int] = set()
    for t in range(min(question.step + 1 + STEPS_AFTER, scenario.steps)):
        model.step()
        if t >= question.step:
            places |= {
                row.action
                for row in model.town.records["rejections"]
                if row.agent == question.household and row.decided == question.step
            }
    return len(places & set(range(len(actions))))


def _is_sample(text: str) -> bool:
    return any(sample in text for sample in SAMPLES)


def _is_copy(text: str, shown: str) -> bool:
    """Whether a text of some length stands in what was shown, as a line or in quotes."""
    plain = " ".join(text.split()).casefold().rstrip(".")
    return len(plain) >= SHORTEST_COPY and plain in " ".join(shown.split()).casefold()


def summed_up(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return the figures of a form."""
    n = len(outcomes)
    return {
        "observations": n,
        "valid at first": sum(each.valid for each in outcomes) / n,
        "acts": sum(each.acts for each in outcomes) / n,
        "carried out": sum(each.carried_out for each in outcomes) / n,
        "do something": sum(each.carried_out > 0 for each in outcomes) / n,
        "copied": sum(each.is_copy for each in outcomes) / n,
        "sample copied": sum(each.is_sample for each in outcomes) / n,
        "tokens out": statistics.median(each.said.output_tokens for each in outcomes),
        "tokens in": statistics.median(each.said.input_tokens for each in outcomes),
        "thought": statistics.median(each.thought for each in outcomes if each.valid or n == 1),
        "seconds": statistics.median(each.said.seconds for each in outcomes),
    }


def main() -> None:
    """Print the table, and write it with all replies as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--base-url", help="a running server, up to /v1")
    parser.add_argument("--server-python", type=Path, help="Python with xllamacpp")
    parser.add_argument("--weights", type=Path, help="the GGUF file that it serves")
    parser.add_argument("--observations", type=int, default=60, metavar="N")
    parser.add_argument("--forms", default="before,now", metavar="NAMES", help=", ".join(FORMS))
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    server: contextlib.AbstractContextManager[str | None]
    server = contextlib.nullcontext(options.base_url)
    if options.server_python is not None:
        server = running(options.server_python, options.weights)
    rows: dict[str, dict[str, float]] = {}
    replies: dict[str, list[dict[str, Any]]] = {}
    with server as url:
        for mind in ["mock", *(["model"] if url else [])]:
            for form in options.forms.split(","):
                name, outcomes = f"{mind}, {form}", list[Outcome]()
                for question in questions(form, options.observations):
                    said = ask_mock(question)
                    if mind == "model":
                        said = ask_server(str(url), question, options.temperature)
                    outcomes.append(judge(question, said))
                    rows[name] = summed_up(outcomes)
                    replies.setdefault(name, []).append(
                        {"step": question.step, "household": question.household}
                        | outcomes[-1]._asdict()
                        | said._asdict()
                    )
                    if options.json is not None:
                        content = {"figures": rows, "replies": replies}
                        options.json.write_text(
                            json.dumps(content, indent=1) + "\n", encoding="utf-8"
                        )
                print(name, json.dumps(rows[name]), flush=True)
    columns = list(next(iter(rows.values())))
    print("\n| Mind, form |", " | ".join(columns), "|\n|", " --- |" * (len(columns) + 1))
    for name, figures in rows.items():
        print(f"| {name} |", " | ".join(f"{value:.3g}" for value in figures.values()), "|")


if __name__ == "__main__":
    main()
