"""The platform of one invocation: its Kubernetes API, its Deployments, its Secrets, its replicas."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from lambdas import settings as runtime_settings
from lambdas.adapters import kubernetes, secrets
from lambdas.adapters.coder import Coder
from lambdas.contracts import Credentials
from lambdas.errors import AccessRefused, KubernetesUnavailable, PlanRefused, RequestRefused, RestoreSuperseded
from lambdas.platform import connection_url, discovery, leading
from lambdas.platform.answers import Skipped
from lambdas.platform.cluster import Deployment, Pod, Secret
from lambdas.platform.connection_url import ConnectionUrl
from lambdas.platform.discovery import HTTP
from lambdas.restore_contracts import Restoration, UrlSource, Workload


class Place:
    """Opened once an invocation. What is not there is refused in words."""

    def __init__(
        self,
        settings: runtime_settings.Settings,
        *,
        refused: type[PlanRefused | KubernetesUnavailable] = KubernetesUnavailable,
    ) -> None:
        """Take the settings' platform. `refused` is what it means that something is not there: at the plan PlanRefused.

        Raises `refused` (the settings name no platform or no cluster), KubernetesUnavailable, ServiceBusy.
        """
        self._refused = refused
        if settings.platform is None or settings.kubernetes is None:
            raise refused(
                "The settings name no Kubernetes cluster on which Coder stands.",
                resource=f"environment {settings.environment}",
                next_step="Name [kubernetes] and [platform] in the environment's settings, and deploy them.",
            )
        self.settings = settings.platform
        self.api = kubernetes.door(settings.kubernetes.cluster)

    def coder(self) -> Deployment:
        """The Deployment of coderd. Raises `refused` when there is none of that name."""
        namespace, name = self.settings.namespace, self.settings.deployment
        found = self.api.deployment(namespace, name)
        if found is None:
            raise self._refused(
                "There is no such Deployment.",
                resource=f"{namespace}/{name}",
                next_step="Correct namespace and deployment in the settings' [platform], and deploy them.",
            )
        return found

    def led_by(self, restoration: Restoration) -> Deployment:
        """As `coder`, for a step that changes something. Raises RestoreSuperseded, as this one may be redriven."""
        found = self.coder()
        if later := leading.follower(found, restoration):
            raise RestoreSuperseded(restoration.id, by=later, resource=f"{found.namespace}/{found.name}")
        return found

    def provisioners(self) -> tuple[Deployment, ...]:
        """All Deployments of the provisioners' namespace; none where the settings name no such namespace."""
        return self.api.deployments(self.settings.provisioners) if self.settings.provisioners else ()

    def pods(self, deployment: Deployment) -> tuple[Pod, ...]:
        """Its pods."""
        return self.api.pods(deployment.namespace, deployment.selector)

    def standing(self, workloads: tuple[Workload, ...]) -> tuple[tuple[Deployment, tuple[Pod, ...]], ...]:
        """Those of these workloads that still exist, each with its pods."""
        found = (self.api.deployment(each.namespace, each.name) for each in workloads)
        return tuple((each, self.pods(each)) for each in found if each is not None)

    def keys(self, deployment: Deployment) -> Mapping[str, frozenset[str] | None]:
        """The keys of the Secrets that its containers take whole, as `discovery.find` wants them."""
        named = {name: self.api.secret(deployment.namespace, name) for name in discovery.wholes(deployment)}
        return {name: None if secret is None else frozenset(secret.data) for name, secret in named.items()}

    def url(self, source: UrlSource) -> tuple[Secret, ConnectionUrl]:
        """The Secret of the connection URL, and the URL. Raises `refused` when there is none, or none to be led."""
        resource = f"{self.settings.namespace}/{source.secret}"
        found = self.api.secret(self.settings.namespace, source.secret)
        if found is None or source.key not in found.data:
            raise self._refused(
                "There is no such Secret." if found is None else f"It has no key {source.key}.",
                resource=resource,
                next_step="The Deployment names it for its connection URL: mend the one or the other, and start again.",
            )
        try:
            return found, connection_url.read(found.data[source.key], resource=f"{resource}[{source.key}]")
        except PlanRefused as refusal:
            raise self._refused(refusal.what, resource=refusal.resource, next_step=refusal.next_step) from None

    def credentials(self) -> Credentials:
        """The database that the connection secret names. Raises AccessRefused, RequestRefused, ServiceBusy."""
        name = self.settings.connection_secret
        held = secrets.door().connection(name)
        return Credentials(secret=name, host=held.host, port=held.port, database=held.database)

    def token(self) -> str | Skipped:
        """Coder's session token, or why there is none. Raises ServiceBusy."""
        if self.settings.token_secret is None:
            return Skipped("the settings name no secret with a session token")
        try:
            return secrets.door().session_token(self.settings.token_secret).value
        except (AccessRefused, RequestRefused) as refusal:
            return Skipped(f"the session token cannot be read: {refusal.what}")

    def replica(self, deployment: Deployment, pod: Pod, *, container: str, token: str | Skipped) -> Coder:
        """The API of coderd in that pod. Its questions may raise ServiceBusy; a right that is missing is an answer."""
        port = next((discovery.http_port(each) for each in deployment.containers if each.name == container), HTTP)

        def fetch(path: str, headers: Mapping[str, str]) -> kubernetes.Proxied:
            try:
                return self.api.ask_pod(deployment.namespace, pod.name, port=port, path=path, headers=headers)
            except KubernetesUnavailable as refusal:
                return kubernetes.Proxied(status=HTTPStatus.FORBIDDEN, text=json.dumps({"message": refusal.what}))

        return Coder(fetch, token=token)
