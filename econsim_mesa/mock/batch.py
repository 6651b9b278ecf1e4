"""Requests that arrive within a few milliseconds are decided together, over arrays."""

from __future__ import annotations

import asyncio

from econsim_mesa.mock.mind import Mind, Question
from econsim_mesa.mock.stats import Stats

MOST = 128
"""Requests decided at once, so that the event loop is not kept for long."""


class Batch:
    """Collects questions for ``window`` seconds from the first one on, then has them answered."""

    def __init__(self, mind: Mind, window: float, stats: Stats) -> None:
        self._mind, self._window, self._stats = mind, window, stats
        self._waiting: list[tuple[Question, asyncio.Future[str]]] = []
        self._timer: asyncio.TimerHandle | None = None

    async def ask(self, question: Question) -> str:
        """Return the reply to a question, when its batch has been decided."""
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[str] = loop.create_future()
        self._waiting.append((question, reply))
        if len(self._waiting) >= MOST:
            self._decide()
        elif self._timer is None:
            self._timer = loop.call_later(self._window, self._decide)
        return await reply

    def _decide(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        some, self._waiting, self._timer = self._waiting, [], None
        self._stats.batches += 1
        try:
            answers = self._mind.answer([question for question, _ in some])
        except Exception as error:
            for _, reply in some:
                if not reply.done():
                    reply.set_exception(error)
            return
        for (_, reply), answer in zip(some, answers, strict=True):
            if not reply.done():
                reply.set_result(answer)
