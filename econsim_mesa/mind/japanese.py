"""Japanese announcements of a sale, put into the English words that ``announcements`` reads.

Names of the town stay as they are; of the rest every word must be known here, as there. What is
not known stays Japanese, so that nothing is announced.

>>> in_english("12月23日から25日まで、", [])
' from 23 dec to 25 dec 、'
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from econsim_mesa.society.clock import MONTHS

_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,2})?)\s*(?:%|パーセント)\s*(?:オフ|off|引き?|割引き?)")
_DAY = r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:\([月火水木金土日]\))?"
_SPAN = re.compile(rf"{_DAY}(?:から|より|~|\u301c|-){_DAY}(?:まで)?")
_ONE_DAY = re.compile(rf"{_DAY}(から|より|まで|の|は|に)?")
_TODAY = {"今日": "today", "本日": "today", "明日": "tomorrow", "今": "now", "ただいま": "now"}
_RELATIVE = re.compile(f"({'|'.join(_TODAY)})(から|より)?")
_PREPOSITIONS = {"から": "from", "より": "from", "まで": "until"}
_CHANGES_NOTHING = (
    "クリスマス 大 特別 セール 割引 開催中 開催 実施中 実施 予定 期間 限定 中 です ます でした "
    "します しましょう ください 下さい みなさん 皆さん みんな ぜひ 是非 どうぞ お越し ご来店 来店 "
    "来て お待ちしています お待ちしております ありがとう お祝い 日付 メモ 覚えて おいて 楽しんで "
    "こんにちは お知らせ おいしい 美味しい すべて 全品 お店 店 当店 は が を の で に も へ と "
    "だけ して なら よ ね"
)
_FILLER = re.compile("|".join(sorted(_CHANGES_NOTHING.split(), key=len, reverse=True)))


def in_english(text: str, names: Iterable[tuple[int, int]]) -> str:
    """Return a folded text with what it says of a sale in English; as it is without kana or kanji.

    Args:
        text: The text, folded.
        names: Where names begin and end in it, in order; they are left alone.
    """
    if _JAPANESE.search(text) is None:
        return text
    parts, at = [], 0
    for begin, end in names:
        parts += [_translated(text[at:begin]), text[begin:end]]
        at = end
    return " ".join([*parts, _translated(text[at:])]) if parts else _translated(text)


def _translated(text: str) -> str:
    """Return a text between names with the words that are known in English."""
    text = _PERCENT.sub(r" \1% off ", text)
    text = _SPAN.sub(_span, text)
    text = _ONE_DAY.sub(_one_day, text)
    text = _RELATIVE.sub(lambda found: _relative(*found.groups()), text)
    return _FILLER.sub(" ", text)


def _span(found: re.Match[str]) -> str:
    year, month, day, last_year, last_month, last_day = found.groups()
    first = _date(year, month or last_month, day)
    return f" from {first} to {_date(last_year or year, last_month or month, last_day)} "


def _one_day(found: re.Match[str]) -> str:
    *date, particle = found.groups()
    return f" {_PREPOSITIONS.get(particle or '', 'on')} {_date(*date)} "


def _relative(word: str, particle: str | None) -> str:
    return f" {'from ' if particle else ''}{_TODAY[word]} "


def _date(year: str | None, month: str | None, day: str) -> str:
    """Return a date as ``23 dec 2025``; a month that is none stays a number."""
    known = month is not None and 1 <= int(month) <= len(MONTHS)
    named = MONTHS[int(month or 0) - 1].lower() if known else month
    return " ".join(filter(None, (day, named, year)))
