"""Managed node groups change their size as on EKS: one update at a time, which succeeds after a while.

MiniStack has no route for UpdateNodegroupConfig, DescribeUpdate and ListUpdates. Rules, from the API reference of
EKS: minSize <= desiredSize <= maxSize, else InvalidParameterException; while an update runs the
group is UPDATING, and another one is refused with ResourceInUseException.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import eks

from day2.engine.settings import EngineSettings

NEEDS = (
    "services.eks._clusters",
    "services.eks._error",
    "services.eks._handle_request_sync",
    "services.eks._json_resp",
    "services.eks._nodegroups",
)

Answer = tuple[int, Mapping[str, str], bytes]
Group = dict[str, Any]

_UPDATE_CONFIG = re.compile(r"/clusters/(?P<cluster>[\w-]+)/node-groups/(?P<group>[\w-]+)/update-config")
_UPDATES = re.compile(r"/clusters/(?P<cluster>[\w-]+)/updates(?:/(?P<update>[\w-]+))?")
_SIZES = ("minSize", "maxSize", "desiredSize")

_handle = eks._handle_request_sync


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One running or finished update. `ends_at` by the monotonic clock."""

    id: str
    cluster: str
    group: str
    params: tuple[tuple[str, str], ...]
    created_at: float
    ends_at: float

    def shown(self, clock: Callable[[], float]) -> dict[str, Any]:
        """The `update` of the API's answer."""
        return {
            "id": self.id,
            "status": "Successful" if clock() >= self.ends_at else "InProgress",
            "type": "ConfigUpdate",
            "params": [{"type": kind, "value": value} for kind, value in self.params],
            "createdAt": self.created_at,
            "errors": [],
        }


class NodeGroups:
    """The updates of all node groups of one engine."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._updates: dict[str, Update] = {}

    def handle(self, method: str, path: str, headers: Any, body: bytes, query: Mapping[str, Any]) -> Answer:
        """The routes that MiniStack lacks; everything else is MiniStack's."""
        self._settle()
        if method == "POST" and (found := _UPDATE_CONFIG.fullmatch(path)):
            return self._update(found["cluster"], found["group"], json.loads(body or b"{}"))
        if method == "GET" and (found := _UPDATES.fullmatch(path)):
            if found["update"]:
                return self._describe(found["cluster"], found["update"])
            return self._list(found["cluster"], _first(query.get("nodegroupName")))
        answer: Answer = _handle(method, path, headers, body, query)
        return answer

    def _update(self, cluster: str, name: str, asked: Mapping[str, Any]) -> Answer:
        group = eks._nodegroups.get(f"{cluster}/{name}")
        if group is None:
            return _refused(404, "ResourceNotFoundException", f"No node group found for name: {name}.")
        if group["status"] == "UPDATING":
            return _refused(409, "ResourceInUseException", f"Nodegroup {name} is currently being updated.")
        sizes = {**group["scalingConfig"], **(asked.get("scalingConfig") or {})}
        if wrong := _wrong(sizes):
            return _refused(400, "InvalidParameterException", wrong)
        now = self._clock()
        update = Update(
            id=new_uuid(),
            cluster=cluster,
            group=name,
            params=tuple((f"{size[0].upper()}{size[1:]}", str(sizes[size])) for size in _SIZES),
            created_at=time.time(),
            ends_at=now + self._seconds,
        )
        self._updates[update.id] = update
        group.update(status="UPDATING", scalingConfig=sizes, modifiedAt=update.created_at)
        return _told({"update": update.shown(self._clock)})

    def _describe(self, cluster: str, update_id: str) -> Answer:
        update = self._updates.get(update_id)
        if update is None or update.cluster != cluster:
            return _refused(404, "ResourceNotFoundException", f"No update found for ID: {update_id}")
        return _told({"update": update.shown(self._clock)})

    def _list(self, cluster: str, group: str) -> Answer:
        if cluster not in eks._clusters:
            return _refused(404, "ResourceNotFoundException", f"No cluster found for name: {cluster}.")
        found = [each.id for each in self._updates.values() if each.cluster == cluster and group in ("", each.group)]
        return _told({"updateIds": found})

    def _settle(self) -> None:
        """Groups whose update is over are ACTIVE again."""
        for update in self._updates.values():
            group = eks._nodegroups.get(f"{update.cluster}/{update.group}")
            if group and group["status"] == "UPDATING" and not self._running(update.cluster, update.group):
                group["status"] = "ACTIVE"

    def _running(self, cluster: str, group: str) -> bool:
        updates = (each for each in self._updates.values() if (each.cluster, each.group) == (cluster, group))
        return any(self._clock() < each.ends_at for each in updates)


def install(settings: EngineSettings) -> None:
    eks._handle_request_sync = NodeGroups(settings.phases.node_group_updating).handle


def _wrong(sizes: Mapping[str, int]) -> str:
    """What is wrong with a scaling configuration, or nothing."""
    smallest, largest, desired = (sizes[size] for size in _SIZES)
    if smallest > largest:
        return "Minimum capacity can't be greater than maximum size"
    if desired < smallest:
        return f"Minimum capacity {smallest} can't be greater than desired size {desired}"
    if desired > largest:
        return f"Desired capacity {desired} can't be greater than max size {largest}"
    return ""


def _first(value: Any) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value or "")


def _told(content: Mapping[str, Any]) -> Answer:
    answer: Answer = eks._json_resp(200, content)
    return answer


def _refused(code: int, name: str, message: str) -> Answer:
    answer: Answer = eks._error(code, name, message)
    return answer
