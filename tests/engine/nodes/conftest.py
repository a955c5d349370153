"""One engine with hurried phases for the session; every test has a node group of its own."""

from collections.abc import Iterator

import pytest
from nodes_bench import Group, Nodes

from day2.engine.disturbances import Disturbances
from day2.engine.engine import Engine
from day2.engine.nodes.disturbances import NodeDisturbance
from day2.engine.settings import EngineSettings, PhaseSeconds

HURRIED = PhaseSeconds(
    node_group_updating=0.2,
    node_group_following=0.1,
    instance_launching=0.3,
    instance_terminating=0.4,
    launch_retrying=0.1,
    node_joining=0.1,
    node_starting=0.3,
)
PODS_PER_NODE = 2


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    settings = EngineSettings(workspace=tmp_path_factory.mktemp("nodes"), phases=HURRIED, pods_per_node=PODS_PER_NODE)
    with Engine(settings) as running:
        yield running


@pytest.fixture(scope="session")
def nodes(engine: Engine) -> Nodes:
    return Nodes(engine)


@pytest.fixture
def cluster(nodes: Nodes) -> str:
    """A cluster of this test's own, so that no other one's nodes take its pods."""
    return nodes.cluster()


@pytest.fixture
def group(nodes: Nodes, cluster: str) -> Group:
    """Three workspace nodes, of one to nine, all Ready."""
    made = nodes.group(cluster)
    made.await_ready(3)
    return made


@pytest.fixture
def disturbances(engine: Engine) -> Iterator[Disturbances]:
    """The engine's faults on order, all lifted at the end of the test."""
    ordered = Disturbances(engine.settings.workspace)
    yield ordered
    for what in NodeDisturbance:
        ordered.lift(what)
