"""Isolation: a closed copy is proven with every fact told; every single opening, and every unread thing, is a doubt."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lambdas import errors
from lambdas.contracts import Drill
from lambdas.recovery.handlers import add_instance, choose_recovery_point, prove_isolation, restore_cluster
from lambdas.recovery.isolation import NOWHERE, Route, Rule

from .conftest import World

Opening = Callable[[World, Drill], None]


@pytest.fixture
def drill(world: World) -> Drill:
    drill = world.open()
    choice = world.call(choose_recovery_point.handler, drill=drill)
    world.call(
        restore_cluster.handler, drill=drill, recovery_point=choice["recovery_point"], blueprint=choice["blueprint"]
    )
    world.call(add_instance.handler, drill=drill)
    return drill


def test_a_closed_copy_is_proven_and_everything_looked_at_is_told(world: World, drill: Drill) -> None:
    told = world.call(prove_isolation.handler, drill=drill)
    assert told["proven"]
    facts = {each["fact"] for each in told["facts"]}
    assert facts == {
        "only the isolated security group",
        "no public access",
        "no internet access gateway",
        "inside a VPC",
        "no IAM database authentication",
        "no Data API",
        "no roles of its own",
        "only the verifier comes in",
        "nothing goes out",
        "no internet route",
    }
    assert any("outbound only by nat-1" in each["seen"] for each in told["facts"])


def test_what_was_seen_of_the_vpc_networking_is_told_in_its_own_words(world: World, drill: Drill) -> None:
    world.rds.all_clusters[drill.target] = replace(world.rds.all_clusters[drill.target], vpc_networking=True)
    told = world.call(prove_isolation.handler, drill=drill)
    assert [each["seen"] for each in told["facts"] if each["fact"] == "inside a VPC"] == ["its VPC networking is on"]


def test_a_group_whose_egress_leads_nowhere_is_closed(world: World, drill: Drill) -> None:
    rule = Rule(protocol="icmp", from_port=252, to_port=86, cidrs=(NOWHERE,))
    world.ec2.groups[0] = replace(world.ec2.groups[0], egress=(rule,))
    assert world.call(prove_isolation.handler, drill=drill)["proven"]


def test_a_subnet_without_a_table_of_its_own_is_judged_by_the_main_one(world: World, drill: Drill) -> None:
    world.ec2.tables[0] = replace(world.ec2.tables[0], main=True, subnets=())
    assert world.call(prove_isolation.handler, drill=drill)["proven"]
    world.ec2.tables[0] = replace(world.ec2.tables[0], routes=(Route(to="0.0.0.0/0", by="igw-1"),))
    with pytest.raises(errors.IsolationNotProven, match="igw-1"):
        world.call(prove_isolation.handler, drill=drill)


def ingress(**rule: Any) -> Opening:
    def add(world: World, _drill: Drill) -> None:
        group = world.ec2.groups[0]
        told = {"protocol": "tcp", "from_port": 5432, "to_port": 5432} | rule
        world.ec2.groups[0] = replace(group, ingress=(*group.ingress, Rule(**told)))

    return add


def egress(**rule: Any) -> Opening:
    def add(world: World, _drill: Drill) -> None:
        told = {"protocol": "-1", "from_port": None, "to_port": None} | rule
        world.ec2.groups[0] = replace(world.ec2.groups[0], egress=(Rule(**told),))

    return add


def route(to: str, by: str) -> Opening:
    def add(world: World, _drill: Drill) -> None:
        table = world.ec2.tables[0]
        world.ec2.tables[0] = replace(table, routes=(*table.routes, Route(to=to, by=by)))

    return add


def instance(**changes: Any) -> Opening:
    def change(world: World, drill: Drill) -> None:
        world.rds.all_instances[drill.writer] = replace(world.rds.all_instances[drill.writer], **changes)

    return change


def cluster(**changes: Any) -> Opening:
    def change(world: World, drill: Drill) -> None:
        world.rds.all_clusters[drill.target] = replace(world.rds.all_clusters[drill.target], **changes)

    return change


def unread(call: str) -> Opening:
    def refuse(world: World, _drill: Drill) -> None:
        world.faults.refuses[call] = errors.AccessRefused("not for you", resource="*", next_step="")

    return refuse


OPENINGS: dict[str, tuple[Opening, str]] = {
    "another group comes in": (ingress(groups=("sg-bastion",)), "sg-bastion"),
    "the verifier and another": (ingress(groups=("sg-verifier", "sg-bastion")), "sg-bastion"),
    "a network comes in": (ingress(cidrs=("10.0.0.0/8",)), "10.0.0.0/8"),
    "the world comes in by IPv6": (ingress(cidrs=("::/0",)), "::/0"),
    "a prefix list comes in": (ingress(prefix_lists=("pl-1",)), "pl-1"),
    "the verifier on every port": (
        ingress(groups=("sg-verifier",), protocol="-1", from_port=None, to_port=None),
        "all ports",
    ),
    "the verifier on a range": (ingress(groups=("sg-verifier",), from_port=0, to_port=65535), "tcp 0-65535"),
    "the verifier by UDP": (ingress(groups=("sg-verifier",), protocol="udp"), "udp 5432"),
    "the world is reached": (egress(cidrs=("0.0.0.0/0",)), "out to 0.0.0.0/0"),
    "another group is reached": (egress(groups=("sg-x",)), "out to sg-x"),
    "nowhere and the world": (egress(cidrs=(NOWHERE, "0.0.0.0/0")), "0.0.0.0/0"),
    "an internet route": (route("0.0.0.0/0", "igw-1"), "leads 0.0.0.0/0 through igw-1"),
    "an internet route by IPv6": (route("::/0", "igw-1"), "leads ::/0 through igw-1"),
    "a public instance": (instance(publicly_accessible=True), "publicly accessible"),
    "an instance that does not tell": (instance(publicly_accessible=None), "does not tell"),
    "another group on the instance": (instance(security_groups=("sg-isolated", "sg-x")), "sg-x"),
    "no group on the instance": (instance(security_groups=()), "none, not sg-isolated"),
    "an instance without subnets": (instance(subnets=()), "subnets are not told"),
    "an instance outside any VPC": (instance(vpc=None), "route tables to judge were not found"),
    "a subnet without a route table": (instance(subnets=("subnet-z",)), "routes are not known"),
    "the Data API": (cluster(data_api=True), "HTTP endpoint"),
    "IAM authentication": (cluster(iam_authentication=True), "IAM authentication"),
    "an internet access gateway": (cluster(internet_gateway=True), "internet access gateway"),
    "no VPC networking": (cluster(vpc_networking=False), "VPC networking is off"),
    "a role of its own": (cluster(roles=("arn:aws:iam:::role/export",)), "role/export"),
    "another group on the cluster": (cluster(security_groups=("sg-production",)), "sg-production"),
    "the group is gone": (lambda world, _: world.ec2.groups.clear(), "isolated security group was not found"),
    "the instance is gone": (lambda world, _: world.rds.all_instances.clear(), "instances to judge were not found"),
    "the cluster is gone": (lambda world, drill: world.rds.all_clusters.pop(drill.target) and None, "cluster to judge"),
    "an unread cluster": (unread("cluster"), "cluster could not be read"),
    "unread instances": (unread("instances"), "instances could not be read"),
    "unread groups": (unread("security_groups"), "security groups could not be read"),
    "unread routes": (unread("route_tables"), "route tables could not be read"),
}


@pytest.mark.parametrize("opening", OPENINGS)
def test_any_single_opening_ends_the_drill_with_its_reason(world: World, drill: Drill, opening: str) -> None:
    make, told = OPENINGS[opening]
    make(world, drill)
    with pytest.raises(errors.IsolationNotProven, match=told):
        world.call(prove_isolation.handler, drill=drill)


def test_all_reasons_are_told_at_once(world: World, drill: Drill) -> None:
    for opening in ("a network comes in", "a public instance", "the Data API", "an internet route"):
        OPENINGS[opening][0](world, drill)
    with pytest.raises(errors.IsolationNotProven) as refused:
        world.call(prove_isolation.handler, drill=drill)
    for told in ("10.0.0.0/8", "publicly accessible", "HTTP endpoint", "igw-1"):
        assert told in str(refused.value)


def test_an_instance_that_somebody_added_to_the_copy_is_judged_too(world: World, drill: Drill) -> None:
    added = replace(world.rds.all_instances[drill.writer], name="a-reader", publicly_accessible=True)
    world.rds.all_instances["a-reader"] = added
    with pytest.raises(errors.IsolationNotProven, match="a-reader: it is publicly accessible"):
        world.call(prove_isolation.handler, drill=drill)


def test_a_busy_api_is_asked_again_and_proves_nothing(world: World, drill: Drill) -> None:
    world.faults.refuses["security_groups"] = errors.ServiceBusy("busy", resource="*", next_step="")
    with pytest.raises(errors.ServiceBusy):
        world.call(prove_isolation.handler, drill=drill)
