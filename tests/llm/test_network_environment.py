"""Variables of the environment: what is not used changes nothing, what is used is named."""

from __future__ import annotations

import certifi
import pytest
from fault_server import ANSWER, ask

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.connect import connect
from econsim_mesa.llm.network_environment import usable_proxy
from econsim_mesa.scenario.llm import LlmSpec

CLIENTS = ["direct", "langchain"]
NOT_OURS = {
    "ALL_PROXY": "socks4://127.0.0.1:1",
    "HTTPS_PROXY": "socks5://127.0.0.1:1",
    "OPENAI_PROXY": "socks5://127.0.0.1:9",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    "OPENAI_API_BASE": "http://127.0.0.1:9/v1",
    "OPENAI_ORG_ID": "größe",
    "OPENAI_PROJECT_ID": "größe",
    "OPENAI_ADMIN_KEY": "admin",
    "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer other\nX-Größe: ü",
    "SSL_CERT_FILE": "/nonexistent.pem",
    "SSL_CERT_DIR": "/nonexistent",
    "REQUESTS_CA_BUNDLE": "/nonexistent.pem",
    "LC_OUTPUT_VERSION": "v7",
    "LANGCHAIN_HANDLER": "langchain",
    "LANGCHAIN_OPENAI_TCP_KEEPIDLE": "soon",
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", [*NOT_OURS, "all of them"])
def test_what_is_not_used_changes_nothing(
    client: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    for one in NOT_OURS if name not in NOT_OURS else [name]:
        monkeypatch.setenv(one, NOT_OURS[one])
    (reply,), server, _ = ask(lambda n, body: "ok", client=client, max_attempts=1)
    assert (reply.text, reply.status) == (ANSWER, "ok"), reply.fault_text
    assert server.keys == ["Bearer key"]


@pytest.mark.parametrize(
    ("url", "name", "value", "told"),
    [
        ("http://town.example/v1", "HTTP_PROXY", "socks5h://me:secret@h:1080", "SOCKS"),
        ("https://town.example/v1", "https_proxy", "http://me:secret@h:port", "address of a proxy"),
        ("http://town.example/v1", "http_proxy", "ftp://me:secret@h:21", "address of a proxy"),
        ("https://town.example/v1", "SSL_CERT_FILE", "/nonexistent.pem", "No such file"),
        ("https://town.example/v1", "SSL_CERT_FILE", __file__, "file of certificates"),
        ("https://town.example/v1", "SSL_CERT_DIR", "/nonexistent", "folder of certificates"),
        ("http://town.example/v1", "SSLKEYLOGFILE", "/nonexistent/log", "No such file"),
        (None, "SSL_CERT_FILE", "", "file of certificates"),  # OpenAI's own address
    ],
)
def test_what_is_used_and_wrong_is_named(
    url: str | None, name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    for client in CLIENTS:
        spec = LlmSpec(model="m", base_url=url, client=client)
        with pytest.raises(BadInput, match=told) as refused:
            connect(spec)
        assert f"{name}=" in str(refused.value)
        assert "secret" not in str(refused.value)


def test_a_proxy_is_not_looked_at_for_a_server_that_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "socks5://h:1080")
    monkeypatch.setenv("NO_PROXY", "town.example")
    connect(LlmSpec(model="m", base_url="http://town.example/v1"))


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://h:3128", "http://h:3128"),
        (" me:pw@h:3128 ", "http://me:pw@h:3128"),
        ("https://h", "https://h"),
        ("http://[::1]:3128/", "http://[::1]:3128/"),
        ("", None),
        (None, None),
    ],
)
def test_a_proxy_may_be_written_in_short(given: str | None, used: str | None) -> None:
    assert usable_proxy(given) == used


def test_a_file_of_certificates_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    connect(LlmSpec(model="m", base_url="https://town.example/v1"))
