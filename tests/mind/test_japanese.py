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


@pytest.mark.parametrize(
    ("text", "is_gone"),
    [
        ("ピザは売り切れています", True),
        ("ピザは売り切れてます", True),
        ("ピザは売切れました", True),
        ("ピザは売り切れてしまいました", True),
        ("ピザは完売です。ありがとうございます", True),
        ("ピザは完売しています", True),
        ("ピザは品切れになりました", True),
        ("ピザは品切れなので帰る", True),
        ("ピザは売り切れ、他に何もない", True),
        ("ピザは売り切れていません", False),
        ("ピザは売り切れてはいません", False),
        ("ピザは売り切れない", False),
        ("ピザは売り切れませんでした", False),
        ("ピザは売り切れていなかった", False),
        ("ピザは完売していません", False),
        ("ピザは完売していない", False),
        ("ピザはまだ完売しない", False),
        ("ピザは完売ではない", False),
        ("ピザは完売じゃありません", False),
        ("ピザは品切れになっていません", False),
        ("ピザは品切れにはならなかった", False),
        ("ピザは品切れになりませんでした", False),
    ],
)
def test_sold_out_is_not_read_the_wrong_way_round(text: str, is_gone: bool) -> None:
    topics = Topics(STORES, ITEMS, Clock(NOW, 60))
    topics.read(0, -1, text, 0)
    assert bool(topics.gone[0]) is is_gone


def test_names_and_goods_sold_out_are_found() -> None:
    topics = Topics(STORES, ITEMS, Clock(NOW, 60))
    texts = ("ピザ屋のソーダは売り切れ", "ピザ屋のピザは売り切れていない", "お米が完売")
    for number, text in enumerate(texts):
        topics.read(number, -1, text, 0)
    assert topics.gone[:3].tolist() == [True, False, True]
    assert topics.store[:3].tolist() == [0, 0, -1]
    assert [topics.items[k].nonzero()[0].tolist() for k in range(3)] == [[1], [0], [2]]
