"""Announcements in Japanese are read as those in English are: whole, or not at all."""

from __future__ import annotations

from datetime import datetime

import pytest

from econsim_mesa.mind import Topics
from econsim_mesa.mind.announcements import Announcement, read_announcement
from econsim_mesa.mind.names import TownNames
from econsim_mesa.society.clock import Clock

NOW = datetime(2025, 12, 19, 9)
STORES, ITEMS = ["ピザ屋", "まいにち市場"], ["ピザ", "ソーダ", "お米"]
NAMES = TownNames(STORES, ITEMS)
CHRISTMAS = (datetime(2025, 12, 23), datetime(2025, 12, 26))


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("12月23日から25日まで、ピザが40%オフ", Announcement(40.0, (0,), *CHRISTMAS)),
        (
            "クリスマス大セール。ピザ40%引き、12月23日(火)から12月25日まで。",
            Announcement(40.0, (0,), *CHRISTMAS),
        ),
        ("ピザとソーダが12.5パーセント割引です。", Announcement(12.5, (0, 1), None, None)),
        (
            "今日、ピザ屋ではピザが40\uff05オフ\uff01",
            Announcement(40.0, (0,), datetime(2025, 12, 19), datetime(2025, 12, 20)),
        ),
        ("明日からピザ10%オフ", Announcement(10.0, (0,), datetime(2025, 12, 20), None)),
        ("2026年1月5日まで、ピザ10%オフ", Announcement(10.0, (0,), None, datetime(2026, 1, 6))),
    ],
)
def test_a_sale_is_read(text: str, english: Announcement) -> None:
    assert read_announcement(text, NAMES, "ピザ屋", NOW) == english


@pytest.mark.parametrize(
    "text",
    [
        "ピザは40%オフではありません",
        "ピザの40%オフは終わりました",
        "会員はピザ40%オフ",
        "最大40%オフのピザ",
        "ピザ40%以上オフ",
        "まいにち市場のピザが40%オフ",
        "40%オフ",
        "ピザが安い",
        "12月24日と25日、ピザ40%オフ",
    ],
)
def test_what_is_not_understood_whole_announces_nothing(text: str) -> None:
    assert read_announcement(text, NAMES, "ピザ屋", NOW) is None


def test_names_and_goods_sold_out_are_found() -> None:
    topics = Topics(STORES, ITEMS, Clock(NOW, 60))
    texts = ("ピザ屋のソーダは売り切れ", "ピザ屋のピザは売り切れていない", "お米が完売")
    for number, text in enumerate(texts):
        topics.read(number, -1, text, 0)
    assert topics.gone[:3].tolist() == [True, False, True]
    assert topics.store[:3].tolist() == [0, 0, -1]
    assert [topics.items[k].nonzero()[0].tolist() for k in range(3)] == [[1], [0], [2]]
