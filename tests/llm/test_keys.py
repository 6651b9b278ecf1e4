"""One rule says which key goes to which server; trust is given and taken back by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.cli import main
from econsim_mesa.errors import BadInput
from econsim_mesa.llm.connect import connect
from econsim_mesa.llm.keys import Server, name_servers, refuse_unnamed, server_of
from econsim_mesa.llm.ready import refuse_unready
from econsim_mesa.llm.trust import distrust, trust, trust_file, trusted_servers
from econsim_mesa.scenario import load_scenario
from econsim_mesa.scenario.llm import LlmSpec

KEY = "sk-Canary+7/Zq=9xW_kk-0417"


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))


def spec(url: str | None, **changes: Any) -> LlmSpec:
    return LlmSpec.model_validate({"model": "m", "base_url": url, **changes})


def test_a_key_belongs_to_openai_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for url in (None, "https://api.openai.com/v1"):
        assert server_of(spec(url)).key == KEY
    monkeypatch.setenv("OPENAI_BASE_URL", " https://mine.example/v1 ")
    server = server_of(spec(None))
    assert (server.address.base, server.key) == ("https://mine.example/v1", KEY)
    assert KEY not in repr(server)
    with pytest.raises(BadInput, match=r"econsim trust https://api\.openai\.com, or"):
        server_of(spec("https://api.openai.com/v1"))


@pytest.mark.parametrize(
    "other",
    ["https://mine.example:444/v1", "http://mine.example/v1", "https://mine.example.evil/v1"],
)
def test_only_the_very_server_is_named(other: str) -> None:
    name_servers(["https://mine.example/v1"])
    assert server_of(spec("https://MINE.example:443/v2")).key == KEY
    with pytest.raises(BadInput, match="the key in OPENAI_API_KEY is not sent to"):
        server_of(spec(other))


@pytest.mark.parametrize(
    ("variable", "word"), [("https://mine.example/v1?key=abc", "nothing"), ("mine", "begin")]
)
def test_a_bad_address_of_the_environment_is_told_by_its_variable(
    variable: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", variable)
    with pytest.raises(BadInput, match=f"OPENAI_BASE_URL: .*{word}") as refused:
        server_of(spec(None))
    assert variable not in str(refused.value)


def test_keys_of_other_providers_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    far, near = "https://theirs.example", "http://127.0.0.1:11434"
    refuse_unnamed(spec(None, provider="anthropic"))  # to the provider's own place
    for url in (far, near):  # its package would take whatever key it finds
        with pytest.raises(BadInput, match="a key for huggingface is not sent to"):
            refuse_unnamed(spec(url, provider="huggingface"))
    refuse_unnamed(spec(near, provider="ollama"))  # it has no use for another's key
    with pytest.raises(BadInput, match="a key for ollama is not sent to"):
        refuse_unnamed(spec(far, provider="ollama"))
    monkeypatch.setenv("OLLAMA_API_KEY", "of-ollama")
    with pytest.raises(BadInput, match="a key for ollama is not sent to"):
        refuse_unnamed(spec(near, provider="ollama"))
    monkeypatch.delenv("OLLAMA_API_KEY")
    monkeypatch.setenv("OPENAI_BASE_URL", far)  # says where another key belongs
    with pytest.raises(BadInput):
        refuse_unnamed(spec(far, provider="anthropic"))
    monkeypatch.delenv("OPENAI_API_KEY")
    refuse_unnamed(spec(near, provider="huggingface"))
    with pytest.raises(BadInput):  # which may have a key in a file
        refuse_unnamed(spec(far, provider="google_vertexai"))
    with pytest.raises(BadInput):
        refuse_unnamed(spec(None, provider="huggingface", model=f"{far}/v1"))
    name_servers([far])
    refuse_unnamed(spec(far, provider="google_vertexai"))


def test_trust_is_kept_and_taken_back() -> None:
    assert trusted_servers() == []
    assert trust("llm.example") == "https://llm.example"
    assert trust("http://10.0.0.5:8000/v1") == "http://10.0.0.5:8000"
    trust("https://llm.example/v1")
    assert trusted_servers() == ["http://10.0.0.5:8000", "https://llm.example"]
    assert server_of(spec("https://llm.example/v1")).key == KEY
    distrust("llm.example")
    assert trusted_servers() == ["http://10.0.0.5:8000"]
    with pytest.raises(BadInput, match=r"not trusted; trusted: http://10\.0\.0\.5:8000"):
        distrust("llm.example")
    with pytest.raises(BadInput, match="not sent"):
        server_of(spec("https://llm.example/v1"))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"*\nhttps://*.example\n\n# all\nhttps://\n"])
def test_a_file_of_trusted_servers_that_makes_no_sense_trusts_nobody(content: bytes) -> None:
    trust_file().parent.mkdir(parents=True)
    trust_file().write_bytes(content)
    assert trusted_servers() == []


def test_trust_by_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trust"]) == 0
    assert capsys.readouterr().out == "no server is trusted\n"
    assert main(["trust", "llm.example:8443"]) == 0
    assert capsys.readouterr().out == "https://llm.example:8443\n"
    assert main(["trust", "https://llm.example:8443", "--remove", "--json"]) == 0
    assert '"trusted": []' in capsys.readouterr().out
    for words in (["--remove"], ["nobody.example", "--remove"], ["http://h:99999"], ["a b"]):
        assert main(["trust", *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_headers_of_the_environment_go_where_a_key_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("ECONSIM_LLM_HEADERS", '{"X-Team-Token": "secret-of-mine"}')
    name_servers(["https://mine.example/v1"])
    server = server_of(spec("https://mine.example/v1"))
    assert server.headers["X-Team-Token"] == "secret-of-mine"
    assert server.has_secret
    assert "secret-of-mine" not in server.redactor.clean("it said secret-of-mine")
    assert server_of(spec("http://127.0.0.1:8000/v1")).own_headers == {}
    with pytest.raises(BadInput, match="the headers in ECONSIM_LLM_HEADERS are not sent to"):
        server_of(spec("https://theirs.example/v1"))


UNREADY: dict[str, tuple[dict[str, Any], Callable[[pytest.MonkeyPatch], object], str]] = {
    "model": ({"llm.model": None}, lambda env: None, "no model is chosen"),
    "key": ({}, lambda env: env.delenv("OPENAI_API_KEY"), "no key for OpenAI"),
    "broken key": ({}, lambda env: env.setenv("OPENAI_API_KEY", "a\u00fcb"), "no key has"),
    "client": (
        {"llm.client": "direct", "llm.provider": "ollama"},
        lambda env: None,
        "'direct' speaks to OpenAI-compatible",
    ),
    "provider": ({"llm.provider": "nobody"}, lambda env: None, "provider 'nobody' cannot be used"),
    "headers": ({}, lambda env: env.setenv("ECONSIM_LLM_HEADERS", "X-Team: me"), "JSON object of"),
    "stranger": ({"llm.base_url": "https://a.example/v1"}, lambda env: None, "is not sent to"),
    "address": ({}, lambda env: env.setenv("OPENAI_BASE_URL", "http://h:0"), "its port must"),
}


@pytest.mark.parametrize("what", UNREADY)
def test_what_the_first_call_would_meet_is_said_before_it(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes, prepare, words = UNREADY[what]
    prepare(monkeypatch)
    settings = {"decider": "llm", "llm.model": "m", **changes}
    with pytest.raises(BadInput, match=words):
        refuse_unready(load_scenario("pizza_place", set=settings))
    idle = load_scenario("pizza_place", set={**settings, "decider": "idle"})
    refuse_unready(idle)  # nobody is asked


def headers(monkeypatch: pytest.MonkeyPatch, **values: str) -> Server:
    """Return the server that gets such headers; blanks in their names are hyphens."""
    named = {name.replace("_", "-"): value for name, value in values.items()}
    monkeypatch.setenv("ECONSIM_LLM_HEADERS", json.dumps(named))
    return server_of(spec(None))


def test_only_headers_that_are_secret_are_kept_out_of_texts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = headers(monkeypatch, X_Title="Pizza Place study", X_Team="economics-2025-12-20")
    said = '{"store": "Pizza Place", "thought": "home economics until 2025-12-20"}'
    assert server.redactor.clean(said) == said
    for name, value, secret in (
        ("X_Api_Key", "correct-horse-battery", "correct-horse-battery"),
        ("Authorization", "Basic b64ofSomething", "b64ofSomething"),
        ("X_Gate", "9fK2mQ8xVb4TzL7pWc3R", "9fK2mQ8xVb4TzL7pWc3R"),
    ):
        redactor = headers(monkeypatch, **{name: value}).redactor
        assert secret not in redactor.clean(f"wrong: {secret}")


def test_a_header_of_the_user_s_own_replaces_ours_however_it_is_spelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = headers(monkeypatch, authorization="Basic b64ofSomething").headers
    assert [value for name, value in sent.items() if name.lower() == "authorization"] == [
        "Basic b64ofSomething"
    ]


def test_headers_are_not_dropped_in_silence_for_another_provider(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ECONSIM_LLM_HEADERS", '{"X-Team": "economics"}')
    with pytest.raises(BadInput, match="ECONSIM_LLM_HEADERS are for OpenAI-compatible"):
        connect(spec(None, provider="anthropic"))
