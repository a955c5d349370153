"""The Kubernetes door against a small HTTP server that answers as an API server does."""

import ipaddress
import json
import re
import ssl
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.stub import Stubber
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lambdas.adapters import aws, kubernetes
from lambdas.adapters.kubernetes import Kubernetes
from lambdas.errors import KubernetesUnavailable, ServiceBusy

NAME = "coder-dr-test-20261123-0000abcd"
LABELS = {"coder-day2/drill": "20261123-0000abcd", "coder-day2/environment": "prod"}
NAMESPACES = "/api/v1/namespaces"
POLICIES = f"/apis/networking.k8s.io/v1/namespaces/{NAME}/networkpolicies"

Json = dict[str, Any]


@dataclass
class Api:
    """What the server holds, and what it was asked. `says` forces an answer for every request."""

    objects: dict[str, Json] = field(default_factory=dict)
    asked: list[tuple[str, str, Json | None]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    says: tuple[int, Any] | None = None
    page: int = 500

    def answer(self, method: str, path: str, body: Json | None) -> tuple[int, Any]:
        url = urlsplit(path)
        self.asked.append((method, path, body))
        if self.says:
            return self.says
        match method:
            case "GET" if url.path == NAMESPACES:
                return 200, self._list(parse_qs(url.query))
            case "GET":
                return (200, self.objects[url.path]) if url.path in self.objects else (404, {"code": 404})
            case "POST":
                return self._create(url.path, body or {})
            case "PUT":
                self.objects[url.path] = body or {}
                return 200, body
            case _:
                return self._delete(url.path, body or {})

    def _list(self, query: dict[str, list[str]]) -> Json:
        wanted = dict(each.split("=") for each in query["labelSelector"][0].split(","))
        found = [
            each
            for path, each in self.objects.items()
            if re.fullmatch(rf"{NAMESPACES}/[^/]+", path)
            and wanted.items() <= each["metadata"].get("labels", {}).items()
        ]
        start = int(query.get("continue", ["0"])[0])
        more = {"continue": str(start + self.page)} if start + self.page < len(found) else {}
        return {"items": found[start : start + self.page], "metadata": more}

    def _create(self, path: str, body: Json) -> tuple[int, Any]:
        of = re.fullmatch(r"/apis/.*/namespaces/([^/]+)/.*", path)
        if of and f"{NAMESPACES}/{of[1]}" not in self.objects:
            return 404, {"message": "namespaces not found"}
        own = f"{path}/{body['metadata']['name']}"
        if own in self.objects:
            return 409, {"reason": "AlreadyExists"}
        body["metadata"] |= {"uid": f"uid-{len(self.objects)}", "creationTimestamp": "2026-11-23T02:00:07Z"}
        self.objects[own] = body
        return 201, body

    def _delete(self, path: str, body: Json) -> tuple[int, Any]:
        present = self.objects.get(path)
        if present is None:
            return 404, {}
        if body["preconditions"]["uid"] != present["metadata"]["uid"]:
            return 409, {"reason": "Conflict"}
        present["status"] = {"phase": "Terminating"}
        return 200, present


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def server(api: Api) -> Iterator[ThreadingHTTPServer]:
    class Answers(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            api.tokens.append(self.headers["Authorization"])
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, told = api.answer(self.command, self.path, body)
            data = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = handle_one  # noqa: N815  http.server's names

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def endpoint(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def door(endpoint: str) -> Kubernetes:
    return Kubernetes(name="coder-prod", endpoint=endpoint, authority=None, token=lambda: "a-token")


def test_a_namespace_is_created_with_its_labels_and_seen(api: Api, door: Kubernetes) -> None:
    made = door.create_namespace(NAME, labels=LABELS, annotations={"coder-day2/execution": "arn:aws:states:::x"})
    assert made is not None
    seen = door.namespace(NAME)
    assert seen == made
    assert (seen.labels, seen.terminating) == (LABELS, False)
    assert seen.created_at is not None
    assert api.tokens == ["Bearer a-token"] * 2


def test_a_name_that_is_taken_is_told_by_none(door: Kubernetes) -> None:
    door.create_namespace(NAME, labels=LABELS, annotations={})
    assert door.create_namespace(NAME, labels={}, annotations={}) is None


def test_a_namespace_that_is_not_there_is_none(door: Kubernetes) -> None:
    assert door.namespace(NAME) is None


def test_the_policy_closes_the_namespace_in_both_directions(api: Api, door: Kubernetes) -> None:
    door.create_namespace(NAME, labels=LABELS, annotations={})
    assert door.deny_all_traffic(NAME, labels=LABELS) == "deny-all"
    assert api.objects[f"{POLICIES}/deny-all"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_a_policy_that_is_closed_already_is_left_as_it_is(api: Api, door: Kubernetes) -> None:
    door.create_namespace(NAME, labels=LABELS, annotations={})
    for _ in range(2):
        door.deny_all_traffic(NAME, labels=LABELS)
    assert "PUT" not in {method for method, _, _ in api.asked}


@pytest.mark.parametrize(
    "opened",
    [
        {"podSelector": {}, "policyTypes": ["Ingress"]},
        {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}]},
        {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "egress": [{}]},
        {"podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": ["Ingress", "Egress"]},
    ],
)
def test_a_policy_of_that_name_that_lets_something_through_is_closed(api: Api, door: Kubernetes, opened: Json) -> None:
    door.create_namespace(NAME, labels=LABELS, annotations={})
    path = f"{POLICIES}/deny-all"
    api.objects[path] = {"metadata": {"name": "deny-all", "resourceVersion": "7"}, "spec": opened}
    door.deny_all_traffic(NAME, labels=LABELS)
    assert api.objects[path]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert api.objects[path]["metadata"]["resourceVersion"] == "7"


def test_a_policy_for_a_namespace_that_went_away_is_not_taken_for_made(door: Kubernetes) -> None:
    with pytest.raises(KubernetesUnavailable, match="nothing to create it in"):
        door.deny_all_traffic(NAME, labels=LABELS)


def test_a_deleted_namespace_is_seen_on_its_way_out(door: Kubernetes) -> None:
    made = door.create_namespace(NAME, labels=LABELS, annotations={})
    assert made is not None
    for _ in range(2):
        door.delete_namespace(made)
    seen = door.namespace(NAME)
    assert seen is not None
    assert seen.terminating


def test_another_namespace_of_the_same_name_is_not_deleted(api: Api, door: Kubernetes) -> None:
    made = door.create_namespace(NAME, labels=LABELS, annotations={})
    assert made is not None
    api.objects[f"{NAMESPACES}/{NAME}"]["metadata"]["uid"] = "a new one"
    door.delete_namespace(made)
    seen = door.namespace(NAME)
    assert seen is not None
    assert not seen.terminating


def test_namespaces_are_listed_by_label_over_all_pages(api: Api, door: Kubernetes) -> None:
    api.page = 2
    for at in range(5):
        door.create_namespace(f"{NAME}-{at}", labels=LABELS, annotations={})
    door.create_namespace("coder", labels={}, annotations={})
    found = door.namespaces({"coder-day2/environment": "prod"})
    assert [each.name for each in found] == [f"{NAME}-{at}" for at in range(5)]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_api_that_is_busy_is_asked_again(api: Api, door: Kubernetes, status: int) -> None:
    api.says = (status, {"message": "later"})
    with pytest.raises(ServiceBusy, match=str(status)):
        door.namespace(NAME)


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_an_api_that_refuses_is_told_with_its_message(api: Api, door: Kubernetes, status: int) -> None:
    api.says = (status, {"message": "namespaces is forbidden"})
    with pytest.raises(KubernetesUnavailable, match=f"{status}: namespaces is forbidden"):
        door.namespaces(LABELS)


def test_a_refusal_that_is_not_json_is_told_too(api: Api, door: Kubernetes) -> None:
    api.says = (403, b"<html>no</html>")
    with pytest.raises(KubernetesUnavailable, match="no message"):
        door.namespace(NAME)


def test_an_endpoint_that_does_not_answer_is_asked_again() -> None:
    nobody = Kubernetes(name="coder-prod", endpoint="http://127.0.0.1:1", authority=None, token=lambda: "x")
    with pytest.raises(ServiceBusy, match="did not answer"):
        nobody.namespace(NAME)


@pytest.mark.parametrize(
    "endpoint", ["", "http://10.0.0.1", "http://example.com", "https://cluster.eks.amazonaws.com", "ftp://127.0.0.1"]
)
def test_no_token_goes_anywhere_but_to_a_trusted_endpoint(endpoint: str) -> None:
    with pytest.raises(KubernetesUnavailable, match="certificate authority"):
        Kubernetes(name="coder-prod", endpoint=endpoint, authority=None, token=lambda: "x")


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    signed_by: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> bytes:
    """As an EKS cluster's authority makes them: no subject key identifier, no authority key identifier."""
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(signed_by, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def eks_authority(tmp_path: Path) -> tuple[str, Path]:
    """An EKS cluster's authority, and the certificate and key of its endpoint on 127.0.0.1 in one file."""
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    itself = x509.BasicConstraints(ca=True, path_length=None)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    key = server.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = tmp_path / "endpoint.pem"
    chain.write_bytes(_certificate("endpoint", server, signed_by=authority, extension=host) + key)
    return _certificate("kubernetes", authority, signed_by=authority, extension=itself).decode(), chain


@pytest.fixture
def strict_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.13, which the functions run on, whatever runs this test."""
    usual = ssl.create_default_context

    def strict(**told: Any) -> ssl.SSLContext:
        context = usual(**told)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)


@pytest.mark.usefixtures("strict_by_default")
def test_a_cluster_whose_authority_lacks_key_identifiers_is_believed(
    endpoint: str, server: ThreadingHTTPServer, eks_authority: tuple[str, Path]
) -> None:
    authority, chain = eks_authority
    _speak_tls(server, chain)
    door = Kubernetes(name="coder-prod", endpoint=f"https{endpoint[4:]}", authority=authority, token=lambda: "a-token")
    assert door.namespace(NAME) is None


def test_a_cluster_that_another_authority_signed_is_not_spoken_to(
    api: Api, endpoint: str, server: ThreadingHTTPServer, eks_authority: tuple[str, Path]
) -> None:
    _, chain = eks_authority
    stranger = ec.generate_private_key(ec.SECP256R1())
    itself = x509.BasicConstraints(ca=True, path_length=None)
    authority = _certificate("kubernetes", stranger, signed_by=stranger, extension=itself).decode()
    _speak_tls(server, chain)
    door = Kubernetes(name="coder-prod", endpoint=f"https{endpoint[4:]}", authority=authority, token=lambda: "a-token")
    with pytest.raises(ServiceBusy, match="SSLError"):
        door.namespace(NAME)
    assert api.tokens == []


def _speak_tls(server: ThreadingHTTPServer, chain: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server.socket = context.wrap_socket(server.socket, server_side=True)


def test_no_error_holds_the_token(api: Api, door: Kubernetes) -> None:
    api.says = (403, {"message": "no"})
    with pytest.raises(KubernetesUnavailable) as refused:
        door.namespace(NAME)
    assert "a-token" not in str(refused.value)


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


@pytest.mark.usefixtures("credentials")
def test_the_token_is_a_presigned_question_who_am_i_that_names_the_cluster() -> None:
    token = kubernetes.bearer_token(boto3.client("sts", region_name="eu-west-1"), "coder-prod")
    kind, _, encoded = token.partition(".")
    assert kind == "k8s-aws-v1"
    url = urlsplit(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    query = parse_qs(url.query)
    assert (url.scheme, url.hostname) == ("https", "sts.eu-west-1.amazonaws.com")
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-Expires"] == ["60"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]


def test_a_token_is_signed_again_after_half_a_minute_and_when_the_clock_was_set_back() -> None:
    signed, now = [0], [1000.0]

    def sign() -> str:
        signed[0] += 1
        return f"token {signed[0]}"

    tokens = kubernetes.Tokens(sign, clock=lambda: now[0])
    assert (tokens(), tokens()) == ("token 1", "token 1")
    now[0] += 29.9
    assert tokens() == "token 1"
    now[0] += 0.1
    assert tokens() == "token 2"
    now[0] -= 1
    assert tokens() == "token 3"


@pytest.mark.usefixtures("credentials")
def test_each_token_names_its_own_cluster_only() -> None:
    sts = boto3.client("sts", region_name="eu-west-1")
    for cluster in ("one", "two"):
        kubernetes.bearer_token(sts, cluster)
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    assert "x-k8s-aws-id" not in url


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("fault", ["ResourceNotFoundException", "AccessDeniedException"])
def test_a_cluster_that_cannot_be_found_out_about_is_unavailable(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    eks = boto3.client("eks")
    monkeypatch.setattr(aws, "client", lambda _service: eks)
    with Stubber(eks) as stub:
        stub.add_client_error("describe_cluster", fault)
        with pytest.raises(KubernetesUnavailable, match=fault):
            kubernetes.door.__wrapped__("coder-prod")


@pytest.mark.usefixtures("credentials")
def test_the_door_finds_the_endpoint_by_the_cluster_s_name(
    monkeypatch: pytest.MonkeyPatch, api: Api, endpoint: str
) -> None:
    clients = {"eks": boto3.client("eks"), "sts": boto3.client("sts")}
    monkeypatch.setattr(aws, "client", clients.__getitem__)
    with Stubber(clients["eks"]) as stub:
        stub.add_response("describe_cluster", {"cluster": {"endpoint": endpoint}}, {"name": "coder-prod"})
        door = kubernetes.door.__wrapped__("coder-prod")
    assert door.namespace(NAME) is None
    assert api.tokens[0].startswith("Bearer k8s-aws-v1.")
