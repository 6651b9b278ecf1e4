"""Each fault as a plain client meets it on the wire."""

from __future__ import annotations

import json
import socket
import struct
from typing import NamedTuple

import pytest
from asking import FORM, ask, body, content
from jsonschema import Draft202012Validator

from econsim_mesa.deciders.replies import read_reply
from econsim_mesa.llm.chat import ReplyError
from econsim_mesa.mock import CHAOS, FAULTS, MockServer
from econsim_mesa.prompts import Prompt

Steps = list[list[Prompt]]


class Heard(NamedTuple):
    """What came over the wire, and how it ended: ``closed``, ``reset`` or ``silence``."""

    head: str
    body: bytes
    end: str

    @property
    def status(self) -> int:
        return int(self.head.split(" ")[1])

    @property
    def text(self) -> str:
        reply = json.loads(self.body)["choices"][0]["message"]["content"]
        assert isinstance(reply, str)
        return reply


def hear(port: int, prompt: Prompt, patience: float = 5.0) -> Heard:
    """Ask over a bare socket and listen until the connection ends or nothing more comes."""
    data = json.dumps(body(prompt)).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" \
           f"Content-Length: {len(data)}\r\n\r\n"  # fmt: skip
    got, end = b"", "closed"
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as wire:
        wire.sendall(head.encode() + data)
        try:
            while piece := wire.recv(1 << 16):
                got += piece
        except ConnectionResetError:
            end = "reset"
        except TimeoutError:
            end = "silence"
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    before, _, after = got.partition(b"\r\n\r\n")
    return Heard(before.decode(), after, end)


def played(fault: str, prompts: Steps, patience: float = 5.0) -> Heard:
    with MockServer(window=0.0, script=(fault,), drip=0.02, retry_after=2.0) as server:
        heard = hear(server.port, prompts[5][0], patience)
        assert server.stats()["faults"] == {fault: 1}
        status, reply = ask(server, body(prompts[5][0]))  # it goes on after every fault
        assert status == 200
        Draft202012Validator(FORM.schema).validate(json.loads(content(reply)))
    return heard


@pytest.mark.parametrize("fault", ["429", "429_retry_after", "500", "502", "503"])
def test_errors_have_their_status(fault: str, prompts: Steps) -> None:
    heard = played(fault, prompts)
    assert heard.status == int(fault[:3])
    assert ("Retry-After: 2\r" in heard.head + "\r") == (fault == "429_retry_after")
    assert json.loads(heard.body)["error"]["message"]


def test_hang_says_nothing(prompts: Steps) -> None:
    assert played("hang", prompts, 0.4) == ("", b"", "silence")


def test_drip_comes_byte_by_byte(prompts: Steps) -> None:
    with MockServer(window=0.0, script=("drip",), drip=0.05) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as wire:
            data = json.dumps(body(prompts[5][0])).encode()
            wire.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(data), data)
            )
            got = b""
            while len(got.partition(b"\r\n\r\n")[2]) < 5:
                got += wire.recv(1 << 16)
        assert got.partition(b"\r\n\r\n")[2] in (b'{"id"', b'{"id":', b'{"id": ')
        assert ask(server, body(prompts[5][0]))[0] == 200


def test_reset_resets(prompts: Steps) -> None:
    assert played("reset", prompts) == ("", b"", "reset")


def test_empty_has_no_body(prompts: Steps) -> None:
    heard = played("empty", prompts)
    assert (heard.status, heard.body) == (200, b"")


def test_malformed_is_no_json(prompts: Steps) -> None:
    with pytest.raises(ValueError, match=r"line 1"):
        json.loads(played("malformed", prompts).body)


def test_truncated_breaks_off_in_a_sound_envelope(prompts: Steps) -> None:
    heard = played("truncated", prompts)
    assert json.loads(heard.body)["choices"][0]["finish_reason"] == "length"
    with pytest.raises(ReplyError):
        read_reply(heard.text, FORM)


def test_html_is_a_page(prompts: Steps) -> None:
    heard = played("html", prompts)
    assert "Content-Type: text/html" in heard.head
    assert heard.body.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize("fault", ["wrong_schema", "nan"])
def test_a_reply_of_another_form_is_of_no_use(fault: str, prompts: Steps) -> None:
    heard = played(fault, prompts)
    assert isinstance(json.loads(heard.text), dict)
    with pytest.raises(ReplyError):
        read_reply(heard.text, FORM)
    assert (b"NaN" in heard.body) == (fault == "nan")


def test_huge_is_more_than_two_megabytes(prompts: Steps) -> None:
    assert len(played("huge", prompts).body) > 2 * 2**20


def test_bad_utf8_is_none(prompts: Steps) -> None:
    with pytest.raises(UnicodeDecodeError):
        played("bad_utf8", prompts).body.decode()


def test_wrong_length_sends_less_than_it_promised(prompts: Steps) -> None:
    heard = played("wrong_length", prompts)
    [promised] = [
        int(line.partition(":")[2]) for line in heard.head.split("\r\n") if "Content-Length" in line
    ]
    assert promised == len(heard.body) + 64
    assert heard.end == "closed"


def test_ok_and_the_three_silences(prompts: Steps) -> None:
    assert json.loads(played("ok", prompts).body)["choices"][0]["finish_reason"] == "stop"
    filtered = json.loads(played("content_filter", prompts).body)["choices"][0]
    assert (filtered["finish_reason"], filtered["message"]["content"]) == ("content_filter", "")
    declined = json.loads(played("refusal", prompts).body)["choices"][0]["message"]
    assert declined["content"] is None
    assert declined["refusal"]
    assert played("empty_content", prompts).text == ""


def test_all_faults_are_tested_here() -> None:
    assert len(FAULTS) == 21
    assert set(FAULTS) - set(CHAOS) == {"refusal", "content_filter", "empty_content"}


def test_a_request_that_failed_may_succeed_when_sent_again(prompts: Steps) -> None:
    def statuses(seed: int) -> list[int]:
        with MockServer(window=0.0, faults={"503": 0.5}, seed=seed) as server:
            return [ask(server, body(prompts[5][0]))[0] for _ in range(12)]

    first = statuses(1)
    assert set(first) == {200, 503}
    assert statuses(1) == first
    assert statuses(2) != first


def test_stopping_does_not_wait_for_hanging_requests(prompts: Steps) -> None:
    server = MockServer(window=0.0, script=("hang",))
    server.start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as wire:
        data = json.dumps(body(prompts[5][0])).encode()
        wire.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                     b"Content-Length: %d\r\n\r\n%b" % (len(data), data))  # fmt: skip
        while not server.stats()["in_flight"]:
            pass
        server.stop()
