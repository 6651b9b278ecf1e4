"""The state of the body: who is asleep."""

from __future__ import annotations

from dataclasses import dataclass

from econsim_mesa.domains.body.sleep_schedule import SleepSchedule


@dataclass
class BodyState:
    """The bodies of all households."""

    sleep: SleepSchedule
