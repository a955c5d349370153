"""One question to the rules of `planning`, and how each of them answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.scaling.contracts import Action, Decision, Demand, Facts, Sizes
from lambdas.scaling.sizing import Target
from lambdas.settings import ScaledGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is asked, of what, by which policy and when; `target` is what it comes to."""

    facts: Facts
    demand: Demand
    policy: ScaledGroup
    now: datetime
    target: Target

    @property
    def before(self) -> Sizes:
        return self.facts.group.sizes

    @property
    def fewer(self) -> int:
        """How many nodes should go; negative where more should come."""
        return self.before.desired - self.target.sizes.desired

    def decide(self, action: Action, rule: str, reason: str, **more: Any) -> Decision:
        return Decision(
            **{"action": action, "rule": rule, "reason": reason, "before": self.before, "after": self.before, **more}
        )
