"""The social network: who follows whom, what is posted and read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from econsim_mesa.domains.social.actions import ACTIONS
from econsim_mesa.domains.social.observation import SocialSection
from econsim_mesa.domains.social.view import SocialView
from econsim_mesa.quoting import name_text
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.rng import Booleans
from econsim_mesa.society.town import Town
from econsim_mesa.society.view import View
from econsim_mesa.society.wording import Wording


class Social(Domain):
    """Accounts post, and read those whom they follow."""

    name: ClassVar[str] = "social"
    actions = ACTIONS
    _known_posts: int = 0

    @classmethod
    def rules(cls, scenario: Scenario) -> Mapping[str, str]:
        """Return how many one may follow, who besides households and stores, and about replies."""
        government = scenario.agents.Government
        return {
            "follow_cap": Wording.of(scenario).counted(scenario.social.follow_cap, "household"),
            "replies": "yes" if scenario.social.replies else "",
            "government": "" if government is None else name_text(government.name),
        }

    def view(self, town: Town) -> SocialView:
        """Return what can be read of it."""
        return SocialView.of(town.social)

    def happened(self, view: View) -> Mapping[str, Booleans]:
        """Return who reads a new post about the store where it stands or goes to, or a reply."""
        posts, self._known_posts = self._known_posts, len(view.social.posts.author)
        mobility, feed = view.mobility, view.feed
        going = mobility.destination >= 0
        bound = mobility.store_at[np.maximum(mobility.destination, 0)]
        place = np.where(going, bound, view.standing)[:, None]
        about = view.social.topics.store[np.maximum(feed, 0)]
        is_new = feed >= posts
        happened = {"news": (is_new & (about == place) & (place >= 0)).any(axis=1)}
        if view.scenario.social.replies:
            answered = np.append(view.social.posts.answers, -1)[feed]
            to_itself = answered == np.arange(len(feed))[:, None]
            happened["reply"] = (is_new & to_itself).any(axis=1)
        return happened

    def end(self, town: Town) -> None:
        """Note who bought where."""
        town.social.note_buyers(town.records)

    def observe(self, view: View, household: int) -> SocialSection:
        """Return what a household is shown of it."""
        return SocialSection.of(view, household)
