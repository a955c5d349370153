"""Which clusters are the platform's, which of them may be retired, and how the last snapshot is called.

Three walls stand around the cluster that serves: the connection secret must name another one, the settings' source is
never retired, and only what bears `coder-day2:serving=no` is. IAM says the last two itself
(`cdk/permissions/retire.py`).
"""

from collections.abc import Mapping, Sequence

from lambdas.recovery.database import Cluster, Instance
from lambdas.recovery.names import ENVIRONMENT_TAG
from lambdas.restoration.names import RESTING, SERVES, SERVING_TAG, of
from lambdas.settings import Settings

RETIREMENT_TAG = "coder-day2:retirement"

# CreateDBClusterSnapshot, RDS API reference.
_LONGEST_SNAPSHOT = 63


def first_name(settings: Settings) -> str:
    """The name that the platform's database had before it was ever restored: `coder-prod-aurora`."""
    return of(settings).old.removesuffix("-old-")


def is_of_the_platform(name: str, settings: Settings) -> bool:
    """Whether a cluster of this name is the platform's first one, one that a restore made, or one that it set aside."""
    made = (of(settings).restored, of(settings).old)
    return name == first_name(settings) or (name.startswith(made) and name not in made)


def families(settings: Settings) -> str:
    """Those names in words."""
    return f"{first_name(settings)}, {of(settings).restored}... and {of(settings).old}..."


def is_an_instance_of_the_platform(name: str, settings: Settings) -> bool:
    """Whether IAM lets an instance of this name be deleted."""
    return name.startswith(f"{first_name(settings)}-")


def snapshot_of(cluster: str, retirement: str) -> str:
    """`<cluster>-final-<the id's digits>`; of a long name as much as leaves room for the rest."""
    ending = f"-final-{retirement.rpartition('-')[2]}"
    return f"{cluster[: _LONGEST_SNAPSHOT - len(ending)].rstrip('-')}{ending}"


def snapshot_tags(cluster: Mapping[str, str], *, retirement: str, environment: str) -> dict[str, str]:
    """The cluster's own tags, without AWS's and ours, and whose snapshot it is."""
    own = {key: value for key, value in cluster.items() if not key.startswith(("aws:", "coder-day2:"))}
    return {**own, RETIREMENT_TAG: retirement, ENVIRONMENT_TAG: environment}


def members(cluster: Cluster, instances: Sequence[Instance]) -> tuple[Instance, ...]:
    """Its instances."""
    return tuple(each for each in instances if each.cluster == cluster.name)


def marking_faults(marked: Sequence[Cluster | Instance], environment: str, *, mendable: bool = True) -> tuple[str, ...]:
    """Why IAM would not let these be deleted: whatever is not marked as resting, in words. Empty when all are.

    `mendable` False: it is seen to serve, so that nobody is told how to mark it by hand.
    """
    serving = [each.name for each in marked if each.tags.get(SERVING_TAG) == SERVES]
    unmarked = [
        each.name
        for each in marked
        if each.name not in serving
        and (each.tags.get(SERVING_TAG) != RESTING or each.tags.get(ENVIRONMENT_TAG) != environment)
    ]
    by_hand = mendable * (
        f"; where you know that it does not serve, tag it and its instances {SERVING_TAG}={RESTING} and "
        f"{ENVIRONMENT_TAG}={environment} by hand"
    )
    faults = []
    if serving:
        faults.append(f"a restore cut over, or was about to cut over, to {', '.join(serving)}{by_hand}")
    if unmarked:
        faults.append(f"no restore has marked {', '.join(unmarked)} as set aside{by_hand}")
    return tuple(faults)
