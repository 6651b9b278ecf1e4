"""``econsim mock-server``: a local OpenAI-compatible server without a model."""

from __future__ import annotations

import asyncio
import signal
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import add_changes, scenario_of, whole
from econsim_mesa.cli.output import Output
from econsim_mesa.errors import BadInput

PORT = 8000
_SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 0}


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.mock.app import MockApp
    from econsim_mesa.mock.server import HOST, serve

    scenario = scenario_of(options)
    app = MockApp(_settings(options))

    def tell(port: int) -> None:
        url = f"http://{HOST}:{port}/v1"
        if output.as_json:
            output.json({"base_url": url, "port": port, "scenario": scenario.name})
        else:
            output.text(url if output.quiet else f"answering at {url} for {scenario.name}; no key "
                       f"is needed; Ctrl-C ends it")  # fmt: skip
        sys.stdout.flush()

    code = asyncio.run(_until_signal(lambda stop: serve(app, options.port, tell, stop)))
    if not (output.quiet or output.as_json):
        count = app.stats
        output.text(f"{count.requests:,} requests, {count.answered:,} answered, "
                   f"{count.prompt_tokens + count.completion_tokens:,} tokens")  # fmt: skip
    return code


async def _until_signal(run: Any) -> int:
    """Run until SIGINT or SIGTERM; return the exit code of the signal."""
    loop, ended, codes = asyncio.get_running_loop(), asyncio.Event(), [0]

    def end(code: int) -> None:
        codes[0] = code
        ended.set()

    for number, code in _SIGNALS.items():
        loop.add_signal_handler(number, end, code)
    try:
        await run(ended.wait)
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
    return codes[0]


def _settings(options: Namespace) -> Any:
    from econsim_mesa.mock.latency import Latency
    from econsim_mesa.mock.settings import Settings

    return Settings(
        latency=Latency.parse(options.latency),
        window=options.window / 1000,
        faults=dict(map(_fault, options.fault)),
        script=tuple(filter(None, options.script.split(","))),
        seed=options.server_seed,
        repeatable=not options.sample,
        gullible=options.gullible,
        refuse_formats=tuple(options.refuse_format),
        refuse=tuple(options.refuse),
        tokens_per_second=options.tokens_per_second,
        slots=options.slots,
        slowing=options.slowing,
        per_minute=options.per_minute,
        reasoning=options.reasoning,
        reasoning_in=options.reasoning_in,
        prose=options.prose,
        cache_block=options.cache_block,
        retry_after=options.retry_after,
        revise_after=options.revise_after,
        **({} if options.revision is None else {"revision": options.revision}),
    )


def _fault(text: str) -> tuple[str, float]:
    """Return the name and the probability of ``NAME=P``. Raises ``BadInput``."""
    name, _, chance = text.partition("=")
    try:
        return name, float(chance)
    except ValueError:
        raise BadInput(f"--fault {text}: give NAME=P, such as 429=0.1") from None


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "scenario", metavar="SCENARIO", nargs="?", default="pizza_place",
        help="scenario of the runs that will ask, for the line that says so: any is answered "
        "(default: pizza_place)",
    )  # fmt: skip
    add_changes(parser)
    parser.add_argument("--port", metavar="N", type=whole, default=PORT,
                        help=f"port on 127.0.0.1; 0: a free one (default: {PORT})")  # fmt: skip
    parser.add_argument(
        "--latency", metavar="MS", default="0",
        help="time of a reply: MS, lognormal:MEAN_MS,SIGMA or heavy:MEAN_MS,ALPHA (default: 0)",
    )  # fmt: skip
    parser.add_argument("--fault", metavar="NAME=P", action="append", default=[],
                        help="play a fault with a probability, such as 429=0.1; may be repeated; "
                        "an unknown name lists all")  # fmt: skip
    parser.add_argument("--script", metavar="NAMES", default="",
                        help="play faults in this order, such as 429,ok,hang")  # fmt: skip
    parser.add_argument("--seed", metavar="N", type=whole, default=1, dest="server_seed",
                        help="seed of all random numbers of the server (default: 1)")  # fmt: skip
    parser.add_argument("--sample", action="store_true",
                        help="make up another reply where a request is asked again")  # fmt: skip
    parser.add_argument("--gullible", action="store_true",
                        help="do what texts in a prompt demand")  # fmt: skip
    parser.add_argument("--refuse-format", metavar="TYPE", action="append", default=[],
                        help="refuse json_schema, json_object or, in a schema, anyOf, "
                        "with status 400; may be repeated")  # fmt: skip
    parser.add_argument("--refuse", metavar="NAME", action="append", default=[],
                        help="refuse temperature, seed, reasoning_effort, max_tokens, "
                        "max_completion_tokens or the system role, with status 400; may be "
                        "repeated")  # fmt: skip
    parser.add_argument("--tokens-per-second", metavar="N", type=float, default=0.0,
                        help="speed of writing in each slot; of a prompt what is not cached is "
                        "read ten times as fast (default: any number at once)")  # fmt: skip
    parser.add_argument("--slots", metavar="N", type=whole, default=0,
                        help="requests that are worked at at once; others wait "
                        "(default: all)")  # fmt: skip
    parser.add_argument("--slowing", metavar="F", type=float, default=1.0,
                        help="after each reply the speed is F times what it was "
                        "(default: 1)")  # fmt: skip
    parser.add_argument("--per-minute", metavar="N", type=whole, default=0,
                        help="requests in any minute beyond which they are answered with "
                        "status 429 and Retry-After (default: no limit)")  # fmt: skip
    parser.add_argument("--reasoning", metavar="TOKENS", type=whole, default=0,
                        help="reason for so many tokens before each answer, fewer or more by "
                        "reasoning_effort (default: 0)")  # fmt: skip
    parser.add_argument("--reasoning-in", metavar="PLACE", default="field",
                        help="where that stands: field, text, begun (a text without the mark that "
                        "opens it), or both, in which the answer stands in the field as well "
                        "(default: field)")  # fmt: skip
    parser.add_argument("--prose", action="store_true",
                        help="talk around the JSON where no response_format is asked")  # fmt: skip
    parser.add_argument("--cache-block", metavar="TOKENS", type=whole, default=16,
                        help="block of the prefix cache: 16 (vLLM), 128 (OpenAI) or 0 "
                        "(default: 16)")  # fmt: skip
    parser.add_argument("--retry-after", metavar="S", type=float, default=1.0,
                        help="seconds that fault 429_retry_after advises (default: 1)")  # fmt: skip
    parser.add_argument("--revision", metavar="NAME",
                        help="fingerprint of the model that each reply names; '' for none "
                        "(default: fp_mock_1)")  # fmt: skip
    parser.add_argument("--revise-after", metavar="N", type=whole, default=0,
                        help="name another fingerprint after N replies, as a server does whose "
                        "model is replaced (default: never)")  # fmt: skip
    parser.add_argument("--window", metavar="MS", type=float, default=5.0,
                        help="time in which requests are collected to be answered together "
                        "(default: 5)")  # fmt: skip


COMMAND = Command(
    name="mock-server",
    help="Run a local OpenAI-compatible server that answers as the embedded decider decides.",
    examples=(
        "mock-server --port 8000",
        "mock-server two_towns --latency lognormal:200,0.5 --fault 429=0.1 --fault reset=0.02",
    ),
    configure=_configure,
    execute=_execute,
)
