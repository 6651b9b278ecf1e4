"""An address is taken where it can be asked and recorded; what is wrong with it is not repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.errors import ScenarioError
from econsim_mesa.scenario import load_scenario, recorded_scenario
from econsim_mesa.scenario.address import addresses_in, fault_of, read_address

KNOWN = [
    "http://127.0.0.1:8000/v1",
    "http://[::1]:8080/v1/",
    "https://api.openai.com/v1",
    "https://openrouter.ai/api/v1",
    "https://my-resource.openai.azure.com/openai/v1?api-version=preview",
    "https://x.openai.azure.com/openai/deployments/gpt-4o-mini-2024-07-18",
    "https://generativelanguage.googleapis.com/v1beta/openai",
    "https://api.fireworks.ai/inference/v1",
    "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    "https://hub.example/models/meta-llama/Meta-Llama-3.1-405B-Instruct/v1",
    "https://jupyter.example:8443/user/hanako/proxy/11434/v1",
    "http://gpu_box.local:11434/v1",
    "https://xn--bcher-kva.example/v1",
]
BROKEN = [
    "http://h:0/v1",
    "http://h:65536/v1",
    "http://h:80a/v1",
    "http://h:-1/v1",
    "http://h:/v1",
    "http://h:\uff18\uff10/v1",
    "http://[::1/v1",
    "http://[1::2::3]/v1",
    "http://[fe80::1%25eth0]/v1",
    "http://::1/v1",
    "http://300.1.1.1/v1",
    "http://1.2.3/v1",
    "http://",
    "http:///v1",
    "http://?x",
    "http://a..b/v1",
    "http://-a.example/v1",
    "http://.example/v1",
    "http://bücher.example/v1",
    "http://a\\b.example/v1",
    "http://a%2eb/v1",
    "http://a b/v1",
    "http://a/v1\n",
    "http://a/ü",
    "ftp://a/v1",
    "//a/v1",
    "a.example",
    "",
]
LIKE_SECRETS = [
    "https://gateway.example/v1/0123456789abcdef0123456789abcdef/mine/openai",
    "https://gateway.example/550e8400-e29b-41d4-a716-446655440000/v1",
    "https://gateway.example/sk-live-4eC39HqLyjWDarjtT1zdp7dc/v1",
    "https://gateway.example/hooks/T00000000/B00000000/v1",
    "https://gateway.example/kJ3-x9_Qw2LmP4zT7vB1/v1",
    "https://gateway.example/v1;token=abc",
    "https://gateway.example/%73%65%63%72%65%74/v1",
    "https://gateway.example/VERYSECRETWORDS/v1",
    "https://gateway.example/p4ssw0rd/v1",
]


@pytest.mark.parametrize("text", KNOWN)
def test_addresses_of_known_servers_can_be_asked_and_recorded(text: str) -> None:
    assert fault_of(text) is None
    base, mark, query = text.partition("?")
    assert read_address(text).page("models") == f"{base.rstrip('/')}/models{mark}{query}"


@pytest.mark.parametrize("text", BROKEN)
def test_what_no_server_can_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must|its port"):
        read_address(text)


@pytest.mark.parametrize("text", LIKE_SECRETS)
def test_a_path_that_may_hold_a_secret_is_read_but_not_recorded(text: str) -> None:
    address = read_address(text)
    assert address.odd_parts
    assert "OPENAI_BASE_URL" in (fault_of(text) or "")


@given(st.text(max_size=30), st.sampled_from(["", "http://", "https://a.example/", "http://h:"]))
def test_any_text_is_an_address_or_said_not_to_be(text: str, begin: str) -> None:
    try:
        address = read_address(begin + text)
    except ValueError:
        return
    assert read_address(address.page("")) == address
    assert 0 < address.port < 65536
    assert read_address(address.origin).origin == address.origin


@pytest.mark.parametrize(
    ("text", "here"),
    [
        ("http://127.0.0.1:1/v1", True),
        ("http://127.9.8.7/v1", True),
        ("http://[::1]/v1", True),
        ("http://LOCALHOST:8000/v1", True),
        ("http://localhost.example/v1", False),
        ("http://127.0.0.1.example/v1", False),
        ("http://10.0.0.1/v1", False),
        ("http://0.0.0.0/v1", False),
    ],
)
def test_this_machine_is_known(text: str, here: bool) -> None:
    assert read_address(text).is_here is here


def test_a_server_is_its_scheme_host_and_port() -> None:
    same = ["https://A.example/v1", "https://a.example:443/other?api-version=1"]
    assert {read_address(text).origin for text in same} == {"https://a.example"}
    others = ["http://a.example/v1", "https://a.example:444/v1", "https://b.a.example/v1"]
    assert not {read_address(text).origin for text in others} & {"https://a.example"}


def test_addresses_are_found_wherever_they_stand() -> None:
    experiment = {
        "set": {"llm.base_url": "http://a"},
        "factors": {"llm.base_url": ["http://b", "http://c"], "steps": [1]},
        "arms": {"x": {"llm": {"base_url": "http://d", "model": "http://no"}}},
        "contrasts": [{"a": {"llm.base_url": "http://e"}, "b": {"llm.base_url": None}}],
    }
    assert list(addresses_in(experiment)) == [f"http://{letter}" for letter in "abcde"]


def test_what_is_recorded_already_can_be_read_but_not_given_anew() -> None:
    old = load_scenario("pizza_place")
    odd = "http://h.example/v1?key=abc"
    llm = old.llm.model_copy(update={"base_url": odd})
    recorded = old.model_copy(update={"llm": llm})
    assert recorded_scenario(recorded, set={"steps": 3}).llm.base_url == odd
    assert load_scenario(recorded, set={"steps": 3}).llm.base_url == odd
    for scenario in (old, recorded):
        with pytest.raises(ScenarioError, match="nothing behind"):
            load_scenario(scenario, set={"llm.base_url": "http://h.example/v1?key=other"})
