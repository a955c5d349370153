"""The objects of the fake Kubernetes API, and what it answers. No sockets here, and no cluster behind it.

Enough of the API conventions (https://kubernetes.io/docs/reference/using-api/api-concepts/) for a client to see what
it would see of a real server: object metadata, optimistic locking, label selectors, Status objects for errors. Time
passes when it is looked at: a namespace that is Terminating is gone, and a rollout complete, once their time is over.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from day2.engine.fake_kubernetes.objects import completed, merged, now, rollout, scale
from day2.engine.fake_kubernetes.refusals import refuse_immutable, refuse_stale
from day2.engine.fake_kubernetes.requests import Object, Refusal, Request, parse
from day2.engine.fake_kubernetes.selectors import selects
from day2.engine.fake_kubernetes.workloads import has_pods
from day2.engine.settings import PhaseSeconds

Answer = tuple[int, Any]
"""A code and an object, or the text of a log."""

Key = tuple[str, str, str]
"""Plural, namespace (empty where there is none), name."""

MERGE_PATCHES = frozenset({"application/merge-patch+json", "application/strategic-merge-patch+json"})

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(slots=True)
class Stored:
    """An object and when it is gone, or settled, by the store's clock. `managed`: a controller made it and ends it."""

    content: Object
    managed: bool = False
    gone_at: float | None = None
    settled_at: float = 0.0


@dataclass(slots=True)
class Store:
    """All objects of one fake cluster. Not safe for several threads: whoever calls holds `lock`."""

    phases: PhaseSeconds = field(default_factory=PhaseSeconds)
    clock: Callable[[], float] = time.monotonic
    log_of: Callable[[Key, Mapping[str, str]], str] = lambda _key, _query: ""
    lock: threading.RLock = field(default_factory=threading.RLock)
    _objects: dict[Key, Stored] = field(default_factory=dict)
    _version: int = 0

    def __post_init__(self) -> None:
        for name in ("default", "kube-system"):
            self.answer("POST", "/api/v1/namespaces", body={"metadata": {"name": name}})

    def answer(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """What the API answers: a code and an object; of a log its text."""
        try:
            request = parse(method, path, query=query or {}, body=body or {}, content_type=content_type)
            self._let_time_pass()
            act = _ACTIONS.get((method, bool(request.name), request.part), Store.refuse)
            return HTTPStatus.CREATED if method == "POST" else HTTPStatus.OK, act(self, request)
        except Refusal as refusal:
            return refusal.code, refusal.status

    def contents(self, plural: str) -> list[Object]:
        """Every object of a kind."""
        keys = sorted(key for key in self._objects if key[0] == plural)
        return [self._objects[key].content for key in keys]

    def content(self, key: Key) -> Object | None:
        """One object."""
        found = self._objects.get(key)
        return found.content if found else None

    def put(self, key: Key, content: Object) -> None:
        """Create an object on a controller's behalf."""
        plural, namespace, name = key
        path = f"/api/v1/namespaces/{namespace}/{plural}"
        self.create(parse("POST", path, query={}, body=content, content_type=""))
        self._objects[plural, namespace, name].managed = True

    def set_status(self, key: Key, status: Object) -> None:
        """Tell an object's status, where it has changed."""
        stored = self._objects.get(key)
        if stored and stored.content.get("status") != status:
            stored.content = {**stored.content, "status": status}
            self._touch(stored)

    def bind(self, key: Key, node: str) -> None:
        """Put a pod on a node."""
        if stored := self._objects.get(key):
            stored.content = {**stored.content, "spec": {**stored.content["spec"], "nodeName": node}}
            self._touch(stored)

    def is_managed(self, key: Key) -> bool:
        """Whether a controller made it, and tells its status."""
        stored = self._objects.get(key)
        return stored is not None and stored.managed

    @property
    def version(self) -> int:
        """Another one after every change."""
        return self._version

    def mark_deleted(self, key: Key) -> None:
        """Its end has begun."""
        stored = self._objects.get(key)
        if stored and "deletionTimestamp" not in stored.content["metadata"]:
            metadata = {**stored.content["metadata"], "deletionTimestamp": now()}
            stored.content = {**stored.content, "metadata": metadata}
            self._touch(stored)

    def drop(self, key: Key) -> None:
        """It is gone, if it was not before."""
        self._objects.pop(key, None)
        self._version += 1

    def refuse(self, _request: Request) -> Object:
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", "the fake does not do that")

    def list(self, request: Request) -> Object:
        selected = [
            self._shown(stored)
            for (plural, namespace, _), stored in sorted(self._objects.items())
            if plural == request.kind.plural
            and request.namespace in ("", namespace)
            and selects(request.query, stored.content)
        ]
        kind, version = f"{request.kind.kind}List", request.kind.api_version
        return {
            "kind": kind,
            "apiVersion": version,
            "metadata": {"resourceVersion": str(self._version)},
            "items": selected,
        }

    def create(self, request: Request) -> Object:
        metadata = request.body.get("metadata") or {}
        name = metadata.get("name") or ""
        if not _NAME.fullmatch(name):
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", f"metadata.name: Invalid value: {name!r}")
        self._refuse_closed_namespace(request)
        key = (request.kind.plural, request.namespace, name)
        if key in self._objects:
            message = f'{request.kind.plural} "{name}" already exists'
            raise Refusal(HTTPStatus.CONFLICT, "AlreadyExists", message)
        content = {**request.body, "kind": request.kind.kind, "apiVersion": request.kind.api_version}
        content["metadata"] = {
            **metadata,
            "uid": str(uuid4()),
            "creationTimestamp": now(),
            "generation": 1,
            **({"namespace": request.namespace} if request.kind.namespaced else {}),
        }
        stored = self._objects[key] = Stored(completed(content), settled_at=self._soon())
        self._touch(stored)
        return self._shown(stored)

    def _refuse_closed_namespace(self, request: Request) -> None:
        """What is namespaced needs its namespace, and one that is not on its way out."""
        if not request.kind.namespaced:
            return
        home = self._objects.get(("namespaces", "", request.namespace))
        if home is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "NotFound", f'namespaces "{request.namespace}" not found')
        if home.gone_at is not None:
            message = f"unable to create new content in namespace {request.namespace} because it is being terminated"
            raise Refusal(HTTPStatus.FORBIDDEN, "Forbidden", message)

    def change(self, request: Request) -> Object:
        stored = self._find(request)
        refuse_stale(request, stored.content)
        if request.method == "PATCH":
            fresh = merged(stored.content, _patch(request))
        else:
            fresh = {**request.body, "status": stored.content.get("status", {})}
        refuse_immutable(request, stored.content, fresh)
        kept = {key: stored.content["metadata"][key] for key in ("uid", "creationTimestamp", "generation", "name")}
        fresh["metadata"] = {**stored.content["metadata"], **fresh.get("metadata", {}), **kept}
        if fresh.get("spec") != stored.content.get("spec"):
            fresh["metadata"]["generation"] += 1
            stored.settled_at = self._soon()
        stored.content = completed({**fresh, "kind": request.kind.kind, "apiVersion": request.kind.api_version})
        self._touch(stored)
        return self._shown(stored)

    def get(self, request: Request) -> Object:
        return self._shown(self._find(request))

    def get_scale(self, request: Request) -> Object:
        return scale(self._find(request).content)

    def set_scale(self, request: Request) -> Object:
        wanted = {"spec": {"replicas": request.body["spec"]["replicas"]}}
        stored = self._find(request)
        stored.content = merged(stored.content, wanted)
        stored.content["metadata"]["generation"] += 1
        stored.settled_at = self._soon()
        self._touch(stored)
        return scale(stored.content)

    def evict(self, request: Request) -> Object:
        self._remove(self._found_key(request))
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}

    def read_log(self, request: Request) -> str:
        return self.log_of(self._found_key(request), request.query)

    def delete(self, request: Request) -> Object:
        stored = self._find(request)
        wanted = (request.body.get("preconditions") or {}).get("uid")
        if wanted and wanted != stored.content["metadata"]["uid"]:
            message = f"Precondition failed: UID in precondition: {wanted}"
            raise Refusal(HTTPStatus.CONFLICT, "Conflict", message)
        if request.kind.plural != "namespaces":
            self._remove(request.key)
            return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        if stored.gone_at is None:
            stored.gone_at = self.clock() + self.phases.namespace_terminating
            stored.content["metadata"]["deletionTimestamp"] = now()
            stored.content["status"] = {"phase": "Terminating"}
            self._touch(stored)
        return self._shown(stored)

    def _remove(self, key: Key) -> None:
        """Delete it, or where a process stands behind it, have it ended."""
        if self._objects[key].managed:
            self.mark_deleted(key)
        else:
            self.drop(key)

    def _find(self, request: Request) -> Stored:
        return self._objects[self._found_key(request)]

    def _found_key(self, request: Request) -> Key:
        if request.key not in self._objects:
            message = f'{request.kind.plural} "{request.name}" not found'
            raise Refusal(HTTPStatus.NOT_FOUND, "NotFound", message)
        return request.key

    def _touch(self, stored: Stored) -> None:
        self._version += 1
        stored.content["metadata"]["resourceVersion"] = str(self._version)

    def _let_time_pass(self) -> None:
        moment = self.clock()
        over = [key for key, each in self._objects.items() if each.gone_at is not None and each.gone_at <= moment]
        for _, _, name in over:
            inside = [key for key in self._objects if key == ("namespaces", "", name) or key[1] == name]
            for key in inside:
                self.drop(key)

    def _soon(self) -> float:
        return self.clock() + self.phases.rollout_progressing

    def _shown(self, stored: Stored) -> Object:
        if stored.content["kind"] != "Deployment" or has_pods(stored.content):
            return stored.content
        return {**stored.content, "status": rollout(stored.content, settled=stored.settled_at <= self.clock())}


_ACTIONS: Mapping[tuple[str, bool, str], Callable[[Store, Request], Any]] = {
    ("GET", False, ""): Store.list,
    ("GET", True, ""): Store.get,
    ("GET", True, "status"): Store.get,
    ("GET", True, "scale"): Store.get_scale,
    ("GET", True, "log"): Store.read_log,
    ("POST", False, ""): Store.create,
    ("POST", True, "eviction"): Store.evict,
    ("PUT", True, ""): Store.change,
    ("PATCH", True, ""): Store.change,
    ("PUT", True, "scale"): Store.set_scale,
    ("PATCH", True, "scale"): Store.set_scale,
    ("DELETE", True, ""): Store.delete,
}
"""What is done by method, whether the path names an object, and the part of it."""


def _patch(request: Request) -> Object:
    if request.content_type not in MERGE_PATCHES:
        message = f"the fake takes merge patches only, not {request.content_type}"
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    return request.body
