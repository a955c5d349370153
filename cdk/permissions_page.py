"""`docs/permissions.md`, written from the synthesized template: `python -m cdk.permissions_page cdk.out/prod`."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdk import permissions
from cdk.environments import load
from cdk.names import Names

PAGE = Path(__file__).resolve().parent.parent / "docs" / "permissions.md"
_HEAD = Path(__file__).with_name("permissions_page.md").read_text(encoding="utf-8")


def page(assembly: Path, names: Names) -> str:
    """The page, from the templates in a cloud assembly."""
    roles = sorted(_roles(assembly, names), key=_title)
    documents = [json.dumps(statement) for role in roles for statement in _statements(role)]
    shared = {json.loads(each)["Sid"] for each in documents if documents.count(each) > 1}
    writer = _Writer(
        why=permissions.reasons(names), home=f"{names.settings.aws.region}:{names.settings.aws.account}:", shared=shared
    )
    lines = [_HEAD, *_overview(roles), *writer.shared_statements(roles), *writer.roles(roles)]
    return "\n".join(lines).rstrip() + "\n"


def _roles(assembly: Path, names: Names) -> Iterator[Mapping[str, Any]]:
    for lifecycle in ("evidence", "operations", "watch"):
        template = json.loads((assembly / f"{names.stack(lifecycle)}.template.json").read_text(encoding="utf-8"))
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::IAM::Role":
                yield resource["Properties"]


def _overview(roles: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield "## Who can change what\n"
    yield "| role | changes |\n|---|---|"
    for role in roles:
        changes = {
            action
            for statement in _statements(role)
            if statement["Effect"] == "Allow" and statement["Sid"] not in _ITS_OWN
            for action in _list(statement["Action"])
            if not action.partition(":")[2].startswith(_READING)
        }
        yield f"| {_title(role)} | {', '.join(f'`{each}`' for each in sorted(changes)) or 'nothing'} |"
    yield "\nIts own log, traces and network interfaces, which every function has, are left out.\n"


_ITS_OWN = frozenset({"WriteOwnLog", "Trace", "TraceItsRun", "JoinTheVpc", "DeliverItsLog", "UseTheEvidencesKey"})
_READING = ("Describe", "Get", "List", "Lookup", "Query", "Decrypt")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """Writes statements. `home` is the Region and account that ARNs are shortened by."""

    why: Mapping[str, str]
    home: str
    shared: AbstractSet[str]

    def shared_statements(self, roles: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        yield "## Statements that several roles have\n"
        yield (
            "ARNs are shortened here and below: `rds:cluster:x` is a cluster of this account and Region. "
            "Besides, *WriteOwnLog* lets each function write the streams of its own log group.\n"
        )
        told: set[str] = set()
        for role in roles:
            for statement in _statements(role):
                if statement["Sid"] in self.shared - told:
                    told.add(statement["Sid"])
                    yield from self._statement(statement)
        yield ""

    def roles(self, roles: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        for role in roles:
            yield f"## {_title(role)}\n"
            yield f"{role['Description'].partition(': ')[2]}\n"
            own = [each for each in _statements(role) if each["Sid"] not in self.shared | {"WriteOwnLog"}]
            for statement in own:
                yield from self._statement(statement)
            common = [each["Sid"] for each in _statements(role) if each["Sid"] in self.shared]
            if common:
                yield f"- {'also' if own else 'nothing of its own;'} {', '.join(f'*{each}*' for each in common)}"
            yield ""

    def _statement(self, statement: Mapping[str, Any]) -> Iterator[str]:
        yield f"- **{statement['Sid']}** ({statement['Effect'].lower()}): {self.why[statement['Sid']]}"
        actions = ", ".join(f"`{each}`" for each in _list(statement.get("Action", statement.get("NotAction"))))
        yield f"  - {actions if 'Action' in statement else f'everything but {actions}'}"
        places = _list(statement.get("Resource", statement.get("NotResource")))
        where = "on" if "Resource" in statement else "on all but"
        yield f"  - {where} {', '.join(f'`{self._short(each)}`' for each in places)}"
        for operator, keys in statement.get("Condition", {}).items():
            for key, value in keys.items():
                wanted = "" if operator == "Null" else ", ".join(f"`{self._short(each)}`" for each in _list(value))
                yield f"  - if `{key}` {_words(operator, value)} {wanted}".rstrip()

    def _short(self, arn: str) -> str:
        return re.sub(r"^arn:[a-z-]+:", "", arn).replace(f":{self.home}", ":")


def _words(operator: str, value: object) -> str:
    match operator:
        case "Null":
            return "is absent" if value == "true" else "is present"
        case "StringEquals" | "ArnEquals" | "Bool":
            return "is"
        case "BoolIfExists":
            return "is, where the request has it,"
        case "StringLike":
            return "is like"
        case _:
            return operator


def _title(role: Mapping[str, Any]) -> str:
    return str(role["Description"]).partition(":")[0]


def _statements(role: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]


def _list(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [each if isinstance(each, str) else "the evidence's key" for each in found]


def main(arguments: list[str]) -> int:
    """Write the page from the assembly named; 2 when none is."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m cdk.permissions_page ASSEMBLY, such as cdk.out/prod\n")
        return 2
    PAGE.write_text(page(Path(arguments[0]), Names(settings=load("prod"))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
