"""Where the next plan would replace the live database, and what the configuration must say so that it does not.

An attribute that the provider cannot change in place makes it destroy the cluster and create another, empty one. These
are the ones that a restored cluster can differ in (`ForceNew` of aws_rds_cluster and aws_rds_cluster_instance,
terraform-provider-aws 5.100.0, internal/service/rds/cluster.go and cluster_instance.go).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lambdas.contracts import Blueprint
from lambdas.handover.state_operations import assign
from lambdas.handover.terraform import StateHandover
from lambdas.recovery.database import Cluster

IGNORED = ("availability_zones", "restore_to_point_in_time", "snapshot_identifier")
"""What belongs into the cluster's `lifecycle.ignore_changes`, whatever else is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute that replaces. `was` and `live` are None where they are not known, or there is none."""

    name: str
    was: str | None
    live: str | None

    @property
    def differs(self) -> bool:
        return self.was is not None and self.live is not None and self.was != self.live


def attributes(live: Cluster, blueprint: Blueprint, *, source: str) -> tuple[Attribute, ...]:
    """What replaces the cluster when the configuration has another: of the source, and of what is live now."""
    return (
        Attribute(name="cluster_identifier", was=source, live=live.name),
        Attribute(name="kms_key_id", was=blueprint.kms_key, live=live.kms_key),
        Attribute(name="db_subnet_group_name", was=blueprint.subnet_group or None, live=live.subnet_group or None),
        Attribute(name="master_username", was=blueprint.master_username or None, live=live.master_username or None),
        Attribute(
            name="availability_zones", was=_listed(blueprint.availability_zones), live=_listed(live.availability_zones)
        ),
    )


def warnings(handover: StateHandover, live: Cluster, blueprint: Blueprint) -> tuple[str, ...]:
    """What whoever makes the next plan must know, the dangerous first."""
    return (
        *_names(handover),
        *_differences(live, blueprint, source=handover.source),
        *_origin(handover),
        *_instances(handover, blueprint),
        *_version(live, blueprint),
        *_password(handover),
        *_access(handover, blueprint),
        *_old(handover),
    )


def _names(handover: StateHandover) -> Iterator[str]:
    file = handover.terraform.var_file
    for name, value in handover.variables.items():
        yield (
            f"With the old {name} in {file}, a plan made after the hand-over would REPLACE the live database {value}; "
            f"with the new one, a plan made before it would REPLACE {handover.source}. Hold every other plan from the "
            "merge of the variable until handover.sh has handed over."
        )


def _differences(live: Cluster, blueprint: Blueprint, *, source: str) -> Iterator[str]:
    for each in attributes(live, blueprint, source=source):
        if each.differs and each.name != "cluster_identifier":
            yield (
                f"{each.name} is {each.live}, and was {each.was}: a configuration that still says so would REPLACE the "
                f"live database. Write the new value, or put {each.name} into lifecycle.ignore_changes."
            )


def _origin(handover: StateHandover) -> Iterator[str]:
    yield (
        f"snapshot_identifier and restore_to_point_in_time of {handover.terraform.cluster} must not be set to the "
        "recovery point, nor changed otherwise: either would REPLACE the live database. The state of an imported "
        "cluster has neither, so both belong into lifecycle.ignore_changes."
    )


def _instances(handover: StateHandover, blueprint: Blueprint) -> Iterator[str]:
    base = handover.terraform.instances
    former = {each.name: each.name for each in blueprint.members}
    placed = assign(handover.instances, former, source=handover.source, target=handover.serving)
    strange = sorted(new for old, new in placed.items() if old in former and not _alike(old, new, handover))
    if strange:
        yield (
            f"{', '.join(strange)} are not named as {', '.join(sorted(former))} were: a configuration that makes the "
            f"names of {base} by a rule of its own would REPLACE these instances. Put identifier into their "
            "lifecycle.ignore_changes."
        )
    if len(handover.instances) < blueprint.instances:
        yield (
            f"There are {len(handover.instances)} instances where {handover.source} had {blueprint.instances}. A plan "
            f"that creates the others is refused by handover.sh: lower the count of {base} first, and raise it after."
        )


def _alike(old: str, new: str, handover: StateHandover) -> bool:
    return new.removeprefix(handover.serving) == old.removeprefix(handover.source)


def _version(live: Cluster, blueprint: Blueprint) -> Iterator[str]:
    if blueprint.engine_version is not None and blueprint.engine_version != live.engine_version:
        yield (
            f"The engine is {live.engine_version}, as of the recovery point; it was {blueprint.engine_version}. An "
            "apply of a configuration that says the latter upgrades the live database in place."
        )


def _password(handover: StateHandover) -> Iterator[str]:
    if handover.strategy == "repoint":
        yield (
            "An imported state knows no password: where the configuration sets master_password, the next apply sets it "
            "in the live database. See that it is the one in the connection secret."
        )


def _access(handover: StateHandover, blueprint: Blueprint) -> Iterator[str]:
    if blueprint.iam_authentication:
        yield (
            f"The database's resource id is {handover.resource_id} now. Policies that allow rds-db:connect on the old "
            "one let nobody in; those that take it from the state are right after the next apply, others by hand."
        )


def _old(handover: StateHandover) -> Iterator[str]:
    if handover.old is not None:
        yield (
            f"{handover.old}, the old cluster, is in no state from now on: nobody manages it, and it costs what it did "
            f"before, until `day2 retire {handover.old}`."
        )


def _listed(values: tuple[str, ...]) -> str | None:
    return ", ".join(sorted(values)) or None
