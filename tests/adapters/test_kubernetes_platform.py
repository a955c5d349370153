"""The Kubernetes door's calls on Deployments, Secrets and pods: what goes over the wire, and what an answer means."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import urllib3

from lambdas.adapters.kubernetes import Kubernetes, Proxied
from lambdas.errors import KubernetesUnavailable, ServiceBusy
from lambdas.platform.cluster import Container, ContainerState, Variable, WholeSource

DEPLOYMENTS = "/apis/apps/v1/namespaces/coder/deployments"
POD = "/api/v1/namespaces/coder/pods/coder-1"


@dataclass
class Wire:
    """urllib3's pool: gives the answers in their order, and keeps what was asked. An exception is raised."""

    answers: list[Any] = field(default_factory=list)
    asked: list[SimpleNamespace] = field(default_factory=list)

    def request(self, method: str, url: str, **told: Any) -> SimpleNamespace:
        self.asked.append(SimpleNamespace(method=method, path=url.removeprefix("http://127.0.0.1:1"), **told))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return SimpleNamespace(status=status, data=data)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def door(wire: Wire) -> Kubernetes:
    made = Kubernetes(name="coder-prod", endpoint="http://127.0.0.1:1", authority=None, token=lambda: "a-token")
    made._http = wire  # type: ignore[assignment]
    return made


def status(code: int, message: str, reason: str = "Forbidden") -> tuple[int, dict[str, Any]]:
    """As the API server tells an error."""
    return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason}


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def test_a_deployment_is_read_with_its_environment_and_its_rollout(wire: Wire, door: Kubernetes) -> None:
    template = {
        "containers": [
            {
                "name": "coder",
                "image": "coder:v2.29.1",
                "ports": [{"name": "http", "containerPort": 8080}],
                "env": [
                    {"name": "A", "value": "s3cret"},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                    {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
                    {"name": "D", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                ],
                "envFrom": [{"secretRef": {"name": "all"}, "prefix": "X_"}, {"configMapRef": {"name": "some"}}],
            }
        ]
    }
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "NotIn", "values": ["c"]},
        {"key": "has", "operator": "Exists"},
        {"key": "has-not", "operator": "DoesNotExist"},
    ]
    told = {
        "metadata": {"name": "coder", "namespace": "coder", "generation": 4, "annotations": {"n": "v"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "coder"}, "matchExpressions": expressions},
            "template": {"spec": template},
        },
        "status": {
            "observedGeneration": 3,
            "replicas": 3,
            "updatedReplicas": 2,
            "readyReplicas": 1,
            "availableReplicas": 1,
            "conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}],
        },
    }
    wire.answers = [(200, told)]
    seen = door.deployment("coder", "coder")
    assert seen
    assert (seen.replicas, seen.generation, seen.observed, seen.annotations) == (2, 4, 3, {"n": "v"})
    assert (seen.total, seen.updated, seen.ready, seen.available) == (3, 2, 1, 1)
    assert (seen.progress, seen.images) == ("ProgressDeadlineExceeded", ("coder:v2.29.1",))
    assert seen.selector == "app=coder,tier in (a,b),old notin (c),has,!has-not"
    assert seen.containers == (
        Container(
            name="coder",
            image="coder:v2.29.1",
            env=(
                Variable(name="A", source="value", value="s3cret"),
                Variable(name="B", source="secret", resource="s", key="k"),
                Variable(name="C", source="config-map", resource="c", key="k"),
                Variable(name="D", source="other"),
            ),
            env_from=(
                WholeSource(source="secret", resource="all", prefix="X_"),
                WholeSource(source="config-map", resource="some"),
            ),
            ports=(("http", 8080),),
        ),
    )
    assert "s3cret" not in repr(seen)


def test_a_deployment_is_scaled_and_annotated_in_one_merge_patch(wire: Wire, door: Kubernetes) -> None:
    wire.answers = [(200, {"metadata": {"name": "coder"}, "spec": {"replicas": 0}})]
    assert door.scale("coder", "coder", 0, annotations={"day2/replicas": "2", "old": None})
    (asked,) = wire.asked
    assert (asked.method, asked.path) == ("PATCH", f"{DEPLOYMENTS}/coder")
    assert asked.headers["Content-Type"] == "application/merge-patch+json"
    annotations = {"day2/replicas": "2", "old": None}
    assert json.loads(asked.body) == {"metadata": {"annotations": annotations}, "spec": {"replicas": 0}}


def test_what_does_not_exist_is_none(wire: Wire, door: Kubernetes) -> None:
    wire.answers = [status(404, "not found", "NotFound")] * 3
    assert door.deployment("coder", "coder") is None
    assert door.scale("coder", "coder", 0, annotations={}) is None
    assert door.secret("coder", "url") is None


def test_lists_are_read_page_by_page(wire: Wire, door: Kubernetes) -> None:
    page = {"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "a"}}]}
    wire.answers = [(200, page), (200, {"items": [{"metadata": {"name": "b"}}]})]
    assert [each.name for each in door.deployments("coder-prov")] == ["a", "b"]
    assert "continue=more" in wire.asked[1].path


def test_a_pod_is_read_with_why_it_does_not_run(wire: Wire, door: Kubernetes) -> None:
    container = {
        "name": "coder",
        "ready": False,
        "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"reason": "Error", "exitCode": 1}},
    }
    told = {
        "metadata": {"name": "coder-1", "labels": {"a": "b"}, "deletionTimestamp": "2026-11-25T12:00:00Z"},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [container],
        },
    }
    wire.answers = [(200, {"items": [told]})]
    (pod,) = door.pods("coder", "a=b,c in (d)")
    assert "labelSelector=a%3Db%2Cc+in+%28d%29" in wire.asked[0].path
    assert (pod.ready, pod.terminating, pod.over, pod.live) == (False, True, False, False)
    assert pod.containers == (
        ContainerState(name="coder", ready=False, restarts=3, waiting="CrashLoopBackOff", ended="Error, exit code 1"),
    )


def test_a_secret_is_read_and_never_shown(wire: Wire, door: Kubernetes) -> None:
    metadata = {"name": "url", "namespace": "coder", "resourceVersion": "7", "labels": {}}
    wire.answers = [(200, {"metadata": metadata, "data": {"url": encoded("s3cret"), "binary": "/w=="}})]
    seen = door.secret("coder", "url")
    assert seen
    assert (seen.data, seen.version, seen.immutable, seen.keeper) == ({"url": "s3cret"}, "7", False, None)
    assert "s3cret" not in repr(seen)


@pytest.mark.parametrize(
    ("metadata", "keeper"),
    [
        ({"ownerReferences": [{"kind": "SealedSecret", "name": "url"}]}, "SealedSecret url"),
        ({"labels": {"reconcile.external-secrets.io/created-by": "x1"}}, "External Secrets (x1)"),
        ({"labels": {"argocd.argoproj.io/instance": "coder"}}, "Argo CD (coder)"),
    ],
)
def test_who_keeps_a_secret_is_seen(wire: Wire, door: Kubernetes, metadata: dict[str, Any], keeper: str) -> None:
    wire.answers = [(200, {"metadata": metadata})]
    seen = door.secret("coder", "url")
    assert seen
    assert seen.keeper == keeper


def test_a_secret_is_changed_only_as_it_was_read(wire: Wire, door: Kubernetes) -> None:
    wire.answers = [
        (200, {"metadata": {"name": "url", "namespace": "coder", "resourceVersion": "7"}}),
        (200, {}),
        status(409, "the object has been modified", "Conflict"),
    ]
    read = door.secret("coder", "url")
    assert read
    assert door.change_secret(read, {"url": "new"})
    assert json.loads(wire.asked[1].body) == {"metadata": {"resourceVersion": "7"}, "data": {"url": encoded("new")}}
    assert wire.asked[1].headers["Content-Type"] == "application/merge-patch+json"
    assert not door.change_secret(read, {"url": "new"})


def test_an_immutable_secret_is_created_once(wire: Wire, door: Kubernetes) -> None:
    wire.answers = [(201, {}), status(409, "already exists", "AlreadyExists")]
    assert door.create_immutable_secret("coder", "kept", {"url": "old"}, labels={"a": "b"})
    assert not door.create_immutable_secret("coder", "kept", {"url": "old"}, labels={"a": "b"})
    sent = json.loads(wire.asked[0].body)
    assert (sent["immutable"], sent["data"], sent["metadata"]["name"]) == (True, {"url": encoded("old")}, "kept")


def test_a_refusal_about_a_secret_tells_its_reason_and_not_what_it_quotes(wire: Wire, door: Kubernetes) -> None:
    wire.answers = [status(422, 'data[url]: Invalid value: "s3cret"', "Invalid")]
    with pytest.raises(KubernetesUnavailable, match="422: Invalid") as refused:
        door.create_immutable_secret("coder", "kept", {"url": "s3cret"}, labels={})
    assert "s3cret" not in str(refused.value)


def test_a_log_is_text_with_its_limits(wire: Wire, door: Kubernetes) -> None:
    wire.answers = [(200, "one\ntwo\n")]
    assert door.log("coder", "coder-1", container="coder", since_seconds=0, previous=True) == "one\ntwo\n"
    asked = wire.asked[0].path
    assert asked.startswith(f"{POD}/log?container=coder&tailLines=2000&limitBytes=")
    assert asked.endswith("&sinceSeconds=1&previous=true")
    assert "*/*" in wire.asked[0].headers["Accept"]


@pytest.mark.parametrize("code", [400, 404])
def test_a_pod_that_has_no_log_has_an_empty_one(wire: Wire, door: Kubernetes, code: int) -> None:
    wire.answers = [status(code, "previous terminated container not found", "BadRequest")]
    assert door.log("coder", "coder-1", container="coder") == ""


def test_a_log_that_may_not_be_read_is_refused(wire: Wire, door: Kubernetes) -> None:
    wire.answers = [status(403, "pods/log is forbidden")]
    with pytest.raises(KubernetesUnavailable, match="pods/log is forbidden"):
        door.log("coder", "coder-1", container="coder")


def ask(door: Kubernetes) -> Proxied:
    headers = {"Coder-Session-Token": "t0ken"}
    return door.ask_pod("coder", "coder-1", port=8080, path="/api/v2/users?limit=1", headers=headers)


def test_a_pod_is_asked_through_the_api_server_and_its_answer_passed_on(wire: Wire, door: Kubernetes) -> None:
    wire.answers = [(200, {"count": 7})]
    assert ask(door).document() == {"count": 7}
    (asked,) = wire.asked
    assert (asked.method, asked.path) == ("GET", f"{POD}:8080/proxy/api/v2/users?limit=1")
    assert asked.headers["Coder-Session-Token"] == "t0ken"
    assert asked.redirect is False


@pytest.mark.parametrize("code", [302, 401, 403, 404, 429, 500, 503])
def test_what_the_pod_itself_refuses_is_its_answer(wire: Wire, door: Kubernetes, code: int) -> None:
    wire.answers = [(code, {"message": "no"})]
    assert ask(door).status == code


@pytest.mark.parametrize("code", [404, 502, 503])
def test_a_pod_that_is_gone_or_not_reached_answers_503(wire: Wire, door: Kubernetes, code: int) -> None:
    wire.answers = [status(code, "error trying to reach service")]
    assert ask(door).status == 503


def test_what_a_pod_said_is_not_shown_by_chance() -> None:
    answer = Proxied(status=200, text="s3cret")
    assert "s3cret" not in repr(answer)
    assert answer.document() is None


def test_a_pod_that_says_nothing_is_told_from_an_api_server_that_does_not_answer(wire: Wire, door: Kubernetes) -> None:
    pool: Any = None
    wire.answers = [
        urllib3.exceptions.ReadTimeoutError(pool, "/", "read timed out"),
        urllib3.exceptions.NewConnectionError(pool, "refused"),
    ]
    assert ask(door).status == 504
    with pytest.raises(ServiceBusy, match="did not answer"):
        ask(door)


@pytest.mark.parametrize(("code", "error"), [(403, KubernetesUnavailable), (401, KubernetesUnavailable)])
def test_what_the_api_server_refuses_is_an_error(wire: Wire, door: Kubernetes, code: int, error: type) -> None:
    wire.answers = [status(code, 'pods "coder-1:8080" is forbidden: cannot get resource "pods/proxy"')]
    with pytest.raises(error, match="pods/proxy") as refused:
        ask(door)
    assert "t0ken" not in str(refused.value)


def test_a_busy_api_server_is_asked_again(wire: Wire, door: Kubernetes) -> None:
    wire.answers = [status(429, "too many requests", "TooManyRequests")]
    with pytest.raises(ServiceBusy):
        ask(door)


def test_a_groups_nodes_are_told_with_their_instance_zone_and_state(wire: Wire, door: Kubernetes) -> None:
    told = {
        "metadata": {
            "name": "ip-10-20-1-23.eu-central-1.compute.internal",
            "creationTimestamp": "2026-11-26T06:45:00Z",
            "labels": {"topology.kubernetes.io/zone": "eu-central-1a"},
            "annotations": {"coder-day2/cordoned-by": "20261126-0a1b2c3d"},
        },
        "spec": {"providerID": "aws:///eu-central-1a/i-0123456789abcdef0", "unschedulable": True},
        "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]},
    }
    wire.answers = [(200, {"items": [told]})]
    (node,) = door.nodes("coder-prod-ws")
    assert "labelSelector=eks.amazonaws.com%2Fnodegroup%3Dcoder-prod-ws" in wire.asked[0].path
    assert (node.instance, node.zone) == ("i-0123456789abcdef0", "eu-central-1a")
    assert (node.ready, node.cordoned, node.cordoned_by) == (False, True, "20261126-0a1b2c3d")


def test_a_node_is_cordoned_in_the_name_of_a_scaling_and_let_go_of_without_a_trace(
    wire: Wire, door: Kubernetes
) -> None:
    wire.answers = [(200, {}), (200, {}), status(404, "not found", "NotFound")]
    assert door.cordon("node-1", by="20261126-0a1b2c3d")
    assert door.uncordon("node-1")
    assert not door.cordon("node-2", by="20261126-0a1b2c3d")
    cordon, uncordon, _ = (json.loads(each.body) for each in wire.asked)
    assert cordon["spec"] == {"unschedulable": True}
    assert cordon["metadata"]["annotations"] == {"coder-day2/cordoned-by": "20261126-0a1b2c3d"}
    assert uncordon == {"metadata": {"annotations": {"coder-day2/cordoned-by": None}}, "spec": {"unschedulable": None}}
