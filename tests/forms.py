"""Forms of replies in the village of the tests, whose cafe decides about orders."""

from __future__ import annotations

import json
from typing import Any

from towns import parsed, village

from econsim_mesa.prompts.reply_form import ReplyForm

TOWN = parsed(village(agents__Restaurant__Cafe__acceptance="decide"))
HOUSEHOLD_FORM, STORE_FORM = ReplyForm.of("Household", TOWN), ReplyForm.of("Store", TOWN)
IDLE: dict[str, Any] = {"thought": "Nothing to do.", "do": []}
"""The reply of one that does nothing."""


def idle(thought: str = "Nothing to do.") -> str:
    """Return the text of a reply of one that does nothing."""
    return json.dumps({**IDLE, "thought": thought})
