"""The door to EKS's managed node groups: their sizes, and the updates by which these change."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.adapters import aws
from lambdas.errors import GroupUpdating, RequestRefused
from lambdas.scaling.contracts import Group, Role, Sizes

if TYPE_CHECKING:
    from mypy_boto3_eks import EKSClient

_IN_USE = "ResourceInUseException"
_NOT_FOUND = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """An update of a group. `status`: InProgress, Successful, Failed or Cancelled; `errors`: each in EKS's words."""

    id: str
    status: str
    errors: tuple[str, ...] = ()


@cache
def door() -> "NodeGroups":
    """This function's door, one client for the life of the process."""
    return NodeGroups(aws.client("eks"))


class NodeGroups:
    """The node groups of one account and Region."""

    def __init__(self, client: "EKSClient") -> None:
        self._client = client

    def group(self, cluster: str, name: str, role: Role) -> Group:
        """The group as it stands. Raises RequestRefused when there is none of that name."""
        with aws.asking(f"{cluster}/{name}", next_step="Correct the settings' scaling.groups, and start again."):
            told = self._client.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
        return _group(told, name, role)

    def health(self, cluster: str, name: str) -> tuple[str, ...]:
        """What EKS says ails the group, each with its code. As `group`."""
        with aws.asking(f"{cluster}/{name}"):
            told = self._client.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
        issues = told.get("health", {}).get("issues") or ()
        return tuple(f"{each.get('code', 'Unknown')}: {each.get('message', 'no message')}" for each in issues)

    def resize(self, group: Group, sizes: Sizes, *, cluster: str, token: str) -> Update:
        """Order sizes, all three together. The same `token` orders the same update once.

        Raises:
            GroupUpdating: another update runs; EKS takes one at a time.
        """
        resource = f"{cluster}/{group.name}"
        with aws.asking(resource):
            try:
                told = self._client.update_nodegroup_config(
                    clusterName=cluster,
                    nodegroupName=group.name,
                    scalingConfig={
                        "minSize": sizes.smallest,
                        "desiredSize": sizes.desired,
                        "maxSize": sizes.largest,
                    },
                    clientRequestToken=token,
                )["update"]
            except ClientError as refusal:
                if aws.code(refusal) != _IN_USE:
                    raise
                raise GroupUpdating(
                    "Another update of this node group runs.",
                    resource=resource,
                    next_step="Nothing to do: it is ordered once that one is over.",
                ) from refusal
        return _update(told)

    def update(self, cluster: str, name: str, update: str) -> Update:
        """How an update stands. Raises RequestRefused when EKS does not know it (any more)."""
        resource = f"{cluster}/{name}"
        with aws.asking(resource):
            try:
                told = self._client.describe_update(name=cluster, nodegroupName=name, updateId=update)["update"]
            except ClientError as refusal:
                if aws.code(refusal) != _NOT_FOUND:
                    raise
                raise RequestRefused(
                    f"EKS knows no update {update}.",
                    resource=resource,
                    next_step="See the node group's update history in EKS.",
                ) from refusal
        return _update(told)


def _group(told: Any, name: str, role: Role) -> Group:
    sizes = told["scalingConfig"]
    groups = told.get("resources", {}).get("autoScalingGroups") or ()
    return Group(
        name=name,
        role=role,
        sizes=Sizes(smallest=sizes["minSize"], desired=sizes["desiredSize"], largest=sizes["maxSize"]),
        status=told["status"],
        auto_scaling_group=groups[0]["name"] if groups else "",
    )


def _update(told: Any) -> Update:
    return Update(id=told["id"], status=told["status"], errors=tuple(map(_error, told.get("errors") or ())))


def _error(told: Any) -> str:
    resources = ", ".join(told.get("resourceIds") or ())
    about = f" [{resources}]" if resources else ""
    return f"{told.get('errorCode', 'Unknown')}: {told.get('errorMessage', 'no message')}{about}"
