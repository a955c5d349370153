"""Judges a Terraform plan: nothing that is, or holds, a database may be destroyed or replaced.

Shipped as it is beside `handover.sh` and run by the CodeBuild project, so it needs nothing but Python 3.9 and its
standard library, and knows no other module of ours. It reads the documented form of a plan (`terraform show -json`,
format 1), whose minor versions only add; any other, and anything that it does not know, it refuses.

    terraform show -json PLAN | plan_guard.py handover.json [CHANGES]

Prints a line for each finding and exits 3 when one of them refuses the plan. CHANGES is written with what the plan
does to which address, without any value of it: values of a plan are secrets.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "1"
REFUSED = 3
# Not of the family aws_rds_, and a database all the same, a backup of one, or what one cannot be read without.
_HOLDING = frozenset({"aws_db_cluster_snapshot", "aws_db_instance", "aws_db_snapshot", "aws_kms_key"})
_HARMLESS = frozenset({"no-op", "read", "update", "create"})
_BECAUSE = {
    "replace_because_tainted": "it is tainted",
    "replace_by_request": "the plan was asked to replace it",
    "replace_by_triggers": "of its replace_triggered_by",
    "delete_because_no_resource_config": "the configuration has no such resource",
    "delete_because_no_module": "the configuration has no such module",
    "delete_because_wrong_repetition": "count or for_each no longer give this address",
    "delete_because_count_index": "its index is beyond count",
    "delete_because_each_key": "for_each has no such key",
}


class Finding(NamedTuple):
    """One thing about the plan; where `refuses` is False, it is only said."""

    address: str
    reason: str
    refuses: bool = True


def judge(plan: Mapping[str, Any], *, cluster: str, instances: str) -> tuple[Finding, ...]:
    """What speaks against this plan, address by address.

    `cluster` and `instances` (without an index) are the addresses under which the restored database is in the state:
    what the plan creates there was to be imported, and would be a second, empty database.
    """
    version = str(plan.get("format_version", ""))
    if version.partition(".")[0] != FORMAT:
        return (Finding("plan", f"is of the format {version or 'of no version'}, which is not known here"),)
    findings = [Finding("plan", "was not made to its end")] if plan.get("errored") else []
    if plan.get("complete") is False:
        findings.append(Finding("plan", "leaves changes to a later one, which is to be judged again", refuses=False))
    deferred = [each.get("resource_change", {}) for each in plan.get("deferred_changes", ())]
    for change in (*plan.get("resource_changes", ()), *deferred):
        reason = _objection(change, cluster=cluster, instances=instances)
        if reason:
            findings.append(Finding(str(change.get("address", "?")), reason))
    return tuple(findings)


def without_values(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What the plan does to which address, and nothing of what is in it."""
    return {
        "format_version": plan.get("format_version"),
        "terraform_version": plan.get("terraform_version"),
        "resource_changes": [
            {
                "address": each.get("address"),
                "type": each.get("type"),
                "actions": each.get("change", {}).get("actions"),
                "action_reason": each.get("action_reason"),
                "replace_paths": each.get("change", {}).get("replace_paths"),
            }
            for each in plan.get("resource_changes", ())
        ],
    }


def _objection(change: Mapping[str, Any], *, cluster: str, instances: str) -> str:
    """Why this change is refused; empty when it is not."""
    kind = str(change.get("type", ""))
    if change.get("mode") == "data" or not (kind.startswith("aws_rds_") or kind in _HOLDING):
        return ""
    actions = set(change.get("change", {}).get("actions", ()))
    if "delete" in actions:
        does = "would be replaced" if "create" in actions else "would be destroyed"
        return f"{does}{_because(change)}"
    if "forget" in actions:
        return "would be forgotten: nobody would manage it"
    if not actions or actions - _HARMLESS:
        return f"would undergo {', '.join(sorted(actions)) or 'what the plan does not say'}, which is not known here"
    address = str(change.get("address", ""))
    if actions == {"create"} and (address in (cluster, instances) or address.startswith(f"{instances}[")):
        return "would be created, where the restored one was to be imported"
    return ""


def _because(change: Mapping[str, Any]) -> str:
    paths = [".".join(map(str, path)) for path in change.get("change", {}).get("replace_paths") or ()]
    if paths:
        return f", because the configuration has another {', '.join(sorted(set(paths)))}"
    known = _BECAUSE.get(str(change.get("action_reason", "")))
    return f", because {known}" if known else ""


def _lines(findings: Iterable[Finding]) -> Iterable[str]:
    for each in findings:
        yield f"{'refused' if each.refuses else 'note'}: {each.address} {each.reason}"


def main(arguments: Sequence[str]) -> int:
    """The command line; see the module."""
    wanted = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    plan = json.load(sys.stdin)
    findings = judge(plan, cluster=wanted["cluster"]["address"], instances=wanted["instances"]["address"])
    if arguments[1:]:
        Path(arguments[1]).write_text(json.dumps(without_values(plan), indent=1) + "\n", encoding="utf-8")
    for line in _lines(findings):
        print(line, file=sys.stderr)  # noqa: T201  a command's output
    return REFUSED if any(each.refuses for each in findings) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
