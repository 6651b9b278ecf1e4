"""The words of a post by the embedded decider, made from its own recent experience.

A post is a template of its subject with details filled in; what was good or bad is said in
words that a lexicon knows. This is text for the town's inhabitants to read, not language that
says anything about people: its spread of sentiment is that of these templates.
"""

from __future__ import annotations

from typing import NamedTuple

from econsim_mesa.languages import ENGLISH, Language
from econsim_mesa.society.rng import Floats

GOOD = (
    "great", "lovely", "delicious", "wonderful", "really good", "nice", "excellent",
    "a pleasure", "the best in a while", "very good value",
)  # fmt: skip
BAD = (
    "terrible", "annoying", "disappointing", "awful", "bad", "sad", "really poor",
    "a waste", "horrible", "not good at all",
)  # fmt: skip
_OPENINGS = (
    "", "Well, ", "So, ", "Honestly, ", "Update from me: ", "Just now: ", "This {hour}: ",
    "Hello, ", "For what it is worth, ", "Today: ", "My {hour}: ", "Friends, ",
)  # fmt: skip
_CLOSINGS = (
    "", " See you there.", " Just saying.", " Anyone else?", " That is all.", " More later.",
    " What do you think?", " I will remember that.", " Now back home.", " On to the next thing.",
)  # fmt: skip
_BODIES: dict[str, tuple[str, ...]] = {
    "bought": (
        "{item} from {store} for {price}, {good}.",
        "got {item} at {store}, {good}!",
        "paid {price} for {item} at {store}, {good}.",
        "{store} had {item}, {good}.",
        "my {item} from {store} was {good}.",
        "{price} for {item} at {store}, {bad}.",
    ),
    "cheaper": (
        "{item} is cheaper at {store} now, {price}, {good}!",
        "good news, {item} at {store} down to {price}.",
        "{store} cut the price of {item} to {price}, {good}.",
    ),
    "dearer": (
        "{item} costs {price} at {store} now, {bad}.",
        "{store} raised the price of {item} to {price}, {bad}.",
        "bad news, {item} at {store} up to {price}.",
    ),
    "crowded": (
        "{store} is packed, {others} in there, {bad}.",
        "too many people at {store}, I counted {count}, {bad}.",
        "{others} at {store} before me, {bad}.",
        "too crowded at {store}, {others}, {bad}.",
    ),
    "quiet": (
        "{store} is quiet, only {others} here, {good}.",
        "no queue at {store}, {others}, {good}.",
    ),
    "rejected": (
        "that did not work, {reason}, {bad}.",
        "tried and failed, {reason}, {bad}.",
        "{reason}, {bad}.",
    ),
    "ate": (
        "had {item}, {good}.",
        "{item} for me, {good}!",
        "finally ate {item}, {good}.",
    ),
    "stress": (
        "feeling {feeling}, {bad}.",
        "{feeling} again, {bad}.",
        "once more {feeling}, {bad}.",
    ),
    "idle": (
        "time spent out here at {x},{y}, {good}.",
        "walked {walked} lately, {good}.",
        "nothing much going on at {x},{y}.",
    ),
}
_ABOUT = {
    "bought": "what you bought: {item} at {store} for {price}",
    "cheaper": "the price of {item} at {store}: {price} now, less than when you last saw it",
    "dearer": "the price of {item} at {store}: {price} now, more than when you last saw it",
    "crowded": "how many people are at {store}: {others} beside you",
    "quiet": "how many people are at {store}: {others} beside you",
    "rejected": "what you tried and could not do: {reason}",
    "ate": "what you ate: {item}",
    "stress": "how you feel: {feeling}",
    "idle": "nothing in particular",
}
"""What a post is about, for somebody else to write: what was met, without a judgement of it."""
FEELINGS = {
    "hunger": "hungry",
    "fatigue": "tired from all the walking",
    "congestion": "crowded in",
    "money": "worried about money",
    "sleep": "sleepy",
}
"""How a stressor with terms of its own is called in a post; others by their own name."""


class Subject(NamedTuple):
    """What a post is about: a kind of body text and the details to fill in."""

    kind: str
    details: dict[str, str]

    @classmethod
    def of_crowd(
        cls, store: str, others: int, crowded: float, language: Language = ENGLISH
    ) -> Subject:
        """Return the subject of having met so many others at a store, from ``crowded`` on many."""
        met = counted(others, "other", language)
        details = {"store": store, "count": str(others), "others": met}
        return cls("crowded" if others >= crowded else "quiet", details)


def counted(number: int, word: str, language: Language = ENGLISH) -> str:
    """Return a number of things in words.

    >>> counted(1, "other"), counted(0, "cell")
    ('1 other', '0 cells')
    """
    return language.say(f"{{number}} {word}{'s' * (number != 1)}", number=number)


def part_of_day(hour: float) -> str:
    """Return the part of day of a clock hour.

    >>> part_of_day(9.5), part_of_day(20)
    ('morning', 'evening')
    """
    for end, name in ((5, "night"), (12, "morning"), (18, "afternoon"), (22, "evening")):
        if hour < end:
            return name
    return "night"


def compose(subject: Subject, uniforms: Floats, language: Language = ENGLISH) -> str:
    """Return the text of a post about a subject; four numbers in [0, 1) choose the words.

    What the details say is in the language already.
    """
    opening, body, tone, closing = (float(u) for u in uniforms[:4])
    words = {
        "good": language.say(_pick(GOOD, tone)),
        "bad": language.say(_pick(BAD, tone)),
        **subject.details,
    }
    parts = (
        _pick(_OPENINGS, opening),
        _pick(_BODIES[subject.kind], body),
        _pick(_CLOSINGS, closing),
    )
    text = "".join(language.say(part, **words) for part in parts)
    return text[0].upper() + text[1:280]


def about(subject: Subject, language: Language = ENGLISH) -> str:
    """Return what a post is about, in words that do not judge it.

    What the details say is in the language already.

    >>> about(Subject.of_crowd("Pizza Place", 5, crowded=4))
    'how many people are at Pizza Place: 5 others beside you'
    """
    return language.say(_ABOUT[subject.kind], **subject.details)


def _pick(choices: tuple[str, ...], u: float) -> str:
    return choices[min(int(u * len(choices)), len(choices) - 1)]
