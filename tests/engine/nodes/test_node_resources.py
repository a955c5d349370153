"""What a node of an instance type has, and leaves to pods."""

import pytest

from day2.engine.nodes.machines import allocatable, capacity


@pytest.mark.parametrize(
    ("instance_type", "has", "leaves"),
    [
        ("m7i.2xlarge", {"cpu": "8", "memory": "32768Mi"}, {"cpu": "7910m", "memory": "32281Mi"}),
        ("c7i.xlarge", {"cpu": "4", "memory": "8192Mi"}, {"cpu": "3920m", "memory": "7705Mi"}),
        ("r6g.large", {"cpu": "2", "memory": "16384Mi"}, {"cpu": "1930m", "memory": "15897Mi"}),
        ("m7i.16xlarge", {"cpu": "64", "memory": "262144Mi"}, {"cpu": "63770m", "memory": "261657Mi"}),
    ],
)
def test_a_node_keeps_a_part_of_its_instance_from_pods(
    instance_type: str, has: dict[str, str], leaves: dict[str, str]
) -> None:
    assert capacity(instance_type, pods=12) == {**has, "pods": "12"}
    assert allocatable(instance_type, pods=12) == {**leaves, "pods": "12"}
