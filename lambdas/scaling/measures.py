"""The numbers CloudWatch keeps of node groups, in namespace `CoderDay2`, by Environment and Group (the role).

| metrics                                                                    | of                |
|----------------------------------------------------------------------------|-------------------|
| Load (percent; what the alarms look at), FactsMissing (0 or 1)             | every group       |
| RequestedCpu, RequestedMemory (percent), UnplacedWorkspaces, ReadyNodes,   | workspaces        |
| RunningWorkspaces                                                          |                   |
| PendingJobs, OldestWait (seconds), RunningJobs, Daemons                    | provisioners      |
| NodesLate                                                                  | a promised time   |

What is not known is not sent: an alarm without data takes nothing away, and another one tells of it.
"""

from aws_lambda_powertools.metrics import MetricUnit

from lambdas.evidence.metrics import Series
from lambdas.scaling.contracts import Capacity, Role
from lambdas.scaling.demand import Load
from lambdas.scaling.promise import Promise

_UNITS = {
    "RequestedCpu": MetricUnit.Percent,
    "RequestedMemory": MetricUnit.Percent,
    "OldestWait": MetricUnit.Seconds,
}


def of_group(load: Load | None, seen: Capacity, *, environment: str, role: Role) -> tuple[Series, ...]:
    """One minute of a group; `load` is None where it could not be measured."""
    values: dict[str, tuple[MetricUnit, float]] = {
        "FactsMissing": (MetricUnit.Count, int(load is None or bool(seen.unknown)))
    }
    if load is not None:
        values["Load"] = (MetricUnit.Percent, load.percent)
        values |= {name: (_UNITS.get(name, MetricUnit.Count), value) for name, value in load.parts.items()}
    if seen.workspaces is not None:
        values["RunningWorkspaces"] = (MetricUnit.Count, seen.workspaces.total)
    return (Series(dimensions=_where(environment, role), values=values),)


def of_promise(promise: Promise, *, environment: str, role: Role) -> tuple[Series, ...]:
    """A promised time that has come; none for one that a holiday or a person lifted."""
    if promise.verdict == "not due":
        return ()
    return (Series(dimensions=_where(environment, role), values={"NodesLate": (MetricUnit.Count, promise.missing)}),)


def _where(environment: str, role: Role) -> dict[str, str]:
    return {"Environment": environment, "Group": role}
