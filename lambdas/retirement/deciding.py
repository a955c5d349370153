"""Whether a cluster may be retired: everything against it at once, from what RDS, the secret and the ledger tell."""

from collections.abc import Iterator
from dataclasses import dataclass

from lambdas.errors import ProductionTargetRefused
from lambdas.reading import shown
from lambdas.recovery.database import AVAILABLE, DELETING, Cluster, Instance
from lambdas.restore_contracts import Restoration
from lambdas.retirement import names
from lambdas.retirement.contracts import Retirement
from lambdas.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a retirement is judged by.

    host      the database host that the connection secret names
    restores  those that run now
    """

    clusters: tuple[Cluster, ...]
    instances: tuple[Instance, ...]
    host: str
    restores: tuple[Restoration, ...] = ()

    def cluster(self, name: str) -> Cluster | None:
        return next((each for each in self.clusters if each.name == name), None)

    def serves(self, cluster: Cluster) -> bool:
        """Whether the connection secret names it, by its own endpoint or one of its instances'."""
        endpoints = [cluster.endpoint, *(each.endpoint for each in names.members(cluster, self.instances))]
        return self.host.lower() in [each.lower() for each in endpoints if each]

    def successor(self, name: str, settings: Settings) -> Cluster | None:
        """The cluster of the platform that serves, if it is available and not the one of this name."""
        return next(
            (
                each
                for each in self.clusters
                if each.name != name
                and names.is_of_the_platform(each.name, settings)
                and each.status == AVAILABLE
                and self.serves(each)
            ),
            None,
        )


def faults(name: str, world: World, settings: Settings) -> tuple[str, ...]:
    """Everything against retiring the cluster of this name. Empty when it may be."""
    return tuple(f"request.cluster: {each}" for each in _faults(name, world, settings))


def _faults(name: str, world: World, settings: Settings) -> Iterator[str]:
    cluster = world.cluster(name)
    if not names.is_of_the_platform(name, settings):
        yield f"{shown(name)} is no cluster of this platform; those are called {names.families(settings)}"
        return
    if name == settings.source:
        yield (
            f"{name} is this environment's source, which is drilled and restored from; if another one serves by now, "
            "name that in the settings' source.cluster, deploy, and retire this one then"
        )
    for each in world.restores:
        if name in (each.source, each.target, each.old_name):
            yield f"the restore {each.id} runs and is about it; answer it (day2 approvals) or stop it first"
    if cluster is None:
        yield f"there is no cluster {name}{_others(name, world, settings)}"
        return
    yield from _in_its_state(cluster, world, settings)


def _in_its_state(cluster: Cluster, world: World, settings: Settings) -> Iterator[str]:
    if cluster.status == DELETING:
        yield f"{cluster.name} is being deleted already"
    elif cluster.status != AVAILABLE:
        yield f"{cluster.name} is {cluster.status}; its final snapshot needs it {AVAILABLE}"
    secret = settings.platform.connection_secret if settings.platform else "the connection secret"
    if world.serves(cluster):
        yield f"{cluster.name} serves: the connection secret {secret} names it"
    elif world.successor(cluster.name, settings) is None:
        yield (
            f"nothing else is seen to serve: the connection secret {secret} names {world.host}, which is no available "
            "cluster of this platform; until one is, every other one is kept"
        )
    members = names.members(cluster, world.instances)
    mendable = not world.serves(cluster) and cluster.name != settings.source
    yield from names.marking_faults((cluster, *members), settings.environment, mendable=mendable)
    strange = [each.name for each in members if not names.is_an_instance_of_the_platform(each.name, settings)]
    if strange:
        yield (
            f"its instances {', '.join(strange)} do not begin with {names.first_name(settings)}-, and no other may be "
            "deleted here; delete them by hand first"
        )


def _others(name: str, world: World, settings: Settings) -> str:
    """Those that could have been meant."""
    found = [
        each.name
        for each in world.clusters
        if each.name not in (name, settings.source)
        and names.is_of_the_platform(each.name, settings)
        and not world.serves(each)
    ]
    return f"; there is {', '.join(sorted(found))}" if found else ""


def hosts(cluster: Cluster, instances: tuple[Instance, ...]) -> tuple[str, ...]:
    """Where somebody could be connected: each instance's own endpoint, for a writer knows nothing of its readers."""
    members = [each for each in names.members(cluster, instances) if each.status != DELETING]
    if not members:
        return ()
    told = [each.endpoint for each in members if each.endpoint]
    return tuple(dict.fromkeys(told)) or ((cluster.endpoint,) if cluster.endpoint else ())


def require_resting(retirement: Retirement, cluster: Cluster, world: World, settings: Settings) -> None:
    """Raise ProductionTargetRefused when the cluster, known by its id, may not be deleted any more, or never might."""
    against = [*names.marking_faults((cluster, *names.members(cluster, world.instances)), settings.environment)]
    if cluster.name != retirement.cluster:
        against.append(f"it is called {cluster.name} by now")
    if retirement.cluster == settings.source or not names.is_of_the_platform(retirement.cluster, settings):
        against.append("its name is the source's, or none of this platform's other clusters'")
    if world.serves(cluster):
        against.append("the connection secret names it by now")
    if against:
        raise ProductionTargetRefused(
            f"It is not deleted: {'; '.join(against)}.",
            resource=retirement.cluster,
            next_step="Look who changed that. Retire it again once it serves nobody.",
        )
