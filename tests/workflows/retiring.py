"""A stage on which a restore has been, and what must be true of it however a retirement ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from lambdas import settings as runtime_settings

from .cloud import Call
from .cloud_rds import SOURCE, Json, Rds, Resource, backup_told, cluster_told, instance_told
from .interpreter import Execution
from .restoring import AUTOMATIC, OLD, Stage, stage

RETIRE = "retire"
SWAPPED: Mapping[str, Any] = {**AUTOMATIC, "strategy": "swap-identifiers"}
REPOINTED: Mapping[str, Any] = AUTOMATIC
DELETIONS = ("DeleteDBCluster", "DeleteDBInstance")


@dataclass
class After:
    """A stage after a restore: `cluster` is what it left beside the one that serves, `resource` its id."""

    stage: Stage
    cluster: str
    resource: str = ""
    mine: list[Call] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def retire(self, cluster: str | None = None, **more: Any) -> Execution:
        """Run a retirement to its end."""
        name = cluster or self.cluster
        request = {"cluster": name, "confirm": name, "reason": "it is not needed any more", **more}
        return self.stage.world.run(RETIRE, request)

    def operations(self) -> list[str]:
        """What was asked of RDS since the restore, in its order, but for looks."""
        return [each.operation for each in self._since() if each.service == "rds" and each.changes]

    def stands(self) -> bool:
        """Whether the cluster that was to be retired is still there."""
        return self.cluster in self._clusters()

    def sound(self) -> bool:
        """Whoever serves still does, nothing else was deleted, and nothing was deleted before its last snapshot."""
        assert len(self.stage.platform.serving()) == 1
        assert self.violations == []
        return True

    def watch(self, operation: str, asked: Mapping[str, Any]) -> None:
        """Note a deletion of anything else, or of this without a last snapshot."""
        if operation in DELETIONS:
            name = asked.get("DBClusterIdentifier") or asked["DBInstanceIdentifier"]
            told = {**self.stage.cloud.rds.clusters, **self.stage.cloud.rds.instances}.get(name)
            if told is not None and told.told["DBClusterIdentifier"] != self.cluster:
                self.violations.append(f"{operation} of {name}")
            if not self.finals("available"):
                self.violations.append(f"{operation} of {name} without a final snapshot")

    def finals(self, status: str | None = None) -> list[str]:
        """The final snapshots of the cluster, those in a status."""
        return [
            name
            for name, told in self.stage.cloud.rds.snapshots.items()
            if told["DBClusterIdentifier"] == self.cluster and "-final-" in name and status in (None, told["Status"])
        ]

    def records(self) -> list[Mapping[str, Any]]:
        """The records of retirements."""
        return [each for each in self.stage.cloud.records() if each.get("record") == "retirement"]

    def locks(self) -> list[str]:
        """Who holds a cluster."""
        return [item["pk"] for item in self.stage.cloud.ledger() if item["pk"].startswith("retirement-lock#")]

    def _since(self) -> list[Call]:
        return self.stage.cloud.calls[len(self.mine) :]

    def _clusters(self) -> set[str]:
        now, clusters = self.stage.world.time.now, self.stage.cloud.rds.clusters
        return {name for name, each in clusters.items() if each.status(now) is not None}


@contextmanager
def after(request: Mapping[str, Any] | None = None) -> Iterator[After]:
    """After a restore that was kept, and a quiet hour: what it left is the old cluster, by the name it has now.

    Without a request nothing is run: one restored cluster stands beside, as a restore that cuts nothing over leaves it.
    """
    with stage() as here:
        if request is None:
            name, resource = _beside(here.cloud.rds), "cluster-BESIDE"
        else:
            restore = here.restore(request)
            assert restore.status == "SUCCEEDED", restore.cause
            [name] = [name for name, each in here.cloud.rds.clusters.items() if each.told["DbClusterResourceId"] == OLD]
            resource = OLD
            here.world.time.sleep(3600)
        found = After(stage=here, cluster=name, resource=resource, mine=list(here.cloud.calls))
        answer = here.cloud.rds.answer

        def watched(operation: str, asked: Mapping[str, Any]) -> Json:
            found.watch(operation, asked)
            return answer(operation, asked)

        with patch.object(here.cloud.rds, "answer", watched):
            yield found


def _beside(rds: Rds) -> str:
    name, born = f"{SOURCE}-restored-20261122-0a1b2c3d", rds.time.now - timedelta(days=1)
    marked = {"coder-day2:environment": "prod", "coder-day2:restore": "20261122-0a1b2c3d", "coder-day2:serving": "no"}
    tags = [{"Key": key, "Value": value} for key, value in marked.items()]
    groups = ["sg-prod", "sg-drill"]
    told = cluster_told(name, resource_id="cluster-BESIDE", created_at=born, groups=groups, tags=tags)
    rds.clusters[name] = Resource(told | {"DeletionProtection": True}, [(born, "available")])
    rds.backups["cluster-BESIDE"] = backup_told(told)
    for number in (1, 2):
        instance = instance_told(f"{name}-{number}", told, created_at=born, tags=tags)
        rds.instances[f"{name}-{number}"] = Resource(instance, [(born, "available")])
    return name


@contextmanager
def settled(found: After) -> Iterator[None]:
    """Within it, the settings name the restored cluster, as after a repoint they are to."""
    [restored] = [each for each in found.stage.cloud.rds.clusters if "-restored-" in each]
    settings = replace(found.stage.cloud.settings, source=restored)
    with patch.object(runtime_settings, "current", lambda: settings):
        yield
