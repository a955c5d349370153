"""Managed node groups change their size as on EKS: one update at a time, which takes a while and can fail.

MiniStack has no route for UpdateNodegroupConfig, DescribeUpdate and ListUpdates, and nothing stands behind its groups.
Here the instances of `day2.engine.nodes` do: they are seen by EKS, by Auto Scaling (`auto_scaling`) and as nodes of
the fake Kubernetes API. Rules:

- minSize <= desiredSize <= maxSize, else InvalidParameterException; another update while one runs is a
  ResourceInUseException, with the words of github.com/aws/containers-roadmap/issues/2204
- an update is Successful once the sizes are set: that the instances come is not waited for. Where they do not, the
  group has an issue in its health, and is DEGRADED until a launch succeeds
  (github.com/aws/containers-roadmap/issues/2326)
- a group whose update failed is ACTIVE again with its old sizes
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ministack.services import ec2, eks

from day2.engine.disturbances import Disturbances
from day2.engine.extensions import auto_scaling, kubernetes, node_group_permissions
from day2.engine.extensions.node_group_updates import Updates
from day2.engine.nodes import registration
from day2.engine.nodes.fleet import Fleet
from day2.engine.nodes.instances import Subnet
from day2.engine.nodes.scaling_group import ScalingGroup, Sizes, World
from day2.engine.settings import EngineSettings

NEEDS = (
    "services.ec2._subnets",
    "services.eks._clusters",
    "services.eks._error",
    "services.eks._handle_request_sync",
    "services.eks._json_resp",
    "services.eks._nodegroups",
    *auto_scaling.NEEDS,
    *node_group_permissions.NEEDS,
)

Answer = tuple[int, Mapping[str, str], bytes]

_GROUPS = re.compile(r"/clusters/(?P<cluster>[\w-]+)/node-groups")
_UPDATE_CONFIG = re.compile(r"/clusters/(?P<cluster>[\w-]+)/node-groups/(?P<group>[\w-]+)/update-config")
_UPDATES = re.compile(r"/clusters/(?P<cluster>[\w-]+)/updates(?:/(?P<update>[\w-]+))?")
_SIZES = ("minSize", "desiredSize", "maxSize")
_OK = 200

_handle = eks._handle_request_sync


class NodeGroups:
    """The node groups of all clusters of one engine."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._world = World(phases=settings.phases, disturbances=Disturbances(settings.workspace))
        self.fleet = Fleet(self._tell)
        self._updates = Updates(settings.phases.node_group_updating, self._world.disturbances)

    def handle(self, method: str, path: str, headers: Any, body: bytes, query: Mapping[str, Any]) -> Answer:
        """The routes that MiniStack lacks; everything else is MiniStack's, with instances behind it."""
        with self.fleet.lock:
            self._settle()
            if method == "POST" and (found := _UPDATE_CONFIG.fullmatch(path)):
                return self._update(found["cluster"], found["group"], json.loads(body or b"{}"))
            if method == "GET" and (found := _UPDATES.fullmatch(path)):
                group = _first(query.get("nodegroupName"))
                if found["update"]:
                    return self._describe(found["cluster"], group, found["update"])
                return self._list(found["cluster"], group)
            if method == "POST" and (found := _GROUPS.fullmatch(path)):
                return self._create(found["cluster"], json.loads(body or b"{}"), (method, path, headers, body, query))
        answer: Answer = _handle(method, path, headers, body, query)
        if method == "DELETE":
            self._forget_deleted()
        return answer

    def _create(self, cluster: str, asked: Mapping[str, Any], request: tuple[Any, ...]) -> Answer:
        answer: Answer = _handle(*request)
        if answer[0] != _OK:
            return answer
        group = eks._nodegroups[f"{cluster}/{asked['nodegroupName']}"]
        name = auto_scaling.name(group["nodegroupName"])
        group["resources"]["autoScalingGroups"] = [{"name": name}]
        sizes = Sizes(*(group["scalingConfig"][size] for size in _SIZES))
        made = ScalingGroup(
            name=name,
            cluster=cluster,
            node_group=group["nodegroupName"],
            instance_type=group["instanceTypes"][0],
            labels=group["labels"],
            subnets=tuple(map(_subnet, group["subnets"])),
            sizes=sizes,
            told=sizes,
            world=self._world,
        )
        auto_scaling.create(made)
        self.fleet.add(made)
        return _told({"nodegroup": group})

    def _update(self, cluster: str, name: str, asked: Mapping[str, Any]) -> Answer:
        group, scaled = eks._nodegroups.get(f"{cluster}/{name}"), self.fleet.of(cluster, name)
        if group is None or scaled is None:
            return _refused(404, "ResourceNotFoundException", f"No node group found for name: {name}.")
        if known := self._updates.by_token(cluster, name, asked.get("clientRequestToken")):
            return _told({"update": known.shown()})
        if group["status"] == "UPDATING":
            message = "Nodegroup cannot be updated as it is currently not in Active State"
            return _refused(409, "ResourceInUseException", message)
        wanted = {**_written(scaled.sizes), **(asked.get("scalingConfig") or {})}
        sizes = Sizes(*(wanted[size] for size in _SIZES))
        if wrong := _wrong(sizes):
            return _refused(400, "InvalidParameterException", wrong)
        update = self._updates.begin(
            cluster,
            name,
            wanted,
            token=asked.get("clientRequestToken"),
            instances=[each.id for each in scaled.standing],
        )
        group.update(status="UPDATING", modifiedAt=update.created_at)
        if not update.errors:
            scaled.resize(sizes, now=datetime.now(UTC), by_eks=True)
            self.fleet.look()
        return _told({"update": update.shown()})

    def _describe(self, cluster: str, group: str, update_id: str) -> Answer:
        update = self._updates.get(update_id)
        if update is None or (update.cluster, update.group) != (cluster, group):
            return _refused(404, "ResourceNotFoundException", f"No update found for ID: {update_id}")
        return _told({"update": update.shown()})

    def _list(self, cluster: str, group: str) -> Answer:
        if cluster not in eks._clusters:
            return _refused(404, "ResourceNotFoundException", f"No cluster found for name: {cluster}.")
        return _told({"updateIds": [each.id for each in self._updates.of(cluster, group)]})

    def _settle(self) -> None:
        """Groups whose update is over are ACTIVE again, or DEGRADED."""
        for scaled in self.fleet.groups():
            group = eks._nodegroups.get(f"{scaled.cluster}/{scaled.node_group}")
            if group and not self._updates.running(scaled.cluster, scaled.node_group):
                group["status"] = "DEGRADED" if scaled.trouble else "ACTIVE"

    def _forget_deleted(self) -> None:
        with self.fleet.lock:
            for each in self.fleet.groups():
                if f"{each.cluster}/{each.node_group}" not in eks._nodegroups:
                    self.fleet.remove(each.name)
                    auto_scaling.delete(each)
                    if api := kubernetes.APIS.get(each.cluster):
                        registration.unregister(api.store, each)

    def _tell(self, scaled: ScalingGroup, now: datetime) -> None:
        """Show a group as it now is to EKS, Auto Scaling and Kubernetes."""
        if group := eks._nodegroups.get(f"{scaled.cluster}/{scaled.node_group}"):
            found = scaled.trouble
            issue = {"code": found.code, "message": found.message, "resourceIds": [scaled.name]} if found else None
            group.update(scalingConfig=_written(scaled.told), health={"issues": [issue] if issue else []})
        auto_scaling.show(scaled, now)
        if api := kubernetes.APIS.get(scaled.cluster):
            registration.register(api.store, scaled, now, pods=self._settings.pods_per_node)


def install(settings: EngineSettings) -> None:
    groups = NodeGroups(settings)
    eks._handle_request_sync = groups.handle
    auto_scaling.install_on(groups.fleet)
    node_group_permissions.install_on(groups.fleet)


def _subnet(subnet_id: str) -> Subnet:
    found = ec2._subnets.get(subnet_id) or {}
    return Subnet(id=subnet_id, zone=found.get("AvailabilityZone", ""), cidr=found.get("CidrBlock", "10.20.0.0/16"))


def _written(sizes: Sizes) -> dict[str, int]:
    return {"minSize": sizes.smallest, "maxSize": sizes.largest, "desiredSize": sizes.desired}


def _wrong(sizes: Sizes) -> str:
    """What is wrong with a scaling configuration, or nothing."""
    if sizes.smallest > sizes.largest:
        return "Minimum capacity can't be greater than maximum size"
    if sizes.desired < sizes.smallest:
        return f"Minimum capacity {sizes.smallest} can't be greater than desired size {sizes.desired}"
    if sizes.desired > sizes.largest:
        return f"Desired capacity {sizes.desired} can't be greater than max size {sizes.largest}"
    return ""


def _first(value: Any) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value or "")


def _told(content: Mapping[str, Any]) -> Answer:
    answer: Answer = eks._json_resp(200, content)
    return answer


def _refused(code: int, name: str, message: str) -> Answer:
    answer: Answer = eks._error(code, name, message)
    return answer
