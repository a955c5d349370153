"""The updates of node groups: begun, followed by DescribeUpdate, over after a while."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from day2.engine.disturbances import Disturbances
from day2.engine.nodes.disturbances import NodeDisturbance

_FOREVER = float("inf")


@dataclass(slots=True, kw_only=True)
class Update:
    """One running or finished update. `ends_at` by the monotonic clock; `errors` are those that it ends with."""

    cluster: str
    group: str
    params: tuple[tuple[str, str], ...]
    token: str | None
    created_at: float
    ends_at: float
    held: Callable[[], bool]
    errors: tuple[Mapping[str, Any], ...] = ()
    id: str = field(default_factory=lambda: str(uuid4()))
    _over: bool = False

    @property
    def over(self) -> bool:
        """Whether it has ended; once it has, it stays so."""
        self._over = self._over or (time.monotonic() >= self.ends_at and not self.held())
        return self._over

    def shown(self) -> dict[str, Any]:
        """The `update` of the API's answer."""
        ended = "Failed" if self.errors else "Successful"
        return {
            "id": self.id,
            "status": ended if self.over else "InProgress",
            "type": "ConfigUpdate",
            "params": [{"type": kind, "value": value} for kind, value in self.params],
            "createdAt": self.created_at,
            "errors": list(self.errors) if self.over else [],
        }


class Updates:
    """The updates of all node groups of one engine, each of `seconds`."""

    def __init__(self, seconds: float, disturbances: Disturbances) -> None:
        self._seconds, self._disturbances = seconds, disturbances
        self._updates: dict[str, Update] = {}

    def begin(
        self, cluster: str, group: str, sizes: Mapping[str, int], *, token: str | None, instances: Iterable[str]
    ) -> Update:
        """Begin one. `instances` are named by one that is to fail."""
        fails = self._disturbances.strikes(NodeDisturbance.UPDATE_FAILS)
        update = Update(
            cluster=cluster,
            group=group,
            params=tuple((f"{size[0].upper()}{size[1:]}", str(value)) for size, value in sizes.items()),
            token=token,
            created_at=time.time(),
            ends_at=time.monotonic() + self._seconds,
            held=lambda: self._disturbances.lasts(NodeDisturbance.UPDATE_HANGS),
            errors=(_failure(instances),) if fails else (),
        )
        self._updates[update.id] = update
        return update

    def get(self, update_id: str) -> Update | None:
        return self._updates.get(update_id)

    def of(self, cluster: str, group: str) -> Iterator[Update]:
        """Those of a node group, or where it is empty of the cluster."""
        return (each for each in self._updates.values() if each.cluster == cluster and group in ("", each.group))

    def running(self, cluster: str, group: str) -> bool:
        return any(not each.over for each in self.of(cluster, group))

    def by_token(self, cluster: str, group: str, token: str | None) -> Update | None:
        """The update that was asked for with the same clientRequestToken."""
        return next((each for each in self.of(cluster, group) if token and each.token == token), None)


def _failure(instances: Iterable[str]) -> Mapping[str, Any]:
    """An ErrorDetail of the API, with a code of its ErrorCode."""
    return {
        "errorCode": "NodeCreationFailure",
        "errorMessage": "Instances failed to join the kubernetes cluster",
        "resourceIds": list(instances),
    }
