"""Asking a simulated person a question about a step of a run; never a part of that run.

    from econsim_mesa.asking import ask, asked

    answer = ask("runs/llm", "H3", 40, "Why did you go to Pizza Place?")  # one paid call
    print(answer.text)
    earlier = asked("runs/llm")                                           # list[Answer]

A simulated society is no poll: answers are never counted, averaged or exported as results.
"""

from econsim_mesa.asking.ask import ask
from econsim_mesa.asking.kept import ASKS, Answer, asked

__all__ = ["ASKS", "Answer", "ask", "asked"]
