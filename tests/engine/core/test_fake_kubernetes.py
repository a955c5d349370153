"""The fake Kubernetes API answers what a client must be able to handle."""

import base64
import json
import ssl
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import boto3
import pytest
import urllib3
from core_bench import Workbench, eventually

from day2.engine.engine import Engine
from day2.engine.fake_kubernetes.store import Store
from day2.engine.settings import PhaseSeconds

MERGE = "application/merge-patch+json"
NAMESPACES = "/api/v1/namespaces"
POLICIES = "/apis/networking.k8s.io/v1/namespaces/run/networkpolicies"
DEPLOYMENTS = "/apis/apps/v1/namespaces/run/deployments"


class Time:
    """A clock that goes when it is told to."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(time: Time) -> Store:
    made = Store(PhaseSeconds(namespace_terminating=5, rollout_progressing=3), clock=time)
    made.answer("POST", NAMESPACES, body=named("run", labels={"drill": "a"}))
    return made


def named(name: str, *, labels: Mapping[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": dict(labels or {})}, **fields}


def names(answer: tuple[int, dict[str, Any]]) -> list[str]:
    return [each["metadata"]["name"] for each in answer[1]["items"]]


def test_a_namespace_is_active_once_created_and_its_name_is_taken(store: Store) -> None:
    code, made = store.answer("GET", f"{NAMESPACES}/run")
    assert (code, made["status"]["phase"]) == (200, "Active")
    assert made["metadata"]["uid"]
    code, refused = store.answer("POST", NAMESPACES, body=named("run"))
    assert (code, refused["reason"]) == (409, "AlreadyExists")


def test_what_does_not_exist_is_a_status_not_found(store: Store) -> None:
    code, status = store.answer("GET", f"{NAMESPACES}/none")
    assert (code, status["kind"], status["status"], status["reason"]) == (404, "Status", "Failure", "NotFound")
    assert store.answer("GET", "/api/v1/unheard-of")[0] == 404
    assert store.answer("POST", "/api/v1/namespaces/none/secrets", body=named("x"))[0] == 404


def test_a_deleted_namespace_is_terminating_before_it_is_gone_with_all_that_is_in_it(store: Store, time: Time) -> None:
    store.answer("POST", POLICIES, body=named("deny-all"))
    code, deleted = store.answer("DELETE", f"{NAMESPACES}/run")
    assert (code, deleted["status"]["phase"]) == (200, "Terminating")
    code, refused = store.answer("POST", POLICIES, body=named("late"))
    assert (code, refused["reason"]) == (403, "Forbidden")
    assert store.answer("POST", NAMESPACES, body=named("run"))[0] == 409
    time.seconds = 4.9
    assert store.answer("GET", f"{NAMESPACES}/run")[1]["metadata"]["deletionTimestamp"]
    time.seconds = 5
    assert store.answer("GET", f"{NAMESPACES}/run")[0] == 404
    assert names(store.answer("GET", "/apis/networking.k8s.io/v1/networkpolicies")) == []


def test_a_deletion_for_another_object_of_the_same_name_is_refused(store: Store) -> None:
    code, refused = store.answer("DELETE", f"{NAMESPACES}/run", body={"preconditions": {"uid": "another"}})
    assert (code, refused["reason"]) == (409, "Conflict")
    assert store.answer("GET", f"{NAMESPACES}/run")[1]["status"]["phase"] == "Active"


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("drill=a", ["run"]),
        ("drill==b", ["other"]),
        ("drill", ["other", "run"]),
        ("drill!=a,drill", ["other"]),
        ("!drill", ["default", "kube-system"]),
        ("drill in (a,c)", ["run"]),
        ("drill notin (a),drill", ["other"]),
        ("drill=c", []),
    ],
)
def test_lists_are_narrowed_by_labels(store: Store, selector: str, found: list[str]) -> None:
    store.answer("POST", NAMESPACES, body=named("other", labels={"drill": "b"}))
    assert names(store.answer("GET", NAMESPACES, query={"labelSelector": selector})) == found


def test_a_change_of_an_outdated_object_conflicts(store: Store) -> None:
    store.answer("POST", POLICIES, body=named("deny-all", spec={}))
    present = store.answer("GET", f"{POLICIES}/deny-all")[1]
    changed = {**present, "spec": {"podSelector": {}}}
    assert store.answer("PUT", f"{POLICIES}/deny-all", body=changed)[0] == 200
    code, refused = store.answer("PUT", f"{POLICIES}/deny-all", body=changed)
    assert (code, refused["reason"]) == (409, "Conflict")


def test_a_deployment_rolls_out_in_its_time(store: Store, time: Time) -> None:
    store.answer("POST", DEPLOYMENTS, body=named("coder", spec={"replicas": 2}))
    time.seconds = 3
    patch = {"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}}
    code, changed = store.answer("PATCH", f"{DEPLOYMENTS}/coder", body=patch, content_type=MERGE)
    assert (code, changed["metadata"]["generation"], changed["status"]["updatedReplicas"]) == (200, 2, 0)
    time.seconds = 6
    settled = store.answer("GET", f"{DEPLOYMENTS}/coder")[1]["status"]
    assert (settled["observedGeneration"], settled["availableReplicas"]) == (2, 2)


def test_a_deployment_is_scaled_by_its_scale(store: Store, time: Time) -> None:
    store.answer("POST", DEPLOYMENTS, body=named("coder", spec={"replicas": 2}))
    wanted = {"spec": {"replicas": 0}}
    assert store.answer("PATCH", f"{DEPLOYMENTS}/coder/scale", body=wanted, content_type=MERGE)[0] == 200
    time.seconds = 3
    assert store.answer("GET", f"{DEPLOYMENTS}/coder")[1]["status"]["replicas"] == 0
    assert store.answer("GET", f"{DEPLOYMENTS}/coder/scale")[1]["spec"]["replicas"] == 0


def test_a_node_is_cordoned_by_a_patch_and_its_pods_are_found_and_evicted(store: Store) -> None:
    store.answer("POST", "/api/v1/nodes", body=named("n1", labels={"coder.com/node-type": "ws"}))
    cordon = {"spec": {"unschedulable": True}}
    strategic = "application/strategic-merge-patch+json"
    assert store.answer("PATCH", "/api/v1/nodes/n1", body=cordon, content_type=strategic)[1]["spec"] == cordon["spec"]
    pods = "/api/v1/namespaces/run/pods"
    for name, node in (("a", "n1"), ("b", "n2")):
        store.answer("POST", pods, body=named(name, spec={"nodeName": node}))
    on_node = {"fieldSelector": "spec.nodeName=n1"}
    assert names(store.answer("GET", "/api/v1/pods", query=on_node)) == ["a"]
    assert store.answer("POST", f"{pods}/a/eviction", body=named("a"))[0] == 201
    assert names(store.answer("GET", "/api/v1/pods", query=on_node)) == []


def test_a_patch_that_is_no_merge_patch_is_refused(store: Store) -> None:
    answer = store.answer("PATCH", f"{NAMESPACES}/run", body={}, content_type="application/json-patch+json")
    assert answer[0] == 415


def test_the_text_of_a_secret_is_kept_as_data(store: Store) -> None:
    path = "/api/v1/namespaces/run/secrets"
    store.answer("POST", path, body=named("db", stringData={"url": "postgres://"}))
    kept = store.answer("GET", f"{path}/db")[1]
    assert base64.b64decode(kept["data"]["url"]) == b"postgres://"
    assert "stringData" not in kept


class Client:
    """A client of EKS as any SDK is one: DescribeCluster, its CA, a presigned STS request as token."""

    def __init__(self, engine: Engine, cluster_name: str) -> None:
        cluster = engine.client("eks").describe_cluster(name=cluster_name)["cluster"]
        authority = base64.b64decode(cluster["certificateAuthority"]["data"]).decode()
        self.endpoint = cluster["endpoint"]
        self.http = urllib3.PoolManager(ssl_context=ssl.create_default_context(cadata=authority))

    def get(self, path: str, token: str | None) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.request("GET", f"{self.endpoint}{path}", headers=headers)


def token(engine: Engine, *, cluster: str, secret: str | None = None) -> str:
    session = boto3.Session(engine.settings.account, secret or "test", region_name=engine.settings.region)
    sts = session.client("sts", endpoint_url=engine.endpoint)

    def name_cluster(request: Any, **_: object) -> None:
        request.headers["x-k8s-aws-id"] = cluster

    sts.meta.events.register("before-sign.sts.GetCallerIdentity", name_cluster)
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


@pytest.fixture(scope="module")
def cluster(engine: Engine) -> str:
    name = f"cluster-{uuid4().hex[:8]}"
    engine.client("eks").create_cluster(
        name=name, roleArn=Workbench(engine).role(), resourcesVpcConfig={"subnetIds": ["subnet-00000001"]}
    )
    return name


@pytest.fixture(scope="module")
def client(engine: Engine, cluster: str) -> Client:
    return Client(engine, cluster)


def test_a_signed_caller_reaches_the_api_over_verified_tls(engine: Engine, client: Client, cluster: str) -> None:
    signed = token(engine, cluster=cluster)
    answer = client.get(NAMESPACES, signed)
    assert answer.status == 200
    assert "default" in [each["metadata"]["name"] for each in answer.json()["items"]]


def test_without_a_valid_token_nobody_gets_in(engine: Engine, client: Client, cluster: str) -> None:
    forged = token(engine, cluster=cluster, secret="guessed")
    elsewhere = token(engine, cluster="another-cluster")
    for refused in (None, "k8s-aws-v1.bm90IGEgdXJs", "opaque", forged, elsewhere):
        answer = client.get(NAMESPACES, refused)
        assert (answer.status, answer.json()["reason"]) == (401, "Unauthorized")


def test_a_namespace_of_a_functions_making_is_gone_in_the_end(bench: Workbench, cluster: str) -> None:
    """The way of a Lambda function, with nothing but botocore: its role is all that it has."""
    source = """
import base64, json, os, ssl, urllib.request
from botocore.session import Session

def handler(event, context):
    session = Session()
    cluster = session.create_client("eks").describe_cluster(name=event["cluster"])["cluster"]
    sts = session.create_client("sts")
    sts.meta.events.register(
        "before-sign.sts.GetCallerIdentity",
        lambda request, **_: request.headers.__setitem__("x-k8s-aws-id", event["cluster"]),
    )
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    token = "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    trust = ssl.create_default_context(cadata=base64.b64decode(cluster["certificateAuthority"]["data"]).decode())
    request = urllib.request.Request(
        cluster["endpoint"] + event["path"], method=event["method"], headers={"Authorization": "Bearer " + token},
        data=json.dumps(event["body"]).encode() if "body" in event else None,
    )
    try:
        return urllib.request.urlopen(request, context=trust).status
    except urllib.error.HTTPError as error:
        return error.code
"""
    may = {"Effect": "Allow", "Action": "eks:DescribeCluster", "Resource": "*"}
    function = bench.function(source, role=bench.role(may))
    lambdas = bench.engine.client("lambda")

    def call(method: str, path: str, **more: Any) -> int:
        event = {"cluster": cluster, "method": method, "path": path, **more}
        answer = lambdas.invoke(FunctionName=function, Payload=json.dumps(event))
        return int(json.loads(answer["Payload"].read()))

    assert call("POST", NAMESPACES, body={"metadata": {"name": "coder-dr-test-x"}}) == 201
    assert call("DELETE", f"{NAMESPACES}/coder-dr-test-x") == 200
    assert eventually(lambda: call("GET", f"{NAMESPACES}/coder-dr-test-x") == 404)


def test_a_deleted_cluster_answers_no_more(bench: Workbench) -> None:
    name = f"cluster-{uuid4().hex[:8]}"
    client = bench.engine.client("eks")
    client.create_cluster(name=name, roleArn=bench.role(), resourcesVpcConfig={"subnetIds": ["subnet-00000001"]})
    api = Client(bench.engine, name)
    client.delete_cluster(name=name)
    with pytest.raises(urllib3.exceptions.MaxRetryError):
        api.http.request("GET", api.endpoint, retries=0)
