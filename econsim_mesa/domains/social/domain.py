"""The social network: who follows whom, what is posted and read."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.domains.social.actions import ACTIONS
from econsim_mesa.domains.social.observation import SocialSection
from econsim_mesa.domains.social.view import SocialView
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.town import Town
from econsim_mesa.society.view import View


class Social(Domain):
    """Accounts post, and read those whom they follow."""

    name: ClassVar[str] = "social"
    actions = ACTIONS

    def view(self, town: Town) -> SocialView:
        """Return what can be read of it."""
        return SocialView.of(town.social)

    def observe(self, view: View, household: int) -> SocialSection:
        """Return what a household is shown of it."""
        return SocialSection.of(view, household)
