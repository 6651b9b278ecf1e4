"""Running again: replay, resume and fork are one code path that feeds recorded inputs."""

from econsim_mesa.rerun.fork import fork
from econsim_mesa.rerun.looking import Exchange, Sent, prompt_at
from econsim_mesa.rerun.past import Past, read_past
from econsim_mesa.rerun.replay import replay
from econsim_mesa.rerun.resume import resume

__all__ = [
    "Exchange",
    "Past",
    "Sent",
    "fork",
    "prompt_at",
    "read_past",
    "replay",
    "resume",
]
