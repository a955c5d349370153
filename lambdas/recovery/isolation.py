"""Whether anybody but the verifier can reach the copy, as far as the APIs tell.

Every fact that is looked at is told; every fact that allows access by others, or that could not be read, is a doubt,
and one doubt ends the drill before a row is read. Outbound ways (NAT, egress-only gateways) let nobody in and are told
as such.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lambdas.contracts import Drill, IsolationFact
from lambdas.recovery.database import Cluster, Instance
from lambdas.settings import Settings

# CDK closes a group's egress by one rule to a host that cannot exist, because none at all would mean "everything".
NOWHERE = "255.255.255.255/32"
_ONLY_OUTBOUND = ("nat-", "eigw-")
_INTERNET = "igw-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One permission of a security group. Ports None: all of them. `peers`: group ids, CIDRs, prefix lists."""

    protocol: str
    from_port: int | None
    to_port: int | None
    groups: tuple[str, ...] = ()
    cidrs: tuple[str, ...] = ()
    prefix_lists: tuple[str, ...] = ()

    @property
    def ports(self) -> str:
        """The protocol and its ports in words."""
        if self.from_port is None:
            return f"{'everything' if self.protocol == '-1' else self.protocol}, all ports"
        return f"{self.protocol} {self.from_port}" + ("" if self.from_port == self.to_port else f"-{self.to_port}")

    @property
    def peers(self) -> tuple[str, ...]:
        """Everybody the rule is for."""
        return (*self.groups, *self.cidrs, *self.prefix_lists)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """One security group's rules."""

    id: str
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route: where to, by what. `by` is the gateway's, endpoint's or connection's id, or `local`."""

    to: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """One route table of a VPC. `subnets` are associated with it; `main` serves all that are with none."""

    id: str
    main: bool
    subnets: tuple[str, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What was read around the copy. None: it could not be read, and `unread` says why, by what was read."""

    cluster: Cluster | None
    instances: tuple[Instance, ...] | None
    groups: tuple[SecurityGroup, ...] | None
    route_tables: tuple[RouteTable, ...] | None
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fact. `doubt` says why it does not prove isolation; None when it does."""

    fact: IsolationFact
    doubt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """Everything looked at. Proven only without a doubt, and with something looked at."""

    findings: tuple[Finding, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why it is not proven, each with its resource."""
        return tuple(f"{each.fact.resource}: {each.doubt}" for each in self.findings if each.doubt)

    @property
    def facts(self) -> tuple[IsolationFact, ...]:
        """What was looked at, for the evidence."""
        return tuple(each.fact for each in self.findings)


def judge_isolation(seen: Surroundings, *, drill: Drill, settings: Settings) -> Isolation:
    """Judge all that was read of the copy's surroundings."""
    findings: list[Finding] = [
        _finding("readable", what, f"could not be read: {why}", doubt=f"{what} could not be read: {why}")
        for what, why in seen.unread.items()
    ]
    if seen.cluster is None:
        findings += _missing(seen.unread, "cluster", drill.target)
    else:
        findings += judge_cluster(seen.cluster, settings)
    if not seen.instances:
        findings += _missing(seen.unread, "instances", drill.writer)
    else:
        for instance in seen.instances:
            findings += _judge_instance(instance, settings)
    if seen.groups is None:
        findings += _missing(seen.unread, "security groups", settings.database.security_group)
    else:
        findings += _judge_group(seen.groups, settings)
    if seen.route_tables is None:
        findings += _missing(seen.unread, "route tables", settings.database.subnet_group)
    elif seen.instances:
        subnets = dict.fromkeys(subnet for instance in seen.instances for subnet in instance.subnets)
        findings += _judge_subnets(tuple(subnets), seen.route_tables, settings)
    return Isolation(findings=tuple(findings))


def judge_cluster(cluster: Cluster, settings: Settings) -> tuple[Finding, ...]:
    """Judge what the cluster tells of itself; possible before an instance listens."""
    return tuple(_judge_cluster(cluster, settings))


def _judge_cluster(cluster: Cluster, settings: Settings) -> Iterator[Finding]:
    name = cluster.name
    yield _only_group(name, cluster.security_groups, settings.database.security_group)
    yield _closed("no public access", name, is_open=cluster.publicly_accessible, by="it is publicly accessible")
    yield _closed(
        "no internet access gateway",
        name,
        is_open=cluster.internet_gateway,
        by="it has an internet access gateway, which answers without a VPC",
    )
    yield _closed(
        "inside a VPC",
        name,
        is_open=None if cluster.vpc_networking is None else not cluster.vpc_networking,
        by="its VPC networking is off",
        words=("its VPC networking is off", "its VPC networking is on"),
    )
    yield _closed(
        "no IAM database authentication",
        name,
        is_open=cluster.iam_authentication,
        by="IAM authentication lets roles in that this drill does not know",
    )
    yield _closed("no Data API", name, is_open=cluster.data_api, by="its HTTP endpoint answers without a network path")
    yield _finding(
        "no roles of its own",
        name,
        f"{len(cluster.roles)} associated roles",
        doubt=f"it can act through the roles {', '.join(cluster.roles)}" if cluster.roles else None,
    )


def _judge_instance(instance: Instance, settings: Settings) -> Iterator[Finding]:
    yield _only_group(instance.name, instance.security_groups, settings.database.security_group)
    public = instance.publicly_accessible
    yield _finding(
        "no public access",
        instance.name,
        "not told" if public is None else f"publicly accessible: {str(public).lower()}",
        doubt={True: "it is publicly accessible", None: "the API does not tell whether it is public"}.get(public),
    )
    if not instance.subnets:
        yield _finding("subnets known", instance.name, "none told", doubt="its subnets are not told")


def _judge_group(groups: Sequence[SecurityGroup], settings: Settings) -> Iterator[Finding]:
    wanted = settings.database.security_group
    group = next((each for each in groups if each.id == wanted), None)
    if group is None:
        yield _finding("its rules known", wanted, "not found", doubt="the isolated security group was not found")
        return
    port, verifier = settings.database.port, settings.database.verifier_security_group
    for rule in group.ingress:
        right_port = rule.protocol in ("tcp", "6") and rule.from_port == rule.to_port == port
        peers = ", ".join(rule.peers) or "nobody named"
        doubt = None
        if not right_port or rule.peers != (verifier,):
            doubt = f"it lets in {peers} on {rule.ports}, not only {verifier} on tcp {port}"
        yield _finding("only the verifier comes in", wanted, f"{peers} on {rule.ports}", doubt=doubt)
    if not group.ingress:
        yield _finding("only the verifier comes in", wanted, "nobody comes in")
    outward = [rule for rule in group.egress if rule.peers != (NOWHERE,)]
    for rule in outward:
        peers = ", ".join(rule.peers) or "nobody named"
        yield _finding(
            "nothing goes out", wanted, f"{rule.ports} to {peers}", doubt=f"it lets {rule.ports} out to {peers}"
        )
    if not outward:
        yield _finding("nothing goes out", wanted, "no egress but to nowhere")


def _judge_subnets(subnets: Sequence[str], tables: Sequence[RouteTable], settings: Settings) -> Iterator[Finding]:
    if not subnets:
        group = settings.database.subnet_group
        yield _finding("no internet route", group, "no subnets told", doubt="its subnets are not told")
    main = next((table for table in tables if table.main), None)
    for subnet in subnets:
        table = next((each for each in tables if subnet in each.subnets), main)
        if table is None:
            yield _finding("no internet route", subnet, "no route table found", doubt="its routes are not known")
            continue
        inward = [route for route in table.routes if route.by.startswith(_INTERNET)]
        outward = [route for route in table.routes if route.by.startswith(_ONLY_OUTBOUND)]
        seen = f"{table.id}: {len(table.routes)} routes, {len(inward)} by an internet gateway"
        if outward:
            seen += f", outbound only by {', '.join(sorted({route.by for route in outward}))}"
        doubt = None
        if inward:
            doubt = "; ".join(f"{table.id} leads {route.to} through {route.by}" for route in inward)
        yield _finding("no internet route", subnet, seen, doubt=doubt)


def _only_group(name: str, groups: Sequence[str], wanted: str) -> Finding:
    seen = ", ".join(groups) or "none"
    doubt = None if tuple(groups) == (wanted,) else f"its security groups are {seen}, not {wanted} alone"
    return _finding("only the isolated security group", name, seen, doubt=doubt)


def _closed(
    fact: str, name: str, *, is_open: bool | None, by: str, words: tuple[str, str] = ("open", "closed")
) -> Finding:
    """A switch that the API tells only for the clusters that have it: not told is closed, and said so."""
    seen = {True: words[0], False: words[1], None: "not told by the API: this cluster has no such switch"}[is_open]
    return _finding(fact, name, seen, doubt=by if is_open else None)


def _missing(unread: Mapping[str, str], what: str, resource: str) -> list[Finding]:
    """A doubt about what is not there, unless it is told already as unread."""
    if what in unread:
        return []
    return [_finding("exists", resource, "not found", doubt=f"the {what} to judge were not found")]


def _finding(fact: str, resource: str, seen: str, *, doubt: str | None = None) -> Finding:
    return Finding(fact=IsolationFact(fact=fact, resource=resource, seen=seen), doubt=doubt)
