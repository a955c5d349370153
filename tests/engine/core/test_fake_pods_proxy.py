"""What the fake cluster makes of `pods/proxy`, and of a Secret that is immutable."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from day2.engine.fake_kubernetes import proxying
from day2.engine.fake_kubernetes.proxying import Wanted
from day2.engine.fake_kubernetes.requests import Refusal
from day2.engine.fake_kubernetes.store import Store

MERGE = "application/merge-patch+json"
SECRETS = "/api/v1/namespaces/default/secrets"
POD = "/api/v1/namespaces/coder/pods"


@pytest.fixture
def heard() -> Iterator[dict[str, Any]]:
    """A pod's HTTP, and what it heard."""
    told: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.update(path=self.path, headers=dict(self.headers))
            self.send_response(403)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"message": "no"}')

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    told["address"] = server.server_address
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (f"{POD}/coder-1:8080/proxy/api/v2/users", ("coder-1", 8080, "/api/v2/users")),
        (f"{POD}/http:coder-1:8080/proxy/healthz", ("coder-1", 8080, "/healthz")),
        (f"{POD}/coder-1/proxy/", ("coder-1", 0, "/")),
    ],
)
def test_a_proxied_request_names_pod_port_and_path(path: str, wanted: tuple[str, int, str]) -> None:
    pod, port, rest = wanted
    assert proxying.parse(path) == Wanted(namespace="coder", pod=pod, port=port, path=rest)


@pytest.mark.parametrize("path", [f"{POD}/coder-1", f"{POD}/coder-1/log", "/api/v1/pods/coder-1/proxy/"])
def test_what_is_no_proxied_request_is_left_to_the_objects(path: str) -> None:
    assert proxying.parse(path) is None


def test_the_pod_s_own_answer_comes_back_and_the_cluster_s_token_does_not_reach_it(heard: dict[str, Any]) -> None:
    headers = {"Authorization": "Bearer known", "Coder-Session-Token": "t0ken", "Host": "kubernetes"}
    code, kind, body = proxying.relay(heard["address"], "/api/v2/users?limit=1", headers)
    assert (code, kind, body) == (403, "application/json", b'{"message": "no"}')
    assert heard["path"] == "/api/v2/users?limit=1"
    assert heard["headers"]["Coder-Session-Token"] == "t0ken"
    assert "Authorization" not in heard["headers"]


def test_a_pod_that_does_not_listen_is_told_as_the_api_server_does() -> None:
    with pytest.raises(Refusal, match="error trying to reach service") as refused:
        proxying.relay(("127.0.0.1", 1), "/healthz", {})
    assert refused.value.status["code"] == 503


def test_an_immutable_secret_keeps_its_data_and_may_get_labels_and_be_deleted() -> None:
    store = Store()
    kept = {"metadata": {"name": "kept"}, "stringData": {"url": "old"}, "immutable": True}
    assert store.answer("POST", SECRETS, body=kept)[0] == 201
    for change in ({"stringData": {"url": "new"}}, {"data": {"url": None}}, {"immutable": False}, {"immutable": None}):
        code, told = store.answer("PATCH", f"{SECRETS}/kept", body=change, content_type=MERGE)
        assert (code, told["reason"]) == (422, "Invalid"), change
        assert "immutable" in told["message"]
    labels = {"metadata": {"labels": {"a": "b"}}}
    assert store.answer("PATCH", f"{SECRETS}/kept", body=labels, content_type=MERGE)[0] == 200
    assert store.answer("DELETE", f"{SECRETS}/kept")[0] == 200


def test_a_secret_becomes_immutable_by_a_change() -> None:
    store = Store()
    store.answer("POST", SECRETS, body={"metadata": {"name": "open"}, "stringData": {"url": "old"}})
    assert store.answer("PATCH", f"{SECRETS}/open", body={"immutable": True}, content_type=MERGE)[0] == 200
    assert store.answer("PATCH", f"{SECRETS}/open", body={"stringData": {"url": "new"}}, content_type=MERGE)[0] == 422
