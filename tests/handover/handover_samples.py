"""A platform that was restored: its cluster, the shape it had, a Terraform state and a plan of it."""

import re
from typing import Any

from lambdas import payload
from lambdas.contracts import Blueprint, InstanceShape
from lambdas.handover.terraform import StateHandover, hand_over
from lambdas.recovery.database import ENGINE, Cluster
from lambdas.restore_contracts import BeforeDatabase, Restoration, Strategy
from lambdas.settings import Terraform

ID = "20261123-0a1b2c3d"
SOURCE = "coder-prod-aurora"
TARGET = f"{SOURCE}-restored-{ID}"
OLD = f"{SOURCE}-old-{ID}"
CLUSTER = "module.aurora.aws_rds_cluster.main"
INSTANCES = "module.aurora.aws_rds_cluster_instance.main"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d"


def restoration(strategy: Strategy = "repoint") -> Restoration:
    return payload.read(
        Restoration,
        {
            "id": ID,
            "environment": "prod",
            "source": SOURCE,
            "target": TARGET,
            "old_name": OLD,
            "execution": "arn:aws:states:eu-central-1:111122223333:execution:coder-day2-prod-platform-restore:one",
            "opened_at": "2026-11-23T10:40:00Z",
            "give_up_at": "2026-11-23T13:40:00Z",
            "recovery_point": "time:2026-11-23T10:29:59Z",
            "started_by": "cli",
            "cut_over": "after-approval",
            "strategy": strategy,
            "dry_run": False,
            "approval_seconds": 3600,
            "soak_seconds": 900,
        },
    )


def blueprint(**other: Any) -> Blueprint:
    """The source's shape: a writer and a reader, named by number."""
    shape: dict[str, Any] = {
        "described": True,
        "cluster_parameter_group": "coder-prod-aurora-pg",
        "subnet_group": "coder-prod-db-subnet-group",
        "port": 5432,
        "master_username": "coder_admin",
        "iam_authentication": False,
        "log_exports": (),
        "backup_retention_days": 35,
        "instances": 2,
        "min_acu": 0.5,
        "max_acu": 8.0,
        "engine_version": "16.6",
        "kms_key": KEY,
        "availability_zones": ("eu-central-1a", "eu-central-1b"),
        "members": tuple(InstanceShape(name=f"{SOURCE}-{n}", instance_class="db.serverless") for n in (1, 2)),
    }
    return Blueprint(**{**shape, **other})


def live(name: str = TARGET, **other: Any) -> Cluster:
    """The restored cluster after the cut-over, named alike."""
    shape: dict[str, Any] = {
        "name": name,
        "status": "available",
        "engine": ENGINE,
        "engine_version": "16.6",
        "resource_id": "cluster-RESTORED",
        "arn": f"arn:aws:rds:eu-central-1:111122223333:cluster:{name}",
        "master_username": "coder_admin",
        "kms_key": KEY,
        "subnet_group": "coder-prod-db-subnet-group",
        "members": (f"{name}-2", f"{name}-1"),
        "availability_zones": ("eu-central-1b", "eu-central-1a"),
    }
    return Cluster(**{**shape, **other})


def before(*, exists: bool = True) -> BeforeDatabase:
    return BeforeDatabase(exists=exists, name=SOURCE, instances=(f"{SOURCE}-1", f"{SOURCE}-2") if exists else ())


def handover(strategy: Strategy = "repoint", *, exists: bool = True, **of_live: Any) -> StateHandover:
    """The decision about this platform."""
    shape = blueprint()
    return hand_over(
        restoration(strategy),
        live(SOURCE if strategy == "swap-identifiers" else TARGET, **of_live),
        before=before(exists=exists),
        former=tuple(each.name for each in shape.members),
        terraform=Terraform(),
    )


def held(address: str, name: str, cluster: str = SOURCE, *, resource_id: str = "cluster-SOURCE") -> dict[str, Any]:
    """One resource of a state file of version 4, at a plain address or one with an index."""
    base, _, key = address.partition("[")
    *module, kind, label = base.split(".")
    attributes = {"id": name, "cluster_identifier": cluster}
    if kind == "aws_rds_cluster":
        attributes |= {"cluster_identifier": name, "cluster_resource_id": resource_id}
    instance: dict[str, Any] = {"schema_version": 0, "attributes": attributes}
    if key:
        bare = key.removesuffix("]")
        instance["index_key"] = int(bare) if bare.isdigit() else bare.strip('"')
    return {
        **({"module": ".".join(module)} if module else {}),
        "mode": "managed",
        "type": kind,
        "name": label,
        "instances": [instance],
    }


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 4, "serial": 7, "lineage": "one", "resources": list(resources)}


def of_the_source(*extra: dict[str, Any]) -> dict[str, Any]:
    """The state as it was before: the source's cluster and its two instances."""
    return state(
        held(CLUSTER, SOURCE), held(f"{INSTANCES}[0]", f"{SOURCE}-1"), held(f"{INSTANCES}[1]", f"{SOURCE}-2"), *extra
    )


def change(address: str, *actions: str, **more: Any) -> dict[str, Any]:
    """One resource change of `terraform show -json`, with the values that such a plan carries."""
    kind = re.sub(r"\[[^\]]*\]", "", address).split(".")[-2]
    inner = {"actions": list(actions), "before": {"master_password": "a secret"}, "after": {}}
    inner |= {name: more.pop(name) for name in ("replace_paths", "importing") if name in more}
    return {"address": address, "mode": "managed", "type": kind, "change": inner, **more}


def plan(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": list(changes), **more}
