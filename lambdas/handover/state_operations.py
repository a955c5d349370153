"""Which operations make a Terraform state describe the restored database: decided from the state as it is.

Shipped as it is beside `handover.sh`, so it needs nothing but Python 3.9 and its standard library, and knows no other
module of ours. It reads the state file itself (version 4), which loads no provider; of any other version it refuses to
say anything.

    state_operations.py list  handover.json STATE   prints `rm ADDRESS` and `import ADDRESS ID`, separated by tabs
    state_operations.py check handover.json STATE   says whether the state holds the restored cluster now
    state_operations.py tell  handover.json         prints restore, workspace and var_file, a line each

Exits 3 when it refuses, with every reason on its own line.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, Union

STATE_VERSION = 4
REFUSED = 3
_SETTLE = ": settle what an earlier apply left there, then run this again"
_CLUSTER, _INSTANCE = "aws_rds_cluster", "aws_rds_cluster_instance"

Key = Union[int, str, None]  # noqa: UP007  Python 3.9 reads it as it runs


class Held(NamedTuple):
    """One cluster or instance in the state. `key` is its index: None where the resource has no count or for_each."""

    address: str
    type: str
    resource: str
    key: Key
    id: str
    cluster: str
    resource_id: str
    deposed: bool


class Operation(NamedTuple):
    """`rm` takes an address out of the state, and touches nothing in AWS; `import` puts `id` under it."""

    action: str
    address: str
    id: str = ""


class Decision(NamedTuple):
    """What is to be done, in this order; or why nothing may be."""

    operations: tuple[Operation, ...] = ()
    refusals: tuple[str, ...] = ()


def decide(wanted: Mapping[str, Any], state: Mapping[str, Any]) -> Decision:
    """The operations that lead from this state to the wanted one; none where it is reached already.

    `wanted` is `handover.json`. An address is given up only when it holds the database that was restored from, and
    never for any other: what else is found there is somebody's, and a reason to stop.
    """
    if state.get("version") != STATE_VERSION:
        return Decision(refusals=(f"the state is of version {state.get('version')}, not {STATE_VERSION}",))
    held = tuple(_held(state))
    away, imports, refusals = _cluster(wanted, held)
    instances_away, instances_in, more = _instances(wanted, held)
    refusals += more + _elsewhere(wanted, held)
    if refusals:
        return Decision(refusals=tuple(refusals))
    # Instances leave before the cluster that they point to, and come after it.
    return Decision(operations=(*instances_away, *away, *imports, *instances_in))


def check(wanted: Mapping[str, Any], state: Mapping[str, Any]) -> tuple[str, ...]:
    """Why the state does not describe the restored cluster. Empty when it does."""
    cluster = wanted["cluster"]
    found = next((each for each in _held(state) if each.address == cluster["address"]), None)
    if found is None:
        return (f"{cluster['address']} holds nothing",)
    if not _same(found.id, cluster["id"]):
        return (f"{cluster['address']} holds {found.id}, not {cluster['id']}",)
    if not _same(found.resource_id, cluster["resource_id"]):
        return (
            f"{found.address} holds {found.id} with the resource id {found.resource_id}, not {cluster['resource_id']}",
        )
    return ()


def assign(
    ids: Sequence[str], freed: Mapping[Any, str], *, source: str, target: str, taken: Collection[Any] = ()
) -> dict[Any, str]:
    """Which restored instance takes which index.

    `freed` are the indexes that the source's instances leave, with their names; `taken` those that are not to be had.
    The instance that is named alike takes the place (`coder-prod-aurora-2` -> `<target>-2`), because configurations
    make an instance's name of the cluster's. The others follow in the order of their names, on the indexes that are
    left and then on further ones.
    """
    left = sorted(ids, key=natural)
    placed: dict[Any, str] = {}
    for key, name in sorted(freed.items(), key=_by_key):
        alike = next((each for each in left if _same(each, _renamed(name, source=source, target=target))), None)
        if alike is not None:
            placed[key] = alike
            left.remove(alike)
    free = [key for key, _ in sorted(freed.items(), key=_by_key) if key not in placed]
    further = (key for key in count() if key not in freed and key not in taken)
    return placed | {free.pop(0) if free else next(further): name for name in left}


def _cluster(wanted: Mapping[str, Any], held: Sequence[Held]) -> tuple[list[Operation], list[Operation], list[str]]:
    address, name = wanted["cluster"]["address"], wanted["cluster"]["id"]
    found = next((each for each in held if each.address == address), None)
    into = Operation("import", address, name)
    if found is None:
        return [], [into], []
    if found.deposed:
        return [], [], [f"{address} has a deposed object{_SETTLE}"]
    if _same(found.id, name):
        return [], [], []
    if _same(found.id, wanted["source"]):
        return [Operation("rm", address)], [into], []
    return [], [], [f"{address} holds {found.id}, which is neither {wanted['source']} nor the restored {name}"]


def _instances(wanted: Mapping[str, Any], held: Sequence[Held]) -> tuple[list[Operation], list[Operation], list[str]]:
    base, source = wanted["instances"]["address"], wanted["source"]
    ids = {each.lower(): each for each in wanted["instances"]["ids"]}
    there = [each for each in held if each.type == _INSTANCE and each.resource == base]
    kept = [each for each in there if each.id.lower() in ids]
    leaving = [each for each in there if each not in kept]
    missing = [name for lower, name in ids.items() if lower not in {each.id.lower() for each in kept}]
    placed = assign(
        missing,
        {each.key: each.id for each in leaving},
        source=source,
        target=wanted["cluster"]["id"],
        taken={each.key for each in kept},
    )
    refusals = [f"{each.address} has a deposed object{_SETTLE}" for each in there if each.deposed]
    refusals += [
        f"{each.address} holds {each.id} of the cluster {each.cluster}, which is not {source}"
        for each in leaving
        if not _same(each.cluster, source)
    ]
    unplaced = [name for key, name in placed.items() if key not in {each.key for each in leaving}]
    if unplaced and not all(isinstance(each.key, int) for each in there):
        refusals.append(f"{base} has no count, so that no index follows for {', '.join(unplaced)}: import by hand")
    into = [Operation("import", _indexed(base, key), name) for key, name in sorted(placed.items(), key=_by_key)]
    return [Operation("rm", each.address) for each in leaving], into, refusals


def _elsewhere(wanted: Mapping[str, Any], held: Sequence[Held]) -> list[str]:
    """Whatever is restored and in the state under another address: imported again it would be managed twice."""
    cluster, instances = wanted["cluster"], wanted["instances"]
    names = {each.lower() for each in instances["ids"]}
    return [
        f"{each.address} holds {each.id} already, and so would the address from the settings"
        for each in held
        if (each.type == _CLUSTER and each.address != cluster["address"] and _same(each.id, cluster["id"]))
        or (each.type == _INSTANCE and each.resource != instances["address"] and each.id.lower() in names)
    ]


def _held(state: Mapping[str, Any]) -> Iterable[Held]:
    for resource in state.get("resources", ()):
        if resource.get("mode") != "managed" or resource.get("type") not in (_CLUSTER, _INSTANCE):
            continue
        parts = [resource["module"]] if resource.get("module") else []
        base = ".".join([*parts, resource["type"], resource["name"]])
        for instance in resource.get("instances", ()):
            told = instance.get("attributes") or {}
            yield Held(
                address=_indexed(base, instance.get("index_key")),
                type=resource["type"],
                resource=base,
                key=instance.get("index_key"),
                id=told.get("id") or "",
                cluster=told.get("cluster_identifier") or "",
                resource_id=told.get("cluster_resource_id") or "",
                deposed="deposed" in instance,
            )


def _indexed(base: str, key: Key) -> str:
    return base if key is None else f"{base}[{json.dumps(key)}]"


def _renamed(name: str, *, source: str, target: str) -> str:
    return target + name[len(source) :] if name.lower().startswith(source.lower()) else name


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _by_key(item: tuple[Any, str]) -> list[Any]:
    return natural(str(item[0]))


def natural(name: str) -> list[Any]:
    """`reader-10` after `reader-9`."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name.lower()) if part]


def main(arguments: Sequence[str]) -> int:
    """The command line; see the module."""
    command, wanted_file, *state_file = arguments
    wanted = json.loads(Path(wanted_file).read_text(encoding="utf-8"))
    if command == "tell":
        print(wanted["restore"], wanted["workspace"], wanted["var_file"], sep="\n")  # noqa: T201  a command's output
        return 0
    state = json.loads(Path(state_file[0]).read_text(encoding="utf-8"))
    if command == "check":
        refusals = check(wanted, state)
    else:
        operations, refusals = decide(wanted, state)
        for each in operations:
            print(*(part for part in each if part), sep="\t")  # noqa: T201  a command's output
    for reason in refusals:
        print(f"refused: {reason}", file=sys.stderr)  # noqa: T201  a command's output
    return REFUSED if refusals else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
