"""What a domain is: one room of the town, with all that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from econsim_mesa.scenario.base import Frozen
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import Action
from econsim_mesa.society.measures import Measure
from econsim_mesa.society.order import Phase
from econsim_mesa.society.records import Record
from econsim_mesa.society.rng import Booleans, Floats, Integers, Site

if TYPE_CHECKING:
    from econsim_mesa.society.resolution import StepActions
    from econsim_mesa.society.section import Section
    from econsim_mesa.society.town import Town
    from econsim_mesa.society.view import View


class Alternatives(NamedTuple):
    """Plans that a domain offers to households in which the embedded model decides.

    Attributes:
        utility: Utility of each plan for each household asked, on the scale of the scenario's
            ``choice``, shape (households asked, plans); minus infinity: not possible.
        uniforms: Numbers in [0, 1) that become the plans' Gumbel noise, same shape.
        actions: Returns what a household does that takes a plan, given its row and the plan.
    """

    utility: Floats
    uniforms: Floats
    actions: Callable[[int, int], Sequence[Action]]


class Domain:
    """Base of all domains. An object of it belongs to one town, and holds the domain's state."""

    name: ClassVar[str]
    """Its name, and that of its section of a scenario."""
    Parameters: ClassVar[type[Frozen]]
    """The type of its section; a domain of the package has none."""
    actions: ClassVar[tuple[type[Action], ...]] = ()
    """What agents can do in it."""
    records: ClassVar[tuple[type[Record], ...]] = ()
    """Its tables, a class each; those of the package's domains stand in ``domains.tables``."""
    measures: ClassVar[tuple[Measure, ...]] = ()
    """Its numbers, in the DataCollector, tables and charts; those of the package's domains stand in
    ``domains.measures``."""
    outcomes: ClassVar[Mapping[str, float]] = {}
    """Columns of what households do and meet in a step -> the value that stands for nothing."""
    sites: ClassVar[Mapping[str, Site]] = {}
    """Places in it that draw random numbers; a name begins with that of the domain."""
    memory_topics: ClassVar[Mapping[str, float]] = {}
    """Topics of what households remember of its records -> how much they count in a summary."""

    shows: ClassVar[str] = ""
    """What a prompt says of its lines, such as ``[library] books that are left.``"""

    def __init__(self, town: Town, parameters: Any) -> None:
        """Begin before step 0.

        Args:
            town: The town, in which everybody has a home and owns what they have at the start.
            parameters: Its section of the scenario, of the type ``Parameters``.
        """
        self.parameters = parameters

    @classmethod
    def rules(cls, scenario: Scenario) -> Mapping[str, str]:
        """Return what prompts say of it in any step, by the names that templates have for it.

        An empty text stands for what this town has not.

        Args:
            scenario: The rules of the town, with the parameters of the domain.
        """
        return {}

    @classmethod
    def of(cls, town: Town) -> Self:
        """Return the domain of this class that a town has."""
        domain: Self = town.domains[cls.name]  # type: ignore[assignment]
        return domain

    def retune(self, parameters: Any) -> None:
        """Go on under other parameters, of which none that is read at build only differs."""
        self.parameters = parameters

    def begin(self, town: Town) -> None:
        """Begin a step, before anybody observes it."""

    def settle(self, step: StepActions, phase: Phase) -> None:
        """Settle what the actions of a phase have left open; called after each phase."""

    def view(self, town: Town) -> Any:
        """Return what deciders can read of its state at the start of a step; None: nothing.

        They find it in ``view.domains``. Give what nobody can change: an array of ``read_only``,
        a tuple, or a frozen dataclass of such.
        """
        return None

    def happened(self, view: View) -> Mapping[str, Booleans]:
        """Return what has happened to households in it since the step before: they are asked.

        Called once a step where attention is on change, and nowhere else, so that a domain may
        compare with what it saw at the call before.

        Returns:
            What, in a word or two -> to whom, shape (households,).
        """
        return {}

    def observe(self, view: View, household: int) -> Section | None:
        """Return what a household is shown of it at the start of a step; None: nothing."""
        return None

    def observe_store(self, view: View, store: int) -> Section | None:
        """Return what a store is shown of it, by the store's row; None: nothing."""
        return None

    def alternatives(self, view: View, rows: Integers) -> Alternatives | None:
        """Return what households may plan in it, beside the plans of the package.

        Args:
            view: What is seen at the start of the step.
            rows: The households asked, ascending, shape (households asked,).
        """
        return None

    def end(self, town: Town) -> None:
        """End a step, after all phases and before households live through it."""

    def end_day(self, town: Town) -> None:
        """End a day, after its last step."""
