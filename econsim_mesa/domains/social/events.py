"""Events that post: texts of a store, of the government or of a scripted account."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from econsim_mesa.domains.social.posts import POST_LIMIT, clean_text
from econsim_mesa.scenario.base import Name
from econsim_mesa.scenario.when import Event, Firing
from econsim_mesa.society.clock import spoken_day
from econsim_mesa.society.rng import index_below

if TYPE_CHECKING:
    from econsim_mesa.languages import Language
    from econsim_mesa.society.clock import Clock
    from econsim_mesa.society.town import Town

_DAY_IN_TEXT = re.compile(r"\{(?P<name>[a-z][a-z_]*)(?P<days>[+-]\d{1,3})?\}")
_LONGEST_DAY = "31 Dec"
Dose = Annotated[int, Field(ge=0, le=10_000)]


class ScriptedPosts(Event):
    """Posts with given texts: ``count`` each time the trigger fires, or a dose a day.

    The author is a store, the government, or else a scripted account that posts and does
    nothing else. With ``per_day`` the trigger's rhythm is not used: each day has that many
    posts, or a number drawn anew for the day from the list, spread evenly over its steps from
    a drawn beginning. Texts are used in turn.
    """

    type: Literal["scripted_posts"] = "scripted_posts"
    author: Name
    """Name of a store, of the government, or of an account of its own."""
    account: bool = False
    """Whether the author is an account of its own."""
    texts: tuple[Annotated[str, StringConstraints(min_length=1, max_length=280)], ...] = Field(
        min_length=1
    )
    """Texts, used in turn; {sale} and {sale+2} say a named day of the clock, and one after it."""
    count: int = Field(1, ge=1, le=10_000)
    """Posts each time the trigger fires; with ``per_day`` it is not used."""
    per_day: Dose | Annotated[tuple[Dose, ...], Field(min_length=1)] | None = None
    """Posts a day, or the numbers among which each day's is drawn; null: by trigger."""

    @model_validator(mode="after")
    def _by_day(self) -> ScriptedPosts:
        if self.per_day is not None and self.when.hours is not None:
            raise ValueError("per_day spreads posts over the whole day; leave out when.hours")
        return self

    def problems(self, names: Any) -> list[tuple[str, str]]:
        """Return a problem if the author is a household, or a text says a day that has no name."""
        for i, text in enumerate(self.texts) if names.days else ():
            for parts in _DAY_IN_TEXT.finditer(text):
                if parts["name"] not in names.days:
                    hint = names.hint(parts["name"], names.days)
                    return [("texts", f"text {i + 1}: no day is called {parts['name']!r}; {hint}")]
            longest = _DAY_IN_TEXT.sub(_LONGEST_DAY, text)
            if len(longest) > POST_LIMIT:
                return [("texts", f"text {i + 1} is longer than {POST_LIMIT} with its days")]
        if self.author in names.households:
            return [("author", f"{self.author!r} is a household; scripts do not write for it")]
        posting = names.accounts
        if self.account and self.author in posting:
            return [("account", f"{self.author!r} is no account of its own; leave account out")]
        if not self.account and self.author not in posting:
            hint = names.hint(self.author, posting)
            message = f"nobody is called {self.author!r}; {hint} For an account of its own"
            return [("author", f'{message} say "account": true')]
        return []

    def apply(self, town: Town, firing: Firing) -> str | None:
        """Publish what is due in this step."""
        author, first = town.roster.number[self.author], town.social.texts_used[firing.number]
        count = self.due(town, firing) if self.per_day is not None else self.count
        language = town.wording.language
        for i in range(first, first + count):
            text = with_days(self.texts[i % len(self.texts)], town.clock, language)
            town.social.publish(town.records, author, clean_text(text))
        town.social.texts_used[firing.number] += count
        return f"{count} post{'s' if count != 1 else ''} by {self.author}" if count else None

    def holds(self, t: int, clock: Clock) -> bool:
        """Whether posts may be due in step ``t``: a dose has no rhythm but its day."""
        return super().holds(t, clock) if self.per_day is None else self.when.within(t, clock)

    def due(self, town: Town, firing: Firing) -> int:
        """Return how many of the day's posts fall into this step."""
        clock = town.clock
        today = datetime.combine(clock.time(town.t).date(), time())
        first = max(clock.step_at(today), 0)
        stream = town.streams.stream("events.schedule", first, firing.key)
        dose, begin = stream.random((1, 2))[0]
        doses = (self.per_day,) if isinstance(self.per_day, int) else self.per_day or ()
        total = doses[int(index_below(dose, len(doses)))]
        span = clock.step_at(today + timedelta(days=1)) - first
        steps = [int(((k + begin) / total) * span) % span for k in range(total)]
        return steps.count(town.t - first)


def with_days(text: str, clock: Clock, language: Language) -> str:
    """Return a text with its named days in words; other texts in braces stay as they are."""
    known = dict(clock.days)

    def said(parts: re.Match[str]) -> str:
        if parts["name"] not in known:
            return parts[0]
        try:
            return spoken_day(clock.named(parts[0][1:-1]).date(), language)
        except OverflowError:  # no calendar goes so far
            return parts[0]

    return _DAY_IN_TEXT.sub(said, text)
