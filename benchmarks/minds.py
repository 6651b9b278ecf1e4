"""What minds do with the form of a reply: the same observations, in the form before and in today's.

    python benchmarks/minds.py --server-python PYTHON --weights FILE.gguf --json minds.json
    python benchmarks/minds.py --base-url http://127.0.0.1:8080/v1 --observations 12
    python benchmarks/minds.py                                 # the mock alone

60 observations of `pizza_place` (seed 1, lived by the embedded decider until then) are put to a
model. *before* is the form with a key for each verb; its prompts, schema and the mock's replies
stand in ``minds_before.json``, made from the code that had it. *now* is rendered by this code, with
a strict schema; *flat* and *text* are what servers get that know less. Each reply is resolved: the
town is lived again up to that step, the household does what the reply says and then nothing for 12
steps, and all others go on. What a reply says twice counts once. An act asks for what is *already
so* if the town lives on as it would without it, and is *carried out* if it is neither that nor
refused in that time. The form before is resolved under the rules before: swaps, and no intentions.

``--server-python`` is the interpreter of an environment with ``xllamacpp``, which serves the
weights on one thread (``model_server.py``); ``--base-url`` is a server that runs already. With
``--json`` each reply is on disk before the next is asked for, and a file that is there is gone on
with: what was asked in the same words is not asked again, and is judged anew. Keep a file for each
model.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
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
from econsim_mesa.society.action import Action, Decision, encode
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
    scenario: Scenario


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
    already_so: int
    carried_out: int
    is_copy: bool
    is_sample: bool
    thought: int
    said: Said


class Life(NamedTuple):
    """How a town lived on after the acts of a household."""

    refused: set[int]
    """Indices of the acts that were refused."""
    happened: list[dict[str, list[Any]]]
    """The records of each step, by table: all but what was decided."""


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
    reply_form = ReplyForm.of("Household", scenario)
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
        yield Question(
            step, household, system, prompt, schemas.get(form), prepared, reply_form, scenario
        )


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


def request_body(question: Question, model: str, temperature: float) -> dict[str, Any]:
    """Return what a server is asked, sampled with the same seed in each form."""
    body: dict[str, Any] = {
        "model": model,
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
    return body


def ask_server(url: str, body: Mapping[str, Any]) -> Said:
    """Return what a model replies."""
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("OPENAI_API_KEY"):
        headers["Authorization"] = f"Bearer {key}"
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
        return Outcome(False, 0, 0, 0, False, _is_sample(said.text), 0, said)
    actions = list({encode([action]): action for action in read.actions}.values())
    refused, already_so = fates(question, actions)
    posts = [action.text for action in read.actions if hasattr(action, "text")]
    shown = f"{question.system}\n{question.prompt}"
    return Outcome(
        True,
        len(actions),
        len(already_so),
        len(actions) - len(refused) - len(already_so),
        any(_is_copy(text, shown) for text in (read.thought, *posts)),
        _is_sample(read.thought) or any(map(_is_sample, posts)),
        len(read.thought),
        said,
    )


def fates(question: Question, actions: Sequence[Action]) -> tuple[set[int], set[int]]:
    """Return the indices of the acts that are refused, and of those that change nothing."""
    lives = [lived(question, actions[:most]) for most in range(len(actions) + 1)]
    refused = lives[-1].refused
    idle = {k for k in range(len(actions)) if lives[k].happened == lives[k + 1].happened}
    return refused, idle - refused


def lived(question: Question, actions: Sequence[Action]) -> Life:
    """Return how the town lives on from a step in which a household does some acts, and no more."""
    scenario = question.scenario
    decider = Once(scenario, question.step, int(question.household[1:]))
    decider.actions = tuple(actions)
    model = EconModel(scenario, seed=scenario.seed, decider=decider)
    life = Life(set(), [])
    for t in range(min(question.step + 1 + STEPS_AFTER, scenario.steps)):
        model.step()
        if t >= question.step:
            rows = dict(model.town.records.rows)
            del rows["decisions"]
            life.happened.append(rows)
            life.refused.update(
                row.action
                for row in rows["rejections"]
                if row.agent == question.household
                and row.decided == question.step
                and row.action >= 0
            )
    return life


def _is_sample(text: str) -> bool:
    return any(sample in text for sample in SAMPLES)


def _is_copy(text: str, shown: str) -> bool:
    """Whether a text of some length stands in what was shown, as a line or in quotes."""
    plain = " ".join(text.split()).casefold().rstrip(".")
    return len(plain) >= SHORTEST_COPY and plain in " ".join(shown.split()).casefold()


def summed_up(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    """Return the figures of a form; None: there is nothing that they could be of."""
    n = len(outcomes)
    acts = sum(each.acts for each in outcomes)
    carried_out = sum(each.carried_out for each in outcomes)
    thoughts = [each.thought for each in outcomes if each.valid]
    return {
        "observations": n,
        "valid at first": sum(each.valid for each in outcomes) / n,
        "acts": acts / n,
        "already so": sum(each.already_so for each in outcomes) / n,
        "carried out": carried_out / n,
        "share carried out": carried_out / acts if acts else None,
        "do something": sum(each.carried_out > 0 for each in outcomes) / n,
        "copied": sum(each.is_copy for each in outcomes) / n,
        "sample copied": sum(each.is_sample for each in outcomes) / n,
        "tokens out": statistics.median(each.said.output_tokens for each in outcomes),
        "tokens in": statistics.median(each.said.input_tokens for each in outcomes),
        "thought": statistics.median(thoughts) if thoughts else None,
        "seconds": statistics.median(each.said.seconds for each in outcomes),
    }


class Results:
    """Figures and replies of one model, on disk after each reply."""

    def __init__(self, path: Path | None) -> None:
        """Go on with a file, if it is there; None: keep nothing."""
        self.path = path
        content = {"figures": {}, "replies": {}}
        if path is not None and path.exists():
            content = json.loads(path.read_text(encoding="utf-8"))
        self.figures: dict[str, dict[str, float | None]] = content["figures"]
        self.replies: dict[str, list[dict[str, Any]]] = content["replies"]

    def reply(self, name: str, key: str) -> Said | None:
        """Return what was replied to the same words, if it is there."""
        rows = (row for row in self.replies.get(name, []) if row.get("asked") == key)
        return next((Said(*(row[column] for column in Said._fields)) for row in rows), None)

    def add(self, name: str, key: str, question: Question, outcome: Outcome) -> None:
        """Add what became of a reply, in place of what was there of it."""
        where = {"step": question.step, "household": question.household}
        row = {**where, "asked": key, **outcome._asdict(), **outcome.said._asdict()}
        del row["said"]
        others = [
            other
            for other in self.replies.get(name, [])
            if (other["step"], other["household"]) != (question.step, question.household)
        ]
        self.replies[name] = [*others, row]

    def write(self) -> None:
        """Write all into the file, or nothing of it."""
        if self.path is not None:
            part = self.path.with_name(f"{self.path.name}.part")
            content = {"figures": self.figures, "replies": self.replies}
            part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            part.replace(self.path)


def main() -> None:
    """Print the table, and write it with all replies as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--base-url", help="a running server, up to /v1")
    parser.add_argument("--model", default="any", help="what that server calls the model")
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
    results = Results(options.json)
    names: list[str] = []
    with server as url:
        for mind, form in product(["mock", *(["model"] if url else [])], options.forms.split(",")):
            name, outcomes = f"{mind}, {form}", list[Outcome]()
            for question in questions(form, options.observations):
                body = request_body(question, options.model, options.temperature)
                key = hashlib.sha256(json.dumps(body).encode()).hexdigest()
                if mind == "mock":
                    said = ask_mock(question)
                else:
                    said = results.reply(name, key) or ask_server(str(url), body)
                outcomes.append(judge(question, said))
                results.figures[name] = summed_up(outcomes)
                results.add(name, key, question, outcomes[-1])
                results.write()
            print(name, json.dumps(results.figures[name]), flush=True)
            names.append(name)
    columns = list(results.figures[names[0]])
    print("\n| Mind, form |", " | ".join(columns), "|\n|", " --- |" * (len(columns) + 1))
    for name in names:
        print(f"| {name} |", " | ".join(map(_figure, results.figures[name].values())), "|")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


if __name__ == "__main__":
    main()
