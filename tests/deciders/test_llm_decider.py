"""The LLM decider: a gateway double in place of a server; what comes of every kind of reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from recorded import go_on, keep, rows
from said import model, text_for

from econsim_mesa.errors import RunIncomplete
from econsim_mesa.llm.budget import Budget, Usage
from econsim_mesa.llm.gateways import Gateways
from econsim_mesa.llm.messages import ChatReply, ChatRequest, Status
from econsim_mesa.llm.progress import Progress
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.reader import fingerprint
from econsim_mesa.runs.replay import replay
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.society.model import EconModel

ENDS = {
    Status.refused: "refused",
    Status.truncated: "unparseable",
    Status.empty: "unparseable",
    Status.timed_out: "timed_out",
    Status.failed: "failed",
    Status.over_budget: "over_budget",
}
"""Status of a call for good -> outcome of its decision."""


def answer(text: str | None, status: Status = Status.ok) -> ChatReply:
    return ChatReply(text, status, 0.1, 1, (), 10, 5, 0, "double", "localhost:1")


def valid(request: ChatRequest) -> ChatReply:
    return answer(text_for(request))


@dataclass
class Double:
    """A gateway that replies as the test says; remembers what it was asked."""

    reply: Callable[[ChatRequest], ChatReply] = valid
    delay: Callable[[ChatRequest], float] = lambda request: 0.0
    asked: list[ChatRequest] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    closed: int = 0
    refused_parameters: tuple[str, ...] = ()
    progress: Progress = field(default_factory=lambda: Progress(Budget(LlmSpec(), Usage())))

    async def model_entry(self) -> None:
        pass

    async def close(self) -> None:
        self.closed += 1

    def reset(self) -> None:
        pass

    async def ask(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(self.delay(request))
        self.at_once -= 1
        return self.reply(request)


Use = Callable[..., Double]


class Doubles(Gateways):
    """Gives every LLM decider the double of the day; without one the test fails."""

    double: Double | None = None

    def gateway(self, *_args: Any, **_options: Any) -> Any:
        return self.double or pytest.fail("asked")


@pytest.fixture
def doubles() -> Iterator[Doubles]:
    """Enter doubles in place of gateways."""
    doubles = Doubles()
    with doubles.entered():
        yield doubles


@pytest.fixture
def use(doubles: Doubles) -> Use:
    """Let every LLM decider ask a double."""

    def take(*args: Any, **options: Any) -> Double:
        doubles.double = Double(*args, **options)
        return doubles.double

    return take


def outcomes(town: EconModel) -> dict[str, tuple[str, str]]:
    """Return decider and outcome of every household in the step just made."""
    return {
        row.agent: (row.decider, row.outcome)
        for row in town.town.records["decisions"]
        if row.kind == "Household"
    }


def test_all_are_asked_at_once_and_their_replies_are_done(use: Use) -> None:
    double = use(delay=lambda request: 0.1)
    town = model()
    town.step()
    assert [request.agent for request in double.asked] == [f"H{i}" for i in range(6)]
    assert double.most_at_once == 6
    assert set(outcomes(town).values()) == {("llm", "accepted")}
    assert [post.text for post in town.town.records["posts"][-6:]] != []
    assert {post.text for post in town.town.records["posts"] if post.kind == "Household"} == {
        f"H{i} at 0" for i in range(6)
    }


@pytest.mark.parametrize("order", ["reversed", "scattered"])
def test_the_order_of_arrival_changes_nothing(use: Use, tmp_path: Path, order: str) -> None:
    def late(request: ChatRequest) -> float:
        place = int(request.agent[1:]) if request.agent[0] == "H" else 3
        return 0.002 * (6 - place if order == "reversed" else (place * 5 + request.step) % 6)

    use()
    plain = keep(model(5), tmp_path / "plain")
    use(delay=late)
    assert fingerprint(keep(model(5), tmp_path / "late")) == fingerprint(plain)


def test_each_call_has_its_key_its_seed_and_one_schema_object(use: Use) -> None:
    double = use(lambda request: answer("no") if request.call == 0 else valid(request))
    town = model(2)
    town.run_model()
    assert len(double.asked) == 2 * 2 * 6
    seeds = {request.seed for request in double.asked}
    assert len(seeds) == len({request.key for request in double.asked}) == len(double.asked)
    assert all(isinstance(seed, int) and 0 <= seed < 2**31 for seed in seeds)
    assert all(request.schema is double.asked[0].schema for request in double.asked)
    assert len({request.messages[0].content for request in double.asked}) == 1
    again = use(lambda request: answer("no") if request.call == 0 else valid(request))
    model(2).run_model()
    assert {request.key for request in again.asked} == {request.key for request in double.asked}


def test_no_seed_is_sent_where_none_is_wanted(use: Use) -> None:
    double = use()
    model(1, send_seed=False).run_model()
    assert {request.seed for request in double.asked} == {None}


def test_a_reply_that_does_not_parse_gets_one_more_turn(use: Use) -> None:
    def second_time(request: ChatRequest) -> ChatReply:
        return valid(request) if request.call else answer("I go home, \ud800I think.")

    double = use(second_time)
    town = model(1)
    town.run_model()
    assert set(outcomes(town).values()) == {("llm", "repaired")}
    turns = [request for request in double.asked if request.agent == "H2"]
    assert [request.call for request in turns] == [0, 1]
    first, again = (request.messages for request in turns)
    assert again[:2] == first
    assert [message.role for message in again] == ["system", "user", "assistant", "user"]
    assert again[2].content == "I go home, ?I think."
    assert "it holds no JSON object" in again[3].content


def test_an_answer_without_text_is_called_empty(use: Use) -> None:
    double = use(lambda request: answer("", Status.empty))
    with pytest.raises(RunIncomplete, match="ended as unparseable: it is empty"):
        model(1).run_model()
    assert "it is empty" in next(one for one in double.asked if one.call).messages[3].content


def test_what_is_mended_by_rule_asks_nobody_again(use: Use) -> None:
    double = use(lambda request: answer(f"```json\n{text_for(request)}\n```"))
    town = model(1)
    town.run_model()
    assert len(double.asked) == 6
    assert set(outcomes(town).values()) == {("llm", "repaired")}


def test_without_repair_nobody_is_asked_again(use: Use) -> None:
    double = use(lambda request: answer("no"))
    town = model(1, repair=False, on_failure="idle")
    town.run_model()
    assert len(double.asked) == 6
    assert set(outcomes(town).values()) == {("llm", "unparseable")}


def test_a_long_reply_is_shown_in_part(use: Use) -> None:
    double = use(lambda request: answer("x" * 50_000))
    model(1, on_failure="idle").run_model()
    assert max(len(request.messages[2].content) for request in double.asked if request.call) <= 4000


def only_h2(status: Status, text: str | None = None) -> Callable[[ChatRequest], ChatReply]:
    return lambda request: answer(text, status) if request.agent == "H2" else valid(request)


@pytest.mark.parametrize("status", list(ENDS))
def test_a_call_that_failed_stops_the_run_by_default(use: Use, status: Status) -> None:
    use(only_h2(status))
    town = model(3)
    with pytest.raises(
        RunIncomplete, match=r"stopped at step 0: .*1 of 6 decisions missing"
    ) as found:
        town.run_model()
    assert found.value.exit_code == 3
    if status is not Status.over_budget:
        assert f"a call to localhost:1 ended as {ENDS[status]}" in str(found.value)
    assert not town.town.records["decisions"]


@pytest.mark.parametrize("status", list(ENDS))
def test_idle_puts_nothing_in_its_place_and_says_so(use: Use, status: Status) -> None:
    use(only_h2(status))
    town = model(2, on_failure="idle")
    town.run_model()
    assert outcomes(town)["H2"] == ("llm", ENDS[status])
    assert set(outcomes(town).values()) == {("llm", "accepted"), ("llm", ENDS[status])}
    [row] = [row for row in town.town.records["decisions"] if row.agent == "H2"]
    assert (row.actions, row.thought) == ("[]", "")


@pytest.mark.parametrize("status", list(ENDS))
def test_utility_decides_in_its_place_and_says_so(use: Use, status: Status) -> None:
    use(only_h2(status))
    town = model(20, on_failure="utility")
    plain = EconModel("pizza_place", seed=5, steps=20, households=6)
    acted = False
    for step in range(20):
        town.step()
        plain.step()
        assert outcomes(town)["H2"] == ("utility", "fallback")
        rows_of = [
            [row.actions for row in one.town.records["decisions"] if row.agent == "H2"]
            for one in (town, plain)
        ]
        assert rows_of[0] == rows_of[1] or step > 0  # the same luck as where utility decides
        acted = acted or rows_of[0] != [["[]"]]
    assert acted


@pytest.mark.parametrize("status", [Status.truncated, Status.empty])
def test_a_text_that_is_whole_all_the_same_is_used(use: Use, status: Status) -> None:
    use(lambda request: answer(text_for(request), status))
    town = model(1)
    town.run_model()
    assert set(outcomes(town).values()) == {("llm", "accepted")}


@pytest.mark.parametrize("status", [Status.refused, Status.timed_out, Status.over_budget])
def test_the_repair_turn_may_fail_as_well(use: Use, status: Status) -> None:
    use(lambda request: answer(None, status) if request.call else answer("no"))
    town = model(1, on_failure="idle")
    town.run_model()
    assert set(outcomes(town).values()) == {("llm", ENDS[status])}


@pytest.mark.parametrize("policy", ["stop", "idle", "utility"])
@pytest.mark.parametrize("call", [0, 1])
def test_a_server_that_is_gone_stops_the_run_under_every_policy(
    use: Use, policy: str, call: int
) -> None:
    def gone(request: ChatRequest) -> ChatReply:
        if request.agent != "H3":
            return valid(request)
        return answer(None, Status.stopped) if request.call == call else answer("no")

    use(gone)
    town = model(3, on_failure=policy)
    with pytest.raises(RunIncomplete, match="the server localhost:1 is asked no more") as found:
        town.run_model()
    assert found.value.exit_code == 3


REFUSED = "HTTP 400: Unsupported value: 'temperature'"


def refused(request: ChatRequest) -> ChatReply:
    """A call that the server would refuse again."""
    return replace(answer(None, Status.failed), permanent=True, fault_text=REFUSED)


@pytest.mark.parametrize("policy", ["stop", "idle", "utility"])
def test_what_every_call_meets_stops_the_run_under_every_policy(use: Use, policy: str) -> None:
    use(refused)
    with pytest.raises(RunIncomplete, match="the server localhost:1 refuses all calls") as found:
        model(3, on_failure=policy).run_model()
    told = str(found.value)
    assert REFUSED in told
    assert "--set llm.temperature=null" in told
    assert "6 of 6 decisions missing" in told


@pytest.mark.parametrize("some", [lambda agent, step: agent != "H1", lambda agent, step: step > 0])
def test_what_some_calls_meet_does_not(use: Use, some: Callable[[str, int], bool]) -> None:
    use(lambda one: refused(one) if some(one.agent, one.step) else valid(one))
    town = model(2, on_failure="idle")
    town.run_model()
    assert ("llm", "failed") in outcomes(town).values()


def test_what_a_filter_declined_is_told_with_the_way_on(use: Use) -> None:
    said = "declined by a filter: your input was flagged"
    use(lambda request: replace(answer(None, Status.refused), fault_text=said))
    with pytest.raises(RunIncomplete, match="ended as refused: declined by a filter") as found:
        model(3).run_model()
    assert "--set llm.on_failure=idle" in str(found.value)


MIXED = {"agents.Household.mixed": {"utility": 2, "llm": 2, "random": 1, "idle": 1}}


def test_a_mixed_town_asks_only_some(use: Use) -> None:
    double = use()
    town = model(4, more={**MIXED, "agents.Restaurant.Pizza Place.decider": "llm"})
    town.step()
    assert sorted(request.agent for request in double.asked) == ["H2", "H3", "Pizza Place"]
    assert [row.agent for row in town.town.records["decisions"]] == [
        *(f"H{i}" for i in range(6)),
        "Pizza Place",
        "Daily Mart",
    ]
    deciders = [row.decider for row in town.town.records["decisions"]]
    assert deciders == ["utility", "utility", "llm", "llm", "random", "idle", "llm", "utility"]
    assert town.town.economy.prices.base[0, town.town.economy.goods.index["Pizza"]] == 1900


@pytest.mark.parametrize("first", ["utility", "llm"])
def test_utility_may_stand_in_beside_households_that_it_decides_for(use: Use, first: str) -> None:
    use(lambda request: answer(None, Status.failed))
    mixed = {"agents.Household.mixed": {first: 3, "utility" if first == "llm" else "llm": 3}}
    town = model(6, on_failure="utility", more=mixed)
    town.run_model()
    assert (
        sorted(outcomes(town).values())
        == [("utility", "accepted")] * 3 + [("utility", "fallback")] * 3
    )


def test_a_store_that_fails_falls_back_to_its_rules(use: Use) -> None:
    use(lambda request: answer(None, Status.failed))
    stores = {"agents.Restaurant.Pizza Place.decider": "llm"}
    town = model(2, on_failure="utility", more=stores)
    town.run_model()
    ends = {row.agent: (row.decider, row.outcome) for row in town.town.records["decisions"]}
    assert ends["Pizza Place"] == ("utility", "fallback")
    assert ends["Daily Mart"] == ("utility", "accepted")


def test_sleepers_are_not_asked(use: Use) -> None:
    double = use(lambda request: answer(text_for(request, {"sleep_hours": 3})))
    model(5, more={"clock.sleep": True}).run_model()
    assert [sum(request.step == step for request in double.asked) for step in range(5)] == [
        6, 0, 0, 6, 0,
    ]  # fmt: skip


def test_a_replay_of_an_llm_run_needs_neither_key_nor_server(
    use: Use, doubles: Doubles, tmp_path: Path
) -> None:
    flaky = {"H1": Status.failed, "H4": Status.refused}

    def some(request: ChatRequest) -> ChatReply:
        if request.agent in flaky and request.step % 2:
            return answer(None, flaky[request.agent])
        return answer("no") if request.agent == "H2" and not request.call else valid(request)

    use(some)
    folder = keep(model(6, on_failure="utility"), tmp_path / "run")
    ends = {row[4] for row in rows(folder, "decisions")}
    assert ends == {"accepted", "repaired", "fallback"}
    doubles.double = None
    assert replay(folder) == 6
    branch, recorder = fork(folder, 4, {"decider": "idle"}, tmp_path / "fork")
    go_on(branch, recorder)
    assert {row[3] for row in rows(tmp_path / "fork", "decisions", 4)} == {"idle", "utility"}
    assert rows(tmp_path / "fork", "decisions", end=4) == rows(folder, "decisions", end=4)
    assert replay(tmp_path / "fork") == 6


@pytest.mark.parametrize(
    ("text", "written", "reasoning", "told", "to_do"),
    [
        ("", 800, 0, "reasoned, and was cut after 800 tokens", "llm.max_reasoning_tokens=4000"),
        (
            "<think>I am hun",
            8800,
            8000,
            "reasoned, and was cut after 8800",
            "llm.max_reasoning_tokens=16000",
        ),
        (None, 16800, 16000, "reasoned, and was cut after 16800", "llm.max_reasoning_tokens=32000"),
        ("", 2000, 8000, "reasoned, and was cut after 2000", "give it a longer context"),
        ('{"thought": "I am hu', 800, 8000, "after 800 tokens", "llm.max_output_tokens=4000"),
        ('{"thought": "I am hu', 300, 8000, "after 300 tokens", "give it a longer context"),
    ],
)
def test_a_reply_that_was_cut_is_not_asked_for_again_in_vain(
    use: Use, text: str | None, written: int, reasoning: int, told: str, to_do: str
) -> None:
    reasoned = "reasoned" in told
    cut = replace(answer(text, Status.truncated), output_tokens=written, reasoned=reasoned)
    double = use(lambda request: cut)
    with pytest.raises(RunIncomplete) as stopped:
        model(1, max_reasoning_tokens=reasoning).step()
    assert told in str(stopped.value)
    assert to_do in str(stopped.value)
    assert {request.call for request in double.asked} == {0}  # no repair turn


def test_a_reply_that_was_cut_after_its_answer_is_read(use: Use) -> None:
    double = use(lambda request: answer(f"{text_for(request)} I hope", Status.truncated))
    town = model(1)
    town.run_model()
    assert set(outcomes(town).values()) == {("llm", "repaired")}
    assert len(double.asked) == 6
