"""A fake Kubernetes API, called so: namespaces and network policies, at the door's HTTP client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import urllib3

from lambdas.adapters import kubernetes

from .interpreter import moment
from .virtual_time import VirtualTime

Json = dict[str, Any]
NAMESPACES = "/api/v1/namespaces"
OURS = ("coder", "coder-prov", "coder-ws")


@dataclass
class KubernetesFake:
    """One cluster's. A deleted namespace goes `terminating_seconds` later, None: never.

    `meddle` sees each request before it takes effect and answers with a status that refuses it, or None; `aftermath`
    is called after one that was answered.
    """

    time: VirtualTime
    terminating_seconds: float | None = 4
    meddle: Callable[[str, str, Json | None], int | None] = lambda *_: None
    aftermath: Callable[[], None] = lambda: None
    policies: dict[str, Json] = field(default_factory=dict)
    _namespaces: dict[str, Json] = field(default_factory=dict)
    _gone_at: dict[str, datetime] = field(default_factory=dict)
    _made: int = 0

    def __post_init__(self) -> None:
        for name in OURS:
            self._make({"metadata": {"name": name, "labels": {}}})

    def namespaces(self) -> dict[str, Json]:
        """Every namespace that exists now, with the policies in it."""
        self._settle()
        return {
            name: {"name": name, "labels": told["metadata"].get("labels"), "policy": self.policies.get(name)}
            for name, told in self._namespaces.items()
        }

    def finish(self) -> None:
        """What held a deletion is gone, and so is every namespace on its way out."""
        self.terminating_seconds = 0
        for name, told in self._namespaces.items():
            if told["status"]["phase"] == "Terminating":
                self._gone_at[name] = self.time.now

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Within it, the door's HTTP client talks to this."""
        kubernetes.door.cache_clear()
        with patch.object(urllib3, "PoolManager", lambda **_: self):
            yield
        kubernetes.door.cache_clear()

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None, **_: object
    ) -> Any:
        """urllib3's `PoolManager.request`, as far as the door uses it."""
        assert headers["Authorization"].startswith("Bearer k8s-aws-v1.")
        sent = json.loads(body) if body else None
        where = urlsplit(url)
        refused = self.meddle(method, where.path, sent)
        status, answer = (refused, {"message": "refused"}) if refused else self._answer(method, where, sent)
        if not refused:
            self.aftermath()
        return SimpleNamespace(status=status, data=json.dumps(answer).encode())

    def _answer(self, method: str, where: Any, sent: Json | None) -> tuple[int, Json]:
        self._settle()
        match method, where.path.removeprefix("/").split("/"):
            case "GET", ["api", "v1", "namespaces"]:
                return 200, {"items": self._labelled(where.query), "metadata": {}}
            case "POST", ["api", "v1", "namespaces"]:
                assert sent
                taken = sent["metadata"]["name"] in self._namespaces
                return (409, {}) if taken else (201, self._make(sent))
            case verb, ["api", "v1", "namespaces", name]:
                if name not in self._namespaces:
                    return 404, {}
                return (200, self._delete(name)) if verb == "DELETE" else (200, self._namespaces[name])
            case verb, ["apis", _, _, "namespaces", name, "networkpolicies", *_]:
                return self._policy(verb, name, sent)
            case _:
                raise NotImplementedError(f"{method} {where.path}")

    def _policy(self, verb: str, name: str, sent: Json | None) -> tuple[int, Json]:
        if name not in self._namespaces:
            return 404, {}
        if verb == "GET":
            return (200, self.policies[name]) if name in self.policies else (404, {})
        if verb == "POST" and name in self.policies:
            return 409, {}
        self.policies[name] = sent or {}
        return 201, self.policies[name]

    def _labelled(self, query: str) -> list[Json]:
        selector = parse_qs(query).get("labelSelector", [""])[0]
        wanted = dict(each.split("=", 1) for each in selector.split(",") if each)
        return [told for told in self._namespaces.values() if wanted.items() <= told["metadata"]["labels"].items()]

    def _make(self, sent: Json) -> Json:
        self._made += 1
        told = {**sent, "status": {"phase": "Active"}}
        told["metadata"] = {**sent["metadata"], "uid": f"uid-{self._made}", "creationTimestamp": moment(self.time.now)}
        self._namespaces[sent["metadata"]["name"]] = told
        return told

    def _delete(self, name: str) -> Json:
        told = self._namespaces[name]
        told["status"]["phase"] = "Terminating"
        told["metadata"].setdefault("deletionTimestamp", moment(self.time.now))
        if self.terminating_seconds is not None:
            self._gone_at.setdefault(name, self.time.now + timedelta(seconds=self.terminating_seconds))
        return told

    def _settle(self) -> None:
        for name in [name for name, gone_at in self._gone_at.items() if gone_at <= self.time.now]:
            del self._namespaces[name], self._gone_at[name]
            self.policies.pop(name, None)
