from __future__ import annotations

import json
import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from asking import FORM, ask, body, content
from jsonschema import Draft202012Validator

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.messages import PREPARED_REPLY
from econsim_mesa.mock import Latency, MockServer, Settings
from econsim_mesa.mock.cache import tokens_of
from econsim_mesa.prompts import Prompt
from econsim_mesa.society.model import EconModel

Steps = list[list[Prompt]]


def test_a_reply_has_the_form_of_openai(server: MockServer, prompts: Steps) -> None:
    prompt = prompts[5][0]
    status, reply = ask(server, body(prompt))
    assert status == 200
    assert (reply["object"], reply["model"]) == ("chat.completion", "any")
    [choice] = reply["choices"]
    assert (choice["index"], choice["finish_reason"]) == (0, "stop")
    assert (choice["message"]["role"], choice["message"]["refusal"]) == ("assistant", None)
    text = choice["message"]["content"]
    Draft202012Validator(FORM.schema).validate(json.loads(text))
    usage = reply["usage"]
    assert usage["prompt_tokens"] == tokens_of(f"{prompt.system}\n{prompt.user}")
    assert usage["completion_tokens"] == tokens_of(text)
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["prompt_tokens_details"] == {"cached_tokens": 0}
    cached = ask(server, body(prompts[5][1]))[1]["usage"]["prompt_tokens_details"]["cached_tokens"]
    assert tokens_of(prompt.system) - 16 <= cached < usage["prompt_tokens"]


def test_the_models_are_listed(server: MockServer) -> None:
    with urlopen(f"{server.base_url}/models", timeout=10) as reply:
        assert json.load(reply)["data"][0]["object"] == "model"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"stream": True}, "stream"),
        ({"n": 2}, "n"),
        ({"model": None}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages"),
        ({"response_format": {"type": "xml"}}, "response_format"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        ({"seed": "x"}, "seed"),
        ({"max_tokens": 0}, "max_tokens"),
        ({PREPARED_REPLY: 5}, PREPARED_REPLY),
    ],
)
def test_what_it_cannot_do_is_refused_with_the_field(
    changes: dict[str, Any], param: str, server: MockServer, prompts: Steps
) -> None:
    status, reply = ask(server, {**body(prompts[0][0]), **changes})
    assert (status, reply["error"]["param"]) == (400, param)
    assert reply["error"]["message"]
    assert server.stats()["refused"] == 1


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(raw: bytes, server: MockServer) -> None:
    assert ask(server, raw)[0] == 400


def test_an_unknown_page_says_which_there_are(server: MockServer) -> None:
    with pytest.raises(HTTPError) as caught:
        urlopen(f"{server.base_url}/completions", timeout=10)
    with caught.value as error:
        assert error.code == 404
        assert "/v1/chat/completions" in json.load(error)["error"]["message"]


def test_a_schema_with_alternatives_can_be_refused(prompts: Steps) -> None:
    with MockServer(window=0.0, refuse_formats=("anyOf",)) as server:
        data = body(prompts[0][0])
        status, reply = ask(server, data)
        assert (status, "anyOf" in reply["error"]["message"]) == (400, True)
        data["response_format"]["json_schema"]["schema"] = FORM.flat_schema
        text = content(ask(server, data)[1])
        Draft202012Validator(FORM.flat_schema).validate(json.loads(text))


def test_formats_can_be_refused(prompts: Steps) -> None:
    with MockServer(window=0.0, refuse_formats=("json_schema",), prose=True) as server:
        status, reply = ask(server, body(prompts[0][0]))
        assert status == 400
        assert "response_format" in reply["error"]["message"]
        assert "json_schema" in reply["error"]["message"]
        prepared = {PREPARED_REPLY: json.dumps(FORM.reply([]))}
        data = body(prompts[0][0], response_format={"type": "json_object"}, **prepared)
        Draft202012Validator(FORM.schema).validate(json.loads(content(ask(server, data)[1])))
        del data["response_format"]
        text = content(ask(server, data)[1])
        assert "```json" in text
        reply = json.loads(text[text.index("{") : text.rindex("}") + 1])
        Draft202012Validator(FORM.schema).validate(reply)


def test_a_limit_on_tokens_cuts_the_reply(server: MockServer, prompts: Steps) -> None:
    data = body(prompts[5][0], max_completion_tokens=10, max_tokens=20)
    reply = ask(server, data)[1]
    assert reply["choices"][0]["finish_reason"] == "length"
    assert len(content(reply)) == 40
    assert reply["usage"]["completion_tokens"] == 10


def test_content_may_come_in_parts(server: MockServer, prompts: Steps) -> None:
    whole, parts = body(prompts[5][0]), body(prompts[5][0])
    text = parts["messages"][1]["content"]
    pieces = (text[:9], text[9:])
    parts["messages"][1]["content"] = [{"type": "text", "text": one} for one in pieces]
    assert content(ask(server, parts)[1]) == content(ask(server, whole)[1])


def test_equal_requests_get_equal_replies_in_any_order(prompts: Steps) -> None:
    bodies = [body(one) for step in prompts[5:9] for one in step]

    def asked(order: list[dict[str, Any]], workers: int, **options: Any) -> list[dict[str, Any]]:
        with MockServer(cache_block=0, **options) as server, ThreadPoolExecutor(workers) as pool:
            return [reply for _, reply in pool.map(lambda one: ask(server, one), order)]

    first = asked(bodies, 32)
    assert asked(bodies[::-1], 3, latency=Latency.parse("lognormal:5,1"))[::-1] == first
    assert asked(bodies, 8, seed=2) != first


def test_a_model_that_samples_says_something_else_the_second_time(prompts: Steps) -> None:
    bodies = [body(one) for one in prompts[8]]
    with MockServer(window=0.0, repeatable=False) as server:
        once, twice = ([content(ask(server, one)[1]) for one in bodies] for _ in range(2))
    assert once != twice


def test_requests_of_a_few_milliseconds_are_answered_together(prompts: Steps) -> None:
    with MockServer(window=0.25) as server, ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda one: ask(server, body(one)), prompts[8][:20]))
        assert server.stats()["batches"] == 1


def test_latency_counts_from_the_arrival(prompts: Steps) -> None:
    with MockServer(latency=Latency.parse("150")) as server:
        ask(server, body(prompts[0][0]))  # connections and imports are warm now
        begin = time.perf_counter()
        ask(server, body(prompts[0][1]))
        seconds = time.perf_counter() - begin
        assert 0.15 <= seconds < 0.6
        assert server.stats()["latency_drawn"] == pytest.approx(0.3)


def test_statistics_count_what_happened(prompts: Steps) -> None:
    with MockServer(window=0.0, script=("429", "ok")) as server:
        replies = [ask(server, body(prompts[3][0])) for _ in range(3)]
        ask(server, b"{")
        counts = server.stats()
    assert [status for status, _ in replies] == [429, 200, 200]
    assert (counts["requests"], counts["answered"], counts["refused"]) == (4, 2, 1)
    assert counts["faults"] == {"429": 1, "ok": 2}
    usage = replies[1][1]["usage"]
    assert counts["prompt_tokens"] == 2 * usage["prompt_tokens"]
    assert counts["completion_tokens"] == 2 * usage["completion_tokens"]
    assert counts["cached_tokens"] > 0
    assert (counts["in_flight"], counts["most_in_flight"]) == (0, 1)
    assert counts["cpu_seconds"] > 0


def test_it_listens_on_this_machine_only_and_says_when_a_port_is_taken() -> None:
    with MockServer() as server:
        with socket.socket() as other:
            other.bind(("127.0.0.2", server.port))  # fails where somebody listens everywhere
        taken = MockServer(port=server.port)
        with pytest.raises(BadInput, match=f"127.0.0.1:{server.port}.*another port"):
            taken.start()
    with pytest.raises(BadInput, match="another port"):
        MockServer(port=99_999).start()
    with pytest.raises(BadInput, match="not both"):
        MockServer(settings=Settings(), seed=2)


def test_a_key_is_neither_needed_nor_told(
    prompts: Steps, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with MockServer(window=0.0, script=("ok", "500", "html", "ok")) as server:
        replies = [ask(server, body(prompts[0][0])) for _ in range(2)]
        stats = server.stats()
    said = "".join([caplog.text, *capfd.readouterr(), str(replies), str(stats)])
    assert "canary" not in said


@pytest.mark.soak
def test_it_runs_as_a_process_of_its_own(prompts: Steps) -> None:
    prompt = prompts[5][3]
    with MockServer(window=0.0) as thread:
        expected = content(ask(thread, body(prompt))[1])
    server = MockServer(process=True, latency=Latency.parse("20"), faults={"500": 0.0})
    with server:
        assert content(ask(server, body(prompt))[1]) == expected
        assert server.stats()["requests"] == 1
        with pytest.raises(BadInput, match="another port"):
            MockServer(process=True, port=server.port).start()
        port = server.port
    with socket.socket() as gone, pytest.raises(OSError, match="refused"):
        gone.connect(("127.0.0.1", port))


def test_a_run_is_decided_over_http(server: MockServer) -> None:
    settings = {"base_url": server.base_url, "model": "mock", "client": "direct"}
    changes = {f"llm.{name}": value for name, value in settings.items()}
    model = EconModel("pizza_place", seed=3, decider="llm", set=changes)
    for _ in range(4):
        model.step()
    assert server.stats()["answered"] == 120
    assert {row.outcome for row in model.town.records["decisions"]} == {"accepted"}
