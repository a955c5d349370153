"""The synthesized templates of one environment, with CloudFormation's functions resolved to readable text."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cdk.names import RESTORE, RETIRE
from cdk.permissions import retire_steps
from infrastructure.iam import Role, role_of
from lambdas.steps import OPERATIONS, RESTORE_STEPS

LIFECYCLES = ("evidence", "operations", "watch")


@dataclass(frozen=True)
class Assembly:
    folder: Path
    environment: str

    @cached_property
    def raw(self) -> Mapping[str, Any]:
        """Each stack's template as it is deployed, by lifecycle."""
        return {
            each: json.loads((self.folder / f"coder-day2-{self.environment}-{each}.template.json").read_text())
            for each in LIFECYCLES
        }

    @cached_property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """Every resource of every stack by logical id, functions resolved."""
        return {
            name: resolve(resource)
            for template in self.raw.values()
            for name, resource in template["Resources"].items()
        }

    def of_type(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """The resources of a type, properties first: `{**Properties, _id, _policy}`."""
        for name, each in self.resources.items():
            if each["Type"] == kind:
                kept = (each.get("DeletionPolicy"), each.get("UpdateReplacePolicy"))
                yield {**each.get("Properties", {}), "_id": name, "_policy": kept}

    def one(self, kind: str, **where: Any) -> Mapping[str, Any]:
        """The one resource of a type with these properties."""
        found = [each for each in self.of_type(kind) if all(each.get(key) == value for key, value in where.items())]
        assert len(found) == 1, f"{len(found)} of {kind} {where}"
        return found[0]

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """Every role by what it is for: a step's name, a workflow's, `schedules`, `clean-up rule`."""
        return {role.name: role for role in map(role_of, self.of_type("AWS::IAM::Role"))}

    @cached_property
    def restore_roles(self) -> Mapping[str, Role]:
        """Those of a platform restore, which has production for its subject; AwaitCluster, a drill's, only looks."""
        names = {step.name for step in (*RESTORE_STEPS, *OPERATIONS)} | {RESTORE}
        return {name: role for name, role in self.roles.items() if name in names}

    @cached_property
    def retire_roles(self) -> Mapping[str, Role]:
        """Those of a retirement, which may delete what a restore has left beside."""
        return {name: role for name, role in self.roles.items() if name in retire_steps() | {RETIRE}}

    @cached_property
    def drill_roles(self) -> Mapping[str, Role]:
        """All others: those of drills, of sweeps, and of what starts them."""
        return {
            name: role for name, role in self.roles.items() if name not in {*self.restore_roles, *self.retire_roles}
        }


def resolve(value: Any) -> Any:  # noqa: PLR0911  one line for each function
    match value:
        case {"Fn::Join": [separator, parts]}:
            return separator.join(str(resolve(part)) for part in parts)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::ImportValue": name}:
            return f"<imported {name}>"
        case dict():
            return {key: resolve(item) for key, item in value.items()}
        case list():
            return [resolve(item) for item in value]
        case _:
            return value
