"""IAM's decision, as far as these policies use it: a Deny wins, and every resource of a request needs an Allow.

Follows "Policy evaluation logic" of the IAM user guide. Condition operators and keys that are not known here raise, so
that a policy never passes for a reason this cannot see.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

Conditions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Request:
    """One API call. `resources` maps each resource it is authorised on to that resource's tags."""

    action: str
    resources: Mapping[str, Mapping[str, str]]
    tags: Mapping[str, str]
    context: Mapping[str, str]


def request(
    action: str,
    *resources: str,
    bearing: Mapping[str, str] | None = None,
    tagging: Mapping[str, str] | None = None,
    **context: str,
) -> Request:
    """A call on resources that all bear the tags `bearing`, with the tags `tagging` in it."""
    keys = {key.replace("__", ":"): value for key, value in context.items()}
    return Request(action, dict.fromkeys(resources, bearing or {}), tagging or {}, keys)


@dataclass(frozen=True)
class Role:
    name: str
    statements: tuple[Mapping[str, Any], ...]
    assumed_by: str
    policy_characters: int

    def may(self, asked: Request, *, also: Iterable[Mapping[str, Any]] = ()) -> bool:
        """Whether the call goes through; `also` are statements that somebody attached beside the role's own."""
        statements = (*self.statements, *also)
        return all(_allowed(statements, asked, resource) for resource in asked.resources)

    def allowed_actions(self) -> set[str]:
        return {action for each in self.statements if each["Effect"] == "Allow" for action in as_list(each["Action"])}


def role_of(resource: Mapping[str, Any]) -> Role:
    policies = resource.get("Policies", [])
    assert "ManagedPolicyArns" not in resource, "a managed policy says more than this table"
    statements = tuple(each for policy in policies for each in policy["PolicyDocument"]["Statement"])
    principal = resource["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
    characters = sum(len(re.sub(r"\s", "", str(policy["PolicyDocument"]))) for policy in policies)
    name = resource["Description"].partition(":")[0].removeprefix("The ").removeprefix("workflow ")
    return Role(name, statements, principal, characters)


def as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _allowed(statements: Iterable[Mapping[str, Any]], asked: Request, resource: str) -> bool:
    effects = {each["Effect"] for each in statements if _applies(each, asked, resource)}
    return effects == {"Allow"}


def _applies(statement: Mapping[str, Any], asked: Request, resource: str) -> bool:
    named = "Action" in statement
    actions = as_list(statement["Action" if named else "NotAction"])
    if any(_like(asked.action.lower(), action.lower()) for action in actions) != named:
        return False
    if "NotResource" in statement:
        if any(_like(resource, each) for each in as_list(statement["NotResource"])):
            return False
    elif not any(_like(resource, each) for each in as_list(statement["Resource"])):
        return False
    return _conditions_hold(statement.get("Condition", {}), asked, resource)


def _conditions_hold(conditions: Conditions, asked: Request, resource: str) -> bool:
    return all(
        _condition_holds(operator, _value(key, asked, resource), as_list(wanted))
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _value(key: str, asked: Request, resource: str) -> str | None:
    if key.startswith("aws:ResourceTag/"):
        return asked.resources[resource].get(key.removeprefix("aws:ResourceTag/"))
    if key.startswith("aws:RequestTag/"):
        return asked.tags.get(key.removeprefix("aws:RequestTag/"))
    return asked.context.get(key)


def _condition_holds(operator: str, value: str | None, wanted: list[str]) -> bool:
    match operator:
        case "Null":
            return (value is None) == (wanted == ["true"])
        case "BoolIfExists" if value is None:
            return True
        case "StringEquals" | "Bool" | "BoolIfExists":
            return value in wanted
        case "StringLike" | "ArnEquals" | "ArnLike":
            return value is not None and any(_like(value, each) for each in wanted)
        case _:
            raise NotImplementedError(operator)


def _like(value: str, pattern: str) -> bool:
    return bool(_compiled(pattern).fullmatch(value))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
