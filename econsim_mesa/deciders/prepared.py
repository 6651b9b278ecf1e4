"""Replies for the local test server, which has no model: what the embedded decider would do."""

from __future__ import annotations

import json

from econsim_mesa.deciders.schema import reply_of
from econsim_mesa.domains.roster import domains_of
from econsim_mesa.society.decider import Decider
from econsim_mesa.society.requests import Requests


def prepared_replies(decider: Decider, requests: Requests) -> list[str]:
    """Return the replies in which agents ask for what a decider decides for them, as JSON."""
    domains = domains_of(requests.view.scenario)
    decisions = decider.decide(requests)
    return [
        json.dumps(reply_of(request.kind, decision.actions, domains), ensure_ascii=False)
        for request, decision in zip(requests, decisions, strict=True)
    ]
