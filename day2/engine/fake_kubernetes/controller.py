"""Keeps the pods of Coder's Deployments as their Deployments want them, and finds nodes for the pods that select some.

In a thread that begins with the first of either.
"""

import secrets
import sys
import threading
import traceback
from collections.abc import Mapping
from http import HTTPStatus

from day2.engine.fake_kubernetes import containers, pods, scheduling, workloads
from day2.engine.fake_kubernetes.containers import Container, Runtime
from day2.engine.fake_kubernetes.front import Address, Front
from day2.engine.fake_kubernetes.pods import Pod
from day2.engine.fake_kubernetes.provisioners import Provisioners
from day2.engine.fake_kubernetes.proxying import Wanted, unreachable
from day2.engine.fake_kubernetes.requests import Object, Refusal
from day2.engine.fake_kubernetes.store import Key, Store
from day2.engine.fake_kubernetes.workloads import Seen
from day2.engine.postgres.addresses import choose

_TICK_SECONDS = 0.05
_PROBE_EVERY_SECONDS = 0.5
_PORT = 8080
_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"


class Controller:
    """What kubelet, scheduler and the controllers of Deployments would do, for one fake cluster."""

    def __init__(self, store: Store, runtime: Runtime, front: Front) -> None:
        self._store, self._runtime, self._front = store, runtime, front
        self._pods: dict[Key, Pod] = {}
        self._provisioners = Provisioners()
        self._serving = ""
        self._scheduled, self._schedule_at = -1, 0.0
        self._complaints: set[str] = set()
        self._changed, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        store.log_of = self.log

    def look(self) -> None:
        """Something in the store may have changed. The store's lock is held."""
        if self._thread is None and (
            self._deployments() or any(map(scheduling.is_waiting, self._store.contents("pods")))
        ):
            self._thread = threading.Thread(target=self._go_on, daemon=True, name="fake-controller")
            self._thread.start()
        self._changed.set()

    def stop(self) -> None:
        """End every process at once."""
        self._over.set()
        self._changed.set()
        if self._thread is not None:
            self._thread.join()
        for pod in self._pods.values():
            if pod.container:
                pod.container.kill()
        if self._serving:
            self._front.release(self._serving)

    def log(self, key: Key, query: Mapping[str, str]) -> str:
        """What a pod's process said; of the run before with `previous=true`."""
        pod = self._pods.get(key)
        if pod is None or pod.container is None:
            return ""
        lines = pod.container.previous if query.get("previous") == "true" else pod.container.log
        try:
            tail = int(query["tailLines"]) if "tailLines" in query else None
            since = float(query["sinceSeconds"]) if "sinceSeconds" in query else None
        except ValueError:
            raise Refusal(HTTPStatus.BAD_REQUEST, "BadRequest", "tailLines and sinceSeconds are numbers") from None
        return containers.chosen(lines, tail=tail, since=since)

    def address(self, wanted: Wanted) -> Address:
        """Where the pod that a proxied request names listens. The store's lock is held.

        The pod's port is 8080, whatever port its process was given on this machine.

        Raises:
            Refusal: there is no such pod, or nothing of it listens there.
        """
        if self._store.content(wanted.key) is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "NotFound", f'pods "{wanted.pod}" not found')
        pod = self._pods.get(wanted.key)
        if pod is None or pod.container is None or wanted.port not in (0, _PORT):
            raise unreachable(f"dial tcp {wanted.pod}:{wanted.port}: connect: connection refused")
        return pod.address

    def _go_on(self) -> None:
        while not self._over.is_set():
            try:
                with self._store.lock:
                    self._step()
                self._probe()
                self._speak()
            except Exception:  # noqa: BLE001  the next round tries again
                self._complain(traceback.format_exc())
            self._changed.wait(_TICK_SECONDS)
            self._changed.clear()

    def _step(self) -> None:
        deployments = self._deployments()
        for key, pod in list(self._pods.items()):
            marked = self._store.content(key)
            if pod.owner not in deployments or marked is None or "deletionTimestamp" in marked["metadata"]:
                pod.ending = True
            self._move_on(key, pod)
        for uid, deployment in deployments.items():
            self._roll_out(uid, deployment)
        self._schedule()
        self._tell_front(deployments)

    def _schedule(self) -> None:
        """Where anything has changed, and once a tick: a thousand new pods are not looked at a thousand times."""
        clock = self._store.clock()
        if self._scheduled != self._store.version and clock >= self._schedule_at:
            scheduling.schedule(self._store)
            self._scheduled, self._schedule_at = self._store.version, clock + _TICK_SECONDS

    def _deployments(self) -> dict[str, Object]:
        """Those that have pods, by uid, but for what goes with its namespace."""
        leaving = {
            each["metadata"]["name"]
            for each in self._store.contents("namespaces")
            if "deletionTimestamp" in each["metadata"]
        }
        return {
            each["metadata"]["uid"]: each
            for each in self._store.contents("deployments")
            if workloads.has_pods(each) and each["metadata"]["namespace"] not in leaving
        }

    def _roll_out(self, uid: str, deployment: Object) -> None:
        seen = self._seen(uid, workloads.template_hash(deployment))
        plan = workloads.plan(deployment["spec"]["replicas"], seen)
        namespace = deployment["metadata"]["namespace"]
        for name in plan.end:
            self._pods["pods", namespace, name].ending = True
        for _ in range(plan.make):
            self._make(uid, deployment)
        seen = self._seen(uid, workloads.template_hash(deployment))
        key = ("deployments", namespace, deployment["metadata"]["name"])
        self._store.set_status(key, workloads.status(deployment, seen))

    def _seen(self, uid: str, revision: str) -> list[Seen]:
        return [
            Seen(
                name=key[2],
                updated=pod.revision == revision,
                ready=pod.ready,
                ending=pod.ending,
                cost=workloads.deletion_cost(self._store.content(key) or {"metadata": {}}),
            )
            for key, pod in self._pods.items()
            if pod.owner == uid
        ]

    def _make(self, uid: str, deployment: Object) -> None:
        revision = workloads.template_hash(deployment)
        suffix = "".join(secrets.choice(_SUFFIX) for _ in range(5))
        name = f"{deployment['metadata']['name']}-{revision}-{suffix}"
        namespace, container = deployment["metadata"]["namespace"], workloads.container_of(deployment) or {}
        process = Container(self._runtime) if workloads.is_coderd(container) else None
        self._store.put(("pods", namespace, name), workloads.new_pod(deployment, name))
        self._pods["pods", namespace, name] = Pod(
            owner=uid,
            revision=revision,
            spec=container,
            address=choose(_PORT) if process else ("", 0),
            container=process,
            ready_at=self._store.clock() + self._store.phases.rollout_progressing,
        )

    def _move_on(self, key: Key, pod: Pod) -> None:
        clock = self._store.clock()
        if pod.ending:
            pod.ready, pod.ending_since = False, pod.ending_since or clock
            if self._ended(key, pod, clock):
                del self._pods[key]
                self._store.drop(key)
                return
            self._store.mark_deleted(key)
        elif scheduling.is_waiting(self._store.content(key) or {}):
            pod.ready_at = clock + self._store.phases.rollout_progressing
            return
        elif pod.container is None:
            pod.ready = clock >= pod.ready_at
        else:
            pod.container.step(clock, lambda: pods.environment(key, pod, self._store))
            pod.ready = pod.ready and pod.container.running
        self._store.set_status(key, pods.status(pod))

    def _ended(self, key: Key, pod: Pod, clock: float) -> bool:
        """Whether a pod that is to end has done so. A provisioner's may take as long as its build, within its grace."""
        if pod.container is not None:
            return pod.container.end(clock)
        if not workloads.is_provisioner(pod.spec) or self._store.content(key) is None:
            return True
        late = clock >= pod.ending_since + self._store.phases.build_grace
        return late or self._provisioners.may_end(key[2], since=pod.ending_since)

    def _probe(self) -> None:
        """Ask each process that is due whether it is ready. Without the store's lock: an answer may take a while."""
        clock = self._store.clock()
        for pod in list(self._pods.values()):
            if pod.container and pod.container.running and not pod.ending and clock >= pod.probe_at:
                pod.ready = pods.answers(pod.address)
                pod.probe_at = clock + (_PROBE_EVERY_SECONDS if pod.ready else 0)
                if pod.ready:
                    pod.container.succeeded()

    def _speak(self) -> None:
        """For the provisioners. Without the store's lock, as above."""
        found = {key[2]: pod for key, pod in self._pods.items() if workloads.is_provisioner(pod.spec)}
        ending = any(each.ending for each in found.values())
        names = frozenset(name for name, each in found.items() if each.ready or each.ending)
        self._provisioners.speak(names, self._replicas(), clock=self._store.clock(), ending=ending)

    def _replicas(self) -> list[Address]:
        """The ready ones of the Deployment that has the address."""
        return [
            pod.address for pod in self._pods.values() if self._serving and pod.owner == self._serving and pod.ready
        ]

    def _tell_front(self, deployments: Mapping[str, Object]) -> None:
        """The first Deployment of coderd has the address, until it is deleted."""
        serving = [uid for uid, each in deployments.items() if workloads.is_coderd(workloads.container_of(each) or {})]
        if self._serving and self._serving not in serving:
            self._front.release(self._serving)
            self._serving = ""
        if not self._serving and serving:
            self._serving = serving[0]
        if self._serving:
            try:
                self._front.serve(self._serving, self._replicas())
            except OSError as taken:  # the replicas go on, each on its own address
                self._complain(f"the fake Coder's address is not to be had: {taken}")

    def _complain(self, of: str) -> None:
        """Say it in the engine's log, once."""
        if of not in self._complaints:
            self._complaints.add(of)
            sys.stderr.write(f"{of}\n")
