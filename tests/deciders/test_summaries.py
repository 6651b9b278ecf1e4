"""Memory summaries: what a household wrote, read by the rules of any reply."""

from __future__ import annotations

import pytest

from econsim_mesa.deciders.summaries import read_summary
from econsim_mesa.llm.messages import ChatReply, Status

READ = {
    "strict": '{"summary": "I like tea."}',
    "a line break in it": '{"summary": "I like\n tea."}',
    "another spelling": '{"Summary": "I like tea.", "mood": null,}',
    "a wrapper": '{"SummaryReply": {"summary": "I like tea."}}',
    "the same twice": '{"summary": "I like tea."} {"summary": "I like tea."}',
}
LEFT = {
    "more is said": '{"summary": "I like tea.", "plan": "buy some"}',
    "two": '{"summary": "I like tea."} {"summary": "I like milk."}',
    "a list": '{"summary": ["I like tea."]}',
}


def reply(text: str) -> ChatReply:
    return ChatReply(text, Status.ok, 0.1, 1, (), 10, 5, 0, "double", "localhost:1")


@pytest.mark.parametrize("what", list(READ))
def test_what_can_mean_one_thing_only_is_read(what: str) -> None:
    assert read_summary(reply(READ[what]), 200) == "I like tea."


@pytest.mark.parametrize("what", list(LEFT))
def test_what_is_not_understood_leaves_what_was_written_before(what: str) -> None:
    assert read_summary(reply(LEFT[what]), 200) is None
