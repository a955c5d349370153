"""One IAM statement, with the sentence that justifies it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cdk.names import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One IAM statement; `why` names the resource in words and is also the reason for any `*` in it."""

    sid: str
    actions: tuple[str, ...] = ()
    except_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    except_resources: tuple[str, ...] = ()
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    effect: Literal["Allow", "Deny"] = "Allow"
    why: str

    def changes(self, service: str) -> bool:
        """Whether it is about more of this service than describing."""
        return any(
            each.startswith(f"{service}:") and not each.startswith(f"{service}:Describe") for each in self.actions
        )

    def document(self) -> dict[str, Any]:
        """As IAM reads it."""
        what = {"NotAction": self.except_actions} if self.except_actions else {"Action": self.actions}
        where = {"NotResource": self.except_resources} if self.except_resources else {"Resource": self.resources}
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            **{key: list(value) for key, value in (what | where).items()},
            **({"Condition": self.conditions} if self.conditions else {}),
        }


Row = Callable[[Names], tuple[Statement, ...]]
"""What a step may do with one kind of thing."""
