"""The key reaches the server and nothing else, whatever the server makes of it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from fault_server import BEHAVIOURS, FaultServer, Kept, completion, gateway, request_of

from econsim_mesa.llm import TransportFault
from econsim_mesa.llm.redact import Redactor

CANARY = "sk-Canary+7/Zq=9xW_kk-0417"
ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of the header": lambda text: base64.b64encode(f"Bearer {text}".encode()).decode(),
    "base64, shifted": lambda text: base64.urlsafe_b64encode(f"x:{text};y".encode()).decode(),
    "url": lambda text: quote(text, safe=""),
    "url, all": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "hexadecimal": lambda text: binascii.hexlify(text.encode()).decode(),
    "reversed": lambda text: text[::-1],
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
}


def hidden(text: str) -> bool:
    """Whether the canary cannot be found in a text, looked for in ways of this test's own."""
    folded = text.lower()
    if CANARY.lower() in folded or CANARY[::-1].lower() in folded:
        return False
    core = [code(CANARY).lower().strip("=")[4:-4] for code in ENCODINGS.values()]
    return not any(part in folded for part in core)


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_encoding_is_removed(name: str) -> None:
    said = f'{{"error": "your key {ENCODINGS[name](CANARY)} is wrong"}}'
    assert not hidden(said)
    cleaned = Redactor(CANARY).clean(said)
    assert hidden(cleaned)
    assert cleaned.startswith('{"error": "your key ')


MASKS: dict[str, Callable[[str], str]] = {
    "the end": lambda key: f"{key[:-4]}****",
    "the begin": lambda key: f"...{key[-12:]}",
    "the middle": lambda key: f"{key[:9]}*****{key[-9:]}",
    "all but a part of it": lambda key: f"**{key[5:16]}**",
    "the end, in capitals": lambda key: f"{key[:-4]}".upper(),
}


@pytest.mark.parametrize("key", [CANARY, "gsk_9fK2mQ8xVb4TzL7pWc3RyN6d", "0f3e9a7c51b2d84e6690"])
@pytest.mark.parametrize("name", MASKS)
def test_pieces_of_a_key_that_is_masked_are_removed(name: str, key: str) -> None:
    cleaned = Redactor(key).clean(f"Incorrect API key provided: {MASKS[name](key)}. See é.")
    pieces = {key[i : i + 8].lower() for i in range(len(key) - 7)}
    assert not any(piece in cleaned.lower() for piece in pieces)
    assert cleaned.startswith("Incorrect API key provided: ")
    assert cleaned.endswith(". See é.")


def test_words_of_a_key_made_of_words_stay_in_texts() -> None:
    redactor = Redactor("not-needed-anywhere-at-all")
    assert redactor.clean("I go anywhere.") == "I go anywhere."
    masked = redactor.clean("wrong: not-needed-anywhere-at****")
    assert "anywhere" not in masked


def test_texts_without_a_key_are_left_alone() -> None:
    said = "none of my keys: ééé \ud800 “”"
    assert Redactor("none").clean(said) == Redactor(CANARY).clean(said)
    assert Redactor("none").clean(said) == said.replace("\ud800", "?")
    assert CANARY not in repr(Redactor(CANARY))


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_a_canary_is_in_nothing_that_the_gateway_makes(
    client: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    caplog.set_level(logging.DEBUG)
    kept = Kept()
    seen: list[str] = []
    echoes = [code(CANARY) for code in ENCODINGS.values()]
    script = [
        *BEHAVIOURS,
        *(f"400:key {echo}" for echo in echoes),
        *(f"500:{json.dumps({'Authorization': echo})}" for echo in echoes),
        *(json.dumps(completion(f"I hold {echo}", model=echo)) for echo in echoes),
        *(json.dumps(completion(None, refusal=f"I hold {echo}")) for echo in echoes),
    ]

    async def main() -> set[str]:
        async with FaultServer(lambda n, body: script[n]) as server:
            asked = gateway(
                server, kept, client=client, timeout_seconds=0.3, max_attempts=1, breaker=1_000
            )
            for i in range(len(script)):
                await asked.ask(request_of(i))
            seen.extend([repr(asked), repr(asked.transport), repr(vars(asked.progress))])
            seen.extend(repr(value) for value in vars(asked).values())
            server.script = lambda n, body: f"401:{CANARY}"
            with pytest.raises(TransportFault) as caught:
                await asked.transport.send(request_of(0), "text", 1.0, seen.append)
            fault = caught.value
            seen.extend([repr(fault), str(fault), fault.body, repr(fault.__cause__)])
            seen.append("".join(traceback.format_exception(fault)))
            assert fault.__context__ is None
            await asked.close()
            return set(server.keys)

    assert asyncio.run(main()) == {f"Bearer {CANARY}"}
    seen.extend(repr(entry) for entry in kept)
    seen.extend(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert len(kept) == len(script)
    assert [text for text in seen if not hidden(text)] == []
    assert not any(CANARY in path.read_text() for path in Path.cwd().rglob("*") if path.is_file())


def test_a_server_without_keys_gets_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    async def main() -> list[str]:
        async with FaultServer(lambda n, body: "ok") as server:
            asked = gateway(server)
            await asked.ask(request_of(0))
            await asked.close()
            return server.keys

    assert asyncio.run(main()) == ["Bearer none"]
