"""The catalogue of steps: one Lambda function each.

The CDK app makes the functions from it, tests compare `raises` with the edges of the ASL state, and the ASL
files name a step's ARN as `${<Step.name>}`.
"""

from lambdas.steps.drill import DRILL_STEPS
from lambdas.steps.restore import OPERATIONS, RESTORE_STEPS
from lambdas.steps.retire import RETIRE_STEPS
from lambdas.steps.scale import READY_STEPS, SCALE_SIGNALS, SCALE_STEPS
from lambdas.steps.step import Bundle, Step

__all__ = [
    "BY_NAME",
    "DRILL_STEPS",
    "OPERATIONS",
    "READY_STEPS",
    "RESTORE_STEPS",
    "RETIRE_STEPS",
    "SCALE_SIGNALS",
    "SCALE_STEPS",
    "STEPS",
    "Bundle",
    "Step",
]

STEPS: tuple[Step, ...] = (
    *DRILL_STEPS,
    *RESTORE_STEPS,
    *OPERATIONS,
    *RETIRE_STEPS,
    *SCALE_STEPS,
    *READY_STEPS,
    *SCALE_SIGNALS,
)
BY_NAME = {each.name: each for each in STEPS}
