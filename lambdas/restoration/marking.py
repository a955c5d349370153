"""Which clusters and instances a restore marks as the one that serves, and as the one that does not.

By the mark IAM tells a serving cluster when one is retired. It is put before the cut-over on what will serve, so that
there is no moment in which a serving cluster could be retired; and on what has stopped serving only when nothing of the
restore can be taken back any more. A death between the two leaves both protected.
"""

from collections.abc import Collection, Mapping, Sequence

from lambdas.recovery.database import Cluster, Instance
from lambdas.recovery.names import ENVIRONMENT_TAG
from lambdas.restoration.names import SERVING_TAG
from lambdas.restore_contracts import BeforeDatabase


def marks(value: str, environment: str) -> dict[str, str]:
    """The tags of a mark."""
    return {SERVING_TAG: value, ENVIRONMENT_TAG: environment}


def to_mark(
    resource_ids: Collection[str], found: Sequence[Cluster | Instance], wanted: Mapping[str, str]
) -> tuple[str, ...]:
    """The ARNs of those resources that do not bear the mark yet."""
    return tuple(
        each.arn
        for each in found
        if each.resource_id in resource_ids and any(each.tags.get(key) != value for key, value in wanted.items())
    )


def resting(before: BeforeDatabase, *, serving: str) -> frozenset[str]:
    """The resource ids of the cluster that rests, and of its instances, where the one of id `serving` serves."""
    restored = frozenset(before.restored)
    return frozenset(before.names) - restored if serving in restored else restored
