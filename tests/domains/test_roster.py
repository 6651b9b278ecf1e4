"""The roster of domains: which actions a town has for whom."""

from __future__ import annotations

from towns import parsed, village

from econsim_mesa.domains.roster import offered_verbs, verbs_of
from econsim_mesa.society.action import HOUSEHOLD, STORE


def test_a_town_offers_the_actions_that_its_rules_have() -> None:
    town = parsed(village())
    assert verbs_of(HOUSEHOLD).keys() - offered_verbs(HOUSEHOLD, town) == {"wait"}
    assert list(offered_verbs(STORE, town)) == ["set_prices", "post"]

    no_swaps = parsed(village(market__swaps=False))
    assert verbs_of(HOUSEHOLD).keys() - offered_verbs(HOUSEHOLD, no_swaps) == {
        "propose",
        "react",
        "wait",
    }

    on_change = parsed(village(attention="on_change"))
    assert offered_verbs(HOUSEHOLD, on_change) == verbs_of(HOUSEHOLD)

    deciding = parsed(village(agents__Restaurant__Cafe__acceptance="decide"))
    assert offered_verbs("Restaurant", deciding) == verbs_of(STORE)
