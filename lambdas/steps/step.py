"""What a step is: one Lambda function, and all that its deployment and its state need to know of it."""

from dataclasses import dataclass
from typing import Literal

from lambdas import errors
from lambdas.errors import Day2Error

Bundle = Literal["control", "inside"]
Room = Literal[
    "recovery", "restoration", "verification", "platform", "approval", "handover", "retirement", "scaling", "evidence"
]

CALLS_AWS: tuple[type[Day2Error], ...] = (errors.ServiceBusy, errors.AccessRefused, errors.RequestRefused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One function.

    name      the function's and the ASL substitution's name; also a file's: `OpenDrill` -> `open_drill.py`
    room      the package that holds its handler: `lambdas.<room>.handlers.<file>.handler`
    bundle    `control` calls AWS APIs outside the VPC, `inside` speaks SQL or Kubernetes within it
    raises    every named error that may leave it
    """

    name: str
    room: Room
    does: str
    raises: tuple[type[Day2Error], ...]
    bundle: Bundle = "control"
    timeout_seconds: int = 60
    memory_mb: int = 256

    @property
    def file(self) -> str:
        """`OpenDrill` -> `open_drill`."""
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.name).lstrip("_")

    @property
    def waits_for(self) -> tuple[type[Day2Error], ...]:
        """The errors that mean `ask again`, AWS being busy left out: the step's own normal waiting."""
        return tuple(each for each in self.raises if issubclass(each, errors.NotYet) and each is not errors.ServiceBusy)

    @property
    def handler(self) -> str:
        """The function's entry point, as Lambda wants it."""
        return f"lambdas.{self.room}.handlers.{self.file}.handler"
