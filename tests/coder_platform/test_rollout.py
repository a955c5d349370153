"""Whether the platform has stopped, has come up, or never will."""

from dataclasses import replace
from typing import Any

import pytest

from lambdas.errors import PlanRefused
from lambdas.platform import rollout, stopping, workloads
from lambdas.platform.cluster import ContainerState, Pod
from lambdas.platform.workloads import REPLICAS

from .samples import crashing, deployment, pod

MIGRATION = "error: connect to postgres: migrate up: no migration found for version 412\n"


def test_a_deployment_whose_replicas_are_all_updated_and_available_has_rolled_out() -> None:
    seen = rollout.judge(deployment(), [pod("a"), pod("b")], replicas=2)
    assert (seen.complete, seen.reason) == (True, "2 of 2 replicas are updated and available")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"observed": 2}, "has not looked at its latest change"),
        ({"updated": 1}, "1 of 2 replicas are updated"),
        ({"total": 3}, "1 old replicas are still to end"),
        ({"available": 0}, "0 of 2 updated replicas are available"),
        ({"replicas": 0, "total": 0, "updated": 0, "available": 0}, "asks for 0 replicas, and 2 are to be"),
        ({"available": 1, "progress": "ProgressDeadlineExceeded"}, "exceeded its progress deadline"),
    ],
)
def test_until_then_it_is_said_what_is_missing(changes: dict[str, Any], why: str) -> None:
    seen = rollout.judge(deployment(**changes), [], replicas=2)
    assert not seen.complete
    assert why in seen.reason


def test_pods_that_do_not_come_up_are_named_with_their_reason() -> None:
    unmade = ContainerState(name="coder", ready=False, restarts=0, waiting="CreateContainerConfigError")
    creating = ContainerState(name="coder", ready=False, restarts=0, waiting="ContainerCreating")
    pods = [
        crashing("a"),
        pod("b", ready=False, containers=(unmade,)),
        pod("c", ready=False, containers=(creating,)),
        replace(crashing("d"), terminating=True),
    ]
    seen = rollout.judge(deployment(available=0), pods, replicas=2)
    assert "a: CrashLoopBackOff after 3 restarts (Error, exit code 1)" in seen.reason
    assert "b: CreateContainerConfigError" in seen.reason
    assert "c:" not in seen.reason
    assert "d:" not in seen.reason


@pytest.mark.parametrize(
    ("pods", "logs", "never"),
    [
        ([crashing("a"), crashing("b")], {"a": MIGRATION, "b": MIGRATION}, True),
        ([crashing("a"), replace(pod("b"), terminating=True)], {"a": MIGRATION}, True),
        ([crashing("a"), pod("b", ready=False)], {"a": MIGRATION}, False),
        ([crashing("a"), crashing("b")], {"a": MIGRATION, "b": "error: connect to postgres: timeout\n"}, False),
        ([crashing("a")], {}, False),
        ([crashing("a")], {"a": "2026-11-25 [warn]  migrate up: only the number changes\n"}, False),
        ([], {}, False),
    ],
)
def test_only_a_schema_that_every_replica_refuses_is_not_waited_for(
    pods: list[Pod], logs: dict[str, str], *, never: bool
) -> None:
    assert (rollout.hopeless(pods, logs) is not None) is never


def test_why_it_never_will_is_told_without_what_stands_before_it_in_the_line() -> None:
    log = "error: connect to postgres://ann:s3cret@db: no migration found for version 412\n"
    assert rollout.hopeless([crashing("a")], {"a": log}) == "no migration found for version 412"


def test_it_has_stopped_when_no_pod_is_left_but_those_that_are_over() -> None:
    stopped = deployment(replicas=0, total=0)
    assert stopping.judge([(stopped, ()), (stopped, (pod(phase="Succeeded"), pod(phase="Failed")))]).done
    assert stopping.judge([]).done


def test_until_then_the_pods_are_named_and_who_scales_it_up_again_is_asked_for() -> None:
    pods = tuple(pod(f"coder-{at}", terminating=True) for at in range(7))
    (told,) = stopping.judge([(deployment(replicas=0), pods)]).waiting_for
    assert told == "coder/coder has 7 pods: coder-0, coder-1, coder-2, coder-3, coder-4 and 2 more"
    again, counted = stopping.judge([(deployment(replicas=2), ())]).waiting_for
    assert "asks for 2 replicas again" in again
    assert "counts 2 pods still" in counted


@pytest.mark.parametrize(
    ("replicas", "note", "intended"),
    [(2, None, 2), (0, "3", 3), (2, "3", 2), (0, "many", 0), (0, None, 0)],
)
def test_what_a_restore_stopped_is_to_have_the_count_that_it_noted(
    replicas: int, note: str | None, intended: int
) -> None:
    seen = deployment(replicas=replicas, annotations={} if note is None else {REPLICAS: note})
    assert workloads.workload(seen).replicas == intended


def test_a_coderd_of_no_replicas_is_refused_with_how_to_say_its_count() -> None:
    with pytest.raises(PlanRefused, match="nothing tells how many") as refused:
        workloads.require_replicas(workloads.workload(deployment(replicas=0)))
    assert "annotate deployment coder coder-day2/replicas=COUNT" in refused.value.next_step


@pytest.mark.parametrize(
    ("images", "version"),
    [
        (("envoy:v1.30.0", "ghcr.io/coder/coder:v2.29.1@sha256:01"), "v2.29.1"),
        (("r.example.com:5000/our-coder:2.29.1",), "2.29.1"),
        (("ghcr.io/coder/coder:latest",), None),
        (("ghcr.io/coder/coder@sha256:01",), None),
    ],
)
def test_the_version_is_the_image_s_tag_where_that_is_one(images: tuple[str, ...], version: str | None) -> None:
    assert workloads.version_of(images) == version
